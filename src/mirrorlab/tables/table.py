"""A table of a TOML file: each key is asked for by type, and one that nobody asks for is named."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar, overload

from mirrorlab.errors import BrokenFile
from mirrorlab.tables.value import Value

D = TypeVar("D")
E = TypeVar("E", bound=StrEnum)


class _Required(Enum):
    REQUIRED = "required"


REQUIRED: Final = _Required.REQUIRED

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Table:
    """One table of a TOML file: where it stands, and its values by key and type.

    Every reading method raises :class:`~mirrorlab.errors.BrokenFile` with the place of the value
    where it is missing (and no default was given) or of another type.
    """

    def __init__(self, path: Path, place: str, content: Mapping[str, Any]) -> None:
        """Stand for ``content``, found at ``place`` (empty: the whole file) of ``path``."""
        self.path = path
        self.place = place
        self._content = content
        self._asked: set[str] = set()
        self._children: list[Table] = []

    def __contains__(self, key: str) -> bool:
        """Whether the key is there; asking does not make it a known one."""
        return key in self._content

    def __iter__(self) -> Iterator[str]:
        """The keys, in the file's order."""
        return iter(self._content)

    def __repr__(self) -> str:
        """Show file and place."""
        return f"<Table {self.path}: {self.place or 'top level'}>"

    # -- places and errors ---------------------------------------------------------------------

    def place_of(self, key: str, number: int | None = None) -> str:
        """Give the dotted place of a key, or of one item of its list."""
        quoted = key if _BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)
        place = f"{self.place}.{quoted}" if self.place else quoted
        return place if number is None else f"{place}[{number}]"

    def broken(self, key: str | None, problem: str, number: int | None = None) -> BrokenFile:
        """Make (not raise) the error that names this table, one of its keys or a list's item."""
        place = self.place if key is None else self.place_of(key, number)
        return BrokenFile(self.path, place, problem)

    # -- single values -------------------------------------------------------------------------

    @overload
    def text(self, key: str, *, blank: bool = ...) -> str: ...
    @overload
    def text(self, key: str, default: D, *, blank: bool = ...) -> str | D: ...
    def text(self, key: str, default: Any = REQUIRED, *, blank: bool = False) -> Any:
        """Read a text; only with ``blank`` may it be empty."""
        return self._read(key, default, lambda value: value.text(blank=blank))

    @overload
    def integer(self, key: str, *, least: int | None = ..., most: int | None = ...) -> int: ...
    @overload
    def integer(
        self, key: str, default: D, *, least: int | None = ..., most: int | None = ...
    ) -> int | D: ...
    def integer(
        self,
        key: str,
        default: Any = REQUIRED,
        *,
        least: int | None = None,
        most: int | None = None,
    ) -> Any:
        """Read a whole number, within ``least`` and ``most`` where these are given."""
        return self._read(key, default, lambda value: value.integer(least, most))

    def number(self, key: str, *, least: float | None = None) -> float:
        """Read a number, whole or not; at least ``least`` where that is given."""
        read: float = self._read(key, REQUIRED, lambda value: value.number(least))
        return read

    @overload
    def flag(self, key: str) -> bool: ...
    @overload
    def flag(self, key: str, default: D) -> bool | D: ...
    def flag(self, key: str, default: Any = REQUIRED) -> Any:
        """Read true or false."""
        return self._read(key, default, Value.flag)

    @overload
    def flag_or_text(self, key: str) -> bool | str: ...
    @overload
    def flag_or_text(self, key: str, default: D) -> bool | str | D: ...
    def flag_or_text(self, key: str, default: Any = REQUIRED) -> Any:
        """Read true, false, or a text that says more (``yanked = "breaks on 32-bit"``)."""
        return self._read(key, default, Value.flag_or_text)

    @overload
    def moment(self, key: str) -> datetime: ...
    @overload
    def moment(self, key: str, default: D) -> datetime | D: ...
    def moment(self, key: str, default: Any = REQUIRED) -> Any:
        """Read a date and time with its offset, given back in UTC."""
        return self._read(key, default, Value.moment)

    @overload
    def choice(self, key: str, choices: type[E]) -> E: ...
    @overload
    def choice(self, key: str, choices: type[E], default: D) -> E | D: ...
    def choice(self, key: str, choices: type[E], default: Any = REQUIRED) -> Any:
        """Read one member of an enumeration by its value."""
        return self._read(key, default, lambda value: value.choice(choices))

    def schema(self, known: int = 1) -> int:
        """Read the required ``schema`` number and refuse one this kit does not read."""
        number = self.integer("schema", None)
        if number is None:
            raise self.broken("schema", f"is missing: write schema = {known}{self._near('schema')}")
        if number != known:
            raise self.broken("schema", f"must be {known}, the only one this kit reads: {number}")
        return number

    # -- many values ---------------------------------------------------------------------------

    @overload
    def texts(self, key: str) -> tuple[str, ...]: ...
    @overload
    def texts(self, key: str, default: D) -> tuple[str, ...] | D: ...
    def texts(self, key: str, default: Any = REQUIRED) -> Any:
        """Read a list of texts, none of them empty."""
        return self._read(
            key, default, lambda value: tuple(item.text() for item in value.items("texts"))
        )

    @overload
    def choices(self, key: str, choices: type[E]) -> tuple[E, ...]: ...
    @overload
    def choices(self, key: str, choices: type[E], default: D) -> tuple[E, ...] | D: ...
    def choices(self, key: str, choices: type[E], default: Any = REQUIRED) -> Any:
        """Read a list of members of an enumeration."""
        return self._read(
            key, default, lambda value: tuple(item.choice(choices) for item in value.items("texts"))
        )

    def pairs(self, key: str) -> dict[str, str]:
        """Read a table whose values are all texts, empty ones too; missing: no pairs."""
        table = self.table(key)
        return {name: table.text(name, blank=True) for name in table}

    # -- tables --------------------------------------------------------------------------------

    def table(self, key: str) -> Table:
        """Give the table under a key; an empty one where the key is missing."""
        empty: dict[str, Any] = {}
        return self._child(Value(self.path, self.place_of(key), self._known(key, empty)))

    def tables(self, key: str) -> tuple[Table, ...]:
        """Give the tables of a list (``[[step]]``), none where the key is missing."""
        found: tuple[Table, ...] = self._read(
            key, (), lambda value: tuple(map(self._child, value.items("tables")))
        )
        return found

    def mapping(self, key: str) -> dict[str, Table]:
        """Give the tables by name under a key (``[users.alice]``), none where it is missing."""
        outer = self.table(key)
        return {name: outer.table(name) for name in outer}

    def finish(self) -> None:
        """Refuse keys nobody asked for, here and in every table handed out from here."""
        for key in self._content:
            if key not in self._asked:
                near = get_close_matches(key, self._asked, n=1)
                known = ", ".join(sorted(self._asked)) or "no keys at all"
                hint = f"did you mean {near[0]!r}?" if near else f"known here: {known}"
                raise self.broken(key, f"is not a known key; {hint}")
        for child in self._children:
            child.finish()

    # -- inside --------------------------------------------------------------------------------

    def _known(self, key: str, default: Any) -> Any:
        self._asked.add(key)
        return self._content.get(key, default)

    def _read(self, key: str, default: Any, read: Callable[[Value], Any]) -> Any:
        content = self._known(key, REQUIRED)
        if content is not REQUIRED:
            return read(Value(self.path, self.place_of(key), content))
        if default is REQUIRED:
            raise self.broken(key, f"is missing{self._near(key)}")
        return default

    def _near(self, key: str) -> str:
        near = get_close_matches(key, [k for k in self._content if k not in self._asked], n=1)
        return f" (there is {near[0]!r})" if near else ""

    def _child(self, value: Value) -> Table:
        child = Table(self.path, value.place, value.mapping())
        self._children.append(child)
        return child
