"""Files on a disk: read in blocks, hashed, and held against what their page and place say."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from mirrorlab.check.contents import LENGTHS
from mirrorlab.check.endings import Ending
from mirrorlab.check.files import (
    Bytes,
    altered,
    could_be_cut,
    judge_bytes,
    no_metadata,
    not_had,
)
from mirrorlab.check.files import (
    by_place as blake_of,
)
from mirrorlab.check.findings import Finding, Kind
from mirrorlab.check.hashing import BLAKE, new_hash
from mirrorlab.simple import FileEntry

_BLOCK = 1 << 20
_SMALL = 1 << 16


def look_at_file(
    name: str, file: FileEntry, path: Path, upstream: FileEntry | None, *, by_place: bool
) -> Iterator[Finding]:
    """Read a file and its core metadata, and judge both.

    ``by_place``: compute the blake2b too that its place is named by, at twice the cost.
    """
    named = blake_of(str(path)) if by_place or not file.hashes else None
    sums = {algorithm for algorithm in file.hashes if algorithm in LENGTHS}
    if upstream is not None and not sums & upstream.hashes.keys():
        sums |= {algorithm for algorithm in upstream.hashes if algorithm in LENGTHS}
    wanted = sorted(sums) + ([BLAKE] if named else [])
    try:
        got = read(path, wanted)
        if could_be_cut(file, got, named, upstream):
            got = read(path, wanted, Ending(file.filename))
    except OSError as error:
        yield _not_read(name, file.filename, error)
    else:
        yield from judge_bytes(name, file, got, named, upstream)
    if file.core_metadata:
        yield from _look_at_metadata(name, file, path.with_name(f"{path.name}.metadata"))


def _look_at_metadata(name: str, file: FileEntry, path: Path) -> Iterator[Finding]:
    shown = f"{file.filename}.metadata"
    try:
        got = read(path, ["sha256"])
    except (FileNotFoundError, NotADirectoryError):
        yield no_metadata(name, shown, "no such file")
    except OSError as error:
        yield _not_read(name, shown, error)
    else:
        said = file.core_metadata
        if isinstance(said, str) and said.lower() != got.hashes["sha256"]:
            expected = f"sha256 {said} as its page says"
            yield altered(name, shown, expected, got.hashes["sha256"], "metadata-hash")


def read(path: Path, algorithms: Sequence[str], ending: Ending | None = None) -> Bytes:
    """Read a file to its end. Raises :class:`OSError`, also for what is no regular file."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(0, "it is no regular file")
        if algorithms == ["sha256"] and ending is None and found.st_size <= _SMALL:
            content = os.read(descriptor, _SMALL + 1)
            if len(content) == found.st_size:
                return Bytes(len(content), {"sha256": hashlib.sha256(content).hexdigest()})
            os.lseek(descriptor, 0, os.SEEK_SET)
        sums = {name: new_hash(name) for name in algorithms}
        size = 0
        while block := os.read(descriptor, _BLOCK):
            size += len(block)
            for one in sums.values():
                one.update(block)
            if ending is not None:
                ending.update(block)
    finally:
        os.close(descriptor)
    hashes = {name: one.hexdigest() for name, one in sums.items()}
    return Bytes(size, hashes, ending is not None and ending.is_cut)


def _not_read(name: str, filename: str, error: OSError) -> Finding:
    gone = isinstance(error, FileNotFoundError | NotADirectoryError)
    kind = Kind.MISSING if gone else Kind.UNREACHABLE
    return not_had(kind, name, filename, "no such file" if gone else error.strerror or "an error")
