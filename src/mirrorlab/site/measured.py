"""``results/NAME.json``: what the last run of a recipe measured, as pages show it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirrorlab.errors import BrokenFile
from mirrorlab.recipe import Recipe

_SIZES = ("B", "kB", "MB", "GB", "TB")


@dataclass(frozen=True)
class Figure:
    """One measured value with its unit."""

    value: float
    unit: str

    def __str__(self) -> str:
        """The figure for a reader: three digits are enough."""
        if self.unit in {"B", "bytes"}:
            return _bytes(self.value)
        rounded = f"{self.value:.3g}" if abs(self.value) < 100 else f"{self.value:,.0f}"
        return f"{rounded} {self.unit}".strip()


@dataclass(frozen=True)
class DrillRecord:
    """The promise or one drill, as it went."""

    name: str
    holds: bool | None
    seconds: float | None
    measures: Mapping[str, Figure]


@dataclass(frozen=True)
class Measured:
    """One recipe's last run that was kept for the record."""

    date: str
    machine: str
    versions: Mapping[str, str]
    step_seconds: Mapping[str, float]
    drills: Mapping[str, DrillRecord]
    """By name, the promise among them."""

    @classmethod
    def read(cls, path: Path) -> Measured:
        """Read a results file. Raises BrokenFile where it is not one."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return cls._from(content)
        except OSError as error:
            raise BrokenFile(path, "", f"cannot be read: {error.strerror}") from None
        except KeyError as error:
            raise BrokenFile(path, str(error.args[0]), "is missing") from None
        except (ValueError, TypeError, AttributeError) as error:
            raise BrokenFile(path, "", f"is no results file: {error}") from None

    @classmethod
    def _from(cls, content: dict[str, Any]) -> Measured:
        if content["schema"] != 1:
            raise ValueError(f"schema must be 1, not {content['schema']!r}")
        machine = content["machine"]
        return cls(
            date=content["date"],
            machine=machine if isinstance(machine, str) else _words(machine),
            versions={str(k): str(v) for k, v in content["versions"].items()},
            step_seconds={step["name"]: step["seconds"] for step in content["steps"]},
            drills={drill["name"]: _drill(drill) for drill in content["drills"]},
        )

    @property
    def seconds(self) -> float:
        """All worlds together: every drill and the promise, as if one ran after the other."""
        return sum(drill.seconds or 0 for drill in self.drills.values())

    def held(self, recipe: Recipe) -> int:
        """How many of the drills that the recipe has now held then; a new one did not yet."""
        records = (self.drills.get(drill.name) for drill in recipe.drills)
        return sum(record is not None and record.holds is True for record in records)

    def figure(self, drill: str, name: str) -> Figure | None:
        """One figure; None where it was not measured."""
        record = self.drills.get(drill)
        return record.measures.get(name) if record else None


def _drill(content: dict[str, Any]) -> DrillRecord:
    measures = content.get("measures", {})
    return DrillRecord(
        name=content["name"],
        holds=content["holds"],
        seconds=content.get("seconds"),
        measures={k: Figure(float(v["value"]), v["unit"]) for k, v in measures.items()},
    )


def _words(machine: Mapping[str, Any]) -> str:
    return ", ".join(f"{value}" for value in machine.values())


def _bytes(value: float) -> str:
    for unit in _SIZES[:-1]:
        if abs(value) < 1000:
            return f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:.3g} {_SIZES[-1]}"
