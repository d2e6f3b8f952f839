"""The parent of all worlds: prepares recipes, runs their worlds side by side, collects verdicts.

It is never isolated itself, runs no thread, and holds the leash of every world: when it ends, in
whatever way, each world is ended by the guardians above it, with all its processes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from mirrorlab import recipe as recipes
from mirrorlab.errors import UnknownName
from mirrorlab.recipe import PROMISE, PROMISE_TITLE, Recipe
from mirrorlab.runner import events
from mirrorlab.runner.crew import Crew, Member
from mirrorlab.runner.order import Tale
from mirrorlab.runner.preparation import Prepared, check, prepare
from mirrorlab.runner.result import DrillResult, Result, StepResult
from mirrorlab.runner.story import DEADLINE

Listen = Callable[[events.Event], None]


def run(
    recipe: Recipe | Path,
    *,
    drills: Sequence[str] | None = None,
    python: str | None = None,
    jobs: int | None = None,
    keep: bool = False,
    strict: bool = False,
    deadline: float = DEADLINE,
    listen: Listen = lambda _: None,
) -> Result:
    """Run one recipe on one Python (by default the kit's own): its promise and its drills.

    ``drills`` names some of them (``promise`` too); an empty sequence runs the promise alone.
    ``jobs`` worlds live side by side (by default as many as there are cores). ``keep`` runs the
    promise only, with the machine's network, and keeps the services up until KeyboardInterrupt.
    ``strict`` counts what was skipped as "could not tell". ``deadline`` is for each promise or
    drill, in seconds. ``listen`` hears every event. Raises BrokenFile, UnknownName, and what
    phase 1 raises.
    """
    (result,) = run_all(
        [recipe],
        [python or running_python()],
        drills=drills,
        jobs=jobs,
        keep=keep,
        strict=strict,
        deadline=deadline,
        listen=listen,
    )
    return result


def run_all(
    chosen: Iterable[Recipe | Path],
    pythons: Sequence[str] = (),
    *,
    drills: Sequence[str] | None = None,
    jobs: int | None = None,
    keep: bool = False,
    strict: bool = False,
    deadline: float = DEADLINE,
    listen: Listen = lambda _: None,
) -> tuple[Result, ...]:
    """Run every recipe on every Python, as :func:`run` does, all worlds over the same jobs."""
    read = [each if isinstance(each, Recipe) else recipes.load(each) for each in chosen]
    for each in read:
        _stories(each, drills, keep)  # raises before anything is prepared
        check(each)
    prepared = [
        _prepare(each, python, listen) for each in read for python in pythons or [running_python()]
    ]
    members = [
        [] if each.skipped else _members(each, drills, deadline=deadline, keep=keep)
        for each in prepared
    ]
    with Crew(jobs or os.cpu_count() or 1, listen) as crew:
        try:
            crew.work([member for some in members for member in some])
        except KeyboardInterrupt:
            if not keep:
                raise
    return tuple(_result(*pair, strict) for pair in zip(prepared, members, strict=True))


def exit_code(results: Iterable[Result]) -> int:
    """The exit code of these results: 0 all hold, 1 something does not, 3 could not tell.

    A skipped recipe or step counts as "could not tell" where the run was strict, or where nothing
    else was run at all.
    """
    known = tuple(results)
    if any(result.holds is False for result in known):
        return 1
    ran = [result for result in known if result.strict or result.skipped is None]
    return 0 if ran and all(result.holds for result in ran) else 3


def running_python() -> str:
    """The version of the Python that runs the kit, as ``"3.11"``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _stories(recipe: Recipe, drills: Sequence[str] | None, keep: bool) -> tuple[str, ...]:
    known = (PROMISE, *(drill.name for drill in recipe.drills))
    for name in drills or ():
        if name not in known:
            raise UnknownName("drill", name, known, of=recipe.name)
    if keep:
        return (PROMISE,)
    if drills is None:
        return known
    return tuple(name for name in known if name in drills) or (PROMISE,)


def _members(
    prepared: Prepared, drills: Sequence[str] | None, *, deadline: float, keep: bool
) -> list[Member]:
    recipe = prepared.recipe
    return [
        Member(
            events.World(recipe.name, prepared.python, stories[0]),
            prepared.order(
                tuple(Tale(story, _title(recipe, story)) for story in stories),
                deadline=deadline,
                keep=keep,
            ),
        )
        for stories in recipe.worlds(_stories(recipe, drills, keep))
    ]


def _title(recipe: Recipe, story: str) -> str:
    drill = recipe.drill(story)
    return drill.title if drill else PROMISE_TITLE


def _prepare(recipe: Recipe, python: str, listen: Listen) -> Prepared:
    world = events.World(recipe.name, python, "")
    prepared = prepare(recipe, python, lambda what: listen(events.Preparing(world, what)))
    if prepared.skipped:
        listen(events.Skipped(world, prepared.skipped))
    return prepared


def _result(prepared: Prepared, mine: Sequence[Member], strict: bool) -> Result:
    return Result(
        recipe=prepared.recipe.name,
        python=prepared.python,
        steps=_steps(mine[0].steps if mine else ()),
        drills=_drills(prepared.recipe, mine),
        skipped=prepared.skipped,
        strict=strict,
        seconds=sum(member.seconds for member in mine),
    )


def _steps(done: Iterable[events.StepDone]) -> tuple[StepResult, ...]:
    return tuple(StepResult(each.step, each.seconds, each.skipped) for each in done)


def _drills(recipe: Recipe, mine: Iterable[Member]) -> tuple[DrillResult, ...]:
    """Collect the results of all stories, in the order of recipe.toml."""
    order = [PROMISE, *(drill.name for drill in recipe.drills)]
    found = [_drill(member, tale.story) for member in mine for tale in member.order.tales]
    return tuple(sorted(found, key=lambda drill: order.index(drill.name)))


def _drill(member: Member, story: str) -> DrillResult:
    told = member.told.get(story)
    if told is None:
        return DrillResult(story, None, "it was stopped before its end")
    return DrillResult(story, told.holds, told.reason, told.seconds, told.measures, told.transcript)
