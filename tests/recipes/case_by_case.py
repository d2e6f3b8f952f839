"""A drill that damages its own world, case by case, and hears what the recipe's drills say.

:mod:`tests.recipes.one_world` puts it into the drills of a copy, with its cases beside it.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

from mirrorlab.runner import Run, story

HERE = Path(__file__)


def case_by_case(run: Run) -> None:
    """While its safeguard is away, a drill does not hold, for the reason that the case gives."""
    table = json.loads(HERE.with_suffix(".json").read_text())
    unseen, before = [], None
    for case in table["cases"]:
        if before:  # the first was taken away before the world began
            _change(run, before, case)
        _tidy(run, table["serving"])
        holds, said = _verdict(run, case["drill"])
        if holds is not False or case["reason"] not in said:
            unseen.append(f"without {case['without']!r}, {case['drill']} said: {said}")
        before = case
    assert not unseen, "\n".join(unseen)


def _change(run: Run, before: dict[str, str], case: dict[str, str]) -> None:
    """Put one safeguard back, take the next away, and do again the steps that read those files."""
    run.index.clear()  # a step must not meet what the case before has left
    (run.folder / before["file"]).write_text(before["whole"], encoding="utf-8")
    (run.folder / case["file"]).write_text(case["damaged"], encoding="utf-8")
    steps = dict.fromkeys((before["again"], case["again"]))
    for step in filter(None, steps):
        _again(run, step)


def _tidy(run: Run, serving: list[str]) -> None:
    """Take away what faults the case before has left, and start what does not run any more."""
    run.index.clear()
    run.index.forget_requests()
    for step, process in run.processes().items():
        if step in serving and not process.running:
            _again(run, step)


def _again(run: Run, step: str) -> None:
    done = run.step(step)
    assert done.exit_code == 0, f"{step} ended with exit code {done.exit_code}: {done.output}"


def _verdict(run: Run, drill: str) -> tuple[bool | None, str]:
    drills: Any = importlib.import_module("drills")
    try:
        with story.deadline(story.DEADLINE):
            getattr(drills, drill)(run)
    except (Exception, story.Overdue) as error:
        holds, reason = story.judge(error, HERE.parents[1])
        return holds, reason
    return True, "all holds"
