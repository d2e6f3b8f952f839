"""What a person sees of a run: a story of one recipe, or a table of many.

A view is told what is about to run, its events (:mod:`mirrorlab.runner.events`), and its results.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

import rich_click as click

from mirrorlab.cli.showing import brief, stdout, table

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from mirrorlab.recipe import Recipe
    from mirrorlab.runner import Result
    from mirrorlab.runner.events import Event, World, WorldEnded

PROMISE = "promise"
"""The name of the world that is not a drill's."""

_TAIL = 15
"""So many lines of a transcript are shown where something does not hold."""

_COLOURS = {"holds": "green", "does not hold": "red"}


class View(Protocol):
    """Something that shows a run; used as a context manager around all of it."""

    def __enter__(self) -> Self:
        """Begin to show."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the screen in order."""
        ...

    def begin(
        self, recipes: Sequence[Recipe], pythons: Sequence[str], drills: Sequence[str]
    ) -> None:
        """Say what is about to run; ``drills`` empty: all of them."""
        ...

    def event(self, event: Event) -> None:
        """Show what happens in it."""
        ...

    def end(self, results: Sequence[Result]) -> None:
        """Show what came of it."""
        ...


class Silent:
    """Shows nothing: the results are written as JSON."""

    def __enter__(self) -> Self:
        """Begin to show."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the screen in order."""

    def begin(
        self, recipes: Sequence[Recipe], pythons: Sequence[str], drills: Sequence[str]
    ) -> None:
        """Show nothing."""

    def event(self, event: Event) -> None:
        """Show nothing."""

    def end(self, results: Sequence[Result]) -> None:
        """Show nothing."""


class Lines(Silent):
    """A line for each world that ends, then one a result: for many recipes in a pipe."""

    def event(self, event: Event) -> None:
        """Say the verdict of a world, and why where it does not hold."""
        from mirrorlab.runner import events

        if isinstance(event, events.WorldEnded):
            world = event.world
            where = f"{world.recipe} on Python {world.python}: {story_of(world.story)}"
            click.echo(f"{where}: {verdict(event.holds)} ({event.seconds:.1f} s)")
            click.echo(explanation(event, "  "), nl=False)

    def end(self, results: Sequence[Result]) -> None:
        """Say in one line what came of each result."""
        for result in results:
            click.echo(summary(result))


class Story(Silent):
    """What each step does and what each drill breaks, as it happens: for one recipe."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._told: World | None = None
        self._open = False
        self._several = False
        self._titles: dict[str, str] = {}

    def begin(
        self,
        recipes: Sequence[Recipe],
        pythons: Sequence[str],
        drills: Sequence[str],  # noqa: ARG002  the view's signature
    ) -> None:
        """Say the title."""
        (recipe,) = recipes
        self._several = len(pythons) > 1
        self._titles = {PROMISE: "what holds when all is well"}
        self._titles |= {drill.name: drill.title for drill in recipe.drills}
        self._line(click.style(f"{recipe.name}: {recipe.title}", bold=True))

    def event(self, event: Event) -> None:
        """Tell of the steps of one world, and of the end of every world."""
        from mirrorlab.runner import events

        match event:
            case events.Preparing(what=what):
                self._line(f"  prepare: {what}")
            case events.WorldEnded():
                self._ended(event)
            case events.Kept(urls=urls):
                self._line("  The services are up until you press Ctrl-C:")
                for name, url in urls.items():
                    self._line(f"    {name:12} {url}")
            case events.StepBegan(world=world, step=step, says=says) if self._tells(world):
                self._line(f"  step {step}: {brief(says)}", end=False)
            case events.StepDone(world=world, step=step, skipped=str(why)) if self._tells(world):
                self._line(f"  step {step}: skipped: {why}")
            case events.StepDone(world=world, seconds=seconds) if self._tells(world):
                self._finish(f" ({seconds:.1f} s)")

    def end(self, results: Sequence[Result]) -> None:
        """Sum up."""
        for result in results:
            self._line(summary(result))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the line that is open."""
        self._finish("")

    def _tells(self, world: World) -> bool:
        if self._told is None:
            self._told = world
        return world == self._told

    def _ended(self, event: WorldEnded) -> None:
        name = event.world.story
        on = f" (Python {event.world.python})" if self._several else ""
        said = f"{story_of(name)}{on}: {self._titles.get(name, '')}"
        self._line(f"  {said}: {verdict(event.holds)} ({event.seconds:.1f} s)")
        for measured, measure in event.measures.items():
            self._line(f"    {measured}: {measure.value:g} {measure.unit}")
        click.echo(explanation(event, "    "), nl=False)

    def _line(self, text: str, *, end: bool = True) -> None:
        self._finish("")
        click.echo(text, nl=end)
        self._open = not end

    def _finish(self, text: str) -> None:
        if self._open:
            click.echo(text)
        self._open = False


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
            said = f"{failing}[dim]{self.doing}[/dim]"
        return self.recipe, self.python, steps, drills, f"{seconds:.1f}", said


class LiveTable(Silent):
    """A table that fills as it goes: for many recipes on a terminal."""

    def __init__(self) -> None:
        """Begin with no rows."""
        self._rows: dict[tuple[str, str], _Row] = {}
        self._failures: list[WorldEnded] = []
        self._live: Live | None = None

    def __enter__(self) -> Self:
        """Begin to show."""
        from rich.live import Live

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
            case events.WorldEnded(world=world, holds=holds):
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


def story_of(name: str) -> str:
    """Call a world by what it is for."""
    return name if name == PROMISE else f"drill {name}"


def verdict(holds: bool | None) -> str:
    """Say a verdict in words, coloured on a terminal."""
    words = {True: "holds", False: "does not hold", None: "could not tell"}[holds]
    return click.style(words, fg=_COLOURS.get(words, "yellow"))


def outcome(result: Result) -> str:
    """Say what came of a result in the few words a table has room for."""
    from rich.markup import escape

    if result.skipped is not None:
        return f"[yellow]skipped[/yellow]: {escape(result.skipped)}"
    words = {True: "holds", False: "does not hold", None: "could not tell"}[result.holds]
    return f"[{_COLOURS.get(words, 'yellow')}]{words}[/]"


def summary(result: Result) -> str:
    """Say in one line what came of a result."""
    on = f"{result.recipe} on Python {result.python}"
    if result.skipped is not None:
        return f"{on}: {click.style('skipped', fg='yellow')}: {result.skipped}"
    parts = [f"{len(result.steps)} step{'s' * (len(result.steps) != 1)}"]
    drills = [drill for drill in result.drills if drill.name != PROMISE]
    parts += [
        f"promise {'kept' if drill.holds else 'not kept'}"
        for drill in result.drills
        if drill.name == PROMISE
    ]
    if drills:
        held = sum(drill.holds is True for drill in drills)
        parts.append(f"{held} of {len(drills)} drill{'s' * (len(drills) != 1)}")
    return f"{on}: {verdict(result.holds)}: {', '.join(parts)}, {result.seconds:.1f} s"


def explanation(ended: WorldEnded, indent: str) -> str:
    """Give the reason, and the end of what the programs of that world printed.

    Empty where it holds.
    """
    if ended.holds is True:
        return ""
    tail = ended.transcript.splitlines()[-_TAIL:]
    lines = [f"{indent}{ended.reason or 'no reason was given'}"]
    lines += [f"{indent}| {line}" for line in tail]
    return "".join(f"{line}\n" for line in lines)
