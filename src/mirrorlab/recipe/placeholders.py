"""The placeholders of recipe.toml: ``{index}``, ``{tmp}`` and ``{port.NAME}``, nothing else.

The runner replaces them; here they are only looked at, so that a mistyped one is found on reading.
"""

from __future__ import annotations

import re

_BRACED = re.compile(r"\{[^{}]*\}")
_KNOWN = re.compile(r"\{(index|tmp|port\.[A-Za-z0-9_-]+)\}")


def problem_of(text: str) -> str | None:
    """Say what is wrong with the placeholders of a text, if anything is."""
    for braced in _BRACED.findall(text):
        if not _KNOWN.fullmatch(braced):
            return f"{braced} is no placeholder: only {{index}}, {{tmp}} and {{port.NAME}} are"
    return None
