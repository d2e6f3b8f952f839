"""Read the TOML files people write, and name the place of every mistake.

A place reads like the path a person follows with a finger:
``projects.demo-lib.releases[1].requires[0]``. Reading goes through :class:`Table`: each key is
asked for by type, and :meth:`Table.finish` complains about what nobody asked for.

>>> table = parse('[web]\\nport = "many"', Path("site.toml"))
>>> table.table("web").integer("port")
Traceback (most recent call last):
mirrorlab.errors.BrokenFile: site.toml: web.port: must be a whole number, not a text ('many')
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from difflib import get_close_matches
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any, Final, TypeVar, overload

from mirrorlab.errors import BrokenFile

T = TypeVar("T")
D = TypeVar("D")
E = TypeVar("E", bound=StrEnum)


class _Required(Enum):
    REQUIRED = "required"


REQUIRED: Final = _Required.REQUIRED

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_TOML_POSITION = re.compile(r"(?P<what>.*?) \(at (?P<where>line \d+, column \d+|end of document)\)")


def load(path: Path) -> Table:
    """Read one TOML file.

    Raises :class:`~mirrorlab.errors.BrokenFile` where the file is missing, unreadable, not UTF-8
    or not TOML; the last names line and column.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BrokenFile(path, "", "there is no such file") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BrokenFile(path, "", f"cannot be read: {reason}") from None
    except UnicodeDecodeError as error:
        raise BrokenFile(path, f"byte {error.start}", "is not UTF-8 text") from None
    return parse(text, path)


def parse(text: str, path: Path) -> Table:
    """Read TOML text; ``path`` is only what its errors name."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_POSITION.fullmatch(str(error))
        what, where = (found["what"], found["where"]) if found else (str(error), "")
        raise BrokenFile(path, where, f"is not TOML: {what}") from None
    except RecursionError:
        raise BrokenFile(path, "", "is not TOML the kit can read: nested too deeply") from None
    return Table(path, "", content)


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
        return self._value(key, default, lambda value, place: self._text(value, place, blank))

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

        def read(value: Any, place: str) -> int:
            if not isinstance(value, int) or isinstance(value, bool):
                raise self._wrong(place, "a whole number", value)
            if least is not None and value < least:
                raise BrokenFile(self.path, place, f"must be {least} or more, not {value}")
            if most is not None and value > most:
                raise BrokenFile(self.path, place, f"must be {most} or less, not {value}")
            return value

        return self._value(key, default, read)

    @overload
    def flag(self, key: str) -> bool: ...
    @overload
    def flag(self, key: str, default: D) -> bool | D: ...
    def flag(self, key: str, default: Any = REQUIRED) -> Any:
        """Read true or false."""

        def read(value: Any, place: str) -> bool:
            if not isinstance(value, bool):
                raise self._wrong(place, "true or false", value)
            return value

        return self._value(key, default, read)

    @overload
    def flag_or_text(self, key: str) -> bool | str: ...
    @overload
    def flag_or_text(self, key: str, default: D) -> bool | str | D: ...
    def flag_or_text(self, key: str, default: Any = REQUIRED) -> Any:
        """Read true, false, or a text that says more (``yanked = "breaks on 32-bit"``)."""

        def read(value: Any, place: str) -> bool | str:
            if not isinstance(value, (bool, str)):
                raise self._wrong(place, "true, false or a text", value)
            return value

        return self._value(key, default, read)

    @overload
    def moment(self, key: str) -> datetime: ...
    @overload
    def moment(self, key: str, default: D) -> datetime | D: ...
    def moment(self, key: str, default: Any = REQUIRED) -> Any:
        """Read a date and time with its offset, given back in UTC."""

        def read(value: Any, place: str) -> datetime:
            if not isinstance(value, datetime) or value.tzinfo is None:
                wanted = "a date and time with an offset, like 2026-01-05T12:00:00Z"
                raise self._wrong(place, wanted, value)
            return value.astimezone(UTC)

        return self._value(key, default, read)

    @overload
    def choice(self, key: str, choices: type[E]) -> E: ...
    @overload
    def choice(self, key: str, choices: type[E], default: D) -> E | D: ...
    def choice(self, key: str, choices: type[E], default: Any = REQUIRED) -> Any:
        """Read one member of an enumeration by its value."""
        return self._value(key, default, lambda value, place: self._member(value, place, choices))

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
        return self._value(
            key,
            default,
            lambda value, place: self._list(
                value, place, "texts", lambda item, at: self._text(item, at, blank=False)
            ),
        )

    @overload
    def choices(self, key: str, choices: type[E]) -> tuple[E, ...]: ...
    @overload
    def choices(self, key: str, choices: type[E], default: D) -> tuple[E, ...] | D: ...
    def choices(self, key: str, choices: type[E], default: Any = REQUIRED) -> Any:
        """Read a list of members of an enumeration."""
        return self._value(
            key,
            default,
            lambda value, place: self._list(
                value, place, "texts", lambda item, at: self._member(item, at, choices)
            ),
        )

    def pairs(self, key: str) -> dict[str, str]:
        """Read a table whose values are all texts, empty ones too; missing: no pairs."""

        def read(value: Any, place: str) -> dict[str, str]:
            table = self._child(value, place)
            return {name: table.text(name, blank=True) for name in table}

        pairs: dict[str, str] = self._value(key, {}, read)
        return pairs

    # -- tables --------------------------------------------------------------------------------

    def table(self, key: str) -> Table:
        """Give the table under a key; an empty one where the key is missing."""
        empty: dict[str, Any] = {}
        return self._child(self._known(key, empty), self.place_of(key))

    def tables(self, key: str) -> tuple[Table, ...]:
        """Give the tables of a list (``[[step]]``), none where the key is missing."""
        found: tuple[Table, ...] = self._value(
            key, (), lambda value, place: self._list(value, place, "tables", self._child)
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

    def _value(self, key: str, default: Any, read: Callable[[Any, str], T]) -> Any:
        value = self._known(key, REQUIRED)
        if value is not REQUIRED:
            return read(value, self.place_of(key))
        if default is REQUIRED:
            raise self.broken(key, f"is missing{self._near(key)}")
        return default

    def _near(self, key: str) -> str:
        near = get_close_matches(key, [k for k in self._content if k not in self._asked], n=1)
        return f" (there is {near[0]!r})" if near else ""

    def _child(self, value: Any, place: str) -> Table:
        if not isinstance(value, dict):
            raise self._wrong(place, "a table", value)
        child = Table(self.path, place, value)
        self._children.append(child)
        return child

    def _list(
        self, value: Any, place: str, of: str, read: Callable[[Any, str], T]
    ) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise self._wrong(place, f"a list of {of}", value)
        return tuple(read(item, f"{place}[{number}]") for number, item in enumerate(value))

    def _text(self, value: Any, place: str, blank: bool) -> str:
        if not isinstance(value, str):
            raise self._wrong(place, "a text", value)
        if not blank and not value.strip():
            raise BrokenFile(self.path, place, "must not be empty")
        return value

    def _member(self, value: Any, place: str, choices: type[E]) -> E:
        text = self._text(value, place, blank=False)
        known = [str(member) for member in choices]
        if text in known:
            return choices(text)
        near = get_close_matches(text, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"choose one of: {', '.join(known)}"
        raise BrokenFile(self.path, place, f"{text!r} is not known; {hint}")

    def _wrong(self, place: str, wanted: str, value: Any) -> BrokenFile:
        return BrokenFile(self.path, place, f"must be {wanted}, not {_describe(value)}")


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
