"""Recipes are found by name, by path, and in a folder you name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import mirrorlab
from mirrorlab.errors import BrokenFile, FolderNotReadable, NoRecipes, UnknownName
from mirrorlab.recipe import all_recipes, find, folder_of, home, names
from mirrorlab.recipe.finding import in_checkout

ROOT = Path(__file__).parents[2]


def test_a_checkout_has_its_recipes_at_its_root() -> None:
    assert home() == ROOT / "recipes"
    assert in_checkout()


def test_an_installed_wheel_has_them_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "mirrorlab"
    package.mkdir(parents=True)
    monkeypatch.setattr(mirrorlab, "__file__", str(package / "__init__.py"))
    with pytest.raises(NoRecipes, match="install the kit again"):
        home()
    (package / "recipes").mkdir()
    assert home() == package / "recipes"
    assert not in_checkout()


def test_a_name_is_looked_up_and_a_path_is_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes = folder.parent
    assert names(recipes) == ("served-folder",)
    assert folder_of("served-folder", recipes) == folder
    assert find(str(folder)).name == "served-folder"
    monkeypatch.chdir(recipes)
    assert find("./served-folder").folder == folder.resolve()
    monkeypatch.chdir(folder)
    assert find(".").name == "served-folder"
    assert [recipe.name for recipe in all_recipes(recipes)] == ["served-folder"]


def test_an_unknown_name_comes_with_the_one_meant(folder: Path) -> None:
    with pytest.raises(UnknownName) as caught:
        find("served-foldr", folder.parent)
    assert str(caught.value) == "there is no recipe 'served-foldr'; did you mean 'served-folder'?"
    with pytest.raises(UnknownName, match="choose one of: served-folder"):
        find("zzz", folder.parent)
    with pytest.raises(UnknownName, match="there are none"):
        find("zzz", folder)


def test_a_path_without_a_recipe_says_so(tmp_path: Path) -> None:
    with pytest.raises(BrokenFile, match="there is no such file"):
        find(str(tmp_path) + os.sep)


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path) -> None:
    file = tmp_path / "recipes"
    file.write_text("")
    with pytest.raises(FolderNotReadable, match="Not a directory"):
        names(file)
