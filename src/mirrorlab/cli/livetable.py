"""The live table: many recipes on a terminal, as they go."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.live import Live
from rich.markup import escape

from mirrorlab.cli.showing import stdout, table
from mirrorlab.cli.views import WORDS, Lines, View

if TYPE_CHECKING:
    from rich.table import Table

    from mirrorlab.recipe import Recipe
    from mirrorlab.runner import Result
    from mirrorlab.runner.events import Event, StoryEnded


@dataclass
class _Row:
    recipe: str
    python: str
    steps: int
    drills: int
    began: float | None = None
    ended: float | None = None
    steps_done: set[str] = field(default_factory=set)
    drills_done: set[str] = field(default_factory=set)
    failed: bool = False
    doing: str = ""
    result: Result | None = None

    def cells(self) -> tuple[str, ...]:
        """Give the cells of the table."""
        if self.result is not None and self.result.skipped is not None:
            return self.recipe, self.python, "-", "-", "-", outcome(self.result)
        steps = f"{len(self.steps_done)}/{self.steps}"
        drills = f"{len(self.drills_done)}/{self.drills}"
        if self.result is not None:
            seconds, said = self.result.seconds, outcome(self.result)
        else:
            until = self.ended or time.monotonic()
            seconds = until - self.began if self.began else 0.0
            failing = "[red]does not hold[/red] " if self.failed else ""
            said = f"{failing}[dim]{escape(self.doing)}[/dim]"
        return self.recipe, self.python, steps, drills, f"{seconds:.1f}", said


class LiveTable(View):
    """A table that fills as it goes: for many recipes on a terminal."""

    def __init__(self) -> None:
        """Begin with no rows."""
        self._rows: dict[tuple[str, str], _Row] = {}
        self._failures: list[StoryEnded] = []
        self._live: Live | None = None

    def __enter__(self) -> Self:
        """Begin to show."""
        self._live = Live(console=stdout(), get_renderable=self.table, refresh_per_second=4)
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the table as it is, and say below it what does not hold."""
        if self._live is not None:
            self._live.stop()
        below = Lines()
        for event in self._failures:
            below.event(event)

    def begin(
        self, recipes: Sequence[Recipe], pythons: Sequence[str], drills: Sequence[str]
    ) -> None:
        """Make the rows."""
        for recipe in recipes:
            wanted = len(set(drills)) or len(recipe.drills) + 1
            for python in pythons:
                row = _Row(recipe.name, python, len(recipe.steps), wanted)
                self._rows[recipe.name, python] = row

    def event(self, event: Event) -> None:
        """Fill the row of its world."""
        from mirrorlab.runner import events

        row = self._rows[event.world.recipe, event.world.python]
        match event:
            case events.Preparing(what=what):
                row.doing = what
            case events.WorldBegan():
                row.began = row.began or time.monotonic()
            case events.Skipped(reason=reason):
                row.doing = f"skipped: {reason}"
            case events.StepBegan(step=step, world=world):
                row.doing = f"{world.story}: {step}"
            case events.StoryBegan(world=world):
                row.doing = world.story
            case events.StepDone(step=step):
                row.steps_done.add(step)
            case events.StoryEnded(world=world, holds=holds):
                row.drills_done.add(world.story)
                if len(row.drills_done) == row.drills:
                    row.doing, row.ended = "", time.monotonic()
                row.failed = row.failed or holds is False
                if holds is not True:
                    self._failures.append(event)

    def end(self, results: Sequence[Result]) -> None:
        """Finish the rows."""
        for result in results:
            self._rows[result.recipe, result.python].result = result

    def table(self) -> Table:
        """Give the table as it is now."""
        made = table("recipe", "python", "steps", "drills", "seconds", "result")
        for row in self._rows.values():
            made.add_row(*row.cells())
        return made


def outcome(result: Result) -> str:
    """Say what came of a result in the few words a table has room for."""
    if result.skipped is not None:
        return f"[yellow]skipped[/yellow]: {escape(result.skipped)}"
    words, colour = WORDS[result.holds]
    return f"[{colour}]{words}[/]"
