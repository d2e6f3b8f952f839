"""Where recipes are: in a checkout, in the installed package, or in a folder you name."""

from __future__ import annotations

import os
from pathlib import Path

import mirrorlab
from mirrorlab.errors import FolderNotReadable, NoRecipes, UnknownName
from mirrorlab.recipe.manifest import MANIFEST, load
from mirrorlab.recipe.model import Recipe


def home() -> Path:
    """The folder of the recipes that came with this kit.

    In a checkout it is ``recipes/`` at the root, in an installed wheel ``mirrorlab/recipes``.
    Raises NoRecipes where neither is there.
    """
    package = Path(mirrorlab.__file__).resolve().parent
    checkout = package.parent.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / "recipes").is_dir():
        return checkout / "recipes"
    if (package / "recipes").is_dir():
        return package / "recipes"
    raise NoRecipes(package / "recipes")


def in_checkout() -> bool:
    """Whether the recipes are the ones of a checkout, where you add your own."""
    return home().parent != Path(mirrorlab.__file__).resolve().parent


def names(recipes: Path | None = None) -> tuple[str, ...]:
    """The names of all recipes in a folder, sorted; nothing is read but the folder.

    Raises FolderNotReadable.
    """
    root = recipes or home()
    try:
        children = sorted(root.iterdir())
    except OSError as error:
        raise FolderNotReadable(root, error.strerror or str(error)) from None
    return tuple(child.name for child in children if (child / MANIFEST).is_file())


def folder_of(name_or_path: str, recipes: Path | None = None) -> Path:
    """The folder of a recipe.

    What contains a slash, or is ``.`` or ``..``, is a path; anything else is a name in
    ``recipes`` (by default :func:`home`). Raises UnknownName, FolderNotReadable.
    """
    separators = [os.sep, os.altsep] if os.altsep else [os.sep]
    if name_or_path in {".", ".."} or any(mark in name_or_path for mark in separators):
        return Path(name_or_path)
    known = names(recipes)
    if name_or_path not in known:
        raise UnknownName("recipe", name_or_path, known)
    return (recipes or home()) / name_or_path


def find(name_or_path: str, recipes: Path | None = None) -> Recipe:
    """Find and read a recipe by its name or path, see :func:`folder_of`.

    Raises BrokenFile too.
    """
    return load(folder_of(name_or_path, recipes))


def all_recipes(recipes: Path | None = None) -> tuple[Recipe, ...]:
    """Read every recipe of a folder. Raises BrokenFile for the first that is broken."""
    root = recipes or home()
    return tuple(load(root / name) for name in names(root))
