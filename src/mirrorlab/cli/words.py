"""The names a command takes, completed by the shell, and the options several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click
from click.shell_completion import CompletionItem

from mirrorlab.errors import MirrorlabError

Command = TypeVar("Command", bound=Callable[..., Any])
Names = Callable[[click.Context], Iterable[tuple[str, str]]]


if TYPE_CHECKING:
    _Text = click.ParamType[str]
else:
    _Text = click.ParamType


class Word(_Text):
    """A word out of many; what it stands for is looked up when the command runs."""

    def __init__(self, name: str, known: Names) -> None:
        """Complete with what ``known`` gives: words, each with a few words of help."""
        self.name = name
        self._known = known

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002  click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """Offer the known words; none where they cannot be read."""
        try:
            known = list(self._known(ctx))
        except MirrorlabError:
            known = []
        return [
            CompletionItem(word, help=says) for word, says in known if word.startswith(incomplete)
        ]


def _recipes(ctx: click.Context) -> Iterable[tuple[str, str]]:
    from mirrorlab.recipe import catalogue, names

    folder = ctx.params.get("recipes")
    shows = {entry.name: entry.shows for entry in catalogue(folder)}
    return [(name, shows.get(name, "")) for name in names(folder)]


def _drills(ctx: click.Context) -> Iterable[tuple[str, str]]:
    from mirrorlab.recipe import PROMISE, PROMISE_TITLE, find, names

    folder = ctx.params.get("recipes")
    chosen = ctx.params.get("names") or names(folder)
    drills = [(d.name, d.title) for name in chosen for d in find(name, folder).drills]
    return [(PROMISE, PROMISE_TITLE), *drills]


def _scenarios(ctx: click.Context) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    from mirrorlab.scenario import names

    return [(name, "") for name in names()]


def _faults(ctx: click.Context) -> Iterable[tuple[str, str]]:  # noqa: ARG001
    from mirrorlab.scenario import Fault

    return [(str(fault), fault.says) for fault in Fault]


RECIPE = Word("recipe", _recipes)
DRILL = Word("drill", _drills)
SCENARIO = Word("scenario", _scenarios)
FAULT = Word("fault", _faults)
FOLDER = click.Path(path_type=Path)


def recipes_option(command: Command) -> Command:
    """Add ``--recipes DIR``."""
    return click.option(
        "--recipes",
        type=FOLDER,
        metavar="DIR",
        is_eager=True,
        help="A folder of recipes, instead of those that came with the kit.",
    )(command)


def json_option(command: Command) -> Command:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Write JSON, for scripts.")(command)
