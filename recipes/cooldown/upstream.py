"""Pages of an index in JSON, read strictly: what cannot be understood is refused, never guessed."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import urljoin, urlsplit

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_version,
    parse_sdist_filename,
    parse_wheel_filename,
)

JSON = "application/vnd.pypi.simple.v1+json"
AHEAD = timedelta(hours=1)
"""So far may the clock of this machine be ahead of the index's: it decides what is old."""


class Refused(Exception):
    """No answer that can be believed. ``status`` is for the client, the sentence for people."""

    def __init__(self, status: int, sentence: str) -> None:
        """Both are sent to who asked."""
        super().__init__(sentence)
        self.status = status


class NoTimes(Refused):
    """The index speaks HTML only, which has no place for the time of an upload."""


def ask(url: str, headers: Mapping[str, str], method: str = "GET") -> Any:
    """Open an http or https address; the answer is to be closed. Raises Refused."""
    if urlsplit(url).scheme not in {"http", "https"}:
        raise Refused(502, f"{url} is no http or https address")
    try:
        request = urllib.request.Request(url, headers=dict(headers), method=method)
        return urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        error.close()
        status = 404 if error.code == 404 else 502
        raise Refused(status, f"{url} answers {error.code}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise Refused(502, f"{url} does not answer: {error}") from None


def page(index: str, name: str) -> dict[str, Any]:
    """The page of a project, checked; the addresses of its files made absolute. Raises Refused.

    ``upload-time`` of each file is a datetime, or None where there is none.
    """
    url = f"{index.rstrip('/')}/{name}/"
    with ask(url, {"Accept": JSON}) as answer:
        kind = answer.headers.get_content_type()
        try:
            body = answer.read()
        except (OSError, HTTPException) as error:
            raise Refused(502, f"{url} ends too early: {error}") from None
        _compare_clocks(url, answer.headers)
    if kind != JSON:
        raise NoTimes(502, f"{url} is {kind}, and only {JSON} has upload times")
    try:
        document = json.loads(body)
        wrong = _wrong(document)
        document["versions"] = [str(each) for each in document.get("versions", [])]
        for file in document["files"]:
            wrong = wrong or _wrong_with(file)
            file["url"] = urljoin(url, file["url"])
            if file.get("provenance"):
                file["provenance"] = urljoin(url, file["provenance"])
            file["upload-time"] = _moment(file.get("upload-time"))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        wrong = f"{type(error).__name__}: {error}"
    if wrong:
        raise Refused(502, f"{url} is no page of the Simple API: {wrong}")
    checked: dict[str, Any] = document
    return checked


def version_of(filename: str) -> str:
    """The version in a file's name, normalised; empty where there is none to be read."""
    parse: Any = parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename
    try:
        return canonicalize_version(parse(filename)[1])
    except (InvalidWheelFilename, InvalidSdistFilename):
        return ""


def _wrong(document: Any) -> str:
    version = str(document["meta"]["api-version"])
    return "" if version.split(".")[0] == "1" else f"its version is {version}"


def _wrong_with(file: Any) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._+!-]+", file["filename"]):
        return f"{file['filename']!r} is no name of a file"
    texts = [*file["hashes"].values(), file.get("requires-python") or ""]
    if not all(isinstance(each, str) for each in texts):
        return "a hash or requires-python is no text"
    yank = isinstance(file.get("yanked", False), bool | str)
    return "" if yank else "yanked is neither true nor false nor a reason"


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"upload-time {text!r} has no time zone")
    return moment


def _compare_clocks(url: str, headers: Mapping[str, str]) -> None:
    """Refuse to judge ages by a clock that is ahead: everything would seem old."""
    try:
        theirs = parsedate_to_datetime(headers["Date"]).astimezone(UTC)
        theirs += timedelta(seconds=int(headers.get("Age", "0")))
    except (TypeError, ValueError, KeyError, OverflowError):
        raise Refused(502, f"{url} does not say what time it is") from None
    ours = datetime.fromtimestamp(time.time(), UTC)
    if ours - theirs > AHEAD:
        raise Refused(502, f"the clock here says {ours:%F %T}, that of {url} {theirs:%F %T} (UTC)")
