"""``SHA256SUMS``: a sum of each file that was prepared, as ``sha256sum --check`` reads it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from mirrorlab.errors import BrokenFile

NAME = "SHA256SUMS"


def of(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal. Raises :class:`OSError`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def taken(folder: Path) -> dict[str, str]:
    """Return the sums of all files below a folder but :data:`NAME`, by their path with ``/``."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    named = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: of(path) for name, path in named.items() if name != NAME}


def write(folder: Path, sums: Mapping[str, str]) -> None:
    """Write the sums into a folder."""
    text = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
    (folder / NAME).write_text(text, encoding="utf-8", newline="\n")


def read(folder: Path) -> dict[str, str]:
    """Return the sums that a folder came with. Raises :class:`BrokenFile`."""
    path = folder / NAME
    sums: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not UTF-8 text"
        raise BrokenFile(path, "", f"cannot be read: {reason}") from None
    for number, line in enumerate(lines, 1):
        digest, _, name = line.partition("  ")
        inside = name and not name.startswith("/") and ".." not in name.split("/")
        if len(digest) != 64 or not inside:
            raise BrokenFile(path, f"line {number}", "is not a sum and a file of this folder")
        sums[name] = digest
    if not sums:
        raise BrokenFile(path, "", "is empty")
    return sums


def damaged(folder: Path, sums: Mapping[str, str]) -> dict[str, str]:
    """Return the files that are not as they were, and what is wrong with each."""
    found = {}
    for name, digest in sums.items():
        try:
            wrong = "" if of(folder / name) == digest else "altered"
        except FileNotFoundError:
            wrong = "missing"
        except OSError as problem:
            wrong = f"unreadable: {problem.strerror}"
        if wrong:
            found[name] = wrong
    return found
