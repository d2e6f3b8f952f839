"""Hold locks against an index that is trusted. Usage: see check-lock.sh, which has the settings."""

from __future__ import annotations

import base64
import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Collection, Iterable
from html.parser import HTMLParser
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    canonicalize_version,
    parse_sdist_filename,
    parse_wheel_filename,
)
from read_lock import Entry, Unreadable, read

PAGE = "application/vnd.pypi.simple.v1+json, text/html;q=0.1"
GOOD, BAD, WRONG_USE, COULD_NOT_TELL = range(4)


class NoAnswer(Exception):
    """The trusted index says nothing about a project; the sentence says why."""


class _SameServer(urllib.request.HTTPRedirectHandler):
    """Believe nobody to whom the trusted index sends: it may be the mirror."""

    def redirect_request(self, req: urllib.request.Request, *args: Any) -> Any:
        """Follow a redirect on the same server. Raises NoAnswer for another one."""
        asked, sent_to = _server(req.full_url), _server(args[-1])
        if asked != sent_to:
            raise NoAnswer(f"{asked} redirects to {sent_to}; if you trust it, name it in TRUSTED")
        return super().redirect_request(req, *args)


class Trusted:
    """The hashes of an index, each page asked for once."""

    def __init__(self, url: str) -> None:
        """Nothing is asked before it is needed. Raises ValueError for an address of no use."""
        parts = urlsplit(url)
        here = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
        if not parts.hostname or not (here or parts.scheme == "https"):
            raise ValueError("it must begin with https://, or the network can answer for it")
        user, _, server = parts.netloc.rpartition("@")
        self.url = parts._replace(netloc=server).geturl().rstrip("/")
        basic = base64.b64encode(unquote(user).encode()).decode()
        self._headers = {"Accept": PAGE, **({"Authorization": f"Basic {basic}"} if user else {})}
        self._open = urllib.request.build_opener(_SameServer).open
        self._pages: dict[str, dict[str, set[str]]] = {}

    def hashes(self, name: str, version: str) -> set[str]:
        """The hashes (``sha256:…``) of a release, none where it is not there. Raises NoAnswer."""
        if name not in self._pages:
            self._pages[name] = self._ask(name)
        return self._pages[name].get(canonicalize_version(version), set())

    def _ask(self, name: str) -> dict[str, set[str]]:
        url = f"{self.url}/{name}/"
        releases: dict[str, set[str]] = {}
        try:
            with self._open(urllib.request.Request(url, headers=self._headers), timeout=60) as it:
                files = _files(it.headers.get_content_subtype(), it.read().decode())
            for filename, hashes in files:
                releases.setdefault(_version_of(filename), set()).update(hashes)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 404:
                return {}
            raise NoAnswer(f"{url} answers {error.code}") from None
        except (OSError, HTTPException) as error:
            raise NoAnswer(f"{url} does not answer: {getattr(error, 'reason', error)}") from None
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise NoAnswer(f"{url} is no page of the Simple API") from None
        return releases


def problems(
    entries: Collection[Entry],
    urls: Iterable[str],
    trusted: Trusted,
    may_name: list[str],
    own: set[str],
) -> Iterable[str]:
    """What is wrong with a lock, a sentence each. Raises NoAnswer."""
    bare = {url: re.sub(r"(?<=://)[^/?#]*@", "", url) for url in urls}
    for server in sorted({_server(url) for url in bare.values() if not _allowed(url, may_name)}):
        yield f"it names {server}, which MAY_NAME does not allow"
    for server in sorted(
        {_server(url) for url in urls if url.startswith("http") and url != bare[url]}
    ):
        yield f"it holds a user name or a password for {server}"
    if not entries:
        yield "it locks nothing"
    for entry in sorted(entries):
        what = f"{entry.name} {entry.version}".strip()
        if not entry.hashes:
            yield f"{what}: it has no hash: whatever a mirror has would be installed"
        elif entry.name not in own:
            known = trusted.hashes(entry.name, entry.version)
            if not known:
                yield f"{what} is not at {trusted.url}; if it is your own project, name it in OWN"
            elif unknown := entry.hashes - known:
                yield f"{what}: no file at {trusted.url} has the hash {min(unknown)}"


def main(locks: list[str]) -> int:
    """Print what is wrong, or what is good, and return the exit code."""
    try:
        trusted = Trusted(os.environ["TRUSTED"])
    except ValueError as reason:
        print(f"check-lock: TRUSTED is no index to trust: {reason}", file=sys.stderr)
        return WRONG_USE
    if not locks:
        print("check-lock: LOCKS names no lock", file=sys.stderr)
        return WRONG_USE
    may_name, own = os.environ["MAY_NAME"].split(), os.environ["OWN"].split()
    code = GOOD
    for path in locks:
        try:
            entries, urls = read(Path(path))
            wrong = list(
                problems(entries, urls, trusted, may_name, {canonicalize_name(n) for n in own})
            )
        except Unreadable as reason:
            print(f"check-lock: {path}: {reason}", file=sys.stderr)
            return WRONG_USE
        except NoAnswer as reason:
            print(f"check-lock: cannot tell: {reason}", file=sys.stderr)
            return COULD_NOT_TELL
        for problem in wrong:
            print(f"check-lock: {path}: {problem}", file=sys.stderr)
        if wrong:
            code = BAD
        else:
            count = sum(len(entry.hashes) for entry in entries)
            print(f"good: {path}: {len(entries)} releases, {count} hashes")
    return code


class _Links(HTMLParser):
    """The files of a page in HTML (PEP 503), each with the hash after the ``#`` of its address."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[tuple[str, set[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link."""
        url = urlsplit(dict(attrs).get("href") or "")
        if tag == "a" and url.path:
            kind, _, value = url.fragment.partition("=")
            hashes = {f"{kind}:{value}"} if value else set()
            self.files.append((unquote(url.path.rpartition("/")[2]), hashes))


def _files(subtype: str, page: str) -> list[tuple[str, set[str]]]:
    """The files of a page, and their hashes. Raises ValueError, LookupError, TypeError."""
    if subtype.endswith("html"):
        links = _Links()
        links.feed(page)
        return links.files
    return [
        (file["filename"], {f"{kind}:{value}" for kind, value in file["hashes"].items()})
        for file in json.loads(page)["files"]
    ]


def _server(url: str) -> str:
    """The beginning of an address, without a password that may be in it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is broken"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"


def _allowed(url: str, may_name: Iterable[str]) -> bool:
    """Whether an address is one of those, or lies below: a longer name of a server does not."""
    begins = [each.rstrip("/") for each in may_name]
    return any(url == each or url.startswith(f"{each}/") for each in begins)


def _version_of(filename: str) -> str:
    """The version in the name of a file, normalised; of an odd one of old, its name."""
    try:
        if filename.endswith(".whl"):
            return canonicalize_version(parse_wheel_filename(filename)[1])
        return canonicalize_version(parse_sdist_filename(filename)[1])
    except (InvalidWheelFilename, InvalidSdistFilename):
        found = re.search(r"-(\d[^-]*?)(\.tar\.\w+|\.zip|\.egg|\.exe|-.*)$", filename)
        return canonicalize_version(found[1]) if found else filename


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
