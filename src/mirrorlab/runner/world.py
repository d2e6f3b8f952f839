"""One world, from its first step to its verdict, in the process that is isolated for it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

from mirrorlab import recipe as recipes
from mirrorlab import scenario as scenarios
from mirrorlab.errors import MirrorlabError
from mirrorlab.lab import Lab
from mirrorlab.lab.tools import Tools
from mirrorlab.recipe import Recipe
from mirrorlab.runner import events, story
from mirrorlab.runner.order import Order, ToolPaths, path
from mirrorlab.runner.stage import Run, first_missing
from mirrorlab.runner.steps import Steps

_TRANSCRIPT_END = 20_000
"""So many characters of a transcript are reported, the last ones."""

Emit = Callable[[events.Event], None]


def live(order: Order, emit: Emit) -> None:
    """Live through one world and say what happens; its last word is WorldEnded.

    Where the order says ``keep``, one more word (Kept) follows a promise that holds, and it stays
    until a signal ends it.
    """
    world = events.World(Path(order.folder).name, order.python, order.story)
    try:
        recipe = recipes.load(Path(order.folder))
        with Lab(
            scenarios.find(recipe.scenario_file or recipe.scenario),
            tools=_tools(order.tools) if order.tools else None,
            wheels=path(order.wheels),
        ) as lab:
            _World(order, world, recipe, lab, emit).live()
    except MirrorlabError as error:
        emit(events.WorldEnded(world, None, str(error)))


class _World:
    def __init__(
        self, order: Order, world: events.World, recipe: Recipe, lab: Lab, emit: Emit
    ) -> None:
        self._order = order
        self._world = world
        self._recipe = recipe
        self._lab = lab
        self._emit = emit
        self._steps = Steps(recipe, lab, lab.tmp / "recipe", order.skipped_steps)
        self._run = Run(
            lab,
            self._steps,
            python=order.python,
            clients={name: _tools(paths) for name, paths in order.clients.items()},
        )

    def live(self) -> None:
        began = time.monotonic()
        holds, reason = self._verdict()
        if self._lab.escapes:
            escape = str(self._lab.escapes[0])
            holds, reason = False, f"{escape}; then {reason}" if reason else escape
        self._emit(
            events.WorldEnded(
                self._world,
                holds,
                reason,
                time.monotonic() - began,
                dict(self._run.measures),
                self._run.transcript[-_TRANSCRIPT_END:],
            )
        )
        if self._order.keep and holds:
            urls = {**self._steps.urls(), "index": self._lab.index.url}
            self._emit(events.Kept(self._world, urls, dict(self._run.settings)))
            signal.pause()

    def _verdict(self) -> tuple[bool | None, str | None]:
        folder = self._recipe.folder
        try:
            recipes.copy(self._recipe, self._steps.folder)
            self._do_steps()
            self._tell()
        except (Exception, story.Overdue) as error:  # whatever a drill raises is a verdict
            return story.judge(error, folder)
        drill = self._recipe.drill(self._order.story)
        missing = first_missing(drill.shows, self._steps.said_in_story()) if drill else None
        if missing:
            return False, f"nothing in this drill said {missing!r}, which recipe.toml promises"
        return True, None

    def _do_steps(self) -> None:
        for step in self._recipe.steps_before(self._order.story):
            reason = self._order.skipped_steps.get(step.name)
            if reason:
                self._emit(events.StepDone(self._world, step.name, 0.0, reason))
                continue
            self._emit(events.StepBegan(self._world, step.name, step.says, step.within))
            done = self._steps.first(step)
            self._emit(events.StepDone(self._world, step.name, done.seconds))

    def _tell(self) -> None:
        seconds = self._order.deadline
        function = story.load(self._recipe.folder, self._order.story)
        self._emit(events.StoryBegan(self._world, self._order.title, seconds))
        self._steps.begin_story()
        with story.deadline(seconds):
            returned = function(self._run)
        if returned is not None:
            raise AssertionError(story.returned(self._order.story, returned))


def _tools(paths: ToolPaths) -> Tools:
    return Tools(Path(paths.bin), Path(paths.python), paths.version)
