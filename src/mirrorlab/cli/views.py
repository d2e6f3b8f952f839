"""What a person sees of a run: a story of one recipe, or lines of many.

A view is told what is about to run, its events (:mod:`mirrorlab.runner.events`), and its results.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

import rich_click as click

from mirrorlab.cli.showing import brief
from mirrorlab.recipe import PROMISE, PROMISE_TITLE

if TYPE_CHECKING:
    from mirrorlab.recipe import Recipe
    from mirrorlab.runner import Result
    from mirrorlab.runner.events import Event, StoryEnded, World

_TAIL = 15
"""So many lines of a transcript are shown where something does not hold."""

WORDS = {
    True: ("holds", "green"),
    False: ("does not hold", "red"),
    None: ("could not tell", "yellow"),
}
"""A verdict in words, and their colour."""


class View:
    """Shows nothing, as where results are written as JSON; the others show a run as it goes.

    It is a context manager around the whole run.
    """

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
        """Say what is about to run; ``drills`` empty: all of them."""

    def event(self, event: Event) -> None:
        """Show what happens in it."""

    def end(self, results: Sequence[Result]) -> None:
        """Show what came of it."""


class Lines(View):
    """A line for each world that ends, then one a result: for many recipes in a pipe."""

    def event(self, event: Event) -> None:
        """Say the verdict of a world, and why where it does not hold."""
        from mirrorlab.runner import events

        if isinstance(event, events.StoryEnded):
            world = event.world
            where = f"{world.recipe} on Python {world.python}: {story_of(world.story)}"
            click.echo(f"{where}: {verdict(event.holds)} ({event.seconds:.1f} s)")
            click.echo(explanation(event, "  "), nl=False)

    def end(self, results: Sequence[Result]) -> None:
        """Say in one line what came of each result."""
        for result in results:
            click.echo(summary(result))


class Story(View):
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
        self._titles = {PROMISE: PROMISE_TITLE}
        self._titles |= {drill.name: drill.title for drill in recipe.drills}
        self._line(click.style(f"{recipe.name}: {recipe.title}", bold=True))

    def event(self, event: Event) -> None:
        """Tell of the steps of one world, and of the end of every world."""
        from mirrorlab.runner import events

        match event:
            case events.Preparing(what=what):
                self._line(f"  prepare: {what}")
            case events.StoryEnded():
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

    def _ended(self, event: StoryEnded) -> None:
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


def story_of(name: str) -> str:
    """Call a world by what it is for."""
    return name if name == PROMISE else f"drill {name}"


def verdict(holds: bool | None) -> str:
    """Say a verdict in words, coloured on a terminal."""
    words, colour = WORDS[holds]
    return click.style(words, fg=colour)


def summary(result: Result) -> str:
    """Say in one line what came of a result."""
    on = f"{result.recipe} on Python {result.python}"
    if result.skipped is not None:
        return f"{on}: {click.style('skipped', fg='yellow')}: {result.skipped}"
    parts = [f"{len(result.steps)} step{'s' * (len(result.steps) != 1)}"]
    drills = [drill for drill in result.drills if drill.name != PROMISE]
    kept = {True: "kept", False: "not kept", None: "not told"}
    parts += [f"promise {kept[d.holds]}" for d in result.drills if d.name == PROMISE]
    if drills:
        held = sum(drill.holds is True for drill in drills)
        parts.append(f"{held} of {len(drills)} drill{'s' * (len(drills) != 1)}")
    return f"{on}: {verdict(result.holds)}: {', '.join(parts)}, {result.seconds:.1f} s"


def explanation(ended: StoryEnded, indent: str) -> str:
    """Give the reason, and the end of what the programs of that world printed.

    Empty where it holds.
    """
    if ended.holds is True:
        return ""
    tail = ended.transcript.splitlines()[-_TAIL:]
    lines = [f"{indent}{ended.reason or 'no reason was given'}"]
    lines += [f"{indent}| {line}" for line in tail]
    return "".join(f"{line}\n" for line in lines)
