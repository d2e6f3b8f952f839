"""Find all files of a release in what your indexes list, hold and have cached; write the list.

Usage: python3 find_files.py LIST, with the settings of find-files.sh in the environment.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import urllib.error
import urllib.request
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from cache_entries import entries
from release import Listed, Refused, Release, bare, main, read

JSON = "application/vnd.pypi.simple.v1+json"
ACCEPT = f"{JSON}, text/html;q=0.1"


class Anchors(HTMLParser):
    """The addresses of all links of a page."""

    def __init__(self) -> None:
        """Start without any."""
        super().__init__()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the address of a link."""
        if tag == "a":
            self.hrefs += [value for name, value in attrs if name == "href" and value]


def on_page(listed: Listed, index: str) -> int:
    """Note what the page of the project lists; return how many files. Raises Refused, OSError."""
    url = f"{index.rstrip('/')}/{listed.release.project}/"
    request = urllib.request.Request(url, headers={"Accept": ACCEPT, "Cache-Control": "no-cache"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            url, kind = answer.geturl(), answer.headers.get_content_type()
            body = answer.read().decode("utf-8")
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 404:
            return 0
        raise Refused(f"{url}: {error.code} {error.reason}", 3) from None
    found = 0
    if kind == JSON:
        for file in json.loads(body)["files"]:
            if listed.release.has(file["filename"]):
                sha256 = file["hashes"].get("sha256", "-")
                listed.add(file["filename"], sha256, str(file.get("size", "-")))
                listed.urls.add(urljoin(url, file["url"]))
                found += 1
        return found
    if kind not in ("text/html", "application/vnd.pypi.simple.v1+html"):
        raise Refused(f"{url}: it answers with {kind}, which is no page", 3)
    anchors = Anchors()
    anchors.feed(body)
    for href in anchors.hrefs:
        address, fragment = urldefrag(urljoin(url, href))
        name = unquote(urlsplit(address).path).rpartition("/")[2]
        if listed.release.has(name):
            digest = re.fullmatch(r"sha256=([0-9a-f]{64})", fragment)
            listed.add(name, digest[1] if digest else "-")
            listed.urls.add(address)
            found += 1
    return found


def on_disk(listed: Listed, place: str) -> int:
    """Note what lies below a folder under a name of the release. Raises Refused."""
    folder = Path(place)
    if not folder.is_dir():
        raise Refused(f"{folder}: there is no such folder", 3)
    found = 0
    for path in folder.rglob("*"):
        if listed.release.has(path.name) and path.is_file() and bare(path.name) == path.name:
            digest = hashlib.sha256()
            with path.open("rb") as file:
                for block in iter(lambda: file.read(1 << 20), b""):
                    digest.update(block)
            listed.add(path.name, digest.hexdigest(), str(path.stat().st_size))
            found += 1
    return found


def in_cache(listed: Listed, folder: str) -> int:
    """Note what nginx has cached under a name of the release. Raises Refused."""
    found = 0
    for entry in entries(Path(folder)):
        name = unquote(entry.key.partition("?")[0]).rpartition("/")[2]
        if listed.release.has(name) and bare(name) == name:
            listed.add(name)
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
            except (Refused, OSError, ValueError, KeyError) as error:
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
