"""A few cells that stand for all: quick ones, of every client, suite and outcome."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

from mirrorlab.matrix.record import Cell, Matrix

_QUICK = 20.0
"""Seconds; a cell that takes longer is left to the whole run."""


def sample(matrix: Matrix, *, least: int = 80) -> tuple[Cell, ...]:
    """Return cells of the record that are quick to run again, at least so many if it has them.

    The same record gives the same ones: of each client in each suite, and of each outcome, the
    quickest; then of each client in each suite the quickest of each outcome; then what is quick.
    Unstable cells and those that take longer than 20 s are not among them.
    """
    quick = sorted(
        (each for each in matrix.cells.values() if each.seconds <= _QUICK and not each.unstable),
        key=lambda each: (each.seconds, each.id),
    )
    suites = {key: each.suite for key, each in matrix.configurations.items()}

    def suite(cell: Cell) -> str:
        return suites[cell.client, cell.configuration].value

    chosen = {
        each.id: each
        for each in (
            *_first(quick, lambda cell: (cell.client, suite(cell))),
            *_first(quick, lambda cell: cell.outcome),
        )
    }
    further = (
        *_first(quick, lambda cell: (cell.client, suite(cell), cell.outcome)),
        *_first(quick, lambda cell: (cell.client, cell.trouble)),
        *quick,
    )
    for cell in further:
        if len(chosen) >= least:
            break
        chosen.setdefault(cell.id, cell)
    return tuple(chosen[name] for name in sorted(chosen))


def _first(cells: Iterable[Cell], kind: Callable[[Cell], Hashable]) -> Iterable[Cell]:
    """Return the first cell of each kind."""
    found: dict[Hashable, Cell] = {}
    for cell in cells:
        found.setdefault(kind(cell), cell)
    return found.values()
