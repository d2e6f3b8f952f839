"""``mirrorlab copy``: take a recipe to where it is to work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from mirrorlab.cli.showing import brief
from mirrorlab.cli.words import FOLDER, RECIPE, recipes_option

if TYPE_CHECKING:
    from mirrorlab.recipe import Recipe, Step


@click.command()
@click.argument("name", type=RECIPE)
@click.argument("target", type=FOLDER, metavar="DIR")
@recipes_option
def copy(name: str, target: Path, recipes: Path | None) -> None:
    """Copy the scripts and config files of the recipe NAME into DIR.

    DIR is made, or must be empty. The copy works without the kit: install its tools, change the
    settings at the top of its scripts, then run the scripts in the order shown.

    \b
    Examples:
      mirrorlab copy selective-mirror /srv/mirror
      mirrorlab copy ./my-recipe /tmp/try
    """
    from mirrorlab.recipe import copy as copy_recipe
    from mirrorlab.recipe import find

    recipe = find(name, recipes)
    files = copy_recipe(recipe, target)
    click.echo(f"{len(files)} files are in {target}")
    if (page := recipe.folder / "index.rst").is_file():
        click.echo(f"Its page: {page}")
    if tools := _tools(recipe):
        click.echo(f"First install its tools, as its page says: {tools}")
    if recipe.settings:
        click.echo("Settings, at the top of its scripts:")
        width = max(len(setting.name) for setting in recipe.settings)
        for setting in recipe.settings:
            click.echo(f"  {setting.name:{width}}  {setting.comment} ({setting.default})")
    click.echo("Then, in this order:")
    width = max(len(step.run) for step in recipe.steps)
    for step in recipe.steps:
        click.echo(f"  sh {step.run:{width}}  # {_says(step)}")


def _tools(recipe: Recipe) -> str:
    """Name the locks of its tools: one, and another for each Python that needs one."""
    name = "requirements.txt"
    if not (recipe.folder / name).is_file():
        return ""
    others = sorted(path.name for path in recipe.folder.glob("requirements-[0-9]*.txt"))
    special = [
        f"on Python {other[len('requirements-') : -len('.txt')]} {other}" for other in others
    ]
    return "; ".join([name, *special])


def _says(step: Step) -> str:
    """Say what a step does, and what a person must know to go on."""
    program = f" Needs {', '.join(step.needs).replace('|', ' or ')}." if step.needs else ""
    serves = " Serves until you stop it." if step.serves else ""
    return f"{brief(step.says)}{program}{serves}"
