"""``mirrorlab matrix --results``: run, note each cell at once, and merge what was found."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mirrorlab.errors import NoVerdict, OtherPython
from mirrorlab.lab import Tools
from mirrorlab.matrix import choosing, engine, merging, record
from mirrorlab.matrix.choosing import Choice
from mirrorlab.matrix.engine import Done, Listen
from mirrorlab.matrix.journal import Journal, key
from mirrorlab.matrix.record import Matrix


@dataclass(frozen=True)
class Recorded:
    """What a run has put on record."""

    matrix: Matrix
    errors: tuple[NoVerdict, ...]
    """Cells of which nothing became; the record keeps what it had of them."""
    resumed: int = 0
    """Cells that an interrupted command had done."""
    dropped: tuple[str, ...] = ()
    """Cells that were on record and would be run otherwise now."""


def load(path: Path, python: str | None) -> Matrix | None:
    """Return the record there is, or None. Raises :class:`BrokenFile`, :class:`OtherPython`."""
    if not path.exists():
        return None
    found = record.read(path)
    if python is not None and found.python != python:
        raise OtherPython(path, found.python, python)
    return found


def run_into(
    path: Path,
    before: Matrix | None,
    chosen: Sequence[Choice],
    prepared: Mapping[str, Tools],
    listen: Listen,
    *,
    python: str,
    jobs: int | None = None,
    runs: int = 1,
    resumed: Callable[[int], None] = lambda _: None,
) -> Recorded:
    """Run each chosen cell ``runs`` times, and merge the outcomes into the record at ``path``.

    What an interrupted command has left in the journal beside it counts as done; ``resumed``
    hears how many of the chosen runs that spares. However this ends, ``path`` is whole: as it was,
    or as it is to be.
    """
    versions = {name: choosing.version(name, tools) for name, tools in prepared.items()}
    keys = {
        each.id: key(each, versions[each.client], python)
        for each in choosing.everything()
        if each.client in versions
    }
    began = time.monotonic()
    errors: list[NoVerdict] = []
    with Journal(path, keys) as journal:
        entries = list(journal.entries)

        def heard(done: Done) -> None:
            if done.cell is not None:
                entries.append(journal.add(done.cell, time.monotonic() - began))
            elif done.problem is not None:
                errors.append(done.problem)
            listen(done)

        had = Counter(entry.cell.id for entry in entries)
        left = [each for each in chosen for _ in range(max(0, runs - had[each.id]))]
        resumed(len(chosen) * runs - len(left))
        known = before.cells if before else {}
        engine.run(left, prepared, heard, jobs=jobs, known=known)
        matrix, dropped = merging.merge(
            before,
            [entry.cell for entry in entries],
            versions=versions,
            python=python,
            seconds=journal.before + time.monotonic() - began,
        )
        record.write(matrix, path)
        journal.remove()
    return Recorded(matrix, tuple(errors), len(journal.entries), dropped)
