"""Hold the files of folders against an index that is trusted. Usage: see fill-cache.sh."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

PAGE = "application/vnd.pypi.simple.v1+json, text/html;q=0.1"
GOOD, BAD, WRONG_USE, COULD_NOT_TELL = range(4)


class NoAnswer(Exception):
    """The trusted index says nothing about a project; the sentence says why."""


@dataclass(frozen=True)
class Listed:
    """What an index says of a file."""

    sha256: str
    yanked: bool


def main(folders: list[str]) -> int:
    """Print what is wrong, and return the exit code."""
    own: set[str] = {canonicalize_name(name) for name in os.environ["OWN"].split()}
    try:
        trusted = Trusted(os.environ["TRUSTED"])
    except ValueError as reason:
        print(f"compare: TRUSTED is no index to trust: {reason}", file=sys.stderr)
        return WRONG_USE
    try:
        files = sorted(file for folder in folders for file in Path(folder).iterdir())
    except OSError as error:
        print(f"compare: {error.filename} cannot be read: {error.strerror}", file=sys.stderr)
        return WRONG_USE
    try:
        wrong = list(problems(files, trusted, own))
    except NoAnswer as reason:
        print(f"compare: cannot tell: {reason}", file=sys.stderr)
        return COULD_NOT_TELL
    if not files:
        wrong.append("there is no file to compare")
    for problem in wrong:
        print(f"compare: {problem}", file=sys.stderr)
    return BAD if wrong else GOOD


def problems(files: list[Path], trusted: Trusted, own: set[str]) -> Iterator[str]:
    """What is wrong with files, a sentence each. Raises NoAnswer."""
    for file in files:
        name = _project(file.name)
        if name is None:
            yield f"{file.name} is neither a wheel nor an sdist, and cannot be compared"
        elif name not in own:
            listed = trusted.files(name).get(file.name)
            if listed is None:
                yield (
                    f"{file.name} is not at {trusted.url}; "
                    "if it is your own project, name it in OWN"
                )
            elif listed.sha256 != hashlib.sha256(file.read_bytes()).hexdigest():
                yield f"{file.name} is not the file that {trusted.url} has"
            elif listed.yanked:
                yield f"{file.name} is yanked; pin another version"


class _SameServer(urllib.request.HTTPRedirectHandler):
    """Believe nobody to whom the trusted index sends."""

    def redirect_request(self, req: urllib.request.Request, *args: Any) -> Any:
        """Follow a redirect on the same server. Raises NoAnswer for another one."""
        asked, sent_to = urlsplit(req.full_url), urlsplit(args[-1])
        if (asked.scheme, asked.netloc) != (sent_to.scheme, sent_to.netloc):
            raise NoAnswer(
                f"{req.full_url} redirects to another server; if you trust it, name it in TRUSTED"
            )
        return super().redirect_request(req, *args)


class Trusted:
    """What an index lists, each page asked for once."""

    def __init__(self, url: str) -> None:
        """Nothing is asked before it is needed. Raises ValueError for an address of no use."""
        parts = urlsplit(url)
        here = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
        if not parts.hostname or not (here or parts.scheme == "https"):
            raise ValueError("it must begin with https://, or the network can answer for it")
        user, _, server = parts.netloc.rpartition("@")
        self.url = parts._replace(netloc=server).geturl().rstrip("/") + "/"
        basic = base64.b64encode(unquote(user).encode()).decode()
        self._headers = {"Accept": PAGE, **({"Authorization": f"Basic {basic}"} if user else {})}
        self._open = urllib.request.build_opener(_SameServer).open
        self._pages: dict[str, dict[str, Listed]] = {}

    def files(self, project: str) -> dict[str, Listed]:
        """The files of a project by name, none where it is not there. Raises NoAnswer."""
        if project not in self._pages:
            self._pages[project] = self._ask(f"{self.url}{project}/")
        return self._pages[project]

    def _ask(self, url: str) -> dict[str, Listed]:
        try:
            with self._open(urllib.request.Request(url, headers=self._headers), timeout=60) as it:
                return _read(it.headers.get_content_subtype(), it.read().decode())
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 404:
                return {}
            raise NoAnswer(f"{url} answers {error.code}") from None
        except (OSError, HTTPException) as error:
            raise NoAnswer(f"{url} does not answer: {getattr(error, 'reason', error)}") from None
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise NoAnswer(f"{url} is no page of the Simple API") from None


class _Links(HTMLParser):
    """The files of a page in HTML (PEP 503, PEP 592)."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, Listed] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link."""
        given = dict(attrs)
        url = urlsplit(given.get("href") or "")
        if tag == "a" and url.path:
            kind, _, value = url.fragment.partition("=")
            sha256 = value if kind == "sha256" else ""
            name = unquote(url.path.rpartition("/")[2])
            self.files[name] = Listed(sha256, "data-yanked" in given)


def _read(subtype: str, page: str) -> dict[str, Listed]:
    """The files of a page. Raises ValueError, LookupError, TypeError, AttributeError."""
    if subtype.endswith("html"):
        links = _Links()
        links.feed(page)
        return links.files
    return {
        file["filename"]: Listed(
            str(file["hashes"].get("sha256", "")), file.get("yanked", False) is not False
        )
        for file in json.loads(page)["files"]
    }


def _project(filename: str) -> str | None:
    """The normalised project in the name of a file, None where it has none."""
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[0]
        return parse_sdist_filename(filename)[0]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
