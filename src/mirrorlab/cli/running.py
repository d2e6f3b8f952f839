"""``mirrorlab run``: run recipes, break them, say whether they hold."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from mirrorlab.cli.ending import ExitCode, the_lab
from mirrorlab.cli.words import DRILL, FOLDER, RECIPE, json_option, recipes_option
from mirrorlab.errors import UnknownName

if TYPE_CHECKING:
    from mirrorlab.cli.views import View
    from mirrorlab.recipe import Recipe
    from mirrorlab.runner import Result

_PROMISE = "promise"
_JOBS = 2
"""Worlds at once, where nobody says otherwise."""


@click.command()
@click.argument("names", nargs=-1, type=RECIPE, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="Run every recipe.")
@click.option(
    "--drill",
    "drills",
    type=DRILL,
    multiple=True,
    help="Only this drill, or the promise (repeatable).",
)
@click.option(
    "--python", "pythons", metavar="3.13", multiple=True, help="On this Python (repeatable)."
)
@click.option("--jobs", metavar="N", type=click.IntRange(1), help="So many worlds at once.")
@click.option("--strict", is_flag=True, help="What cannot be run here counts as a failure.")
@click.option("--keep", is_flag=True, help="Leave the services up, with URLs to try.")
@click.option("--results", type=FOLDER, metavar="DIR", help="Write what was measured to DIR.")
@recipes_option
@json_option
def run(
    names: tuple[str, ...],
    everything: bool,
    drills: tuple[str, ...],
    pythons: tuple[str, ...],
    jobs: int | None,
    strict: bool,
    keep: bool,
    results: Path | None,
    recipes: Path | None,
    as_json: bool,
) -> None:
    """Run recipes against the local test index, break them on purpose, and see whether they hold.

    Each promise and each drill runs in a world of its own, cut off from the network. Nothing is
    left behind. A NAME with a slash is the path of a recipe's folder.

    It ends with 0 where all hold, 1 where one does not, 2 for wrong use, 3 where it could not
    tell.

    \b
    Examples:
      mirrorlab run find-links-folder
      mirrorlab run find-links-folder --drill wrong-hash
      mirrorlab run --all --python 3.11 --python 3.13
      mirrorlab run selective-mirror --keep
      mirrorlab run ./my-recipe --json
    """
    chosen = _choose(names, everything, recipes)
    _check_drills(drills, chosen)
    if keep and (len(chosen) != 1 or len(pythons) > 1):
        raise click.UsageError("--keep takes one recipe on one Python")
    with the_lab():
        from mirrorlab import runner
    versions = tuple(dict.fromkeys(pythons)) or (_own_python(),)
    found: list[Result] = []
    with _view(as_json, alone=len(chosen) == 1) as view:
        for recipe, python in product(chosen, versions):
            wanted = _drills_of(recipe, drills)
            view.begin(recipe, python, len(recipe.drills) + 1 if wanted is None else len(wanted))
            result = runner.run(
                recipe.folder,
                drills=wanted,
                python=python,
                jobs=jobs or _JOBS,
                keep=keep,
                strict=strict,
                listen=view.event,
            )
            found.append(result)
            view.end(result)
    if as_json:
        click.echo(json.dumps([{**r.to_json(), "holds": r.holds} for r in found], indent=2))
    if results is not None:
        runner.write_results(results, found)
    raise Exit(exit_code(found, strict=strict))


def exit_code(results: Sequence[Result], *, strict: bool) -> ExitCode:
    """Sum up: one that does not hold counts most, then one nobody could tell.

    A skipped recipe counts as "could not tell" where ``strict``, or where nothing was run at all.
    """
    if any(result.holds is False for result in results):
        return ExitCode.DOES_NOT_HOLD
    skipped = [result.skipped is not None for result in results]
    unclear = any(r.holds is None for r in results if r.skipped is None)
    if unclear or (strict and any(skipped)) or (skipped and all(skipped)):
        return ExitCode.COULD_NOT_TELL
    return ExitCode.HOLDS


def _choose(names: Sequence[str], everything: bool, folder: Path | None) -> tuple[Recipe, ...]:
    from mirrorlab.recipe import all_recipes, find

    if everything == bool(names):
        raise click.UsageError("name one recipe or more, or say --all")
    if everything:
        chosen = all_recipes(folder)
        if not chosen:
            raise click.UsageError("there is no recipe to run")
        return chosen
    return tuple(find(name, folder) for name in dict.fromkeys(names))


def _check_drills(wanted: Sequence[str], chosen: Sequence[Recipe]) -> None:
    """Refuse the name of a drill that no chosen recipe has."""
    known = tuple(dict.fromkeys(d.name for recipe in chosen for d in recipe.drills))
    for name in wanted:
        if name not in (_PROMISE, *known):
            raise UnknownName("drill", name, (_PROMISE, *known))


def _drills_of(recipe: Recipe, wanted: Sequence[str]) -> tuple[str, ...] | None:
    """Give those drills that this recipe has; None for all of them and the promise."""
    if not wanted:
        return None
    has = {_PROMISE, *(drill.name for drill in recipe.drills)}
    return tuple(name for name in dict.fromkeys(wanted) if name in has)


def _own_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _view(as_json: bool, *, alone: bool) -> View:
    from mirrorlab.cli import views
    from mirrorlab.cli.showing import stdout

    if as_json:
        return views.Silent()
    if alone:
        return views.Story()
    return views.LiveTable() if stdout().is_terminal else views.Lines()
