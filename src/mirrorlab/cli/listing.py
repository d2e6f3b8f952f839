"""``mirrorlab list``: every recipe of the guide, built or planned."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from mirrorlab.cli.ending import ExitCode
from mirrorlab.cli.words import json_option, recipes_option

if TYPE_CHECKING:
    from mirrorlab.recipe import Entry, Recipe


@dataclass(frozen=True)
class Line:
    """What the list says of one recipe; ``folder`` is None where it is only planned."""

    name: str
    topic: str
    title: str
    answers: str
    drills: tuple[str, ...]
    folder: Path | None


@click.command("list")
@recipes_option
@json_option
def list_(recipes: Path | None, as_json: bool) -> None:
    """List the recipes, by topic; those still to come are marked as planned.

    \b
    Examples:
      mirrorlab list
      mirrorlab list | grep devpi
      mirrorlab list --json | jq -r '.[] | select(.planned | not) | .name'
    """
    lines, problems = read(recipes)
    if as_json:
        click.echo(json.dumps([_as_data(line) for line in lines], indent=2))
    else:
        show(lines)
        if not lines:
            click.echo("there is no recipe here", err=True)
    for problem in problems:
        click.echo(f"mirrorlab: {problem}", err=True)
    if problems:
        raise Exit(ExitCode.WRONG_USE)


def read(recipes: Path | None) -> tuple[list[Line], list[str]]:
    """Read all recipes, in the catalogue's order; and say what is broken."""
    from mirrorlab.errors import BrokenFile
    from mirrorlab.recipe import catalogue, folder_of, load, names

    found: dict[str, Recipe] = {}
    problems: list[str] = []
    for name in names(recipes):
        try:
            found[name] = load(folder_of(name, recipes))
        except BrokenFile as error:
            problems.append(str(error))
    rows = catalogue(recipes)
    lines = [
        _built(found.pop(row.name)) if row.name in found else _planned(row)
        for row in rows
        if row.planned or row.name in found
    ]
    return lines + [_built(recipe) for recipe in found.values()], problems


def _built(recipe: Recipe) -> Line:
    drills = tuple(drill.name for drill in recipe.drills)
    topic = str(recipe.topic)
    return Line(recipe.name, topic, recipe.title, recipe.answers, drills, recipe.folder)


def _planned(entry: Entry) -> Line:
    return Line(entry.name, str(entry.topic), entry.shows, entry.answers, (), None)


def _as_data(line: Line) -> dict[str, object]:
    return {
        "name": line.name,
        "topic": line.topic,
        "title": line.title,
        "answers": line.answers,
        "drills": list(line.drills),
        "planned": line.folder is None,
        "folder": str(line.folder) if line.folder else None,
    }


def show(lines: Iterable[Line]) -> None:
    """Print a table on a terminal, plain lines in a pipe."""
    from mirrorlab.cli.showing import stdout, table

    if not stdout().is_terminal:
        for line in lines:
            state = "planned" if line.folder is None else "ready"
            click.echo(f"{line.name}\t{line.topic}\t{state}\t{line.title}")
        return
    shown = table("recipe", "topic", "drills", "what it is")
    topic = None
    for line in lines:
        if topic not in {None, line.topic}:
            shown.add_section()
        topic = line.topic
        drills = "planned" if line.folder is None else str(len(line.drills))
        style = "dim" if line.folder is None else ""
        shown.add_row(line.name, line.topic, drills, line.title, style=style)
    stdout().print(shown)
