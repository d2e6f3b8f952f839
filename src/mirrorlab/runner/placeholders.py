"""The placeholders of recipe.toml, replaced by what a lab has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mirrorlab.lab import Lab

_PLACEHOLDER = re.compile(r"\{(index|tmp|port\.[A-Za-z0-9_-]+)\}")
"""Any other one was refused when the recipe was read."""


def expand(text: str, lab: Lab) -> str:
    """Replace ``{index}``, ``{tmp}`` and each ``{port.NAME}``."""

    def value(found: re.Match[str]) -> str:
        match found[1]:
            case "index":
                return lab.index.url
            case "tmp":
                return str(lab.tmp)
            case named:
                return str(lab.port(named.removeprefix("port.")))

    return _PLACEHOLDER.sub(value, text)
