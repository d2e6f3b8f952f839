"""``mirrorlab copy``: take a recipe to where it is to work."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from mirrorlab.cli.showing import brief
from mirrorlab.cli.words import FOLDER, RECIPE, recipes_option


@click.command()
@click.argument("name", type=RECIPE)
@click.argument("target", type=FOLDER, metavar="DIR")
@recipes_option
def copy(name: str, target: Path, recipes: Path | None) -> None:
    """Copy the scripts and config files of the recipe NAME into DIR.

    DIR is made, or must be empty. The copy works without the kit: change the settings at the top
    of its scripts, then run the scripts in the order shown.

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
    if recipe.settings:
        click.echo("Settings, at the top of its scripts:")
        width = max(len(setting.name) for setting in recipe.settings)
        for setting in recipe.settings:
            click.echo(f"  {setting.name:{width}}  {setting.comment} ({setting.default})")
    click.echo("Then, in this order:")
    width = max(len(step.run) for step in recipe.steps)
    for step in recipe.steps:
        click.echo(f"  sh {step.run:{width}}  # {brief(step.says)}")
