"""One value of a TOML file, read as what it should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from mirrorlab.errors import BrokenFile

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True)
class Value:
    """What stands at ``place`` of the file ``path``.

    Every reading method raises :class:`~mirrorlab.errors.BrokenFile` where it is something else.
    """

    path: Path
    place: str
    content: Any

    def text(self, *, blank: bool = False) -> str:
        """Read a text; only with ``blank`` may it be empty."""
        if not isinstance(self.content, str):
            raise self._wrong("a text")
        if not blank and not self.content.strip():
            raise self.broken("must not be empty")
        return self.content

    def integer(self, least: int | None = None, most: int | None = None) -> int:
        """Read a whole number, within ``least`` and ``most`` where these are given."""
        number = self.content
        if not isinstance(number, int) or isinstance(number, bool):
            raise self._wrong("a whole number")
        if least is not None and number < least:
            raise self.broken(f"must be {least} or more, not {number}")
        if most is not None and number > most:
            raise self.broken(f"must be {most} or less, not {number}")
        return number

    def number(self, least: float | None = None) -> float:
        """Read a number, whole or not; at least ``least`` where that is given."""
        number = self.content
        if not isinstance(number, (int, float)) or isinstance(number, bool):
            raise self._wrong("a number")
        if least is not None and not number >= least:
            raise self.broken(f"must be {least:g} or more, not {number}")
        return float(number)

    def flag(self) -> bool:
        """Read true or false."""
        if not isinstance(self.content, bool):
            raise self._wrong("true or false")
        return self.content

    def flag_or_text(self) -> bool | str:
        """Read true, false or a text."""
        if not isinstance(self.content, (bool, str)):
            raise self._wrong("true, false or a text")
        return self.content

    def moment(self) -> datetime:
        """Read a date and time with its offset, given back in UTC."""
        if not isinstance(self.content, datetime) or self.content.tzinfo is None:
            raise self._wrong("a date and time with an offset, like 2026-01-05T12:00:00Z")
        return self.content.astimezone(UTC)

    def choice(self, choices: type[E]) -> E:
        """Read one member of an enumeration by its value."""
        text = self.text()
        known = [str(member) for member in choices]
        if text in known:
            return choices(text)
        near = get_close_matches(text, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"choose one of: {', '.join(known)}"
        raise self.broken(f"{text!r} is not known; {hint}")

    def items(self, of: str) -> tuple[Value, ...]:
        """Give the items of a list; ``of`` says what it is a list of, where it is none."""
        if not isinstance(self.content, list):
            raise self._wrong(f"a list of {of}")
        return tuple(
            Value(self.path, f"{self.place}[{number}]", item)
            for number, item in enumerate(self.content)
        )

    def mapping(self) -> Mapping[str, Any]:
        """Give the content of a table."""
        if not isinstance(self.content, dict):
            raise self._wrong("a table")
        return self.content

    def broken(self, problem: str) -> BrokenFile:
        """Make (not raise) the error that names this place."""
        return BrokenFile(self.path, self.place, problem)

    def _wrong(self, wanted: str) -> BrokenFile:
        return self.broken(f"must be {wanted}, not {_describe(self.content)}")


def _describe(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f"a text ({value!r})" if len(value) <= 40 else f"a text ({value[:40]!r}…)"
        case int() | float():
            return f"the number {value}"
        case list():
            return "a list"
        case dict():
            return "a table"
        case datetime() if value.tzinfo is None:
            return f"one without an offset ({value.isoformat()})"
        case date():
            return f"a date ({value.isoformat()})"
    return f"a {type(value).__name__}"
