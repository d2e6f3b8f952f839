"""From a file, or its text, to a table; what is no TOML is named with its line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from mirrorlab.errors import BrokenFile
from mirrorlab.tables.table import Table

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
