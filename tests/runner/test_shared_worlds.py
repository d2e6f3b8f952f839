"""Several drills in one world: the steps are done once, and nothing leaks from one to the next."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mirrorlab import runner
from mirrorlab.runner import Result, events, exit_code, run

MakeRecipe = Callable[..., Path]

NOTHING = Path(runner.__file__).with_name("nothing.txt")


@pytest.fixture
def shared(make_recipe: MakeRecipe) -> Callable[..., Path]:
    """Make a recipe whose drills ``first``, ``second``, … have these bodies and one world."""

    def make(*bodies: str, world: str = "promise", name: str = "a-page") -> Path:
        folder = make_recipe(name)
        manifest, drills = folder / "recipe.toml", folder / "drills.py"
        for number, body in zip(("first", "second", "third"), bodies, strict=False):
            drill = f'\n[[drill]]\nname = "{number}"\ntitle = "{number}"\nworld = "{world}"\n'
            manifest.write_text(manifest.read_text() + drill)
            drills.write_text(f"{drills.read_text()}def {number}(run):\n    {body}\n")
        return folder

    return make


def verdicts(result: Result) -> dict[str, bool | None]:
    return {drill.name: drill.holds for drill in result.drills}


def test_the_steps_are_done_once_for_all_of_them(shared: Callable[..., Path]) -> None:
    heard: list[events.Event] = []
    result = run(shared("pass", "pass"), listen=heard.append)
    assert verdicts(result) == {"promise": True, "first": True, "second": True}
    assert len([event for event in heard if isinstance(event, events.WorldBegan)]) == 1
    assert [e.step for e in heard if isinstance(e, events.StepDone)] == ["fetch", "serve"]
    assert [e.world.story for e in heard if isinstance(e, events.StoryBegan)] == [
        "promise",
        "first",
        "second",
    ]


def test_drills_of_another_world_do_not_meet_the_promise(shared: Callable[..., Path]) -> None:
    heard: list[events.Event] = []
    result = run(shared("pass", "pass", world="broken-ones"), listen=heard.append)
    assert exit_code([result]) == 0
    began = {event.world.story for event in heard if isinstance(event, events.WorldBegan)}
    assert began == {"promise", "first"}


def test_what_is_asked_for_alone_has_a_world_of_its_own(shared: Callable[..., Path]) -> None:
    folder = shared("assert False", "pass")
    assert verdicts(run(folder, drills=["second"])) == {"second": True}


def test_faults_requests_and_measures_stay_with_their_drill(shared: Callable[..., Path]) -> None:
    folder = shared(
        "run.index.fault('500'); run.measure('a', 1, 's');"
        "assert run.get(run.index.url + '/simple/').status == 500",
        "assert not run.index.requests(); assert not run.measures;"
        "assert run.get(run.index.url + '/simple/').status == 200",
    )
    result = run(folder)
    assert [drill.reason for drill in result.drills] == [None, None, None]
    assert [len(drill.measures) for drill in result.drills] == [0, 1, 0]


def test_after_one_that_does_not_hold_the_next_are_not_told(shared: Callable[..., Path]) -> None:
    result = run(shared("assert False, 'broken'", "pass"))
    assert verdicts(result) == {"promise": True, "first": False, "second": None}
    told = result.drill("second").reason
    assert told == "not told: first, before it in the same world, does not hold"
    assert exit_code([result]) == 1


def test_a_service_that_a_drill_leaves_dead_is_named(shared: Callable[..., Path]) -> None:
    result = run(shared('run.process("serve").kill()', "pass"))
    assert verdicts(result) == {"promise": True, "first": True, "second": None}
    assert "'serve'" in str(result.drill("second").reason)
    assert "the story before it in this world left it so" in str(result.drill("second").reason)
    assert exit_code([result]) == 3


def test_who_left_the_lab_is_told_of_the_drill_that_did_it(shared: Callable[..., Path]) -> None:
    script = "import urllib.request; urllib.request.urlopen('https://pypi.org/simple/')"
    result = run(shared("pass", f'run.command("python3", "-c", "{script}")'))
    assert verdicts(result) == {"promise": True, "first": True, "second": False}
    assert "tried to leave the lab" in str(result.drill("second").reason)


def test_a_world_that_dies_leaves_no_story_without_a_word(shared: Callable[..., Path]) -> None:
    result = run(shared("import os; os.kill(os.getpid(), 6)", "pass"))
    assert verdicts(result) == {"promise": True, "first": None, "second": None}
    assert "without a verdict" in str(result.drill("second").reason)


def test_a_step_that_fails_is_told_once(shared: Callable[..., Path]) -> None:
    folder = shared("pass")
    fetch = folder / "fetch.sh"
    fetch.write_text(fetch.read_text() + "exit 7\n")
    result = run(folder)
    assert verdicts(result) == {"promise": False, "first": None}
    assert "ended with exit code 7" in str(result.drill("promise").reason)


def test_a_further_environment_is_a_folder_for_the_scripts(make_recipe: MakeRecipe) -> None:
    folder = make_recipe(
        edit=('TARGET = "{tmp}/served"', 'TARGET = "{tmp}/served"\nOTHER = "{tools.other}"'),
        drill="""
        done = run.step("fetch")
        assert done.output.splitlines()[-1].startswith("Python 3."), done.output
        """,
    )
    fetch, manifest = folder / "fetch.sh", folder / "recipe.toml"
    other = ': "${OTHER:=/srv/other}"  # the other environment'
    fetch.write_text(fetch.read_text().replace("mkdir -p", f"{other}\nmkdir -p"))
    fetch.write_text(f'{fetch.read_text()}"$OTHER/bin/python" --version\n')
    manifest.write_text(f'{manifest.read_text()}\n[tools]\nother = "nothing.txt"\n')
    shutil.copy(NOTHING, folder)  # a lock that phase one knows
    result = run(folder)
    assert [drill.reason for drill in result.drills] == [None, None]
