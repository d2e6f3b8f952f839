"""Tables for a terminal; whether there is one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


@cache
def _console(stderr: bool) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def stdout() -> Console:
    """What the command prints to; ``is_terminal`` tells whether a person looks at it."""
    return _console(stderr=False)


def brief(text: str) -> str:
    """Give the first sentence of a description: what a line has room for."""
    end = text.find(". ")
    return text if end < 0 else text[: end + 1]


def table(*columns: str) -> Table:
    """Make an empty table in the style of the kit; the last column takes the room there is."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns[:-1]:
        made.add_column(column, no_wrap=True)
    made.add_column(columns[-1], overflow="fold")
    return made
