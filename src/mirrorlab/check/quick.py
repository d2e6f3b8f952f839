"""Reading pages that are as index programs write them, many times as fast as any page.

A page of HTML that differs from that by one character, and a page of JSON with anything that has
to be explained, are left to :func:`mirrorlab.simple.parse_page`.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from html import unescape
from typing import Any

from mirrorlab.simple import FileEntry, ListedProject, ProjectList, ProjectPage

_HEAD = re.compile(
    r"<!DOCTYPE html>\n<html>\n  <head>\n"
    r'((?: {4}<meta name="pypi:[a-z-]+" content="[^"<>]*">\n)*)'
    r"    <title>([^<>]*)</title>\n  </head>\n  <body>\n(?:    <h1>[^<>]*</h1>\n)?"
)
_META = re.compile(r'<meta name="pypi:([a-z-]+)" content="([^"<>]*)">')
_ANCHOR = re.compile(
    r' {4}<a href="([^"<>#&]*)(?:#([a-z0-9]+)=([^"<>&=]*))?"((?: [a-z-]+="[^"<>]*")*)>([^<>]*)</a>'
    r"<br ?/?>\n"
)
_LISTED = re.compile(r' {4}<a href="[^"<>]*">([^<>&]*)</a><br ?/?>\n')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"<>]*)"')
_TAIL = re.compile(r"(?:\n?)  </body>\n</html>\n?(?:<!--SERIAL ([0-9]{1,18})-->)?\n?")


OF_PAGE = frozenset(
    ("meta", "name", "files", "versions", "project-status", "alternate-locations", "tracks")
)
"""The keys of a page of JSON."""
OF_FILE = frozenset(
    (
        *("filename", "url", "hashes", "requires-python", "size", "upload-time", "yanked"),
        *("core-metadata", "data-dist-info-metadata", "dist-info-metadata"),
        *("gpg-sig", "provenance"),
    )
)
"""The keys of a file on a page of JSON."""


def read_json(body: bytes) -> ProjectPage | None:
    """Return a page of JSON that has no key but those of the Simple API, all of the right kind.

    None for any other, whether it can be read or not.
    """
    try:
        document = json.loads(body)
        return _page(document) if document.keys() <= OF_PAGE else None
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None


def _page(document: dict[str, Any]) -> ProjectPage | None:
    meta, status = document["meta"], document.get("project-status", _ACTIVE)
    name, said = document["name"], status.get("status", "active")
    version, versions = meta["api-version"], document.get("versions", [])
    serial = meta.get("_last-serial")
    if type(name) is not str or type(said) is not str or type(versions) is not list:
        return None
    if type(version) is not str or version.partition(".")[0] != "1":
        return None
    if type(serial) is str and _NUMBER.fullmatch(serial):
        serial = int(serial)
    if serial is not None and type(serial) is not int:
        return None
    files = []
    for entry in document["files"]:
        file = _entry(entry) if entry.keys() <= OF_FILE else None
        if file is None:
            return None
        files.append(file)
    reason = status.get("reason")
    return ProjectPage(name, tuple(files), tuple(versions), said, reason, serial, version)


def _entry(entry: dict[str, Any]) -> FileEntry | None:
    filename, url, hashes = entry["filename"], entry["url"], entry["hashes"]
    requires, yanked = entry.get("requires-python"), entry.get("yanked", False)
    metadata = entry.get("core-metadata", entry.get("data-dist-info-metadata", False))
    moment, provenance = entry.get("upload-time"), entry.get("provenance")
    if type(metadata) is dict:
        metadata = metadata.get("sha256", True)
    if (
        type(filename) is not str
        or type(url) is not str
        or type(hashes) is not dict
        or type(requires) not in _TEXT_OR_NONE
        or type(yanked) not in _BOOL_OR_TEXT
        or type(metadata) not in _BOOL_OR_TEXT
        or type(provenance) not in _TEXT_OR_NONE
    ):
        return None
    for digest in hashes.values():
        if type(digest) is not str:
            return None
    return FileEntry(
        filename,
        url,
        hashes,
        requires,
        entry.get("size"),
        datetime.fromisoformat(moment) if moment else None,
        yanked,
        metadata,
        provenance,
    )


_ACTIVE: dict[str, str] = {}
_NUMBER = re.compile(r"[0-9]{1,18}")
_TEXT_OR_NONE = frozenset((str, type(None)))
_BOOL_OR_TEXT = frozenset((str, bool))


def read_list(text: str) -> ProjectList | None:
    """Return the list of projects; None where it is not written as expected."""
    head = _HEAD.match(text)
    if head is None:
        return None
    names = []
    place = head.end()
    while (anchor := _LISTED.match(text, place)) is not None:
        names.append(anchor[1])
        place = anchor.end()
    tail = _TAIL.fullmatch(text, place)
    version = dict(_META.findall(head[1])).get("repository-version", "1.0")
    if tail is None or version.partition(".")[0] != "1":
        return None
    serial = int(tail[1]) if tail[1] else None
    return ProjectList(tuple(ListedProject(name.strip()) for name in names), serial, version)


def read_page(text: str) -> ProjectPage | None:
    """Return the page of a project; None where it is not written as expected."""
    head = _HEAD.match(text)
    if head is None:
        return None
    meta = {name: unescape(content) for name, content in _META.findall(head[1])}
    if meta.get("repository-version", "1.0").partition(".")[0] != "1":
        return None
    files = []
    place = head.end()
    while (anchor := _ANCHOR.match(text, place)) is not None:
        files.append(_file(anchor))
        place = anchor.end()
    tail = _TAIL.fullmatch(text, place)
    if tail is None:
        return None
    return ProjectPage(
        name=unescape(head[2]).strip().removeprefix("Links for "),
        files=tuple(files),
        status=meta.get("project-status", "active"),
        status_reason=meta.get("project-status-reason"),
        last_serial=int(tail[1]) if tail[1] else None,
        api_version=meta.get("repository-version", "1.0"),
    )


def _file(anchor: re.Match[str]) -> FileEntry:
    url, algorithm, digest, attributes, text = anchor.groups()
    said = {name: unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}
    yanked = said.get("data-yanked")
    metadata = said.get("data-core-metadata", said.get("data-dist-info-metadata", ""))
    return FileEntry(
        filename=unescape(text).strip(),
        url=url,
        hashes={algorithm: digest} if digest else {},
        requires_python=said.get("data-requires-python"),
        yanked=False if yanked is None else yanked or True,
        core_metadata=metadata.removeprefix("sha256=") if "=" in metadata else metadata == "true",
        provenance=said.get("data-provenance"),
    )
