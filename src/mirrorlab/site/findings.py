"""``docs/evidence/findings.toml``: what the matrix shows, each finding held to the cells it names.

A finding says which cells prove it and what each of them must have come to. Where one did not, the
file is broken: nothing stands on the page that the record does not bear out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from mirrorlab.matrix.outcome import Outcome
from mirrorlab.matrix.record import Cell, Matrix
from mirrorlab.site import matrix_words as words
from mirrorlab.tables import Table, load

FILE = Path("docs", "evidence", "findings.toml")
_FROM = " from "


@dataclass(frozen=True)
class Proof:
    """Some cells, and what each of them came to."""

    outcome: str
    """As the data say it, with or without its source: ``stale``, ``newest from second``."""
    cells: tuple[Cell, ...]
    also: tuple[str, ...] = ()
    """What some of them came to in another run."""

    @property
    def says(self) -> str:
        """What the cells came to, in words."""
        return ", also ".join((self.outcome, *self.also))


@dataclass(frozen=True)
class Finding:
    """One thing that the matrix shows."""

    number: int
    """For good: links lead to it."""
    title: str
    happens: str
    safe: str
    """What to do instead."""
    advised: tuple[tuple[str, str], ...]
    """(client, configuration) of the data that do so."""
    threads: tuple[str, ...]
    """Where it was discussed: ``pip#4271``."""
    proofs: tuple[Proof, ...]


@dataclass(frozen=True)
class Findings:
    """The whole file."""

    clients: Mapping[str, str]
    """Client -> a sentence or two about it."""
    findings: tuple[Finding, ...] = ()

    def proving(self) -> dict[str, list[int]]:
        """Lead from the id of a cell to the numbers of the findings it proves."""
        found: dict[str, list[int]] = {}
        for finding in self.findings:
            for proof in finding.proofs:
                for cell in proof.cells:
                    found.setdefault(cell.id, []).append(finding.number)
        return found


def read(root: Path, matrix: Matrix) -> Findings:
    """Read the findings of the repository at ``root``, and hold them to the matrix.

    A proof whose cells did not end alike each time says so: ``also = ["still waiting"]``.

    Raises BrokenFile: for a mistake of form, for a pattern that no cell matches, for a cell that
    came to something else than its finding says, or not to the same each time.
    """
    path = root / FILE
    if not path.is_file():
        return Findings({})
    top = load(path)
    top.schema(1)
    clients = top.pairs("clients")
    for name in clients:
        if name not in matrix.clients:
            raise top.table("clients").broken(name, "is no client of the matrix")
    findings = tuple(_finding(table, matrix) for table in top.tables("finding"))
    top.finish()
    numbers = [finding.number for finding in findings]
    for place, number in enumerate(numbers):
        if number in numbers[:place]:
            raise top.broken("finding", f"the number {number} is there already", place)
    return Findings(clients, findings)


def _finding(table: Table, matrix: Matrix) -> Finding:
    proofs = tuple(_proof(one, matrix) for one in table.tables("proof"))
    if not proofs:
        raise table.broken("proof", "is missing: a finding names the cells that prove it")
    return Finding(
        number=table.integer("number", least=1),
        title=table.text("title"),
        happens=table.text("happens"),
        safe=table.text("safe"),
        advised=tuple(_advised(table, matrix)),
        threads=table.texts("threads", ()),
        proofs=proofs,
    )


def _advised(table: Table, matrix: Matrix) -> Iterator[tuple[str, str]]:
    for number, name in enumerate(table.texts("advised", ())):
        client, _, way = name.partition("/")
        if (client, way) not in matrix.configurations:
            problem = f"the matrix has no configuration {name!r}; write CLIENT/CONFIGURATION"
            raise table.broken("advised", problem, number)
        yield client, way


def _proof(table: Table, matrix: Matrix) -> Proof:
    outcome = table.text("outcome")
    value, _, source = outcome.partition(_FROM)
    if value not in [one.value for one in Outcome] or (_FROM in outcome and not source):
        known = ", ".join(one.value for one in Outcome)
        raise table.broken("outcome", f"must be one of {known}, or one of them from an index")
    left_out = {cell.id for cell in _matching(table, "but", matrix)}
    cells = tuple(cell for cell in _matching(table, "cells", matrix) if cell.id not in left_out)
    if not cells:
        raise table.broken("cells", "name no cell that is left")
    also = table.texts("also", ())
    wrong = [cell for cell in cells if not _is(cell, outcome, also)]
    if wrong:
        more = f", and so with {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise table.broken("outcome", f"{wrong[0].id} is {_came_to(wrong[0])}, not {outcome}{more}")
    return Proof(outcome, cells, also)


def _matching(table: Table, key: str, matrix: Matrix) -> Iterator[Cell]:
    """Find the cells that patterns name, each once, in the order of the data."""
    patterns = table.texts(key) if key == "cells" else table.texts(key, ())
    for number, pattern in enumerate(patterns):
        if not any(fnmatchcase(name, pattern) for name in matrix.cells):
            raise table.broken(key, f"no cell of the matrix matches {pattern!r}", number)
    for name, cell in matrix.cells.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            yield cell


def _is(cell: Cell, outcome: str, also: Collection[str]) -> bool:
    return set(cell.unstable) <= set(also) and outcome in (cell.outcome.value, cell.word)


def _came_to(cell: Cell) -> str:
    return f"{cell.says} ({words.also(cell)})" if cell.unstable else cell.says
