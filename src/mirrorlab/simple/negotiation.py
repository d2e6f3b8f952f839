"""Choosing the form of a page by the ``Accept`` header (RFC 9110, 12.5.1; PEP 691)."""

from __future__ import annotations

import re
from collections.abc import Iterator

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
TEXT_HTML = "text/html"

OFFERS = (TEXT_HTML, HTML, JSON)
"""What can be had; among equals the first wins, as Warehouse does for clients that predate JSON."""

_LATEST = {
    "application/vnd.pypi.simple.latest+json": JSON,
    "application/vnd.pypi.simple.latest+html": HTML,
}
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_RANGE = re.compile(rf"({_TOKEN})/({_TOKEN})")
_QUALITY = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


def negotiate(accept: str | None) -> str | None:
    """Return the content type to answer with, or ``None`` where none is acceptable (406).

    The best quality wins, a more specific range over a wider one, ``q=0`` refuses. ``latest``
    means version 1. No header, or one without a readable range, accepts anything. A range with
    a quality that is no quality is left out; other parameters are not looked at.
    """
    ranges = dict(_ranges(accept or ""))
    if not ranges:
        return TEXT_HTML
    best = max(OFFERS, key=lambda offer: _quality(offer, ranges))
    return best if _quality(best, ranges) > 0 else None


def _quality(offer: str, ranges: dict[str, float]) -> float:
    """Return the quality of the most specific range that ``offer`` falls into."""
    kind = offer.partition("/")[0]
    for candidate in (offer, f"{kind}/*", "*/*"):
        if candidate in ranges:
            return ranges[candidate]
    return 0.0


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    """Yield each media range with its quality, the best one of a doubled range last."""
    found: list[tuple[str, float]] = []
    for part in accept.split(","):
        media, *parameters = (word.strip().lower() for word in part.split(";"))
        match = _RANGE.fullmatch(media)
        quality = _read_quality(parameters)
        if match is None or quality is None or (match[1] == "*" and match[2] != "*"):
            continue
        found.append((_LATEST.get(media, media), quality))
    yield from sorted(found, key=lambda pair: pair[1])


def _read_quality(parameters: list[str]) -> float | None:
    """Return ``q`` (1 where there is none), or ``None`` where it is not a quality."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return float(value) if _QUALITY.fullmatch(value.strip()) else None
    return 1.0
