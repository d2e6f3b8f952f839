"""What ``mirrorlab matrix`` shows: how far it is, on stderr; then the cells, as a table."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Self

import rich_click as click

from mirrorlab.cli.ending import ExitCode
from mirrorlab.cli.showing import stdout

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from mirrorlab.matrix import Cell
    from mirrorlab.matrix.engine import Done

_EVERY = 60.0
"""Seconds between two lines, where nobody watches a bar."""
_SHOWN = 12
"""So many last lines of what an installer printed are shown with a cell without an outcome."""


class Progress:
    """Hears of each cell; a context manager."""

    def __init__(self, total: int) -> None:
        """``total`` is how many cells there will be."""
        self.cells: list[Cell] = []
        self.exit_code = ExitCode.HOLDS
        """3 once a cell came to no outcome."""
        self._total = total
        self._done = 0
        self._skipped = 0
        self._began = self._told = time.monotonic()
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        """Begin to show."""
        if sys.stderr.isatty():
            self._bar = _bar()
            self._bar.add_task("cells", total=self._total)
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def skip(self, count: int) -> None:
        """Hear of cells that were done before."""
        self._done += count
        self._skipped += count
        self._show()

    def heard(self, done: Done) -> None:
        """Hear of one cell."""
        self._done += 1
        if done.cell is not None:
            self.cells.append(done.cell)
        else:
            self.exit_code = ExitCode.COULD_NOT_TELL
            self._complain(done)
        self._show()

    def _complain(self, done: Done) -> None:
        assert done.problem is not None
        said = [f"  | {line}" for line in done.problem.output.strip().splitlines()[-_SHOWN:]]
        sentence = " ".join(str(done.problem).split())
        text = "\n".join([f"mirrorlab: no outcome: {sentence}", *said])
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            click.echo(text, err=True)

    def _show(self) -> None:
        now = time.monotonic()
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self._done)
        elif now - self._told > _EVERY:
            self._told = now
            ran = self._done - self._skipped
            left = (now - self._began) / max(1, ran) * (self._total - self._done) / 60
            counted = f"{self._done} of {self._total} cells"
            click.echo(f"mirrorlab: {counted}, about {left:.0f} min left", err=True)


def show_cells(cells: Iterable[Cell]) -> None:
    """Print a table: with room and colour on a terminal, one plain line a cell to a pipe."""
    rows = [_row(cell) for cell in cells]
    if not rows:
        return
    if stdout().is_terminal:
        from mirrorlab.cli.showing import table

        made = table("cell", "outcome", "exit", "seconds", "requests", "first line of the error")
        for row in rows:
            made.add_row(*map(_escaped, row))
        stdout().print(made)
        return
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        padded = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def _row(cell: Cell) -> tuple[str, ...]:
    asked = " ".join(f"{role}:{count}" for role, count in sorted(cell.requests.items()))
    unstable = " (unstable)" if cell.unstable else ""
    return (
        cell.id,
        f"{cell.says}{unstable}",
        str(cell.exit_code),
        f"{cell.seconds:.1f}",
        asked,
        cell.line,
    )


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True, highlight=False), transient=True)
