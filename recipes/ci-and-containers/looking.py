"""Look into everything: folders, image archives, and what is packed inside them, to the bottom.

What cannot be read to its end is said, and never counts as clean.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any, cast

import image_parts
import unpacking
from spellings import CHUNK, Searcher

_DEEPEST = 8
_ON_DISK_FROM = 16 << 20
_BLOCK = 512
_BROKEN = (Exception,)
"""Whatever a reader raises of a file, the file was not read."""


class Looker:
    """Looks into one place after the other, and remembers what it saw."""

    def __init__(self, searcher: Searcher) -> None:
        """Look for what the searcher looks for."""
        self._searcher = searcher
        self._found: dict[tuple[str, str], None] = {}
        self._unread: dict[tuple[str, str], None] = {}
        self.files = 0
        """So many files were searched, those inside archives too."""
        self.size = 0
        """So many bytes, unpacked."""

    @property
    def found(self) -> tuple[tuple[str, str], ...]:
        """Where the secret stands, and how it is written; safe to print.

        Of an archive that is not packed, the file inside it is enough.
        """
        innermost = (
            (where, how)
            for where, how in self._found
            if not any(o.startswith(f"{where}: ") and how == h for o, h in self._found)
        )
        return tuple((self._searcher.masked(where), how) for where, how in innermost)

    @property
    def unread(self) -> tuple[tuple[str, str], ...]:
        """What was not searched to its end, and why."""
        return tuple(
            (self._searcher.masked(w), self._searcher.masked(why)) for w, why in self._unread
        )

    def look_in(self, place: Path) -> None:
        """Look into a file, or into all that is under a folder; an empty place tells nothing."""
        before = self.size
        try:
            if place.is_dir():
                self._folder(place)
            elif place.is_file():
                with place.open("rb") as file:
                    self._file(str(place), file, 0)
        except _BROKEN as error:
            self._cannot(str(place), error)
        if self.size == before:
            self._unread[str(place), "there is nothing in it"] = None

    def _folder(self, folder: Path) -> None:
        """Follow no link: where it leads may be outside. Its target is searched as a text."""
        found = sorted(self._paths(folder))
        names = {path.relative_to(folder).as_posix(): path for path in found}
        parts = self._parts(str(folder), names, lambda name: names[name].read_bytes())
        for name, path in names.items():
            where = f"{folder}: {parts.labels[name]}" if name in parts.labels else str(path)
            self._text(where, name)
            try:
                mode = path.lstat().st_mode
                if stat.S_ISLNK(mode):
                    self._text(where, os.fspath(path.readlink()))
                elif stat.S_ISREG(mode):
                    with path.open("rb") as file:
                        self._part(where, name, file, parts, 0)
            except _BROKEN as error:
                self._cannot(where, error)

    def _paths(self, folder: Path) -> list[Path]:
        def failed(error: OSError) -> None:
            self._cannot(str(error.filename), error)

        found = []
        for parent, folders, files in os.walk(folder, onerror=failed):
            found += [Path(parent, name) for name in (*folders, *files)]
        return found

    def _parts(
        self, where: str, names: Collection[str], read: image_parts.Read
    ) -> image_parts.Parts:
        try:
            parts = image_parts.parts_of(names, read)
        except image_parts.NoImage as problem:
            self._unread[where, str(problem)] = None
            return image_parts.Parts()
        for sentence in parts.missing:
            self._unread[where, sentence] = None
        return parts

    def _part(
        self, where: str, name: str, file: IO[bytes], parts: image_parts.Parts, depth: int
    ) -> None:
        """Search a file that may be a part of an image: then its bytes must be what it says."""
        kind, _, wanted = parts.digests.get(name, "").partition(":")
        if wanted and _digest(file, kind) != wanted:
            self._unread[where, "it is cut off or altered: its digest is another"] = None
        file.seek(0)
        if name in parts.configs:
            self._config(where, file.read())
            file.seek(0)
        self._file(where, file, depth)

    def _config(self, where: str, content: bytes) -> None:
        """Name the place inside an image's configuration: the environment, or the history."""
        try:
            for path, text in image_parts.strings(json.loads(content)):
                self._text(f"{where}: {path}", text)
        except ValueError as error:
            self._cannot(where, error)

    def _file(self, where: str, file: IO[bytes], depth: int) -> None:
        """Search one file as it is, then what is packed in it."""
        self.files += 1
        start = file.read(_BLOCK)
        file.seek(0)
        how, size = self._searcher.search(file)
        self.size += size
        self._found |= dict.fromkeys((where, way) for way in sorted(how))
        file.seek(0)
        try:
            self._inside(where, file, start, depth + 1)
        except _BROKEN as error:
            self._cannot(where, error)

    def _inside(self, where: str, file: IO[bytes], start: bytes, depth: int) -> None:
        if closed := unpacking.closed(start):
            self._unread[where, f"it is {closed}, which this does not open"] = None
        packed, tar = unpacking.frames(start, file), unpacking.is_tar(start)
        zipped = start.startswith(b"PK\3\4") or zipfile.is_zipfile(file)
        file.seek(0)
        # An archive may stand behind a script that starts it.
        zipped = zipped or (start.startswith(b"#!") and b"PK\3\4" in file.read())
        file.seek(0)
        if depth > _DEEPEST and (packed or tar or zipped):
            self._unread[where, f"more than {_DEEPEST} archives inside each other"] = None
        elif tar:
            self._tar(where, file, depth)
        elif zipped:
            self._zip(where, file, depth)
        elif packed:
            self._unpack(where, packed, depth)
        else:
            content, whole = unpacking.loose_object(start, file)
            if not whole:
                self._unread[where, "it is cut off: what is packed in it has no end"] = None
            if content:
                self._file(where, io.BytesIO(content), depth)

    def _tar(self, where: str, file: IO[bytes], depth: int) -> None:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            members = {_plain(member.name): member for member in archive}
            everything = archive.getmembers()
            self._after_the_end(where, file, archive.offset, depth)

            def read(name: str) -> bytes:
                inner = archive.extractfile(members[name])
                return inner.read() if inner else b""

            parts = self._parts(where, members, read)
            for member in everything:
                name = _plain(member.name)
                inside = f"{where}: {parts.labels.get(name, member.name)}"
                extra = (f"{key}={value}" for key, value in member.pax_headers.items())
                self._text(inside, "\n".join((member.name, member.linkname, *extra)))
                if not member.isreg() and member.type in tarfile.SUPPORTED_TYPES:
                    continue
                inner = archive.extractfile(member)
                if inner is not None:
                    try:
                        self._part(inside, name, inner, parts, depth)
                    except _BROKEN as error:
                        self._cannot(inside, error)

    def _after_the_end(self, where: str, file: IO[bytes], end: int, depth: int) -> None:
        """An archive ends with a block of zeros; another one may follow, which tar never shows."""
        file.seek(end)
        rest = file.read()
        if rest[:_BLOCK] != bytes(_BLOCK):
            self._unread[where, "the archive is cut off: its end is missing"] = None
        if rest := rest.lstrip(b"\0"):
            self._file(f"{where}: after its end", io.BytesIO(rest), depth)

    def _zip(self, where: str, file: IO[bytes], depth: int) -> None:
        with zipfile.ZipFile(file) as archive:
            self._bytes(f"{where}: its comment", archive.comment)
            for member in archive.infolist():
                inside = f"{where}: {member.filename}"
                self._text(inside, member.filename)
                try:
                    with archive.open(member) as inner:
                        self._unpack(inside, inner, depth)
                except _BROKEN as error:
                    self._cannot(inside, error)

    def _unpack(self, where: str, packed: Any, depth: int) -> None:
        """Unpack to the end, checks included, and search what comes out."""
        with tempfile.SpooledTemporaryFile(max_size=_ON_DISK_FROM) as whole:
            try:
                while chunk := packed.read(CHUNK):
                    whole.write(chunk)
            except _BROKEN as error:
                self._cannot(where, error)
            whole.seek(0)
            self._file(where, cast("IO[bytes]", whole), depth)

    def _text(self, where: str, text: str) -> None:
        self._found |= dict.fromkeys((where, way) for way in sorted(self._searcher.of_text(text)))

    def _bytes(self, where: str, content: bytes) -> None:
        how, _ = self._searcher.search(io.BytesIO(content))
        self._found |= dict.fromkeys((where, way) for way in sorted(how))

    def _cannot(self, where: str, error: BaseException) -> None:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self._unread[where, why or type(error).__name__] = None


def _digest(file: IO[bytes], kind: str) -> str:
    return hashlib.file_digest(cast("io.BufferedReader", file), kind).hexdigest()


def _plain(name: str) -> str:
    return name.removeprefix("./")
