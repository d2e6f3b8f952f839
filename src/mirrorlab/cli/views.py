"""What a person sees of a run: a story of one recipe, or a table of many.

A view is told of each result's beginning, its events (:mod:`mirrorlab.runner.events`) and its end.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

import rich_click as click

from mirrorlab.cli.showing import stdout, table

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from mirrorlab.recipe import Recipe
    from mirrorlab.runner import DrillResult, Result
    from mirrorlab.runner.events import Event, World

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

    def begin(self, recipe: Recipe, python: str, drills: int) -> None:
        """Say that a recipe is about to run: so many drills, the promise among them."""
        ...

    def event(self, event: Event) -> None:
        """Show what happens in it."""
        ...

    def end(self, result: Result) -> None:
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

    def begin(self, recipe: Recipe, python: str, drills: int) -> None:
        """Show nothing."""

    def event(self, event: Event) -> None:
        """Show nothing."""

    def end(self, result: Result) -> None:
        """Show nothing."""


class Lines(Silent):
    """A line a result: for many recipes in a pipe."""

    def end(self, result: Result) -> None:
        """Say in one line what came of it, and below what does not hold."""
        click.echo(summary(result))
        click.echo(failures(result), nl=False)


class Story(Silent):
    """What each step does and what each drill breaks, as it happens: for one recipe."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._told: World | None = None
        self._open = False
        self._titles: dict[str, str] = {}

    def begin(self, recipe: Recipe, python: str, drills: int) -> None:  # noqa: ARG002
        """Say the title."""
        self._told = None
        self._titles = {"promise": "what holds when all is well"}
        self._titles |= {drill.name: drill.title for drill in recipe.drills}
        self._line(click.style(f"{recipe.name}: {recipe.title}", bold=True) + f" (Python {python})")

    def event(self, event: Event) -> None:
        """Tell of the steps of one world, and of the end of every world."""
        from mirrorlab.runner import events

        match event:
            case events.Preparing(what=what):
                self._line(f"  prepare: {what}")
            case events.WorldEnded(world=world):
                self._ended(event)
            case events.Kept(urls=urls):
                self._line("  The services are up until you press Ctrl-C:")
                for name, url in urls.items():
                    self._line(f"    {name:10} {url}")
            case events.StepBegan(world=world, step=step, says=says) if self._tells(world):
                self._line(f"  step {step}: {says}", end=False)
            case events.StepDone(world=world, skipped=str(why)) if self._tells(world):
                self._line(f"  step {event.step}: skipped, {why}")
            case events.StepDone(world=world, seconds=seconds) if self._tells(world):
                self._finish(f" ({seconds:.1f} s)")

    def end(self, result: Result) -> None:
        """Sum up."""
        self._line(summary(result))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the line that is open."""
        if self._open:
            self._finish("")

    def _tells(self, world: World) -> bool:
        if self._told is None:
            self._told = world
        return world == self._told

    def _ended(self, event: Event) -> None:
        from mirrorlab.runner import events
        from mirrorlab.runner.result import DrillResult

        assert isinstance(event, events.WorldEnded)
        name = event.world.story
        title = self._titles.get(name, "")
        kind = "promise" if name == "promise" else f"drill {name}"
        self._line(f"  {kind}: {title}: {verdict(event.holds)} ({event.seconds:.1f} s)")
        for measured, measure in event.measures.items():
            self._line(f"    {measured}: {measure.value:g} {measure.unit}")
        if event.holds is not True:
            drill = DrillResult(name, event.holds, event.reason, transcript=event.transcript)
            click.echo(explanation(drill, "    "), nl=False)

    def _line(self, text: str, *, end: bool = True) -> None:
        if self._open:
            click.echo()
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
    began: float
    steps_done: set[str] = field(default_factory=set)
    drills_done: set[str] = field(default_factory=set)
    doing: str = ""
    result: Result | None = None

    def cells(self) -> tuple[str, str, str, str, str, str]:
        seconds = self.result.seconds if self.result else time.monotonic() - self.began
        steps = f"{len(self.steps_done)}/{self.steps}"
        drills = f"{len(self.drills_done)}/{self.drills}"
        said = outcome(self.result) if self.result else f"[dim]{self.doing}[/dim]"
        if self.result and self.result.skipped is not None:
            steps = drills = "-"
        return self.recipe, self.python, steps, drills, f"{seconds:.1f}", said


class LiveTable(Silent):
    """A table that fills as it goes: for many recipes on a terminal."""

    def __init__(self) -> None:
        """Begin with no rows."""
        self._rows: list[_Row] = []
        self._results: list[Result] = []
        self._live: Live | None = None

    def __enter__(self) -> Self:
        """Begin to show."""
        from rich.live import Live

        self._live = Live(console=stdout(), get_renderable=self._table, refresh_per_second=4)
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the table as it is, and say below what does not hold."""
        if self._live is not None:
            self._live.stop()
        for result in self._results:
            click.echo(failures(result), nl=False)

    def begin(self, recipe: Recipe, python: str, drills: int) -> None:
        """Add a row."""
        row = _Row(recipe.name, python, len(recipe.steps), drills, time.monotonic())
        self._rows.append(row)

    def event(self, event: Event) -> None:
        """Fill the row."""
        from mirrorlab.runner import events

        row = self._rows[-1]
        match event:
            case events.Preparing(what=what):
                row.doing = what
            case events.StepBegan(step=step, world=world):
                row.doing = f"{world.story}: {step}"
            case events.StoryBegan(world=world):
                row.doing = world.story
            case events.StepDone(step=step):
                row.steps_done.add(step)
            case events.WorldEnded(world=world):
                row.drills_done.add(world.story)

    def end(self, result: Result) -> None:
        """Finish the row."""
        self._rows[-1].result = result
        self._results.append(result)

    def _table(self) -> Table:
        made = table("recipe", "python", "steps", "drills", "seconds", "result")
        for row in self._rows:
            made.add_row(*row.cells())
        return made


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
    steps, drills = len(result.steps), len(result.drills)
    held = sum(drill.holds is True for drill in result.drills)
    parts = f"{steps} step{'s' * (steps != 1)}, {held} of {drills} promises and drills hold"
    return f"{on}: {verdict(result.holds)}: {parts}, {result.seconds:.1f} s"


def failures(result: Result) -> str:
    """Say, for each drill that does not hold, why; empty where all hold."""
    return "".join(
        f"{result.recipe} on Python {result.python}: {drill.name}: {verdict(drill.holds)}\n"
        + explanation(drill, "  ")
        for drill in result.drills
        if drill.holds is not True
    )


def explanation(drill: DrillResult, indent: str) -> str:
    """Give the reason, and the end of what the programs of that world printed."""
    tail = drill.transcript.splitlines()[-_TAIL:]
    lines = [f"{indent}{drill.reason or 'no reason was given'}"]
    lines += [f"{indent}| {line}" for line in tail]
    return "".join(f"{line}\n" for line in lines)
