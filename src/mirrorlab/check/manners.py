"""How hard an index may be asked, and how long it asks to be left alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from mmap import mmap
from struct import pack_into, unpack_from
from zlib import crc32


@dataclass(frozen=True, slots=True)
class Manners:
    """How hard an index may be asked."""

    connections: int = 8
    """Requests at a time."""
    patience: float = 20.0
    """Seconds a connection may say nothing."""
    page_within: float = 60.0
    """Seconds for one page, headers and all."""
    file_within: float = 1800.0
    """Seconds for one file."""
    tries: int = 3
    """How often a request is made that fails for now."""
    pause: float = 0.5
    """Seconds before the second try; twice that before the third."""
    longest_wait: float = 60.0
    """Seconds of ``Retry-After`` that are waited; who asks for more is given up."""


class Pauses:
    """Until when hosts ask to be left alone: known to all threads, and to forked processes.

    Hosts may share a place, and then wait for each other.
    """

    _PLACES = 64

    def __init__(self) -> None:
        """Begin with none."""
        self._shared = mmap(-1, self._PLACES * 8)

    def until(self, origin: str) -> float:
        """Return the moment from which on it may be asked, of :func:`time.monotonic`."""
        moment: float = unpack_from("d", self._shared, self._place(origin))[0]
        return moment

    def put_off(self, origin: str, until: float) -> None:
        """Let nobody ask it before a moment."""
        if until > self.until(origin):
            pack_into("d", self._shared, self._place(origin), until)

    def _place(self, origin: str) -> int:
        return 8 * (crc32(origin.encode()) % self._PLACES)


def retry_after(value: str) -> float | None:
    """Return the seconds that ``Retry-After`` asks for (RFC 9110, 10.2.3); None for none."""
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
