"""Find all files of a release in what your indexes list, hold and have cached; write the list.

Usage: python3 find_files.py LIST, with the settings of find-files.sh in the environment.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import json
import netrc
import os
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from cache_entries import entries
from release import Listed, Refused, Release, bare, main, read, walk

JSON = "application/vnd.pypi.simple.v1+json"
ACCEPT = f"{JSON}, text/html;q=0.1"


class Anchors(HTMLParser):
    """The addresses of all links of a page."""

    def __init__(self) -> None:
        """Start without any."""
        super().__init__()
        self.hrefs: list[str] = []
        self.base = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the address of a link, or what addresses are relative to."""
        values = [value for name, value in attrs if name == "href" and value]
        if tag == "a":
            self.hrefs += values
        elif tag == "base" and not self.base:
            self.base = "".join(values)


@dataclass(frozen=True)
class Link:
    """A file on a page."""

    name: str
    url: str
    sha256: str
    size: str


def links(project: str, url: str, kind: str, body: bytes) -> list[Link]:
    """The files that the page of a project lists. Raises Refused where it is no such page.

    What is not JSON is read as HTML, whatever its type: devpi gives one of its forms none.
    """
    try:
        text = body.decode("utf-8")
        if kind == JSON or text.lstrip().startswith("{"):
            return [_of_json(url, file) for file in json.loads(text)["files"]]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Refused(f"{url}: it cannot be read as a page: {error}", 3) from None
    anchors = Anchors()
    anchors.feed(text)
    anchors.close()
    found = [_of_html(urljoin(url, anchors.base), href) for href in anchors.hrefs]
    found = [link for link in found if link.name]
    if not found and f"links for {project}" not in text.lower():
        raise Refused(f"{url}: it lists no file: is this a page of an index, or a login?", 3)
    return found


def _of_json(url: str, file: dict[str, Any]) -> Link:
    name, address = str(file["filename"]), urldefrag(urljoin(url, file["url"]))[0]
    return Link(name, address, file["hashes"].get("sha256", "-"), str(file.get("size", "-")))


def _of_html(base: str, href: str) -> Link:
    address, fragment = urldefrag(urljoin(base, href))
    name = unquote(urlsplit(address).path).rpartition("/")[2]
    digest = re.fullmatch(r"sha256=([0-9a-f]{64})", fragment)
    return Link(name, address, digest[1] if digest else "-", "-")


def login(url: str) -> dict[str, str]:
    """The header with the login that ~/.netrc has for the host of an address."""
    with contextlib.suppress(OSError, netrc.NetrcParseError):
        found = netrc.netrc().authenticators(urlsplit(url).hostname or "")
        if found:
            both = f"{found[0]}:{found[2]}".encode()
            return {"Authorization": f"Basic {base64.b64encode(both).decode()}"}
    return {}


def on_page(listed: Listed, index: str) -> int:
    """Note what the page of the project lists; return how many files. Raises Refused, OSError."""
    url = f"{index.rstrip('/')}/{listed.release.project}/"
    headers = {"Accept": ACCEPT, "Cache-Control": "no-cache", **login(url)}
    try:
        request = urllib.request.Request(url, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            url, kind = answer.geturl(), answer.headers.get_content_type()
            body = answer.read()
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 404:
            return 0
        raise Refused(f"{url}: {error.code} {error.reason}", 3) from None
    found = [
        x for x in links(listed.release.project, url, kind, body) if listed.release.has(x.name)
    ]
    for link in found:
        listed.add(link.name, link.sha256, link.size)
        listed.urls.add(link.url)
    return len(found)


def on_disk(listed: Listed, place: str) -> int:
    """Note what lies below a folder under a name of the release, or beside it. Raises Refused."""
    folder = Path(place)
    if not folder.is_dir():
        raise Refused(f"{folder}: there is no such folder", 3)
    found = 0
    for path in walk(folder):
        if not listed.release.has(path.name) or not path.is_file():
            continue
        found += 1
        if path.name != bare(path.name):
            listed.add(bare(path.name))  # its core metadata tells of a file that is elsewhere
            continue
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        listed.add(path.name, digest, str(path.stat().st_size))
    return found


def in_cache(listed: Listed, folder: str) -> int:
    """Note what nginx has cached of the release, or beside it. Raises Refused."""
    found = 0
    for entry in entries(Path(folder)):
        for name in entry.names():
            if listed.release.has(name):
                listed.add(bare(name))
                found += 1
    return found


def work(argv: list[str]) -> int:
    """Look everywhere, write the list, say what was found where."""
    path = Path(argv[0])
    release = Release.parse(os.environ["RELEASE"])
    listed = read(path) if path.exists() else Listed(release)
    unheard, looked = [], 0
    ways = (("INDEXES", on_page), ("TREES", on_disk), ("DEVPI", on_disk), ("CACHES", in_cache))
    for setting, look in ways:
        for place in os.environ[setting].split():
            looked += 1
            try:
                found = look(listed, place)
            except (Refused, OSError, ValueError, http.client.HTTPException) as error:
                unheard.append(f"{place}: {error}" if place not in str(error) else str(error))
            else:
                print(f"find-files: {found} in {place}")
    for sentence in unheard:
        print(f"find-files: could not look there: {sentence}")
    if not looked:
        raise Refused("nowhere to look; set SERVED, TREES, DEVPI or CACHES")
    if not listed.files:
        said = f"nothing of {release} is anywhere: is it spelled right? No list is written"
        raise Refused(said, 1)
    listed.write(path)
    for name in sorted(listed.names):
        print(f"find-files: {release} has {name}")
    return 3 if unheard else 0


if __name__ == "__main__":
    main("find-files", work)
