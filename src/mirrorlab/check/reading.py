"""Reading pages strictly: what is cut off, or is somebody else's page, is no page of an index."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from packaging.utils import canonicalize_name

from mirrorlab.check import quick
from mirrorlab.errors import BadPage
from mirrorlab.simple import (
    HTML,
    JSON,
    TEXT_HTML,
    ListedProject,
    ProjectList,
    ProjectPage,
    parse_list,
    parse_page,
)

Page = TypeVar("Page")
SERIAL = re.compile(r"[0-9]{1,18}")
"""What is taken for a serial where it is written as a text."""
_END = re.compile(rb"</(?:html|body)\s*>\s*(?:<!--.*?-->\s*)*\Z", re.IGNORECASE | re.DOTALL)
_DOCUMENT = re.compile(rb"<(?:html|body)\b", re.IGNORECASE)
_LOGIN = re.compile(rb"<form\b|type=[\"']?password", re.IGNORECASE)


def read_list(body: bytes, content_type: str) -> ProjectList:
    """Read a list of projects. Raises :class:`BadPage`."""
    media = content_type.partition(";")[0].strip().lower()
    quickly = _quickly(quick.read_list, body) if media in {TEXT_HTML, HTML} else None
    if quickly is not None and quickly.projects:
        return quickly
    listed = _parsed(parse_list, body, content_type)
    if not all(isinstance(one.name, str) for one in listed.projects):
        raise BadPage("has a project whose name is no text")
    _be_whole(body, content_type, bool(listed.projects))
    projects = tuple(
        one if one.last_serial is None else ListedProject(one.name, _serial(one.last_serial))
        for one in listed.projects
    )
    return replace(listed, projects=projects, last_serial=_serial(listed.last_serial))


def read_page(body: bytes, content_type: str) -> ProjectPage:
    """Read the page of a project. Raises :class:`BadPage`."""
    return read_page_and_keys(body, content_type)[0]


def read_page_and_keys(body: bytes, content_type: str) -> tuple[ProjectPage, bool]:
    """Read the page of a project, and tell whether all its keys are known to be of the Simple API.

    Where they are not, they are still to be looked at. Raises :class:`BadPage`.
    """
    media = content_type.partition(";")[0].strip().lower()
    known: ProjectPage | None = None
    if media == JSON:
        known = quick.read_json(body)
    elif media in {TEXT_HTML, HTML}:
        known = _quickly(quick.read_page, body)
    return (_read_slowly(body, content_type), False) if known is None else (known, True)


def be_of(name: str, page: ProjectPage) -> None:
    """Raise :class:`BadPage` for HTML that has no file and does not say whose it is.

    "Down for maintenance" is such a page: of an index, it would say that all was withdrawn.
    """
    if not page.files and name not in canonicalize_name(page.name):
        raise BadPage("names no file, and its title does not say whose page it is")


def _read_slowly(body: bytes, content_type: str) -> ProjectPage:
    page = _parsed(parse_page, body, content_type)
    _be_texts(page)
    _be_whole(body, content_type, bool(page.files))
    return replace(page, last_serial=_serial(page.last_serial))


def _parsed(parse: Callable[[bytes, str], Page], body: bytes, content_type: str) -> Page:
    """Parse; what the parsers of Python stumble over is no page either."""
    try:
        return parse(body, content_type)
    except RecursionError:
        raise BadPage("is nested too deeply") from None
    except (AssertionError, ValueError, TypeError) as error:
        raise BadPage(f"cannot be parsed: {error}") from None


def _be_texts(page: ProjectPage) -> None:
    """Raise :class:`BadPage` where JSON has anything else in the place of a text."""
    for what, text in (("name", page.name), ("status", page.status)):
        if not isinstance(text, str):
            raise BadPage(f"has a {what} that is no text: {text!r:.80}")
    for file in page.files:
        for what, value, kinds in (
            ("filename", file.filename, str),
            ("url", file.url, str),
            ("requires-python", file.requires_python, str | None),
            ("yanked", file.yanked, bool | str),
            ("core-metadata", file.core_metadata, bool | str | None),
            ("provenance", file.provenance, str | None),
        ):
            if not isinstance(value, kinds):
                raise BadPage(f"gives a file a {what} that cannot be: {value!r:.80}")
        if not all(isinstance(digest, str) for digest in file.hashes.values()):
            raise BadPage(f"gives a file a hash that is no text: {file.filename:.80}")


def _quickly(read: Callable[[str], Page | None], body: bytes) -> Page | None:
    try:
        return read(body.decode())
    except UnicodeDecodeError:
        return None


def _serial(value: object) -> int | None:
    """Return a serial as a number; bandersnatch writes it as a text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and SERIAL.fullmatch(value) else None


def _be_whole(body: bytes, content_type: str, says_something: bool) -> None:
    if content_type.partition(";")[0].strip().lower() not in {TEXT_HTML, HTML}:
        return
    if body.rfind(b"<") > body.rfind(b">"):
        raise BadPage("ends inside a tag")
    if _DOCUMENT.search(body) and not _END.search(body):
        raise BadPage("ends before its end tags")
    if not says_something and _LOGIN.search(body):
        raise BadPage("is a form to log in, not a page of an index")
