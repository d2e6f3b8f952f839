"""The live table, event by event."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from mirrorlab.cli import showing
from mirrorlab.cli.livetable import LiveTable
from mirrorlab.recipe import load
from mirrorlab.runner import DrillResult, Result, StepResult, events

from .conftest import Invoke

PROMISE = events.World("served-folder", "3.11", "promise")
DRILL = events.World("served-folder", "3.11", "altered-file")
ELSEWHERE = events.World("served-folder", "3.13", "")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Console:
    """A terminal of 90 columns that remembers what it showed."""
    console = Console(file=io.StringIO(), force_terminal=True, width=90, record=True)
    monkeypatch.setattr(showing, "_console", lambda stderr: console)
    return console


def rows(view: LiveTable) -> list[list[str]]:
    """Give the cells of the table as it is now."""
    plain = Console(width=90, no_color=True)
    with plain.capture() as shown:
        plain.print(view.table())
    lines = [line for line in shown.get().splitlines() if "served-folder" in line]
    return [line.strip().split(maxsplit=5) for line in lines]


def test_a_row_fills_as_its_worlds_go(
    recipes: Path, terminal: Console, capsys: pytest.CaptureFixture[str]
) -> None:
    with LiveTable() as view:
        view.begin([load(recipes / "served-folder")], ["3.11", "3.13"], [])
        view.event(events.Preparing(PROMISE, "its [/tools]"))
        assert rows(view)[0] == [
            "served-folder",
            "3.11",
            "0/2",
            "0/2",
            "0.0",
            "its [/tools]",
        ]
        view.event(events.Skipped(ELSEWHERE, "no python3.13 answers"))
        for world in (PROMISE, DRILL):
            view.event(events.WorldBegan(world))
            view.event(events.StepBegan(world, "fill", "Fill it.", 30))
            view.event(events.StepDone(world, "fill", 0.1))
        assert rows(view)[0][2:4] == ["1/2", "0/2"]
        view.event(events.StoryBegan(PROMISE, "what holds", 30))
        view.event(events.StoryEnded(PROMISE, True, None, 1.0))
        view.event(events.StoryEnded(DRILL, False, "it was installed", 1.0, {}, "a\nb"))
        assert rows(view)[0][3] == "2/2"
        assert rows(view)[0][5].startswith("does not hold")
        drills = (DrillResult("promise", True), DrillResult("altered-file", False, "it was"))
        view.end(
            [
                Result("served-folder", "3.11", (StepResult("fill"),), drills, seconds=2.0),
                Result("served-folder", "3.13", skipped="no [3.13] answers"),
            ]
        )
        assert rows(view) == [
            ["served-folder", "3.11", "1/2", "2/2", "2.0", "does not hold"],
            ["served-folder", "3.13", "-", "-", "-", "skipped: no [3.13] answers"],
        ]
    below = capsys.readouterr().out
    assert "served-folder on Python 3.11: drill altered-file: does not hold (1.0 s)" in below
    assert below.endswith("  it was installed\n  | a\n  | b\n")


def test_many_recipes_on_a_terminal_are_a_live_table(
    invoke: Invoke, recipes: Path, terminal: Console
) -> None:
    second = load(recipes / "served-folder").folder.rename(recipes / "a-second")
    (recipes / "served-folder").mkdir()
    for path in second.iterdir():
        (recipes / "served-folder" / path.name).write_bytes(path.read_bytes())
    result = invoke("run", "--all", "--recipes", recipes, "--drill", "promise")
    assert result.exit_code == 0, result.output
    shown = terminal.export_text()
    assert "a-second" in shown
    assert shown.split("recipe ")[-1].count("holds") == 2
