"""Which files a check has read and found good, so that one that was interrupted can go on.

Only bytes are taken as read: lists and pages are always looked at again. A file counts as the
same one while its page, and upstream, give the same hashes for it.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import TextIO

from mirrorlab.simple import FileEntry

GOOD_FOR = timedelta(days=1)
"""A journal that was begun longer ago says nothing any more."""
_UNWRITTEN = 1.0
"""So many seconds of reading may be lost where a check is killed outright."""
_DIGITS = 16


class Journal:
    """The journal of one check: a file, or nothing where it cannot be written."""

    def __init__(self, path: Path | None, *, resume: bool, now: datetime | None = None) -> None:
        """Begin a journal; with ``resume`` go on with the one that is there, if it is good."""
        self._path = path
        self._now = now or datetime.now(UTC)
        self._lock = Lock()
        self._file: TextIO | None = None
        self._flush_at = 0.0
        self._collects = False
        self.noted: list[str] = []
        """What was collected: numbers of files that were found good."""
        self.began = self._now
        self._good: set[str] = set()
        if resume and path is not None:
            self._read(path)
        self.resumed = len(self._good)
        """How many files were found good before."""

    def has(self, name: str, file: FileEntry, upstream: FileEntry | None) -> bool:
        """Tell whether a file was read and found good before."""
        return bool(self._good) and _id(name, file, upstream) in self._good

    def note(self, name: str, file: FileEntry, upstream: FileEntry | None) -> None:
        """Write down that a file was read to its end and found good."""
        if self._path is None and not self._collects:
            return
        self.write(_id(name, file, upstream))

    def write(self, line: str) -> None:
        """Write down a file by its number."""
        if self._collects:
            self.noted.append(line)
        if self._path is None:
            return
        with self._lock, suppress(OSError):
            if self._file is None:
                self._file = self._begin(self._path)
            self._file.write(f"{line}\n")
            if time.monotonic() > self._flush_at:
                self._file.flush()
                self._flush_at = time.monotonic() + _UNWRITTEN

    def elsewhere(self) -> Journal:
        """Return one for another process, which collects what this one is to write down."""
        other = Journal(None, resume=False, now=self._now)
        other._good = self._good
        other._collects = self._path is not None
        return other

    def end(self, *, done: bool) -> None:
        """Close it; where the check is done, nothing is to be resumed and it is removed."""
        with self._lock, suppress(OSError):
            if self._file is not None:
                self._file.close()
                self._file = None
            if done and self._path is not None:
                self._path.unlink(missing_ok=True)

    def _begin(self, path: Path) -> TextIO:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.resumed:
            return path.open("a", encoding="ascii")
        made = path.open("w", encoding="ascii")
        made.write(json.dumps({"began": self.began.isoformat()}) + "\n")
        return made

    def _read(self, path: Path) -> None:
        try:
            head, *lines = path.read_text(encoding="ascii").split("\n")
            began = datetime.fromisoformat(json.loads(head)["began"])
            if not timedelta() <= self._now - began <= GOOD_FOR:
                return
        except (OSError, ValueError, KeyError, TypeError):
            return
        self.began = began
        self._good = set(_whole(lines[:-1]))  # what stands after the last newline was cut off


def _whole(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if len(line) == _DIGITS:
            yield line


def _id(name: str, file: FileEntry, upstream: FileEntry | None) -> str:
    hashes = sorted(file.hashes.items()), sorted(upstream.hashes.items()) if upstream else None
    said = (name, file.filename, file.url, hashes, file.size, file.core_metadata)
    return hashlib.sha256(repr(said).encode("utf-8", "replace")).hexdigest()[:_DIGITS]


def key(*what: object) -> str:
    """Return a file name for the journal of a check that is asked for in these words."""
    return hashlib.sha256(repr(what).encode()).hexdigest()[:32]
