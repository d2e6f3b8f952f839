"""The files of a cache, and their sums."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mirrorlab.runner import Run


@contextmanager
def kept_as_it_was(run: Run) -> Iterator[Path]:
    """Give the cache, and put it back as it was."""
    cache = run.folder / "cache"
    before = files_in(cache)
    try:
        yield cache
    finally:
        for name, content in before.items():
            (cache / name).write_bytes(content)


def files_in(folder: Path) -> dict[str, bytes]:
    """Give each file by its path in the folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def write_sums(cache: Path) -> None:
    """Write SHA256SUMS as fill-cache.sh does."""
    names = sorted(name for name in files_in(cache) if name != "SHA256SUMS")
    lines = [f"{sha256(cache / name)}  ./{name}\n" for name in names]
    (cache / "SHA256SUMS").write_text("".join(lines))


def sha256(file: Path) -> str:
    """The hash of a file, in hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
