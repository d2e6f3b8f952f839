"""What is said of a recipe before anything is installed for it, and while it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mirrorlab import clients
from mirrorlab import recipe as recipes
from mirrorlab.errors import BrokenFile
from mirrorlab.runner import events, prepare, run, run_all, running_python

MakeRecipe = Callable[..., Path]
CLIENTS = ", ".join(clients.REQUIREMENTS)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            'scenario = "defualt"',
            "scenario: there is no builtin scenario 'defualt'; did you mean 'default'?",
        ),
        (
            'scenario = "default/"',
            "scenario: there is no builtin scenario 'default/'; did you mean 'default'?",
        ),
        (
            'clients = ["pip", "vu"]',
            f"clients[1]: there is no client 'vu'; choose one of: {CLIENTS}",
        ),
    ],
)
def test_an_unknown_name_in_a_manifest_is_said_before_anything_is_prepared(
    make_recipe: MakeRecipe, line: str, sentence: str
) -> None:
    good = make_recipe("good-one")
    folder = make_recipe(edit=("schema = 1", f"schema = 1\n{line}"))
    heard: list[events.Event] = []
    with pytest.raises(BrokenFile) as caught:
        run_all([good, folder], listen=heard.append)
    assert str(caught.value) == f"{folder.resolve()}/recipe.toml: {sentence}"
    assert heard == []
    said: list[str] = []
    with pytest.raises(BrokenFile):
        prepare(recipes.load(folder), running_python(), said.append)
    assert said == []


def test_a_broken_scenario_of_its_own_names_its_own_file(make_recipe: MakeRecipe) -> None:
    folder = make_recipe(edit=("schema = 1", 'schema = 1\nscenario = "own.toml"'))
    (folder / "own.toml").write_text("schema = 1\nserail = 3\n")
    heard: list[events.Event] = []
    with pytest.raises(BrokenFile, match=r"own\.toml: serail: .* did you mean 'serial'"):
        run(folder, listen=heard.append)
    assert heard == []


@pytest.mark.parametrize("python", ["3.9", "3.10"])
def test_a_python_that_is_too_old_is_said_plainly(make_recipe: MakeRecipe, python: str) -> None:
    said = run(make_recipe(), python=python).skipped
    assert said == f"the kit supports Python 3.11 and newer, and this is {python}"


def test_each_preparation_says_its_python(make_recipe: MakeRecipe) -> None:
    said: list[str] = []
    python = running_python()
    folder = make_recipe(edit=("schema = 1", 'schema = 1\nclients = ["uv"]'))
    prepare(recipes.load(folder), python, said.append)
    assert said == [f"its tools on Python {python}", f"the client uv on Python {python}"]
