"""The placeholders of recipe.toml: ``{index}``, ``{tmp}`` and ``{port.NAME}``, nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

_BRACED = re.compile(r"\{[^{}]*\}")
_KNOWN = re.compile(r"\{(?:(?P<word>index|tmp)|port\.(?P<port>[A-Za-z0-9_-]+))\}")


def problem_of(text: str) -> str | None:
    """Say what is wrong with the placeholders of a text, if anything is."""
    for braced in _BRACED.findall(text):
        if not _KNOWN.fullmatch(braced):
            return f"{braced} is no placeholder: only {{index}}, {{tmp}} and {{port.NAME}} are"
    return None


def expand(text: str, *, index: str, tmp: Path, port: Callable[[str], int]) -> str:
    """Replace the placeholders of a text that has no problem.

    ``index`` is the URL of the test index, ``tmp`` the folder of the world, ``port`` gives the
    same free port for the same name.
    """
    words = {"index": index, "tmp": str(tmp)}

    def value(found: re.Match[str]) -> str:
        return words[found["word"]] if found["word"] else str(port(found["port"]))

    return _KNOWN.sub(value, text)
