"""Whether an archive has its end: what tells a file that was cut off from one that is another."""

from __future__ import annotations

import zlib

TAIL = 1 << 16
"""So many last bytes are kept: the end of a zip archive is among them, save with a long comment."""
_END_OF_ZIP = b"PK\x05\x06"
_LENGTH_OF_END = 22
_AT_A_TIME = 1 << 20
_ZIPS = (".whl", ".zip", ".egg")
_GZIPS = (".tar.gz", ".tgz")


class Ending:
    """Takes a file in, block by block, and tells whether it is whole."""

    def __init__(self, filename: str) -> None:
        """Judge by what the name says it is."""
        self._zip = filename.endswith(_ZIPS)
        self._gzip = filename.endswith(_GZIPS)
        self._tail = b""
        self._stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._broken = False

    def update(self, block: bytes) -> None:
        """Take the next bytes in."""
        if self._zip:
            self._tail = (self._tail + block)[-TAIL:]
        while self._gzip and block and not self._broken:
            if self._stream.eof:  # another member may follow (RFC 1952, 2.2)
                self._stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
            try:
                self._stream.decompress(block, _AT_A_TIME)
            except zlib.error:
                self._broken = True
            block = self._stream.unconsumed_tail or self._stream.unused_data

    @property
    def is_cut(self) -> bool:
        """Whether the end is not there; of what is no archive, nothing can be said: True."""
        if self._zip:
            place = self._tail.rfind(_END_OF_ZIP)
            end = self._tail[place:] if place >= 0 else b""
            comment = int.from_bytes(end[20:22], "little")
            return len(end) < _LENGTH_OF_END + comment
        if self._gzip:
            return not self._stream.eof and not self._broken
        return True
