"""Pages of the index you trust, read strictly: what no hash covers is not taken over."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import unquote, urljoin, urlsplit

JSON = "application/vnd.pypi.simple.v1+json"
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
STATUSES = {"active", "archived", "quarantined", "deprecated"}
_FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PATH = re.compile(r"/packages/(?:[A-Za-z0-9][A-Za-z0-9_-]*/)*([^/]+)")
_SECONDS = 30


class Refused(Exception):
    """A page that is not published; the sentence says what is wrong with it."""


class Gone(Refused):
    """The trusted index says that there is no such project."""


@dataclass(frozen=True)
class File:
    """One file of a project: what its bytes must be, and where a mirror has them."""

    filename: str
    path: str
    """As mirrors of PyPI have it: ``/packages/0d/38/…/demo_lib-1.0-py3-none-any.whl``."""
    sha256: str
    metadata: str | None
    """sha256 of its core metadata; None where the page gives no hash of it."""
    more: dict[str, Any]
    """``requires-python``, ``size``, ``upload-time``, ``yanked``, ``provenance``: those it has."""


@dataclass(frozen=True)
class Page:
    """What the trusted index says of one project."""

    name: str
    versions: tuple[str, ...]
    status: dict[str, str]
    serial: int | None
    files: tuple[File, ...]


def normalised(name: str) -> str:
    """The name of a project as the Simple API has it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def page(index: str, name: str) -> Page:
    """Fetch and check the page of a project. Raises Refused, Gone for a 404."""
    url = f"{index.rstrip('/')}/{name}/"
    body = _fetch(url)
    try:
        return _page(json.loads(body, object_pairs_hook=_once), url, name)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(f"no page of the Simple API ({type(error).__name__}: {error})") from None


class _NoDetours(urllib.request.HTTPRedirectHandler):
    """Follow a redirect only within the host that is trusted, and never to plain http."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            raise Refused(f"redirected to {newurl}, which is not the host that you trust")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_OPENER = urllib.request.build_opener(_NoDetours)


def _fetch(url: str) -> bytes:
    headers = {"Accept": JSON, "User-Agent": "own-index-any-mirror"}
    try:
        with _OPENER.open(urllib.request.Request(url, headers=headers), timeout=_SECONDS) as answer:
            kind = answer.headers.get_content_type()
            body: bytes = answer.read()
    except HTTPError as error:
        error.close()
        raise (Gone if error.code == 404 else Refused)(f"HTTP {error.code}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise Refused(f"no answer ({type(error).__name__}: {error})") from None
    if kind != JSON:
        raise Refused(f"{kind} instead of {JSON}")
    return body


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object in which a key stands twice: clients may differ in which one counts."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key!r} stands twice")
        found[key] = value
    return found


def _page(document: Any, url: str, name: str) -> Page:
    version = document["meta"]["api-version"]
    if not re.fullmatch(r"1\.\d+", version):
        raise Refused(f"its version is {version!r}, and this knows 1.x")
    if normalised(document["name"]) != name:
        raise Refused(f"the page of {document['name']!r}")
    files = tuple(_file(each, url) for each in _list(document["files"]))
    if len({each.filename for each in files}) != len(files):
        raise Refused("a file stands twice")
    status = {} if (found := document.get("project-status")) is None else found
    if status.get("status", "active") not in STATUSES:
        raise Refused(f"its status is {status['status']!r}")
    return Page(
        name,
        tuple(_text(each) for each in _list(document.get("versions", []))),
        {key: _text(status[key]) for key in ("status", "reason") if key in status},
        None if (serial := document["meta"].get("_last-serial")) is None else _number(serial),
        files,
    )


def _file(entry: Any, url: str) -> File:
    filename = entry["filename"]
    if not _FILENAME.fullmatch(filename):
        raise Refused(f"{filename!r} is no name of a file")
    sha256 = entry["hashes"].get("sha256", "")
    if not _SHA256.fullmatch(sha256):
        raise Refused(f"{filename} has no sha256: any bytes would be taken for it")
    where = urlsplit(urljoin(url, entry["url"]))
    found = _PATH.fullmatch(unquote(where.path))
    if where.query or found is None or found[1] != filename:
        raise Refused(f"{filename} is at {entry['url']!r}, where no mirror of PyPI has it")
    metadata = entry.get("core-metadata", entry.get("data-dist-info-metadata"))
    digest = metadata.get("sha256", "") if isinstance(metadata, dict) else ""
    known = digest if _SHA256.fullmatch(digest) else None
    return File(filename, unquote(where.path), sha256, known, _more(entry, url))


def _more(entry: Any, url: str) -> dict[str, Any]:
    """The rest of what installers go by, as it is, each of the kind that it must be."""
    checks = {"requires-python": _text, "size": _number, "upload-time": _moment, "yanked": _yank}
    more: dict[str, Any] = {
        key: check(entry[key]) for key, check in checks.items() if entry.get(key) is not None
    }
    if entry.get("provenance"):  # no hash covers it: it stays with the host that you trust
        address = urljoin(url, _text(entry["provenance"]))
        more["provenance"] = address
        if urlsplit(address)[:2] != urlsplit(url)[:2]:
            raise Refused(f"the provenance of {entry['filename']} is on another host")
    return more


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    value.encode()  # half a character (a lone surrogate) is none
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no size")
    return value


def _moment(value: Any) -> str:
    if datetime.fromisoformat(_text(value)).tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return _text(value)


def _yank(value: Any) -> bool | str:
    if not isinstance(value, bool | str):
        raise TypeError(f"{value!r} is neither true nor false nor a reason")
    return value if isinstance(value, bool) else _text(value)
