"""``mirrorlab new``: a recipe that runs already, to be changed into yours."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import rich_click as click

import mirrorlab
from mirrorlab.cli.words import recipes_option

SKELETON = Path(mirrorlab.__file__).parent / "skeleton"


@click.command()
@click.argument("name")
@recipes_option
def new(name: str, recipes: Path | None) -> None:
    """Make the recipe NAME, which runs already; then change it into yours.

    In a checkout of the guide it is made in recipes/, elsewhere in the folder you are in. A NAME
    with a slash is the path of the new folder.

    \b
    Examples:
      mirrorlab new my-mirror
      mirrorlab new ../elsewhere/my-mirror
    """
    folder = _folder(name, recipes)
    make(folder)
    called = _called(folder)
    click.echo(f"{folder} is a recipe that runs. Try it:")
    click.echo(f"  mirrorlab run {called}")
    click.echo("Then make it yours:")
    click.echo("  fill.sh, serve.sh  what it does: settings at the top, one step a script")
    click.echo("  recipe.toml        its title, its steps in order, what a test changes")
    click.echo("  drills.py          what it promises, and how you break it")
    click.echo("  index.rst          its page; it shows the scripts themselves")
    if (rows := folder.parent / "catalogue.toml").is_file():
        click.echo(f"The site wants a row for it in {rows}")


def make(folder: Path) -> None:
    """Make a new recipe in ``folder``, whole or not at all.

    Raises TargetNotEmpty where something is there, WrongUse for a name that is none, CannotWrite.
    """
    from mirrorlab.errors import CannotWrite, TargetNotEmpty
    from mirrorlab.recipe.words import NAME

    if not NAME.fullmatch(folder.name):
        problem = f"{folder.name!r} is no name for a recipe: small letters, digits, single hyphens"
        raise click.BadParameter(problem)
    if os.path.lexists(folder):
        raise TargetNotEmpty(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=folder.parent) as aside:
            filled = Path(aside) / folder.name
            shutil.copytree(SKELETON, filled, ignore=shutil.ignore_patterns("__pycache__"))
            _name(filled)
            filled.rename(folder)
    except OSError as error:
        raise CannotWrite(folder, error.strerror or str(error)) from None


def _folder(name: str, recipes: Path | None) -> Path:
    from mirrorlab.recipe.finding import home, in_checkout

    if os.sep in name or recipes is not None:
        return (recipes or Path()) / name
    return home() / name if in_checkout() else Path(name)


def _called(folder: Path) -> str:
    """Give what to call it in ``mirrorlab run``: its name where that is enough."""
    from mirrorlab.recipe.finding import home

    if folder.parent.resolve() == home().resolve():
        return folder.name
    return str(folder) if os.sep in str(folder) else f".{os.sep}{folder}"


def _name(folder: Path) -> None:
    """Write the recipe's name and title into its files."""
    title = folder.name.replace("-", " ").capitalize()
    words = {"@RECIPE@": folder.name, "@TITLE@": title, "@RULE@": "=" * len(title)}
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8")
        for token, value in words.items():
            text = text.replace(token, value)
        path.write_text(text, encoding="utf-8")
