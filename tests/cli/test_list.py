"""``mirrorlab list``: for people, for pipes and for scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from mirrorlab.cli import listing, showing

from .conftest import Invoke, error_of

ROW = """schema = 1
[[recipe]]
name = "to-come"
topic = "cache"
components = "x"
shows = "what is to come"
drills = ["one"]
answers = "somebody"
"""


def test_a_pipe_gets_a_plain_line_each(invoke: Invoke, recipes: Path) -> None:
    (recipes / "catalogue.toml").write_text(ROW)
    assert invoke("list", "--recipes", recipes).stdout == (
        "to-come\tcache\tplanned\twhat is to come\nserved-folder\tprivate\tready\tServed folder\n"
    )


def test_a_script_gets_json(invoke: Invoke, recipes: Path) -> None:
    (recipes / "catalogue.toml").write_text(ROW)
    planned, built = json.loads(invoke("list", "--json", "--recipes", recipes).stdout)
    assert planned["planned"] is True
    assert planned["folder"] is None
    assert built == {
        "name": "served-folder",
        "topic": "private",
        "title": "Served folder",
        "answers": "I want to see a recipe that runs.",
        "drills": ["altered-file"],
        "planned": False,
        "folder": str(recipes / "served-folder"),
    }


def test_a_person_gets_a_table(
    recipes: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (recipes / "catalogue.toml").write_text(ROW)
    terminal = Console(force_terminal=True, width=90)
    monkeypatch.setattr(showing, "_console", lambda stderr: terminal)
    lines, problems = listing.read(recipes)
    with terminal.capture() as shown:
        listing.show(lines)
    assert problems == []
    assert "\x1b[2m" in shown.get()  # planned ones are dim
    assert "planned" in shown.get()
    assert capsys.readouterr().out == ""


def test_the_whole_catalogue_is_listed(invoke: Invoke) -> None:
    listed = [line.split("\t")[0] for line in invoke("list").stdout.splitlines()]
    assert "balancer-failover" in listed
    assert len(listed) == len(set(listed)) >= 28


def test_a_broken_recipe_is_named_and_the_others_are_listed(invoke: Invoke, recipes: Path) -> None:
    broken = recipes / "broken-one"
    broken.mkdir()
    (broken / "recipe.toml").write_text("schema = 1\ntitel = 'x'\n")
    result = invoke("list", "--recipes", recipes)
    assert "served-folder\t" in result.stdout
    assert error_of(result, 2) == f"{broken}/recipe.toml: step: is missing: a recipe has at " + (
        "least one step"
    )


def test_a_folder_that_cannot_be_read_is_a_sentence(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    said = error_of(invoke("list", "--recipes", file), 3)
    assert said == f"cannot read the folder {file}: Not a directory"
    said = error_of(invoke("list", "--recipes", tmp_path / "nowhere"), 3)
    assert said.endswith("nowhere: No such file or directory")


def test_an_empty_folder_is_said_to_be_empty(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("list", "--recipes", tmp_path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "there is no recipe here\n"
    assert invoke("list", "--json", "--recipes", tmp_path).stderr == ""
