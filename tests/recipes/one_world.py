"""Several safeguards taken away in one world, one after another, each put back before the next.

To begin a world costs more than most drills do: where a server starts for seconds, the cases of
a table share one. Every case is told by the recipe's own drill, in a copy of the recipe.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.recipes.conftest import Case, damaged, told

from mirrorlab.recipe import Recipe
from mirrorlab.recipe.drillfile import DRILLING, DRILLS, function_of
from mirrorlab.runner import DrillResult
from mirrorlab.runner.story import DEADLINE

CASE_BY_CASE = Path(__file__).with_name("case_by_case.py")
DRILL = "case-by-case"


@dataclass(frozen=True)
class World:
    """A world, and what is taken away in it."""

    after: str
    """The last step that is done before. The first safeguard is away already then."""
    cases: Sequence[Case]
    """In this order; what a case leaves behind must not be what a later one is seen by."""
    again: Mapping[str, str] = field(default_factory=dict)
    """A file that is read by a step, and that step: it is done again when the file has changed."""


def told_in_one_world(recipe: Recipe, world: World, folder: Path) -> DrillResult:
    """Give the result of a world in which each case must be seen by its drill, for its reason.

    An edit that changes nothing is an error, and so is a world about which nothing could be told.
    """
    copy = folder / recipe.name
    shutil.copytree(recipe.folder, copy)
    drilling = copy / DRILLING
    drilling.mkdir(exist_ok=True)
    cases = list(_cases(copy, world))
    (copy / cases[0]["file"]).write_text(cases[0]["damaged"], encoding="utf-8")
    serving = [step.name for step in recipe.steps if step.serves]
    shutil.copyfile(CASE_BY_CASE, drilling / CASE_BY_CASE.name)
    table = {"cases": cases, "serving": serving}
    (drilling / CASE_BY_CASE.name).with_suffix(".json").write_text(json.dumps(table))
    with (copy / DRILLS).open("a", encoding="utf-8") as stories:
        stories.write("\n\nfrom drilling.case_by_case import case_by_case\n")
    with (copy / "recipe.toml").open("a", encoding="utf-8") as manifest:
        manifest.write(f'\n[[drill]]\nname = "{DRILL}"\ntitle = "Without its safeguards"\n')
        manifest.write(f'after = "{world.after}"\n')
    return told(copy, DRILL, deadline=DEADLINE * len(cases))


def _cases(copy: Path, world: World) -> Iterator[dict[str, str]]:
    """Give each case with its file as it is and as it is damaged."""
    for drill, file, old, new, reason in world.cases:
        yield {
            "drill": function_of(drill),
            "file": file,
            "whole": (copy / file).read_text(encoding="utf-8"),
            "damaged": damaged(copy / file, old, new),
            "without": old,
            "reason": reason,
            "again": world.again.get(file, ""),
        }
