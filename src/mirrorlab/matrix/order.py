"""In which order cells are lived, and which of them only wait."""

from __future__ import annotations

from collections.abc import Mapping

from mirrorlab.matrix.choosing import Choice
from mirrorlab.matrix.record import Cell
from mirrorlab.matrix.trouble import NONE
from mirrorlab.scenario import Fault

_WAIT = (
    Fault.HANG,
    Fault.SLOW,
    Fault.TOO_MANY_REQUESTS,
    Fault.UNAVAILABLE,
    Fault.SERVER_ERROR,
    Fault.BAD_GATEWAY,
    Fault.REFUSED,
    Fault.TRUNCATED,
    Fault.UNTRUSTED_TLS,
)
_LONG = 3.0
"""Seconds beyond those of the healthy cell: more, and it waited."""


def waits(choice: Choice, known: Mapping[str, Cell]) -> bool:
    """Tell whether a cell mostly waits: by what is on record, or else by its fault."""
    cell = known.get(choice.id)
    if cell is None:
        return choice.trouble.fault in _WAIT or choice.trouble.cuts_off
    healthy = known.get(f"{choice.client}/{choice.configuration.name}/{NONE}")
    return cell.seconds > _LONG + (healthy.seconds if healthy else 0.0)


def seconds(choice: Choice, known: Mapping[str, Cell]) -> float:
    """Guess how long a cell takes, in seconds; the longest begin first."""
    cell = known.get(choice.id)
    if cell is not None:
        return cell.seconds
    if choice.trouble.fault is Fault.HANG:
        return 200.0 if choice.trouble.times is None else 100.0
    return 30.0 if choice.trouble.fault in _WAIT else 1.0
