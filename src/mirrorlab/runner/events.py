"""What a world says while it goes, as typed events; between processes, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from mirrorlab.runner.result import Measure


@dataclass(frozen=True)
class World:
    """Which world speaks: ``story`` is ``promise`` or the name of a drill.

    Where several stories share a world, its steps are spoken of under the name of the first.
    """

    recipe: str
    python: str
    story: str


@dataclass(frozen=True)
class Event:
    """Something happened in a world."""

    world: World


@dataclass(frozen=True)
class Preparing(Event):
    """Phase 1, outside of any world: ``what`` is being fetched or installed."""

    what: str


@dataclass(frozen=True)
class Skipped(Event):
    """The recipe is not run on this Python, and why."""

    reason: str


@dataclass(frozen=True)
class WorldBegan(Event):
    """A child process has been started for this world."""


@dataclass(frozen=True)
class StepBegan(Event):
    """A step starts; it ends, or is ready, ``within`` seconds."""

    step: str
    says: str
    """The step's own description: the comment at the top of its script."""
    within: float


@dataclass(frozen=True)
class StepDone(Event):
    """A step has ended well, is ready to serve, or was skipped (then the reason)."""

    step: str
    seconds: float
    skipped: str | None = None


@dataclass(frozen=True)
class StoryBegan(Event):
    """All steps are done: the promise, or the drill, is being run."""

    title: str
    within: float


@dataclass(frozen=True)
class Kept(Event):
    """The services stay up at these URLs (by step; ``index`` is the test index) until stopped."""

    urls: Mapping[str, str]
    settings: Mapping[str, str]


@dataclass(frozen=True)
class StoryEnded(Event):
    """The verdict on a promise or drill: ``holds`` is None where nobody could tell."""

    holds: bool | None
    reason: str | None = None
    seconds: float = 0.0
    measures: Mapping[str, Measure] = field(default_factory=dict)
    transcript: str = field(default="", repr=False)


@dataclass(frozen=True)
class WorldEnded(Event):
    """Every story of this world has been told; nothing follows."""


KINDS: Mapping[str, type[Event]] = {
    kind.__name__: kind for kind in (StepBegan, StepDone, StoryBegan, StoryEnded, Kept, WorldEnded)
}
"""The events that travel from a world to the runner."""


def to_line(event: Event) -> bytes:
    """An event as one line of JSON."""
    return json.dumps({"event": type(event).__name__, **asdict(event)}).encode() + b"\n"


def from_line(line: bytes) -> Event:
    """The event of such a line."""
    data = json.loads(line)
    kind = KINDS[data.pop("event")]
    data["world"] = World(**data["world"])
    if "measures" in data:
        data["measures"] = {name: Measure(**m) for name, m in data["measures"].items()}
    return kind(**data)
