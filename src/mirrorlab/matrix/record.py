"""``results/matrix.json``: what became of every cell, with the configuration that it was run with.

The file is sorted, and each configuration, trouble and cell is one line, so that what a new run
changes is readable.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mirrorlab.clients import Configuration, Suite
from mirrorlab.errors import BrokenFile, CannotWrite
from mirrorlab.matrix.outcome import PATIENCE, Outcome
from mirrorlab.matrix.trouble import NONE, Trouble
from mirrorlab.scenario import Fault
from mirrorlab.tables import Table

SCHEMA = 1
_DECIMALS = 1


@dataclass(frozen=True)
class Cell:
    """One client, in one configuration, met one trouble: what became of it."""

    client: str
    configuration: str
    trouble: str
    outcome: Outcome
    source: str | None
    """Which index served the installed file: mirror, second, private, public, wheels."""
    exit_code: int
    seconds: float
    """Of the command that installs, alone."""
    requests: Mapping[str, int]
    """How many came to each index while it installed."""
    met: int = 0
    """How many of them met the fault; of ``untrusted-tls``, the handshakes that did."""
    line: str = ""
    """The first line of the error, with the example addresses; empty where there is none."""
    unstable: tuple[str, ...] = ()
    """What else became of it in other runs, as :attr:`says` says it."""

    @property
    def id(self) -> str:
        """``CLIENT/CONFIGURATION/TROUBLE``."""
        return f"{self.client}/{self.configuration}/{self.trouble}"

    @property
    def word(self) -> str:
        """The outcome, with the source where something came from one: ``newest from second``."""
        return f"{self.outcome} from {self.source}" if self.source else self.outcome.value

    @property
    def says(self) -> str:
        """The outcome in whole: ``newest from second``, ``gave up after 75 s``."""
        match self.outcome:
            case Outcome.NEWEST:
                return self.word
            case Outcome.GAVE_UP:
                return f"{self.outcome} after {self.seconds:.0f} s"
            case Outcome.WAITING:
                return f"{self.outcome} after {PATIENCE} s"
        return self.outcome.value


Key = tuple[str, str]


@dataclass(frozen=True)
class Matrix:
    """The whole file."""

    date: str
    """The day of the last run, UTC: ``2026-11-21``."""
    machine: str
    python: str
    """The Python on which the clients ran: ``3.13``."""
    versions: Mapping[str, str]
    """Client -> its version."""
    seconds: float
    """How long the run took that was recorded last."""
    configurations: Mapping[Key, Configuration] = field(default_factory=dict)
    """(client, name) -> how it is told where to look."""
    troubles: Mapping[str, Trouble] = field(default_factory=dict)
    """Name -> trouble, in the order in which people read them."""
    cells: Mapping[str, Cell] = field(default_factory=dict)
    """``CLIENT/CONFIGURATION/TROUBLE`` -> what became of it, sorted."""

    @property
    def clients(self) -> tuple[str, ...]:
        """The clients, sorted."""
        return tuple(sorted({client for client, _ in self.configurations}))

    def healthy(self, client: str, configuration: str) -> Cell | None:
        """Return what becomes of a configuration when all is well."""
        return self.cells.get(f"{client}/{configuration}/{NONE}")

    def with_cells(self, cells: Iterable[Cell]) -> Matrix:
        """Return the same file with these cells in place of its own."""
        return replace(self, cells={each.id: each for each in sorted(cells, key=lambda c: c.id)})


# -- reading -----------------------------------------------------------------------------------


def read(path: Path) -> Matrix:
    """Read the file. Raises :class:`BrokenFile`, with the place of what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BrokenFile(path, "", "there is no such file") from None
    except OSError as error:
        raise BrokenFile(path, "", f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise BrokenFile(path, f"byte {error.start}", "is not UTF-8 text") from None
    table = parse(text, path)
    matrix = _matrix(table)
    table.finish()
    return matrix


def parse(text: str, path: Path) -> Table:
    """Read one JSON object; ``path`` is only what its errors name. Raises :class:`BrokenFile`."""
    try:
        content = json.loads(text, object_pairs_hook=_present)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BrokenFile(path, where, f"is not JSON: {error.msg}") from None
    except RecursionError:
        raise BrokenFile(path, "", "is not JSON the kit can read: nested too deeply") from None
    if not isinstance(content, dict):
        raise BrokenFile(path, "", "must be an object")
    return Table(path, "", content)


def _present(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Read ``null`` as what is not there."""
    return {key: value for key, value in pairs if value is not None}


def _matrix(table: Table) -> Matrix:
    table.schema(SCHEMA)
    configurations = dict(configuration_of(each) for each in table.tables("configurations"))
    troubles = {each.name: each for each in map(trouble_of, table.tables("troubles"))}
    cells: dict[str, Cell] = {}
    for number, row in enumerate(table.tables("cells")):
        cell = cell_of(row)
        if (cell.client, cell.configuration) not in configurations:
            raise row.broken("configuration", f"{cell.client} has no {cell.configuration!r} here")
        if cell.trouble not in troubles:
            raise row.broken("trouble", f"there is no {cell.trouble!r} here")
        if cell.id in cells:
            raise table.broken("cells", f"{cell.id} is there twice", number)
        cells[cell.id] = cell
    return Matrix(
        date=table.text("date"),
        machine=table.text("machine"),
        python=table.text("python"),
        versions=table.pairs("versions"),
        seconds=table.number("seconds", least=0),
        configurations=configurations,
        troubles=troubles,
        cells=cells,
    )


def configuration_of(row: Table) -> tuple[Key, Configuration]:
    """Read one configuration and its key. Raises :class:`BrokenFile`."""
    made = Configuration(
        name=row.text("name"),
        suite=row.choice("suite", Suite),
        says=row.text("says"),
        install=row.text("install"),
        files=row.pairs("files"),
        prepare=row.texts("prepare"),
        environment=row.pairs("environment"),
        advised=row.flag("advised"),
    )
    return (row.text("client"), made.name), made


def trouble_of(row: Table) -> Trouble:
    """Read one trouble. Raises :class:`BrokenFile`."""
    return Trouble(
        name=row.text("name"),
        says=row.text("says"),
        fault=row.choice("fault", Fault, None),
        path=row.text("path"),
        times=row.integer("times", None, least=1),
        suites=row.choices("suites", Suite),
    )


def cell_of(row: Table) -> Cell:
    """Read one cell. Raises :class:`BrokenFile`."""
    asked = row.table("requests")
    return Cell(
        client=row.text("client"),
        configuration=row.text("configuration"),
        trouble=row.text("trouble"),
        outcome=row.choice("outcome", Outcome),
        source=row.text("source", None),
        exit_code=row.integer("exit_code"),
        seconds=row.number("seconds", least=0),
        requests={name: asked.integer(name, least=0) for name in asked},
        met=row.integer("met", least=0),
        line=row.text("line", blank=True),
        unstable=row.texts("unstable"),
    )


# -- writing -----------------------------------------------------------------------------------


def write(matrix: Matrix, path: Path) -> None:
    """Replace the file as a whole, or leave it as it is. Raises :class:`CannotWrite`."""
    aside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(to_text(matrix), encoding="utf-8")
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise CannotWrite(path, error.strerror or str(error)) from None


def to_text(matrix: Matrix) -> str:
    """Return the file's text: the same for the same content, whatever the order of the runs."""
    head = {
        "schema": SCHEMA,
        "date": matrix.date,
        "machine": matrix.machine,
        "python": matrix.python,
        "versions": dict(sorted(matrix.versions.items())),
        "seconds": round(matrix.seconds, _DECIMALS),
    }
    parts = [f"{json.dumps(key)}: {_line(value)}" for key, value in head.items()]
    configurations = sorted(matrix.configurations.items())
    lists: dict[str, list[dict[str, Any]]] = {
        "configurations": [configuration_row(client, each) for (client, _), each in configurations],
        "troubles": [trouble_row(each) for each in matrix.troubles.values()],
        "cells": [cell_row(each) for _, each in sorted(matrix.cells.items())],
    }
    for key, rows in lists.items():
        lines = ",\n".join(f"  {_line(row)}" for row in rows)
        parts.append(f"{json.dumps(key)}: [\n{lines}\n ]" if rows else f"{json.dumps(key)}: []")
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def configuration_row(client: str, configuration: Configuration) -> dict[str, Any]:
    """Return a configuration as the file has it."""
    return {
        "client": client,
        "name": configuration.name,
        "suite": configuration.suite.value,
        "says": configuration.says,
        "advised": configuration.advised,
        "files": dict(configuration.files),
        "prepare": list(configuration.prepare),
        "install": configuration.install,
        "environment": dict(configuration.environment),
    }


def trouble_row(trouble: Trouble) -> dict[str, Any]:
    """Return a trouble as the file has it."""
    return {
        "name": trouble.name,
        "says": trouble.says,
        "fault": trouble.fault.value if trouble.fault else None,
        "path": trouble.path,
        "times": trouble.times,
        "suites": [suite.value for suite in trouble.suites],
    }


def cell_row(cell: Cell) -> dict[str, Any]:
    """Return a cell as the file has it."""
    return {
        "client": cell.client,
        "configuration": cell.configuration,
        "trouble": cell.trouble,
        "outcome": cell.outcome.value,
        "source": cell.source,
        "exit_code": cell.exit_code,
        "seconds": round(cell.seconds, _DECIMALS),
        "requests": dict(sorted(cell.requests.items())),
        "met": cell.met,
        "line": cell.line,
        "unstable": list(cell.unstable),
    }


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
