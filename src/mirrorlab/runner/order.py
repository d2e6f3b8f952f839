"""What the runner hands to a world: all of it prepared, so that the world needs no network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class ToolPaths:
    """Installed tools, as text: see :class:`mirrorlab.lab.Tools`."""

    bin: str
    python: str
    version: str


@dataclass(frozen=True)
class Tale:
    """A promise or drill to be told, and its title."""

    story: str
    title: str


@dataclass(frozen=True)
class Order:
    """One world to be lived: the recipe in ``folder``, its stories, and what it may use."""

    folder: str
    python: str
    tales: tuple[Tale, ...]
    """Told one after another; at least one."""
    deadline: float
    """Seconds that each of them may take."""
    tools: ToolPaths | None = None
    more_tools: Mapping[str, str] = field(default_factory=dict)
    """The folders of the recipe's further environments, by the names in ``[tools]``."""
    clients: Mapping[str, ToolPaths] = field(default_factory=dict)
    wheels: str | None = None
    skipped_steps: Mapping[str, str] = field(default_factory=dict)
    """Steps whose program is missing, with the reason."""
    keep: bool = False

    def to_json(self) -> str:
        """The order as JSON."""
        return json.dumps(asdict(self))


def from_json(text: str) -> Order:
    """The order of such JSON."""
    data = json.loads(text)
    data["tales"] = tuple(Tale(**tale) for tale in data["tales"])
    data["tools"] = ToolPaths(**data["tools"]) if data["tools"] else None
    data["clients"] = {name: ToolPaths(**paths) for name, paths in data["clients"].items()}
    return Order(**data)


def path(text: str | None) -> Path | None:
    """A path that may be absent."""
    return Path(text) if text else None
