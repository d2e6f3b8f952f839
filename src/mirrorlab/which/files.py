"""Reading settings files with their lines: TOML, and the INI of pip and of buildout.

A complaint names file and line, and never repeats what stands there: it may be a secret.
"""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mirrorlab.which.model import Origin
from mirrorlab.which.surroundings import Surroundings

_AT_LINE = re.compile(r"at line (\d+)")
_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*(?P<key>(?:"[^"]*"|'[^']*'|[A-Za-z0-9_.-]+|\s*\.\s*)+?)\s*=""")


@dataclass(frozen=True)
class Toml:
    """A TOML file: its values, and the lines of its keys."""

    path: Path
    data: Mapping[str, Any]
    lines: Mapping[tuple[str | int, ...], int] = field(default_factory=dict)

    def at(self, *place: str | int) -> Origin:
        """Name the place of a key, or the nearest one above it that has a line of its own."""
        for length in range(len(place), 0, -1):
            if line := self.lines.get(place[:length]):
                return Origin(self.path, line)
        return Origin(self.path)

    def table(self, *place: str) -> dict[str, Any]:
        """Return the table at a place; an empty one where there is none."""
        found: Any = self.data
        for key in place:
            found = found.get(key) if isinstance(found, Mapping) else None
        return dict(found) if isinstance(found, Mapping) else {}

    def has(self, *place: str) -> bool:
        """Tell whether something stands at a place."""
        return bool(place) and place[-1] in self.table(*place[:-1])


def toml(around: Surroundings, path: Path) -> Toml | None:
    """Read a TOML file; None where there is none, or none that can be read (it is noted)."""
    text = around.text(path)
    if text is None:
        return None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        around.broken(path, line, "is not TOML from here on")
        return None
    except (RecursionError, ValueError):
        around.broken(path, None, "is not TOML that can be read")
        return None
    return Toml(path, data, dict(_lines(text)))


def _lines(text: str) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Yield places and lines of the keys that stand on a line of their own."""
    table: tuple[str | int, ...] = ()
    counts: dict[tuple[str | int, ...], int] = {}
    quotes = ""
    for number, line in enumerate(text.split("\n"), 1):
        if quotes:
            quotes = "" if quotes in line else quotes
            continue
        if header := _HEADER.match(line):
            table = _resolved(_keys(header[2]), counts)
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            yield table, number
        elif key := _KEY.match(line):
            yield (*table, *_keys(key["key"])), number
        for mark in ('"""', "'''"):
            if line.count(mark) % 2:
                quotes = mark


def _resolved(
    keys: tuple[str, ...], counts: Mapping[tuple[str | int, ...], int]
) -> tuple[str | int, ...]:
    """Put the number of the last table of a list behind its name, where a header goes on."""
    place: tuple[str | int, ...] = ()
    for key in keys[:-1]:
        place = (*place, key)
        if place in counts:
            place = (*place, counts[place])
    return (*place, *keys[-1:])


def _keys(dotted: str) -> tuple[str, ...]:
    parts = re.findall(r"""\s*("[^"]*"|'[^']*'|[^.\s]+)\s*\.?""", dotted)
    return tuple(part.strip("\"'") for part in parts)


@dataclass(frozen=True)
class Line:
    """One option of an INI file: section, key, value, and the line of its key."""

    section: str
    key: str
    value: str
    number: int


def ini(
    around: Surroundings, path: Path, normal: Callable[[str], str] = str.lower
) -> tuple[Line, ...] | None:
    """Read an INI file as pip does; None where there is none that can be read.

    ``normal`` makes a key the one that the installer knows.
    """
    text = around.text(path)
    if text is None:
        return None
    parser = configparser.RawConfigParser()
    parser.optionxform = normal  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text)
    except configparser.MissingSectionHeaderError as error:
        around.broken(path, error.lineno, "has a line before the first [section]")
        return None
    except configparser.ParsingError as error:
        line = error.errors[0][0] if error.errors else None
        around.broken(path, line, "is no line of a settings file: key = value")
        return None
    except configparser.Error as error:
        line = getattr(error, "lineno", None)
        around.broken(path, line, "says a section or a key twice")
        return None
    lines = _ini_lines(text, normal)
    return tuple(
        Line(section, key, value, lines.get((section, key), 0))
        for section in parser.sections()
        for key, value in parser.items(section)
    )


def _ini_lines(text: str, normal: Callable[[str], str]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    section = ""
    for number, line in enumerate(text.split("\n"), 1):
        if header := re.match(r"\[(?P<name>.+)\]", line):
            section = header["name"]
        elif key := re.match(r"([^\s#;=:][^=:]*?)\s*[=:]", line):
            found[(section, normal(key[1].strip()))] = number
    return found
