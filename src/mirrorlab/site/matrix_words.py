"""How a cell of the matrix is shown: a symbol, a word and a colour, never one of them alone.

The words in full are those of the data; the short ones stand in tables with many columns.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from mirrorlab.matrix.outcome import Outcome
from mirrorlab.matrix.record import Cell
from mirrorlab.matrix.trouble import Trouble

UNSTABLE = "unstable"
"""The class of a cell that did not end alike each time."""

SYMBOLS = MappingProxyType(
    {
        Outcome.NEWEST: "\N{CHECK MARK}",
        Outcome.CLEAR: "\N{BLACK SQUARE}",
        Outcome.MISLEADING: "?",
        Outcome.GAVE_UP: "\N{WHITE CIRCLE}",
        Outcome.WAITING: "\N{HORIZONTAL ELLIPSIS}",
        Outcome.STALE: "\N{WHITE DOWN-POINTING TRIANGLE}",
        Outcome.ALTERED: "\N{NOT EQUAL TO}",
        Outcome.HOSTILE: "\N{BALLOT X}",
        Outcome.CAUGHT: "\N{RIGHTWARDS ARROW}",
    }
)
"""Every outcome, from the best to the worst, and its symbol; the control stands last."""

_SHORT = MappingProxyType(
    {
        Outcome.NEWEST: "newest",
        Outcome.CLEAR: "stops",
        Outcome.MISLEADING: "misleads",
        Outcome.GAVE_UP: "gives up",
        Outcome.WAITING: "waits",
        Outcome.STALE: "stale",
        Outcome.ALTERED: "altered",
        Outcome.HOSTILE: "hostile",
        Outcome.CAUGHT: "caught",
    }
)


def short(cell: Cell) -> str:
    """Give one word for a narrow column: of the newest, the index that it came from."""
    if cell.outcome is Outcome.NEWEST and cell.source:
        return cell.source
    return _SHORT[cell.outcome]


def in_short(outcome: Outcome) -> str:
    """Give the word that stands for an outcome in a narrow column."""
    return "the index it came from" if outcome is Outcome.NEWEST else _SHORT[outcome]


def whole(cell: Cell) -> str:
    """Give the outcome in full, with every other one that was seen."""
    return f"{cell.says}; {also(cell)}" if cell.unstable else cell.says


def also(cell: Cell) -> str:
    """Say what else an unstable cell came to."""
    return f"unstable, also: {', '.join(cell.unstable)}"


def css(outcome: Outcome) -> str:
    """Give the class of an outcome, without its prefix ``m-``: ``hostile-installed``."""
    return outcome.value.replace(" ", "-")


def classes(cell: Cell) -> str:
    """Give the classes of a cell, which its colour and the filters go by."""
    return f"m-{css(cell.outcome)}" + (f" m-{UNSTABLE}" if cell.unstable else "")


def fault(trouble: Trouble) -> str:
    """Give the word that a filter chooses by: all troubles of one fault have the same."""
    return trouble.fault.value if trouble.fault else trouble.name


def anchor(configuration: str, trouble: str) -> str:
    """Where a cell stands on its client's page: ``mirror-then-second-503-first``."""
    return f"{configuration}-{trouble}"


def trouble_anchor(trouble: str) -> str:
    """Where a trouble is explained on the page of all clients: ``fault-503-first``."""
    return f"fault-{trouble}"


def again(client: str, configuration: str, trouble: str) -> str:
    """Give the command that runs one cell again."""
    return f"mirrorlab matrix --client {client} --config {configuration} --fault {trouble}"


def count(number: int, what: str) -> str:
    """Count something: ``1 cell``, ``4,812 cells``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def listed(words: Iterable[str], last: str = "and") -> str:
    """List words as a sentence does: ``a, b and c``."""
    *some, one = words
    return f"{', '.join(some)} {last} {one}" if some else one
