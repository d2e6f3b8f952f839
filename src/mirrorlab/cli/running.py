"""``mirrorlab run``: run recipes, break them, say whether they hold."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from mirrorlab.cli.ending import need_the_lab
from mirrorlab.cli.words import DRILL, FOLDER, RECIPE, json_option, recipes_option
from mirrorlab.errors import CannotWrite

if TYPE_CHECKING:
    from mirrorlab.cli.views import View
    from mirrorlab.recipe import Recipe


def _versions(
    ctx: click.Context,  # noqa: ARG001  click's signature
    param: click.Parameter,  # noqa: ARG001
    pythons: tuple[str, ...],
) -> tuple[str, ...]:
    """Refuse what is no version of Python, which no package could bring."""
    for python in pythons:
        if not re.fullmatch(r"3\.\d+", python):
            raise click.BadParameter(f"{python!r} is no version of Python; give it like 3.13")
    return tuple(dict.fromkeys(pythons))


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
    "--python",
    "pythons",
    metavar="3.13",
    multiple=True,
    callback=_versions,
    help="On this Python (repeatable).",
)
@click.option("--jobs", metavar="N", type=click.IntRange(1), help="So many worlds at once.")
@click.option("--strict", is_flag=True, help="End with 3 where anything is skipped.")
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
    need_the_lab()
    from mirrorlab import runner
    from mirrorlab.runner import records

    chosen = _choose(names, everything, recipes)
    versions = pythons or (runner.running_python(),)
    if keep and (len(chosen), len(versions)) != (1, 1):
        raise click.UsageError("--keep takes one recipe on one Python")
    if results is not None and (drills or keep):
        raise click.UsageError("--results records whole runs: leave out --drill and --keep")
    if results is not None:
        _make(results)
    _say_what_keeps_clients_in(keep)
    with _view(as_json, alone=len(chosen) == 1) as view:
        view.begin(chosen, versions, drills)
        found = runner.run_all(
            chosen,
            versions,
            drills=drills or None,
            jobs=jobs,
            keep=keep,
            strict=strict,
            listen=view.event,
        )
        view.end(found)
    if as_json:
        click.echo(
            json.dumps([{**each.to_json(), "holds": each.holds} for each in found], indent=2)
        )
    if results is not None:
        for path in records.write(found, chosen, results):
            click.echo(f"wrote {path}", err=True)
    raise Exit(runner.exit_code(found))


def _say_what_keeps_clients_in(keep: bool) -> None:
    """Say so where clients could leave: without namespaces only the proxy stops them."""
    from mirrorlab.lab import why_not

    reason = why_not()
    if reason is not None and not keep:
        warning = "only the proxy keeps clients from leaving; what ignores it is not noticed"
        click.echo(f"mirrorlab: warning: {warning}: {reason}", err=True)


def _choose(names: Sequence[str], everything: bool, folder: Path | None) -> tuple[Recipe, ...]:
    from mirrorlab.recipe import all_recipes, find

    if everything == bool(names):
        raise click.UsageError("name one recipe or more, or say --all")
    if everything:
        chosen = all_recipes(folder)
        if not chosen:
            raise click.UsageError("there is no recipe to run")
        return chosen
    chosen = tuple({each.folder: each for each in (find(name, folder) for name in names)}.values())
    for one, other in combinations(chosen, 2):
        if one.name == other.name:  # a table and results/ could not tell them apart
            raise click.UsageError(f"{one.folder} and {other.folder} have one name; run them apart")
    return chosen


def _make(results: Path) -> None:
    """Make the folder now: who learns it after the run has waited for nothing."""
    try:
        results.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise CannotWrite(results, "it is not a folder") from None
    except OSError as error:
        raise CannotWrite(results, error.strerror or str(error)) from None


def _view(as_json: bool, *, alone: bool) -> View:
    from mirrorlab.cli import livetable, views
    from mirrorlab.cli.showing import stdout

    if as_json:
        return views.View()
    if alone:
        return views.Story()
    return livetable.LiveTable() if stdout().is_terminal else views.Lines()
