"""From what is on record and what was run now to the new record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from mirrorlab import clients
from mirrorlab.clients import Suite
from mirrorlab.matrix import choosing, same
from mirrorlab.matrix.choosing import Choice
from mirrorlab.matrix.record import Cell, Matrix
from mirrorlab.matrix.trouble import TROUBLES
from mirrorlab.runner.records import machine


def absorb(old: Cell | None, new: Cell) -> Cell:
    """Return the cell after one more run: the first outcome stays, another one is shown beside."""
    if old is None:
        return new
    if new.word == old.word or new.word in old.unstable:
        return old
    return replace(old, unstable=(*old.unstable, new.word))


def merge(
    before: Matrix | None,
    cells: Iterable[Cell],
    *,
    versions: Mapping[str, str],
    python: str,
    seconds: float,
) -> tuple[Matrix, tuple[str, ...]]:
    """Return the new record, and the ids of the cells that are dropped from the old one.

    A cell on record is dropped where it would be run otherwise now: another configuration, trouble
    or version of its client. ``versions`` are those of the clients that were run now.
    """
    known = {**(before.versions if before else {}), **versions}
    configurations = {
        (name, each.name): each
        for name in sorted(set(known) & set(choosing.names()))
        for each in clients.configurations(name)
    }
    kept = _kept(before, versions) if before else {}
    found = dict(kept)
    for cell in cells:
        found[cell.id] = absorb(found.get(cell.id), cell)
    told = {each.suite for each in configurations.values()} | {Suite.CONTROL}
    made = Matrix(
        date=datetime.now(UTC).date().isoformat(),
        machine=machine(),
        python=python,
        versions={name: known[name] for name in sorted({client for client, _ in configurations})},
        seconds=seconds,
        configurations=configurations,
        troubles={n: each for n, each in TROUBLES.items() if told.intersection(each.suites)},
    ).with_cells(found.values())
    gone = tuple(sorted(set(before.cells if before else ()) - set(found)))
    return made, gone


def _kept(before: Matrix, versions: Mapping[str, str]) -> dict[str, Cell]:
    now = {choice.id: choice for choice in choosing.everything()}
    return {
        cell.id: cell
        for cell in before.cells.values()
        if cell.id in now and not outdated(before, now[cell.id], versions)
    }


def outdated(before: Matrix, choice: Choice, versions: Mapping[str, str]) -> bool:
    """Tell whether a cell on record was run otherwise than it would be now."""
    version = versions.get(choice.client)
    return same.changed(before, choice) is not None or (
        version is not None and version != before.versions.get(choice.client)
    )
