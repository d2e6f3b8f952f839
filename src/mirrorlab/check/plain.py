"""Seeing at once that a page is as it should be: nearly all are, and judging them takes long.

What is said of a page here is never more than "nothing is wrong with it". Whatever else it is,
:mod:`mirrorlab.check.contents` tells: it looks at each rule, and has the words for it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from packaging.utils import canonicalize_name

from mirrorlab.check.contents import is_specifier
from mirrorlab.simple import FileEntry, ProjectPage

HASHES = frozenset(("md5", "sha1", "sha224", "sha384", "sha512"))
"""The hashes a page may give beside sha256."""
_URL = re.compile(r"(?:https://[a-z0-9.:-]+/)?[A-Za-z0-9._+!~/-]*/([A-Za-z0-9][A-Za-z0-9._+!~-]*)")
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}")
_BASE = re.compile(r"(?:https?|file)://[^@?#]*")
_STATUSES = frozenset({"active", "archived", "deprecated"})
_SDISTS = (".tar.gz", ".zip")
_HEAD = re.compile(
    "<!DOCTYPE html>\n<html>\n  <head>\n"
    r'    <meta name="pypi:repository-version" content="1\.[0-9]+">\n'
    "    <title>Links for ([^<>\n]*)</title>\n  </head>\n  <body>\n    <h1>Links for \\1</h1>\n"
)
_YANKED = re.compile(r' data-yanked="[^"<>\n]*"')


def is_plain(name: str, page: ProjectPage, base: str, *, json: bool) -> bool:
    """Tell whether nothing is to be said of a page: :func:`contents.judge_page` gives nothing.

    False where that is not seen at once.
    """
    if json and page.name != name and canonicalize_name(page.name) != name:
        return False
    if page.status not in _STATUSES or not page.files or _BASE.fullmatch(base) is None:
        return False
    prefix = f"{name.replace('-', '_')}-"
    filenames = set()
    for file in page.files:
        filename, metadata = file.filename, file.core_metadata
        url = _URL.fullmatch(file.url)
        if url is None or url[1] != filename or not filename.startswith(prefix):
            return False
        if _SHA256.fullmatch(file.hashes.get("sha256", "")) is None:
            return False
        if len(file.hashes) > 1 and file.hashes.keys() & HASHES:
            return False
        if type(metadata) is str and _SHA256.fullmatch(metadata) is None:
            return False
        if file.requires_python is not None and not is_specifier(file.requires_python):
            return False
        filenames.add(filename)
    if len(filenames) != len(page.files):
        return False
    if not json or page.api_version == "1.0":
        return True
    versions = set(page.versions)
    return all(_has_size(file) and _version(file.filename) in versions for file in page.files)


def _has_size(file: FileEntry) -> bool:
    return type(file.size) is int and file.size >= 0


def _version(filename: str) -> str:
    """Return what stands in the place of the version, in a name that begins with its project's."""
    if filename.endswith(".whl"):
        return filename.split("-", 2)[1]
    for ending in _SDISTS:
        if filename.endswith(ending):
            return filename.removesuffix(ending).rpartition("-")[2]
    return ""


def says_the_same(html: bytes, page: ProjectPage) -> bool:
    """Tell whether HTML is what bandersnatch writes for a page of JSON, and says the same.

    Of a page that :func:`is_plain` only. False where that is not seen at once.
    """
    try:
        text = html.decode()
    except UnicodeDecodeError:
        return False
    head = _HEAD.match(text)
    if head is None:
        return False
    lines = text[head.end() :].split("\n")
    end = ["  </body>", "</html>", f"<!--SERIAL {page.last_serial}-->"]
    return lines[-3:] == end and len(lines) == len(page.files) + 3 and _all_anchors(lines, page)


def _all_anchors(lines: list[str], page: ProjectPage) -> bool:
    for line, file in zip(lines, page.files, strict=False):
        head = f'    <a href="{file.url}#sha256={file.hashes["sha256"]}"'
        if file.requires_python is not None:
            head += _requires(file.requires_python)
        if file.core_metadata:
            said = f'metadata="sha256={file.core_metadata}"'
            head += f" data-core-{said} data-dist-info-{said}"
        end = f">{file.filename}</a><br/>"
        if line == head + end and file.yanked is False:
            continue
        if file.yanked is False or not (line.startswith(head) and line.endswith(end)):
            return False
        if _YANKED.fullmatch(line, len(head), len(line) - len(end)) is None:
            return False
    return True


@lru_cache(4096)
def _requires(text: str) -> str:
    return f' data-requires-python="{escape(text)}"'
