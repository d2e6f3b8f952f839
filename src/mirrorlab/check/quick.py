"""Reading HTML pages that are as index programs write them, many times as fast as any HTML.

A page that differs from that by one character is left to :func:`mirrorlab.simple.parse_page`.
"""

from __future__ import annotations

import re
from html import unescape

from mirrorlab.simple import FileEntry, ProjectPage

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
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"<>]*)"')
_TAIL = re.compile(r"(?:\n?)  </body>\n</html>\n?(?:<!--SERIAL ([0-9]{1,18})-->)?\n?")


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
