"""The first line of an error, as a reader of the examples would see it."""

from __future__ import annotations

import re

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
_PASSING = re.compile(r"^\W*warn", re.IGNORECASE)


def plain(output: str) -> str:
    """Return what was printed without colours, the last state of lines that were overwritten."""
    lines = _COLOURS.sub("", output).replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip().rpartition("\r")[2] for line in lines)


def first_error(output: str) -> str:
    """Return the line in which an error begins, or the last line where none looks like one.

    A line that is marked as an error comes before one that only uses such a word, and that one
    before a warning.
    """
    lines = [" ".join(line.split()) for line in plain(output).splitlines() if line.strip()]
    for chosen in (
        [line for line in lines if _MARKED.search(line)],
        [line for line in lines if _WORDS.search(line) and not _PASSING.search(line)],
        [line for line in lines if _WORDS.search(line)],
        lines[-1:],
    ):
        if chosen:
            return _OBJECTS.sub("0x…", chosen[0])[:_LONGEST]
    return ""
