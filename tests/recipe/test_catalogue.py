"""The catalogue as data: whole, in its order, each row built or planned."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirrorlab.errors import BrokenFile
from mirrorlab.recipe import Topic, all_recipes, catalogue

ROW = """
[[recipe]]
name = "served-folder"
topic = "private"
components = "python"
shows = "a folder"
drills = ["server killed"]
answers = "someone"
"""


def test_every_topic_has_rows_and_they_stand_together() -> None:
    topics = [entry.topic for entry in catalogue()]
    assert list(dict.fromkeys(topics)) == list(Topic)
    assert topics == sorted(topics, key=list(Topic).index)
    assert len(topics) >= 30


def test_every_recipe_has_its_row_with_the_same_topic() -> None:
    rows = {entry.name: entry for entry in catalogue()}
    assert {recipe.name for recipe in all_recipes()} <= set(rows), "catalogue.toml lacks a row"
    for recipe in all_recipes():
        assert rows[recipe.name].topic is recipe.topic
        assert not rows[recipe.name].planned


def test_a_row_is_planned_until_its_folder_is_there(folder: Path) -> None:
    recipes = folder.parent
    assert catalogue(recipes) == ()
    (recipes / "catalogue.toml").write_text(
        "schema = 1" + ROW + ROW.replace("served-folder", "other")
    )
    assert [(e.name, e.planned) for e in catalogue(recipes)] == [
        ("served-folder", False),
        ("other", True),
    ]


def test_mistakes_are_named(folder: Path) -> None:
    path = folder.parent / "catalogue.toml"
    path.write_text("schema = 1" + ROW + ROW)
    with pytest.raises(BrokenFile, match=r"recipe\[1\]\.name: there is already a recipe"):
        catalogue(folder.parent)
    path.write_text("schema = 1" + ROW.replace("shows", "show"))
    with pytest.raises(BrokenFile, match=r"recipe\[0\]\.shows: is missing \(there is 'show'\)"):
        catalogue(folder.parent)
