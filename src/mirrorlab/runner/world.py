"""One world, from its first step to its verdict, in the process that is isolated for it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mirrorlab import recipe as recipes
from mirrorlab import scenario as scenarios
from mirrorlab.errors import MirrorlabError, NotPossible
from mirrorlab.lab import Lab
from mirrorlab.lab.tools import Tools
from mirrorlab.recipe import Recipe
from mirrorlab.runner import events, story
from mirrorlab.runner.order import Order, Tale, ToolPaths, path
from mirrorlab.runner.stage import Run, first_missing
from mirrorlab.runner.steps import Steps

_TRANSCRIPT_END = 20_000
"""So many characters of a transcript are reported, the last ones."""

Emit = Callable[[events.Event], None]


def live(order: Order, emit: Emit) -> None:
    """Live through one world and say what happens; its last word is WorldEnded.

    Where the order says ``keep``, another word (Kept) follows a promise that holds, and it stays
    until a signal ends it.
    """
    first, *_ = order.tales
    world = events.World(Path(order.folder).name, order.python, first.story)
    try:
        recipe = recipes.load(Path(order.folder))
        with Lab(
            scenarios.find(recipe.scenario_file or recipe.scenario),
            tools=_tools(order.tools) if order.tools else None,
            wheels=path(order.wheels),
        ) as lab:
            _World(order, world, recipe, lab, emit).live()
    except MirrorlabError as error:
        for tale in order.tales:
            emit(events.StoryEnded(replace(world, story=tale.story), None, str(error)))
        emit(events.WorldEnded(world))


class _World:
    def __init__(
        self, order: Order, world: events.World, recipe: Recipe, lab: Lab, emit: Emit
    ) -> None:
        self._order = order
        self._world = world
        self._recipe = recipe
        self._lab = lab
        self._emit = emit
        self._steps = Steps(
            recipe, lab, lab.tmp / "recipe", order.skipped_steps, _environments(order)
        )
        self._clients = {name: _tools(paths) for name, paths in order.clients.items()}

    def live(self) -> None:
        """Tell each story; after one that does not hold, the world is spoilt for the next."""
        spoilt = None
        for tale in self._order.tales:
            began, run = time.monotonic(), self._fresh_run()
            world = replace(self._world, story=tale.story)
            holds, reason = (None, spoilt) if spoilt else self._verdict(tale, world, run)
            self._emit(
                events.StoryEnded(
                    world,
                    holds,
                    reason,
                    time.monotonic() - began,
                    dict(run.measures),
                    run.transcript[-_TRANSCRIPT_END:],
                )
            )
            if self._order.keep and holds:
                urls = {**self._steps.urls(), "index": self._lab.index.url}
                self._emit(events.Kept(world, urls, dict(run.settings)))
                signal.pause()
            if not holds and spoilt is None:
                spoilt = f"not told: {tale.story}, before it in the same world, does not hold"
        self._emit(events.WorldEnded(self._world))

    def _fresh_run(self) -> Run:
        return Run(self._lab, self._steps, python=self._order.python, clients=self._clients)

    def _verdict(self, tale: Tale, world: events.World, run: Run) -> tuple[bool | None, str | None]:
        escaped_before = len(self._lab.escapes)
        holds, reason = self._judged(tale, world, run)
        escapes = self._lab.escapes[escaped_before:]
        if escapes:
            return False, f"{escapes[0]}; then {reason}" if reason else str(escapes[0])
        return holds, reason

    def _judged(self, tale: Tale, world: events.World, run: Run) -> tuple[bool | None, str | None]:
        folder = self._recipe.folder
        try:
            if world == self._world:
                recipes.copy(self._recipe, self._steps.folder)
                self._do_steps()
            else:
                self._tidy()
            self._tell(tale, world, run)
        except (Exception, story.Overdue) as error:  # whatever a drill raises is a verdict
            return story.judge(error, folder)
        drill = self._recipe.drill(tale.story)
        missing = first_missing(drill.shows, self._steps.said_in_story()) if drill else None
        if missing:
            return False, f"nothing in this drill said {missing!r}, which recipe.toml promises"
        return True, None

    def _tidy(self) -> None:
        """Take away the faults that the story before has left, and see that all services run."""
        self._lab.index.clear()
        self._lab.index.forget_requests()
        for name, process in self._steps.services().items():
            if not process.running:
                problem = "it does not run any more: the story before it in this world left it so"
                raise NotPossible(f"this story needs the step {name!r}", problem)

    def _do_steps(self) -> None:
        for step in self._recipe.steps_before(self._world.story):
            reason = self._order.skipped_steps.get(step.name)
            if reason:
                self._emit(events.StepDone(self._world, step.name, 0.0, reason))
                continue
            self._emit(events.StepBegan(self._world, step.name, step.says, step.within))
            done = self._steps.first(step)
            self._emit(events.StepDone(self._world, step.name, done.seconds))

    def _tell(self, tale: Tale, world: events.World, run: Run) -> None:
        seconds = self._order.deadline
        function = story.load(self._recipe.folder, tale.story)
        self._emit(events.StoryBegan(world, tale.title, seconds))
        self._steps.begin_story()
        with story.deadline(seconds):
            returned = function(run)
        if returned is not None:
            raise AssertionError(story.returned(tale.story, returned))


def _environments(order: Order) -> dict[str, Path]:
    own = {"": Path(order.tools.bin).parent} if order.tools else {}
    return own | {name: Path(folder) for name, folder in order.more_tools.items()}


def _tools(paths: ToolPaths) -> Tools:
    return Tools(Path(paths.bin), Path(paths.python), paths.version)
