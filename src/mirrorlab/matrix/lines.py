"""The first line of an error, as a reader of the examples would see it."""

from __future__ import annotations

import re
from collections.abc import Iterator

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\].*?\x07")
_OBJECTS = re.compile(r"0x[0-9a-f]{6,}")
_LONGEST = 300
_MARKED = re.compile(
    r"^\W*(?:\[?(?:error|fatal|critical)\b|[a-z]*(?:error|exception)\b|\u00d7)", re.IGNORECASE
)
_WORDS = re.compile(
    r"error|fail|fatal|could not|couldn't|cannot|can't|unable|no matching|not found|refus"
    r"|timed? ?out",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?:ERROR: )?[A-Za-z.]*(?:Error|Exception):?|error: [a-z-]+")
_TRACEBACK = "Traceback ("
_CHAINED = ("During handling of the above", "The above exception was")
_PASSING = re.compile(r"^\W*warn", re.IGNORECASE)


def plain(output: str) -> str:
    """Return what was printed without colours, the last state of lines that were overwritten."""
    lines = _COLOURS.sub("", output).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip().rpartition("\r")[2] for line in lines)


def first_error(output: str) -> str:
    """Return the line in which an error begins, or the last line where none looks like one.

    A line that is marked as an error comes before one that only uses such a word, and that one
    before a warning. A line that is nothing but a label is given with the one after it, or with
    what was raised where that is a traceback.
    """
    lines = [line for line in plain(output).splitlines() if line.strip()]
    for number in _candidates(lines):
        line = " ".join(_whole(lines, number).split())
        return _OBJECTS.sub("0x…", line)[:_LONGEST]
    return ""


def _candidates(lines: list[str]) -> Iterator[int]:
    numbered = list(enumerate(lines))
    yield from (number for number, line in numbered if _MARKED.search(line))
    if any(line.startswith(_TRACEBACK) for line in lines):
        yield len(lines) - 1
    words = [number for number, line in numbered if _WORDS.search(line)]
    yield from (number for number in words if not _PASSING.search(lines[number]))
    yield from words
    yield from (number for number, _ in numbered[-1:])


def _whole(lines: list[str], number: int) -> str:
    line, *after = (each.strip() for each in lines[number:])
    if not after or not _LABEL.fullmatch(line):
        return line
    if after[0].startswith(_TRACEBACK):
        return _raised(lines[number + 1 :])
    return f"{line.rstrip(':')}: {after[0]}"


def _raised(lines: list[str]) -> str:
    """Return what was raised in the traceback that these lines begin with, the last of a chain."""
    within = True
    for line, after in zip(lines[1:], [*lines[2:], ""], strict=True):
        if line.startswith((_TRACEBACK, *_CHAINED)):
            within = True
        elif within and not line[0].isspace():
            if not after.startswith(_CHAINED):
                return line
            within = False
    return lines[-1]
