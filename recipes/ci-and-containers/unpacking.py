"""What is packed, told by its first bytes and never by its name, and unpacked to its very end.

What stands after an end is no end: another frame may follow, zeros may, and nothing else.
"""

from __future__ import annotations

import bz2
import importlib
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

_CHUNK = 1 << 16
_MAGIC_OF_TAR = slice(257, 262)
_DEFLATE = 8


class Frames:
    """What a packed file holds, frame by frame."""

    def __init__(self, file: IO[bytes], begin: Callable[[], Any]) -> None:
        """Begin each frame with a decompressor of its own: ``begin`` gives one."""
        self._file, self._begin = file, begin
        self._content = self._unpacked()

    def read(self, _size: int) -> bytes:
        """Give the next bytes, and none at the end. Raises EOFError where the file is cut off."""
        return next((content for content in self._content if content), b"")

    def _unpacked(self) -> Iterator[bytes]:
        frame = None
        while chunk := self._file.read(_CHUNK):
            while chunk:
                if frame is None:
                    chunk = chunk.lstrip(b"\0")
                    if not chunk:
                        break
                    frame = self._begin()
                yield frame.decompress(chunk)
                chunk = frame.unused_data if frame.eof else b""
                frame = None if frame.eof else frame
        if frame is not None:
            raise EOFError("it is cut off: what is packed in it has no end")


def _zstd() -> Any:
    try:
        return importlib.import_module("zstandard").ZstdDecompressor().decompressobj()
    except ImportError:
        raise ValueError("zstd cannot be read: install zstandard") from None


_PACKED: dict[bytes, Callable[[], Any]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(31),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\0": lzma.LZMADecompressor,
    b"\x5d\0\0": lzma.LZMADecompressor,
    b"\x28\xb5\x2f\xfd": _zstd,
    **{bytes([0x50 + kind]) + b"\x2a\x4d\x18": _zstd for kind in range(16)},
}
_CLOSED = {
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a rar archive",
    b"\x04\x22\x4d\x18": "packed with lz4",
    b"LZIP": "packed with lzip",
    b"\x1f\x9d": "packed with compress",
    b"hsqs": "a squashfs",
    b"PACK\0\0\0": "a pack of git",
    b"!<arch>\ndebian-binary": "a Debian package",
    b"\xed\xab\xee\xdb": "an RPM package",
}


def closed(start: bytes) -> str | None:
    """Say what a file is that nothing here opens; None for all others."""
    return next((kind for magic, kind in _CLOSED.items() if start.startswith(magic)), None)


def frames(start: bytes, file: IO[bytes]) -> Frames | None:
    """Give what is packed in a file that begins so; None where nothing is."""
    begin = next((way for magic, way in _PACKED.items() if start.startswith(magic)), None)
    return begin and Frames(file, begin)


def is_tar(start: bytes) -> bool:
    """Whether a file that begins so is a tar archive; the oldest form has a sum and no magic."""
    if start[_MAGIC_OF_TAR] == b"ustar":
        return True
    try:
        tarfile.TarInfo.frombuf(start, "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True


def loose_object(start: bytes, file: IO[bytes]) -> tuple[bytes, bool]:
    """Give what git keeps in a file of its own, and whether that is whole; nothing for no object.

    Two bytes are a weak sign: a file that begins so and cannot be unpacked is no object.
    """
    if len(start) < 2 or start[0] & 15 != _DEFLATE or int.from_bytes(start[:2], "big") % 31:
        return b"", True
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(file.read())
    except zlib.error:
        return b"", True
    return content, unpacking.eof or not content
