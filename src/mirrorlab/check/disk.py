"""Files on a disk: read in blocks, hashed, and held against what their page and place say."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence

from mirrorlab.check.contents import LENGTHS
from mirrorlab.check.endings import Ending
from mirrorlab.check.files import (
    Bytes,
    altered,
    could_be_cut,
    judge_bytes,
    no_metadata,
    not_had,
    size_of,
)
from mirrorlab.check.files import (
    by_place as blake_of,
)
from mirrorlab.check.findings import Finding, Kind
from mirrorlab.check.hashing import BLAKE, new_hash
from mirrorlab.simple import FileEntry

_BLOCK = 1 << 20
_SMALL = 1 << 16
_SHA256 = ("sha256",)
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def look_at_file(
    name: str, file: FileEntry, path: str, upstream: FileEntry | None, *, by_place: bool
) -> Iterator[Finding]:
    """Read a file and its core metadata, and judge both.

    ``by_place``: compute the blake2b too that its place is named by, at twice the cost.
    """
    if by_place or not _is_good(file, path, upstream):
        yield from _judge_file(name, file, path, upstream, by_place=by_place)
    if file.core_metadata:
        yield from _look_at_metadata(name, file, f"{path}.metadata")


def _is_good(file: FileEntry, path: str, upstream: FileEntry | None) -> bool:
    """Tell whether a file is as its page and upstream say; False where that is not seen at once."""
    said = file.hashes.get("sha256")
    if len(file.hashes) != 1 or (upstream is not None and upstream.hashes.get("sha256") != said):
        return False
    content = _small(path)
    if content is None or hashlib.sha256(content).hexdigest() != said:
        return False
    return size_of(file, upstream) in (None, len(content))


def _small(path: str) -> bytes | None:
    """Return what is in a small file; None where it is not small, or cannot be read.

    Of anything but a file there is nothing to be read, or another thing than what was expected.
    """
    try:
        descriptor = os.open(path, _READ)
        try:
            content = os.read(descriptor, _SMALL + 1)
        finally:
            os.close(descriptor)
    except OSError:
        return None
    return content if len(content) <= _SMALL else None


def _judge_file(
    name: str, file: FileEntry, path: str, upstream: FileEntry | None, *, by_place: bool
) -> Iterator[Finding]:
    named = blake_of(path) if by_place or not file.hashes else None
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


def _look_at_metadata(name: str, file: FileEntry, path: str) -> Iterator[Finding]:
    said = file.core_metadata
    shown = f"{file.filename}.metadata"
    content = _small(path)
    if content and hashlib.sha256(content).hexdigest() == said:
        return
    try:
        got = read(path, _SHA256)
    except (FileNotFoundError, NotADirectoryError):
        yield no_metadata(name, shown, "no such file")
    except OSError as error:
        yield _not_read(name, shown, error)
    else:
        if isinstance(said, str) and said.lower() != got.hashes["sha256"]:
            expected = f"sha256 {said} as its page says"
            yield altered(name, shown, expected, got.hashes["sha256"], "metadata-hash")
        elif not got.size:
            yield no_metadata(name, shown, "an empty file")


def read(path: str, algorithms: Sequence[str], ending: Ending | None = None) -> Bytes:
    """Read a file to its end. Raises :class:`OSError`, also for what is no regular file."""
    descriptor, length = opened(path)
    try:
        if algorithms is _SHA256 and length <= _SMALL:
            content = os.read(descriptor, length + 1)
            if len(content) == length:
                return Bytes(length, {"sha256": hashlib.sha256(content).hexdigest()})
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


def read_whole(path: str, limit: int) -> bytes:
    """Return what is in a file. Raises :class:`OSError`; :class:`OverflowError` above a limit."""
    descriptor, length = opened(path)
    try:
        if length > limit:
            raise OverflowError
        content = os.read(descriptor, length + 1)
        if len(content) != length:
            with open(descriptor, "rb", closefd=False) as rest:
                content += rest.read(limit)
    finally:
        os.close(descriptor)
    return content


def opened(path: str) -> tuple[int, int]:
    """Open a file to read: its descriptor, and how many bytes it has.

    Raises :class:`OSError`, also for what is no regular file; nothing is waited for.
    """
    descriptor = os.open(path, _READ)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        raise OSError(0, "it is no regular file")
    return descriptor, found.st_size


def _not_read(name: str, filename: str, error: OSError) -> Finding:
    gone = isinstance(error, FileNotFoundError | NotADirectoryError)
    kind = Kind.MISSING if gone else Kind.UNREACHABLE
    return not_had(kind, name, filename, "no such file" if gone else error.strerror or "an error")
