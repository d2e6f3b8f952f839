"""``matrix.json.partial``: the cells of a run that is not done, one a line: none is lost."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mirrorlab.errors import BrokenFile, CannotWrite
from mirrorlab.matrix import record, same
from mirrorlab.matrix.choosing import Choice
from mirrorlab.matrix.record import Cell


@dataclass(frozen=True)
class Entry:
    """A cell that was lived, and with what."""

    key: str
    """Made of all that it was run with: where that has changed, the entry no longer counts."""
    at: float
    """Seconds since the command began, with those of the commands that it goes on from."""
    cell: Cell


def key(choice: Choice, version: str, python: str) -> str:
    """Return the key of a cell as it would be run now."""
    what = [
        choice.client,
        version,
        python,
        same.text(choice.configuration, choice.trouble),
    ]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]


class Journal:
    """The journal beside a record; a context manager. Each entry is on disk once ``add`` returns.

    What an interrupted command has left is in ``entries``; a line that was cut off is not.
    """

    def __init__(self, results: Path, keys: Mapping[str, str]) -> None:
        """``keys`` is what the entries that still count must have: cell id -> key."""
        self.path = results.with_name(f"{results.name}.partial")
        self.entries = tuple(
            entry for entry in _read(self.path) if keys.get(entry.cell.id) == entry.key
        )
        self.before = max((entry.at for entry in self.entries), default=0.0)
        """Seconds that the interrupted command has taken."""
        self._keys = keys
        self._out = -1

    def __enter__(self) -> Self:
        """Begin to write, with what still counts. Raises :class:`CannotWrite`."""
        aside = self.path.with_name(f".{self.path.name}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            aside.write_bytes(b"".join(map(_line, self.entries)))
            aside.replace(self.path)
            self._out = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        except OSError as error:
            raise CannotWrite(self.path, error.strerror or str(error)) from None
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._out)

    def add(self, cell: Cell, at: float) -> Entry:
        """Note a cell. Raises :class:`CannotWrite`."""
        entry = Entry(self._keys[cell.id], self.before + at, cell)
        try:
            os.write(self._out, _line(entry))
        except OSError as error:
            raise CannotWrite(self.path, error.strerror or str(error)) from None
        return entry

    def remove(self) -> None:
        """Take it away: the record has it all."""
        self.path.unlink(missing_ok=True)


def _line(entry: Entry) -> bytes:
    content = {"key": entry.key, "at": round(entry.at, 1), "cell": record.cell_row(entry.cell)}
    return json.dumps(content, ensure_ascii=False).encode() + b"\n"


def _read(path: Path) -> list[Entry]:
    try:
        lines = path.read_bytes().decode(errors="replace").splitlines(keepends=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BrokenFile(path, "", f"cannot be read: {error.strerror}") from None
    found = []
    for line in lines:
        if not line.endswith("\n"):  # the command was killed while it wrote
            continue
        table = record.parse(line, path)
        cell = record.cell_of(table.table("cell"))
        found.append(Entry(table.text("key"), table.number("at"), cell))
    return found
