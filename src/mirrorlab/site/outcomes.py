"""``.. outcomes::``: which file arrives where two indexes have the name, from the data a test runs.

The data stands beside the page, in a TOML file of its name. ``tests/explanation`` runs every cell
of it with the real installers, so a table here cannot say what is not so.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from docutils import nodes

from mirrorlab import tables
from mirrorlab.clients import REQUIREMENTS
from mirrorlab.errors import UnknownName
from mirrorlab.site import blocks, look
from mirrorlab.site.guide import GuideDirective
from mirrorlab.tables import Table

INSTALL = {
    "pip": ["pip", "install"],
    "pip-22.1": ["pip", "install"],
    "uv": ["uv", "pip", "install"],
}
"""Client -> the words that a command of it begins with."""


class Side(StrEnum):
    """Whose index it is."""

    YOURS = "yours"
    PUBLIC = "public"


class State(StrEnum):
    """How an index is when it is asked for the project's page."""

    WORKS = "works"
    DOWN = "down"
    SERVER_ERROR = "500"
    UNAUTHORIZED = "401"
    NOT_FOUND = "404"
    EMPTY = "empty"


class Arrives(StrEnum):
    """What is installed in the end."""

    YOURS = "yours"
    STRANGERS = "stranger's"
    NOTHING = "nothing"


_HEADS = {
    State.WORKS: "works",
    State.DOWN: "is down",
    State.SERVER_ERROR: "says 500",
    State.UNAUTHORIZED: "says 401",
    State.NOT_FOUND: "says 404",
    State.EMPTY: "lists no file",
}
_CELLS = {
    Arrives.YOURS: ("yours", "holds"),
    Arrives.STRANGERS: ("a stranger's", "fails"),
    Arrives.NOTHING: ("it stops", "unknown"),
}
_OWNERS = {Side.YOURS: "your index", Side.PUBLIC: "the public index"}


@dataclass(frozen=True)
class Row:
    """One command, and what arrives in each state of the index that fails."""

    clients: tuple[str, ...]
    says: str
    """A remark; empty where the command says it all."""
    typed: tuple[str, ...]
    """The whole command, as words."""
    file_name: str
    """A file that the command reads; empty: none."""
    file_text: str
    asks: tuple[Side, ...]
    """Which indexes are asked where both work."""
    arrives: dict[State, Arrives]

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words after ``install``."""
        return self.typed[len(INSTALL[self.clients[0]]) :]


@dataclass(frozen=True)
class Outcomes:
    """A table: the rows, and whose index fails (None: both work)."""

    name: str
    fails: Side | None
    rows: tuple[Row, ...]

    @property
    def states(self) -> tuple[State, ...]:
        """The columns."""
        return tuple(self.rows[0].arrives)


def load(path: Path) -> tuple[Outcomes, ...]:
    """Read the tables of one file. Raises BrokenFile, with the place of a mistake."""
    top = tables.load(path)
    top.schema(1)
    found = tuple(_outcomes(table) for table in top.tables("table"))
    top.finish()
    return found


class OutcomesDirective(GuideDirective):
    """One table of the file beside the page: ``.. outcomes:: yours-fails``."""

    required_arguments = 1

    def render(self) -> list[Any]:
        """Give the table."""
        path = Path(self.env.doc2path(self.env.docname)).with_suffix(".toml")
        self.env.note_dependency(str(path))
        found = {table.name: table for table in load(path)}
        name = self.arguments[0]
        if name not in found:
            raise UnknownName("table", name, tuple(found), of=path.name)
        return [_rendered(found[name])]


def _rendered(table: Outcomes) -> Any:
    """Two rows for each command: itself over the whole width, and beneath it what arrives."""
    owner = "" if table.fails is None else f"{_OWNERS[table.fails]} "
    heads = [f"{owner}{_HEADS[state]}" for state in table.states] if owner else ["what arrives"]
    width = len(heads) + 1
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in range(width)), cols=width)
    head = [nodes.entry("", blocks.paragraph(_capital(text))) for text in ("it asks", *heads)]
    group += nodes.thead("", nodes.row("", *head))
    body = nodes.tbody("")
    for row in table.rows:
        over = nodes.entry("", *_command(row), morecols=width - 1)
        body += nodes.row("", over, classes=["command"])
        cells = [nodes.entry("", cell) for cell in _cells(row, heads)]
        body += nodes.row("", *cells, classes=["arrives"])
    group += body
    return nodes.table("", group, classes=["stacked", look.OUTCOMES])


def _command(row: Row) -> list[Any]:
    versions = blocks.separated([blocks.literal(version(name)) for name in row.clients], " and ")
    remark = [f": {row.says}"] if row.says else []
    made = [
        blocks.paragraph(*versions, *remark, classes=["small"]),
        blocks.paragraph(blocks.literal(_shown(row.typed))),
    ]
    if row.file_text:
        made.append(blocks.code(row.file_text.strip(), _language(row.file_name)))
    return made


def _cells(row: Row, heads: list[str]) -> list[Any]:
    asks = {0: "neither", 1: "".join(row.asks), 2: "both"}[len(row.asks)]
    made = [blocks.paragraph(_when("it asks"), asks)]
    for head, arrives in zip(heads, row.arrives.values(), strict=True):
        text, kind = _CELLS[arrives]
        made.append(blocks.paragraph(_when(head), blocks.badge(text, kind)))
    return made


def _when(head: str) -> Any:
    """Say the head of the column again, for narrow screens, where a cell is a line."""
    return nodes.inline("", f"{_capital(head)}: ", classes=["when"])


def _shown(typed: tuple[str, ...]) -> str:
    """Give a command as a person types it."""
    return " ".join(f'"{word}"' if set(word) & set("<>*") else word for word in typed)


def _language(name: str) -> str:
    return "toml" if name.endswith(".toml") else "text"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def version(client: str) -> str:
    """Give the name and version of a client, from its lock."""
    project = client.partition("-")[0]
    lines = REQUIREMENTS[client].read_text(encoding="utf-8").splitlines()
    [pin] = [line.split()[0] for line in lines if line.startswith(f"{project}==")]
    return pin.replace("==", " ")


def _outcomes(table: Table) -> Outcomes:
    name = table.text("name")
    fails = table.choice("fails", Side, None)
    rows = tuple(_read_row(row) for row in table.tables("row"))
    if not rows:
        raise table.broken("row", "is missing: a table has rows")
    for number, row in enumerate(rows):
        if tuple(row.arrives) != tuple(rows[0].arrives):
            problem = "has other states than the first row, or in another order"
            raise table.broken("row", problem, number)
    return Outcomes(name, fails, rows)


def _read_row(table: Table) -> Row:
    clients = table.texts("clients")
    for number, client in enumerate(clients):
        if client not in INSTALL:
            raise table.broken(
                "clients", str(UnknownName("client", client, tuple(INSTALL))), number
            )
    typed = tuple(shlex.split(table.text("typed")))
    for client in clients:
        start = INSTALL[client]
        if list(typed[: len(start)]) != start:
            raise table.broken("typed", f"must begin with {shlex.join(start)!r}, for {client}")
    file = table.table("file")
    there = "file" in table
    cells = table.table("arrives")
    states = [str(state) for state in State]
    for key in cells:
        if key not in states:
            raise cells.broken(key, f"is no state; choose one of: {', '.join(states)}")
    return Row(
        clients=clients,
        says=table.text("says", ""),
        typed=typed,
        file_name=file.text("name") if there else "",
        file_text=file.text("text") if there else "",
        asks=table.choices("asks", Side),
        arrives={State(key): cells.choice(key, Arrives) for key in cells},
    )
