"""Measured figures, results, and what is not run."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.site.conftest import Build

from mirrorlab.recipe import find
from mirrorlab.runner import DrillResult, Measure, Result, StepResult, records
from mirrorlab.site.measured import Figure, Measured


def test_a_figure_is_shown_with_its_unit(build: Build, recipes: dict[str, str]) -> None:
    recipes["index.rst"] += "\nGone for :measured:`a-folder/wrong-hash/outage`.\n"
    site = build(recipes)
    assert site.warnings == ""
    assert "Gone for 1.4 s ." in site.text("index")


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("a-folder/wrong-hash/no-such", "no such drill, or no such figure"),
        ("a-folder/no-such/outage", "no such drill, or no such figure"),
        ("no-such/wrong-hash/outage", "the file is missing; nox -s results writes it"),
        ("a-folder/wrong-hash", "must be written RECIPE/DRILL/NAME"),
    ],
)
def test_a_figure_nobody_measured_breaks_the_build(
    build: Build, recipes: dict[str, str], key: str, problem: str
) -> None:
    recipes["index.rst"] += f"\nGone for :measured:`{key}`.\n"
    assert problem in build(recipes).warnings


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "is no results file"),
        ("{}", "schema: is missing"),
        ('{"schema": 9}', "is no results file: schema must be 1, not 9"),
        ('{"schema": 1}', "machine: is missing"),
    ],
)
def test_a_broken_results_file_is_one_sentence(
    build: Build, recipes: dict[str, str], content: str, problem: str
) -> None:
    warnings = build(recipes | {"results/a-folder.json": content}).warnings
    assert f"a-folder.json: {problem}" in warnings
    assert "Traceback" not in warnings


def test_what_the_runner_writes_can_be_read(tmp_path: Path, recipes: dict[str, str]) -> None:
    for name, text in recipes.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    drill = DrillResult("wrong-hash", True, seconds=2.5, measures={"outage": Measure(1.4, "s")})
    drills = (DrillResult("promise", True, seconds=1.5), drill)
    result = Result("a-folder", "3.11", (StepResult("collect", 1.0),), drills)
    (path,) = records.write([result], [find("a-folder", tmp_path / "recipes")], tmp_path)
    measured = Measured.read(path)
    assert measured.figure("wrong-hash", "outage") == Figure(1.4, "s")
    assert measured.step_seconds == {"collect": 1.0}
    assert measured.drills["wrong-hash"].holds is True
    assert measured.seconds == 4.0
    assert measured.versions["python"] == "3.11"
    assert "core" in measured.machine


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (1.4, "s", "1.4 s"),
        (0.01234, "s", "0.0123 s"),
        (12345, "requests", "12,345 requests"),
        (999.6, "s", "1,000 s"),
        (5_250_000, "B", "5.25 MB"),
        (0, "failed", "0 failed"),
    ],
)
def test_figures_are_rounded_for_readers(value: float, unit: str, shown: str) -> None:
    assert str(Figure(value, unit)) == shown


def test_results_are_listed(build: Build, recipes: dict[str, str]) -> None:
    recipes["index.rst"] += "\n.. results::\n"
    listed = "a-folder 1 of 1 5 s 2026-11-21, 2 cores pip 26.2"
    assert listed in build(recipes).text("index")


MESSAGES = """\
schema = 1
[[message]]
id = "pip-not-found"
program = "pip"
short = "nothing found"
by = ["pip", "uv"]
run = "pip install"
text = "ERROR: nothing found"
sure = "curl"
shows = "404"
"""
RECORD = '{"date": "2026-11-20", "messages": {"pip-not-found": ["pip 26.3", "uv 0.13"]}}'
OUTCOMES = """\
schema = 1
[[table]]
name = "one-fails"
[[table.row]]
clients = ["pip", "pip-22.1"]
typed = "pip install acme-lib"
asks = ["yours"]
arrives = { works = "yours", 404 = "nothing", down = "nothing" }
"""


def also_run() -> dict[str, str]:
    """Give a page that says what is run beside the recipes, and the files it says it from."""
    return {
        "index.rst": "Home\n====\n\n.. also-run:: choose\n\n.. said-list:: pip\n",
        "choose.toml": OUTCOMES,
        "docs/errors/messages.toml": MESSAGES,
        "results/messages.json": RECORD,
    }


def test_messages_and_outcomes_are_counted(build: Build) -> None:
    text = build(also_run()).text("index")
    assert "Messages 1 messages 2026-11-20 pip 26.3 (1), uv 0.13 (1)" in text
    assert "Choices 1 commands, 6 installs pip 22.1.2, pip 26.3" in text


def test_messages_without_a_record_are_counted_so(build: Build) -> None:
    files = also_run()
    del files["results/messages.json"]
    assert "Messages 1 messages no run is on record yet" in build(files).text("index")


def test_a_drill_that_does_not_hold_is_seen(build: Build, recipes: dict[str, str]) -> None:
    results = recipes["results/a-folder.json"]
    recipes["results/a-folder.json"] = results.replace(
        '"wrong-hash", "holds": true', '"wrong-hash", "holds": false'
    )
    recipes["index.rst"] += "\n.. results::\n"
    site = build(recipes)
    assert 'class="badge badge-fails">0 of 1' in site.html("index")
    assert "A file is altered does not hold" in site.text("recipes/a-folder/index")


def test_a_drill_written_since_the_last_run_is_not_counted_as_held(
    build: Build, recipes: dict[str, str]
) -> None:
    recipes["recipes/a-folder/recipe.toml"] += '[[drill]]\nname = "new"\ntitle = "A new one"\n'
    recipes["recipes/a-folder/drills.py"] += "\n\ndef new(run):\n    pass\n"
    recipes["index.rst"] += "\n.. results::\n"
    site = build(recipes)
    assert 'class="badge badge-fails">1 of 2' in site.html("index")
    assert "1 of 2 drills held" in site.text("recipes/a-folder/index")


def test_what_is_not_run_is_marked_and_counted(build: Build) -> None:
    clouds = "Clouds\n======\n\n.. not-run-here:: it needs an account\n\n   A paragraph.\n"
    home = "Home\n====\n\n.. toctree::\n\n   clouds\n\n.. not-run-here-list::\n"
    site = build(index=home, clouds=clouds)
    assert site.warnings == ""
    assert "not run here it needs an account A paragraph." in site.text("clouds")
    assert "One place is not run here." in site.text("index")
    assert 'href="clouds.html#not-run-here-1"' in site.html("index")


def test_places_of_one_page_with_one_reason_are_one_line(build: Build) -> None:
    place = ".. not-run-here:: it needs `sudo`\n\n   A paragraph.\n\n"
    home = "Home\n====\n\n.. toctree::\n\n   clouds\n\n.. not-run-here-list::\n"
    site = build(index=home, clouds=f"Clouds\n======\n\n{place * 10}")
    assert "10 places are not run here. Clouds , 10 places: it needs sudo" in site.text("index")
    assert 'href="clouds.html#not-run-here-1"' in site.html("index")


def test_nothing_is_left_out_silently_when_all_is_run(build: Build) -> None:
    text = build(index="Home\n====\n\n.. not-run-here-list::\n").text("index")
    assert "Nothing on this site is shown without being run." in text


def test_a_mark_without_content_breaks_the_build(build: Build) -> None:
    assert "not-run-here" in build(index="Home\n====\n\n.. not-run-here:: why\n").warnings
