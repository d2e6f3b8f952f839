"""How hard an index may be asked, and how long it asks to be left alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


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
