"""Putting a file in the place of another in one step, and knowing before that it will work."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from mirrorlab.errors import CannotWrite

_STREAMS = (Path("/dev/stdout"), Path("/dev/stderr"))


def be_writable(path: Path) -> None:
    """Raise :class:`CannotWrite` before hours of work, for what cannot be written after them."""
    place = path if _is_in_place(path) else path.resolve().parent
    number = 0
    if path.is_dir():
        number = errno.EISDIR
    elif not place.exists():
        number = errno.ENOENT
    elif not os.access(place, os.W_OK):
        number = errno.EACCES
    if number:
        raise CannotWrite(path, os.strerror(number))


def replace(path: Path, text: str) -> CannotWrite | None:
    """Write a file whole, or not at all; who reads it meanwhile has the old one.

    A link stays one. Return why the file could not be written, so that nothing else is lost of it.
    """
    content = text.encode("utf-8", "backslashreplace")
    place = path.resolve()
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        if _is_in_place(path):
            with path.open("wb") as opened:
                opened.write(content)
            return None
        beside.write_bytes(content)
        beside.chmod(0o644)
        beside.replace(place)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        return CannotWrite(path, error.strerror or str(error))
    return None


def _is_in_place(path: Path) -> bool:
    """Tell whether it is a device or a pipe, which nothing may be put in the place of."""
    return path in _STREAMS or (path.exists() and not path.is_file())
