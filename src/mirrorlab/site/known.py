"""The messages that tests bring about, and the record of who said them.

They stand in ``docs/errors/messages.toml``. A text is what the program printed, word by word.
``{name}`` in it varies; ``…`` at an end of a line says that the line goes on there, and ``…`` alone
that lines are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from mirrorlab.errors import BrokenFile
from mirrorlab.site.labels import folded
from mirrorlab.tables import Table, load

FILE = Path("docs/errors/messages.toml")
RECORD = Path("results/messages.json")
PLACEHOLDER = re.compile(r"\{([a-z][a-z-]*)\}")
GOES_ON = "…"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")


class Program(StrEnum):
    """Whose page a message stands on; the value is the page's name."""

    PIP = "pip"
    UV = "uv"
    TWINE = "twine"
    BANDERSNATCH = "bandersnatch"
    DEVPI = "devpi"


@dataclass(frozen=True)
class Known:
    """One message, and how to bring it about."""

    name: str
    """Its anchor on the page, for good: it stays when the program words the message anew."""
    program: Program
    by: tuple[str, ...]
    """The clients that say it, by the names of the tests."""
    run: str
    """The command that says it."""
    text: str
    short: str
    """The words of the text by which one knows it in a list."""
    also: tuple[str, ...]
    """Words of it on another system or in another version, which are not run here."""
    when: str
    """What tells it from others of the same words; may be empty."""
    sure: str
    """The command that tells whether it is this cause."""
    shows: str
    """What that command then prints."""

    @property
    def lines(self) -> tuple[str, ...]:
        """The text, line by line."""
        return tuple(self.text.strip().splitlines())


def known(root: Path) -> dict[str, Known]:
    """Read every message of the repository at ``root``, by name. Raises BrokenFile."""
    path = root / FILE
    if not path.is_file():
        return {}
    table = load(path)
    table.schema()
    found: dict[str, Known] = {}
    for one in table.tables("message"):
        message = _message(one)
        if message.name in found:
            raise one.broken("id", f"is there twice: {message.name}")
        found[message.name] = message
    table.finish()
    return found


def _message(table: Table) -> Known:
    name = table.text("id")
    program = table.choice("program", Program)
    if not _NAME.fullmatch(name) or not name.startswith(f"{program.value}-"):
        raise table.broken("id", f"must be words like {program.value}-not-found, not {name!r}")
    text, short = table.text("text"), table.text("short")
    if folded(short) not in folded(text):
        raise table.broken("short", f"must be words of the text, not {short!r}")
    return Known(
        name=name,
        program=program,
        by=table.texts("by"),
        run=table.text("run"),
        text=text,
        short=short,
        also=table.texts("also") if "also" in table else (),
        when=table.text("when", ""),
        sure=table.text("sure"),
        shows=table.text("shows"),
    )


@dataclass(frozen=True)
class Said:
    """Who said which message, when that was last tried."""

    date: date
    by: Mapping[str, tuple[str, ...]]
    """Message -> programs with their versions, ``pip 26.3``."""

    @classmethod
    def read(cls, root: Path) -> Said | None:
        """Read the record of the repository at ``root``; None: there is none. Raises BrokenFile."""
        path = root / RECORD
        if not path.is_file():
            return None
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            by = {str(name): tuple(map(str, who)) for name, who in content["messages"].items()}
            return cls(date.fromisoformat(content["date"]), by)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            problem = f"is no record of messages ({error}); write it with nox -s results"
            raise BrokenFile(path, "", problem) from None

    def write(self, root: Path) -> None:
        """Write the record into the repository at ``root``."""
        messages = {name: list(self.by[name]) for name in sorted(self.by)}
        content = {"schema": 1, "date": self.date.isoformat(), "messages": messages}
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        (root / RECORD).write_text(text, encoding="utf-8")
