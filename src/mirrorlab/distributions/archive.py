"""A ``.tar.gz`` that is the same everywhere: no clock, no owner, no compressor to differ."""

from __future__ import annotations

import io
import struct
import tarfile
import zlib
from collections.abc import Iterator, Mapping

_LONGEST_BLOCK = 0xFFFF
_MOMENT = 1_577_836_800  # 2020-01-01; zip files cannot say anything before 1980


def tar_gz(files: Mapping[str, bytes]) -> bytes:
    """Return ``files`` (name to content), sorted by name, as a gzipped ustar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = 0o644
            member.mtime = _MOMENT
            archive.addfile(member, io.BytesIO(content))
    return _gzip(buffer.getvalue())


def _gzip(data: bytes) -> bytes:
    """Wrap ``data`` in gzip (RFC 1952) as stored blocks (RFC 1951, 3.2.4).

    Each zlib cuts and compresses in its own way, so none is asked.
    """
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    trailer = struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return b"".join([header, *_stored(data), trailer])


def _stored(data: bytes) -> Iterator[bytes]:
    view = memoryview(data)
    for start in range(0, max(len(data), 1), _LONGEST_BLOCK):
        block = view[start : start + _LONGEST_BLOCK]
        last = start + _LONGEST_BLOCK >= len(data)
        yield struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF)
        yield bytes(block)
