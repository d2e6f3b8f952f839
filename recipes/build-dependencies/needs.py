"""Fetch the sdists that a lock makes you build here, by their hashes. None of their code is run.

Usage: python3 needs.py LOCK INDEX FOLDER. They go to FOLDER/new, and what is in them to
FOLDER/unpacked. Prints the file that says what each is built with.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import sys
import tarfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import sys_tags
from packaging.utils import (
    InvalidWheelFilename,
    canonicalize_name,
    parse_wheel_filename,
)

HERE = frozenset(sys_tags())
SHA256 = re.compile("[0-9a-f]{64}")
ACCEPT = "application/vnd.pypi.simple.v1+json"


class Wrong(Exception):
    """What is wrong, in a sentence; and the exit code that goes with it."""

    def __init__(self, sentence: str, code: int = 2) -> None:
        """Take both."""
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Pin:
    """A release that the lock wants on this machine, and the hashes that its files may have."""

    requirement: Requirement
    hashes: frozenset[str]


def pins(lock: Path) -> Iterator[Pin]:
    """Read requirements with hashes, and nothing else. Raises Wrong."""
    try:
        text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong(f"{lock} cannot be read: {error}") from None
    for line in text.splitlines():
        words = line.partition(" #")[0].split()
        if not words or words[0].startswith("#"):
            continue
        hashes = {word.removeprefix("--hash=sha256:") for word in words if word[:7] == "--hash="}
        rest = " ".join(word for word in words if word[:7] != "--hash=")
        try:
            wanted = Requirement(rest)
        except InvalidRequirement:
            raise Wrong(f"{lock}: `{rest}` is no pinned requirement") from None
        if [each.operator for each in wanted.specifier] != ["=="] or "*" in str(wanted):
            raise Wrong(f"{lock}: `{rest}` is no pinned requirement")
        if not hashes or not all(SHA256.fullmatch(each) for each in hashes):
            raise Wrong(f"{lock}: {wanted.name} has no sha256, or one that is none")
        if wanted.marker is None or wanted.marker.evaluate():
            yield Pin(wanted, frozenset(hashes))


def sdist_of(pin: Pin, index: str) -> tuple[str, str] | None:
    """Return URL and hash of the sdist, or None where a locked wheel fits. Raises Wrong."""
    page = urljoin(f"{index.rstrip('/')}/", f"{canonicalize_name(pin.requirement.name)}/")
    try:
        answer = json.loads(fetch(page))
        found = [
            (each["filename"], urljoin(page, each["url"]), each["hashes"].get("sha256"))
            for each in answer["files"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Wrong(f"{page} is no page of the Simple API in JSON", 3) from None
    locked = [each for each in found if each[2] in pin.hashes]
    if any(_fits(name) for name, _, _ in locked):
        return None
    for name, url, digest in locked:
        if name.endswith(".tar.gz"):
            return url, digest
    raise Wrong(f"{page} has no file of {pin.requirement} for this machine that was locked", 1)


def _fits(filename: str) -> bool:
    try:
        return not HERE.isdisjoint(parse_wheel_filename(filename)[3])
    except InvalidWheelFilename:
        return False


def fetch(url: str) -> bytes:
    """Return what is at a URL. Raises Wrong."""
    request = urllib.request.Request(url, headers={"Accept": f"{ACCEPT}, */*;q=0.1"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            content: bytes = answer.read()
            return content
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Wrong(f"{url} does not answer: {error}", 3) from None


def unpack(sdist: Path, folder: Path) -> Path:
    """Unpack an sdist and return the file that says what builds it. Raises Wrong."""
    try:
        with tarfile.open(sdist) as archive:
            archive.extraction_filter = tarfile.data_filter
            archive.extractall(folder)
    except (tarfile.TarError, OSError) as error:
        raise Wrong(f"{sdist.name} is no sdist: {error}", 1) from None
    for name in ("pyproject.toml", "setup.py"):
        for path in sorted(folder.glob(f"*/{name}")):
            return path
    raise Wrong(f"{sdist.name} has neither pyproject.toml nor setup.py", 1)


def main(lock: Path, index: str, folder: Path) -> None:
    """Fetch, compare, unpack, print. Raises Wrong."""
    wanted = list(pins(lock))
    if not wanted:
        raise Wrong(f"{lock} locks nothing")
    for pin in wanted:
        found = sdist_of(pin, index)
        if found is None:
            continue
        url, digest = found
        content = fetch(url)
        if hashlib.sha256(content).hexdigest() != digest:
            raise Wrong(f"{url} is not the file that was locked", 1)
        sdist = folder / "new" / url.partition("#")[0].rpartition("/")[2]
        sdist.write_bytes(content)
        print(unpack(sdist, folder / "unpacked" / sdist.name))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
    except Wrong as wrong:
        print(f"lock-build: {wrong}", file=sys.stderr)
        sys.exit(wrong.code)
