"""The placeholders of recipe.toml: ``{index}``, ``{tmp}`` and ``{port.NAME}``, nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

_BRACED = re.compile(r"\{([A-Za-z][A-Za-z0-9_.-]*)\}")
_PORT = re.compile(r"port\.(?P<name>[a-z][a-z0-9-]*)")


def problem_of(text: str) -> str | None:
    """Say what is wrong with the placeholders of a text, if anything is."""
    for word in _BRACED.findall(text):
        if word not in {"index", "tmp"} and not _PORT.fullmatch(word):
            return f"{{{word}}} is no placeholder: only {{index}}, {{tmp}} and {{port.NAME}} are"
    return None


def expand(text: str, *, index: str, tmp: Path, port: Callable[[str], int]) -> str:
    """Replace the placeholders.

    ``index`` is the URL of the test index, ``tmp`` the folder of the world, ``port`` gives the
    same free port for the same name. Other braces stay as they are.
    """

    def value(found: re.Match[str]) -> str:
        word = found[1]
        if word == "index":
            return index
        if word == "tmp":
            return str(tmp)
        named = _PORT.fullmatch(word)
        return str(port(named["name"])) if named else found[0]

    return _BRACED.sub(value, text)
