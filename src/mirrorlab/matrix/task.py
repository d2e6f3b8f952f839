"""What travels between the command and its server: one JSON object a line, in both directions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from mirrorlab.clients import Configuration
from mirrorlab.lab import Tools
from mirrorlab.matrix import record
from mirrorlab.matrix.outcome import PATIENCE
from mirrorlab.matrix.record import Cell
from mirrorlab.matrix.trouble import Trouble

_WIRE = Path("a line of the server")


@dataclass(frozen=True)
class Task:
    """One cell to live."""

    client: str
    tools: Tools
    configuration: Configuration
    trouble: Trouble
    waits: bool = False
    """Whether it mostly waits, so that many of its kind can live at once."""
    patience: float = PATIENCE
    """Seconds after which the installer is killed."""

    @property
    def id(self) -> str:
        """``CLIENT/CONFIGURATION/TROUBLE``."""
        return f"{self.client}/{self.configuration.name}/{self.trouble.name}"

    def to_line(self) -> bytes:
        """Return it as a line."""
        content = {
            "tools": {
                "bin": str(self.tools.bin),
                "python": str(self.tools.python),
                "version": self.tools.version,
            },
            "configuration": record.configuration_row(self.client, self.configuration),
            "trouble": record.trouble_row(self.trouble),
            "waits": self.waits,
            "patience": self.patience,
        }
        return json.dumps(content).encode() + b"\n"


def task_of(line: str) -> Task:
    """Read such a line."""
    table = record.parse(line, _WIRE)
    (client, _), configuration = record.configuration_of(table.table("configuration"))
    tools = table.table("tools")
    return Task(
        client,
        Tools(Path(tools.text("bin")), Path(tools.text("python")), tools.text("version")),
        configuration,
        record.trouble_of(table.table("trouble")),
        table.flag("waits"),
        table.number("patience"),
    )


@dataclass(frozen=True)
class Report:
    """What became of the task ``number``: a cell, or the reason why there is none."""

    number: int
    cell: Cell | None = None
    problem: str = ""
    output: str = ""
    """What the installer printed where there is no cell; its end."""

    def to_line(self) -> bytes:
        """Return it as a line."""
        cell = record.cell_row(self.cell) if self.cell else None
        content = {
            "number": self.number,
            "cell": cell,
            "problem": self.problem,
            "output": self.output,
        }
        return json.dumps(content).encode() + b"\n"


def report_of(line: str) -> Report:
    """Read such a line."""
    table = record.parse(line, _WIRE)
    return Report(
        table.integer("number"),
        record.cell_of(table.table("cell")) if "cell" in table else None,
        table.text("problem", blank=True),
        table.text("output", blank=True),
    )
