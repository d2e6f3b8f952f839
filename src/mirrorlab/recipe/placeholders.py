"""The placeholders of recipe.toml: ``{index}``, ``{tmp}``, ``{port.NAME}`` and so on."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

_BRACED = re.compile(r"\{[^{}]*\}")
_KNOWN = re.compile(
    r"\{(?:(?P<word>index|tmp|mirrorlab)"
    r"|port\.(?P<port>[A-Za-z0-9_-]+)"
    r"|tools(?:\.(?P<tools>[a-z0-9-]+))?)\}"
)


def problem_of(text: str) -> str | None:
    """Say what is wrong with the placeholders of a text, if anything is."""
    for braced in _BRACED.findall(text):
        if not _KNOWN.fullmatch(braced):
            known = "{index}, {tmp}, {mirrorlab}, {port.NAME}, {tools} and {tools.NAME}"
            return f"{braced} is no placeholder: only {known} are"
    return None


def environments_in(text: str) -> tuple[str, ...]:
    """Give the names in every ``{tools.NAME}`` of a text that has no problem."""
    return tuple(found["tools"] for found in _KNOWN.finditer(text) if found["tools"])


def expand(
    text: str,
    *,
    index: str,
    tmp: Path,
    mirrorlab: Path,
    port: Callable[[str], int],
    tools: Callable[[str], Path],
) -> str:
    """Replace the placeholders of a text that has no problem.

    ``index`` is the URL of the test index, ``tmp`` the folder of the world, ``mirrorlab`` the
    kit's own command, ``port`` gives the same free port for the same name, ``tools`` the folder
    of an environment (that of the recipe itself for an empty name).
    """
    words = {"index": index, "tmp": str(tmp), "mirrorlab": str(mirrorlab)}

    def value(found: re.Match[str]) -> str:
        if found["word"]:
            return words[found["word"]]
        return str(port(found["port"]) if found["port"] else tools(found["tools"] or ""))

    return _KNOWN.sub(value, text)
