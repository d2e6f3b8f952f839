"""Reading pages strictly: what is cut off, or is somebody else's page, is no page of an index."""

from __future__ import annotations

import re
from dataclasses import replace

from mirrorlab.check import quick
from mirrorlab.errors import BadPage
from mirrorlab.simple import (
    HTML,
    TEXT_HTML,
    ListedProject,
    ProjectList,
    ProjectPage,
    parse_list,
    parse_page,
)

_END = re.compile(rb"</(?:html|body)\s*>\s*(?:<!--.*?-->\s*)*\Z", re.IGNORECASE | re.DOTALL)
_DOCUMENT = re.compile(rb"<(?:html|body)\b", re.IGNORECASE)
_LOGIN = re.compile(rb"<form\b|type=[\"']?password", re.IGNORECASE)


def read_list(body: bytes, content_type: str) -> ProjectList:
    """Read a list of projects. Raises :class:`BadPage`."""
    listed = parse_list(body, content_type)
    if not all(isinstance(one.name, str) for one in listed.projects):
        raise BadPage("has a project whose name is no text")
    _be_whole(body, content_type, bool(listed.projects))
    projects = tuple(ListedProject(one.name, _serial(one.last_serial)) for one in listed.projects)
    return replace(listed, projects=projects, last_serial=_serial(listed.last_serial))


def read_page(body: bytes, content_type: str) -> ProjectPage:
    """Read the page of a project. Raises :class:`BadPage`."""
    if content_type.partition(";")[0].strip().lower() in {TEXT_HTML, HTML}:
        page = _read_quickly(body)
        if page is not None:
            return page
    page = parse_page(body, content_type)
    _be_whole(body, content_type, bool(page.files))
    return replace(page, last_serial=_serial(page.last_serial))


def _read_quickly(body: bytes) -> ProjectPage | None:
    try:
        return quick.read_page(body.decode())
    except UnicodeDecodeError:
        return None


def _serial(value: object) -> int | None:
    """Return a serial as a number; bandersnatch writes it as a text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() else None


def _be_whole(body: bytes, content_type: str, says_something: bool) -> None:
    if content_type.partition(";")[0].strip().lower() not in {TEXT_HTML, HTML}:
        return
    if body.rfind(b"<") > body.rfind(b">"):
        raise BadPage("ends inside a tag")
    if _DOCUMENT.search(body) and not _END.search(body):
        raise BadPage("ends before its end tags")
    if not says_something and _LOGIN.search(body):
        raise BadPage("is a form to log in, not a page of an index")
