"""What a run of a recipe found out: results, and the JSON that ``results/NAME.json`` holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Measure:
    """One figure with its unit: ``Measure(1.2, "s")``."""

    value: float
    unit: str


@dataclass(frozen=True)
class StepResult:
    """A step, as it went in the promise's world. ``skipped`` says why it was not run."""

    name: str
    seconds: float = 0.0
    skipped: str | None = None


@dataclass(frozen=True)
class DrillResult:
    """The promise or one drill. ``holds`` is None where nobody could tell; ``reason`` says why."""

    name: str
    holds: bool | None
    reason: str | None = None
    seconds: float = 0.0
    measures: Mapping[str, Measure] = field(default_factory=dict)
    transcript: str = field(default="", repr=False)
    """What the world's programs printed (its end, where that is long)."""


@dataclass(frozen=True)
class Result:
    """A recipe on one Python: its steps, its promise and its drills.

    ``skipped`` is the reason why nothing was run (a program, a Python, namespaces are missing).
    ``strict`` says that whatever was skipped counts as "could not tell".
    """

    recipe: str
    python: str
    steps: tuple[StepResult, ...] = ()
    drills: tuple[DrillResult, ...] = ()
    skipped: str | None = None
    strict: bool = False
    seconds: float = 0.0
    """The seconds of all its worlds together, as if they had lived one after the other."""

    @property
    def holds(self) -> bool | None:
        """False if anything does not hold; None if something could not be told.

        Where no drill was run and no promise, nothing holds that could be told.
        What was skipped as a whole could not be told; a skipped step counts where it is strict.
        """
        if any(drill.holds is False for drill in self.drills):
            return False
        if self.skipped is not None or not self.drills:
            return None
        if any(drill.holds is None for drill in self.drills):
            return None
        if self.strict and any(step.skipped for step in self.steps):
            return None
        return True

    def drill(self, name: str) -> DrillResult:
        """The drill (or ``promise``) of that name. Raises KeyError where it was not run."""
        for drill in self.drills:
            if drill.name == name:
                return drill
        raise KeyError(name)

    def to_json(self) -> dict[str, Any]:
        """This result as plain data, without date and machine (:mod:`.records` adds those)."""
        return {
            "recipe": self.recipe,
            "python": self.python,
            "skipped": self.skipped,
            "seconds": round(self.seconds, 2),
            "steps": [
                {"name": s.name, "seconds": round(s.seconds, 2)}
                | ({"skipped": s.skipped} if s.skipped else {})
                for s in self.steps
            ],
            "drills": [
                {"name": d.name, "holds": d.holds, "seconds": round(d.seconds, 2)}
                | ({"reason": d.reason} if d.reason else {})
                | {
                    "measures": {
                        n: {"value": m.value, "unit": m.unit} for n, m in d.measures.items()
                    }
                }
                for d in self.drills
            ],
        }
