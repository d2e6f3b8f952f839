"""The settings of a recipe, read from where they live: the top of its scripts.

A setting is one line of POSIX shell, with a comment that says what it is::

    : "${UPSTREAM:=https://pypi.org}"  # the index you copy from
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mirrorlab.errors import BrokenFile

SHEBANG = "#!/bin/sh"

_SETTING = re.compile(
    r': "\$\{(?P<name>[A-Z][A-Z0-9_]*):?=(?P<default>.*)\}"(?:\s+#\s*(?P<comment>\S.*))?\s*'
)
_LIKE_A_SETTING = re.compile(r'\s*:\s+"?\$\{')


@dataclass(frozen=True)
class Setting:
    """One line a copier may change."""

    name: str
    default: str
    """As the script has it: it may name other settings (``$STATE/simple``)."""
    comment: str
    script: str
    """The file that declares it, relative to the recipe's folder."""


@dataclass(frozen=True)
class Script:
    """A script as pages and ``mirrorlab run`` speak of it."""

    name: str
    says: str
    """What it does: the comment right after ``#!/bin/sh``."""
    settings: tuple[Setting, ...]


def read_script(path: Path) -> Script:
    """Read what a script does and its settings.

    Raises BrokenFile, with the line, where it is unreadable, does not begin with ``#!/bin/sh``
    and a comment, or has a setting that is not written as above.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BrokenFile(path, "", f"cannot be read: {reason}") from None
    if not lines or lines[0].rstrip() != SHEBANG:
        raise BrokenFile(path, "line 1", f"must be {SHEBANG}")
    says = _description(lines[1:])
    if not says:
        problem = "must be a comment that says what the script does"
        raise BrokenFile(path, "line 2", problem)
    numbered = enumerate(lines, start=1)
    found = tuple(s for number, line in numbered if (s := _setting(path, number, line)))
    return Script(path.name, says, found)


def merge(folder: Path, scripts: Iterable[Script]) -> tuple[Setting, ...]:
    """Bring the settings of several scripts together, each name once, in their order.

    A setting that two scripts use has the same default in both; the first comment counts. Raises
    BrokenFile where the defaults differ or no script says what the setting is.
    """
    merged: dict[str, Setting] = {}
    for script in scripts:
        for setting in script.settings:
            first = merged.setdefault(setting.name, setting)
            if first.default != setting.default:
                problem = (
                    f"has the default {setting.default!r}, in {first.script} {first.default!r}"
                )
                raise BrokenFile(folder / script.name, setting.name, problem)
            if not first.comment:
                merged[setting.name] = setting
    for setting in merged.values():
        if not setting.comment:
            problem = 'needs a comment: : "${NAME:=value}"  # what it is'
            raise BrokenFile(folder / setting.script, setting.name, problem)
    return tuple(merged.values())


def _description(lines: list[str]) -> str:
    block: list[str] = []
    for line in lines:
        if not line.startswith("#"):
            break
        text = line.lstrip("#").strip()
        if not text:
            break
        block.append(text)
    return " ".join(block)


def _setting(path: Path, number: int, line: str) -> Setting | None:
    found = _SETTING.fullmatch(line)
    if found:
        return Setting(found["name"], found["default"], found["comment"] or "", path.name)
    if _LIKE_A_SETTING.match(line):
        problem = 'is no setting; write one as : "${NAME:=value}"  # what it is'
        raise BrokenFile(path, f"line {number}", problem)
    return None
