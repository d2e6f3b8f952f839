"""What the engine says of tiny recipes: of one that holds, and of all the ways not to hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mirrorlab.errors import BrokenFile, UnknownName
from mirrorlab.lab.programs import Missing
from mirrorlab.runner import DrillResult, Measure, Result, events, exit_code, run, run_all
from mirrorlab.runner.preparation import explain

MakeRecipe = Callable[..., Path]


def broken(folder: Path, **options: float) -> DrillResult:
    return run(folder, drills=["broken"], **options).drill("broken")  # type: ignore[arg-type]


def test_a_recipe_that_holds(make_recipe: MakeRecipe) -> None:
    folder = make_recipe(
        drill="""
        url = f"http://127.0.0.1:{run.settings['PORT']}/"
        run.process("serve").kill()
        gone = run.get(url)
        assert gone.status == 0
        assert "refused" in gone.text
        run.step("fetch")
        again = run.step("serve")
        assert again.exit_code == 0
        assert run.get(url).status == 200
        assert not (run.folder / "drills.py").exists()
        run.measure("answers", 2, "requests")
        """,
        shows="wrote   a page",
    )
    heard: list[events.Event] = []

    result = run(folder, listen=heard.append)

    assert [(drill.name, drill.holds, drill.reason) for drill in result.drills] == [
        ("promise", True, None),
        ("broken", True, None),
    ]
    assert result.drill("broken").measures == {"answers": Measure(2, "requests")}
    assert [(step.name, step.skipped) for step in result.steps] == [
        ("fetch", None),
        ("serve", None),
    ]
    assert exit_code([result]) == 0
    told = [type(event).__name__ for event in heard if event.world.story == "broken"]
    steps = ["StepBegan", "StepDone"] * 2
    assert told == ["WorldBegan", *steps, "StoryBegan", "StoryEnded", "WorldEnded"]
    assert "Write the page to serve." in {e.says for e in heard if isinstance(e, events.StepBegan)}


def test_a_drill_may_begin_before_the_last_steps(make_recipe: MakeRecipe) -> None:
    drill = 'assert not run.processes()\nassert (run.tmp / "served" / "index.html").exists()'
    assert run(make_recipe(drill=drill, after="fetch")).drill("broken").holds


def test_a_bare_assert_is_shown_with_its_values(make_recipe: MakeRecipe) -> None:
    folder = make_recipe(drill='done = run.command("false")\nassert done.exit_code == 0')
    result = broken(folder)
    assert result.holds is False
    expected = "drills.py line 8: assert done.exit_code == 0, where done.exit_code is 1"
    assert result.reason == expected


def test_drills_in_a_folder_are_told_and_placed_alike(make_recipe: MakeRecipe) -> None:
    folder = make_recipe(drill="pass")
    drilling = folder / "drilling"
    drilling.mkdir()
    (folder / "drills.py").rename(drilling / "stories.py")
    (drilling / "proofs.py").write_text("def same(one, other):\n    assert one == other\n")
    with (drilling / "stories.py").open("a") as stories:
        stories.write("    from drilling.proofs import same\n")
        stories.write("    same(run.settings['PORT'], 'none')\n")
    taken = "from drilling.stories import broken, promise"
    (folder / "drills.py").write_text(f"{taken}\n\n__all__ = ['broken', 'promise']\n")

    result = run(folder)

    assert result.drill("promise").holds is True
    port = result.drill("broken")
    assert port.holds is False
    said = "drilling/proofs.py line 2: assert one == other, where one is "
    assert str(port.reason).startswith(said), port.reason
    assert not list(folder.rglob("*.pyc"))


def test_an_assert_with_a_message(make_recipe: MakeRecipe) -> None:
    result = broken(make_recipe(drill='assert run.index.url == "", "the mirror is stale"'))
    assert (result.holds, result.reason) == (False, "drills.py line 7: the mirror is stale")


def test_a_drill_that_crashes_does_not_hold(make_recipe: MakeRecipe) -> None:
    result = broken(make_recipe(drill='{}["demo-lib"]'))
    assert (result.holds, result.reason) == (False, "drills.py line 7: KeyError: 'demo-lib'")


def test_a_mistyped_name_in_a_drill_is_no_verdict(make_recipe: MakeRecipe) -> None:
    folder = make_recipe(drill='run.step("serv")')
    result = run(folder, drills=["broken"])
    assert result.drill("broken").holds is None
    assert "there is no step 'serv'; did you mean 'serve'?" in str(result.drill("broken").reason)
    assert exit_code([result]) == 3


def test_a_setting_that_no_script_has_is_no_verdict(make_recipe: MakeRecipe) -> None:
    result = broken(make_recipe(drill='run.step("fetch", TARGTE="/tmp/x")'))
    assert result.holds is None
    assert "TARGTE" in str(result.reason)


def test_a_failing_step_is_named(make_recipe: MakeRecipe) -> None:
    fetch = "#!/bin/sh\n# Fetch.\n: ${INDEX:=x} ${TARGET:=y}\necho no such project >&2\nexit 7\n"
    result = run(make_recipe(fetch=_with_settings(fetch)), drills=[])
    (promise,) = result.drills
    assert promise.holds is False
    assert promise.reason == "the step 'fetch' ended with exit code 7: no such project"
    assert exit_code([result]) == 1


def test_a_service_that_dies_is_not_waited_for(make_recipe: MakeRecipe) -> None:
    serve = "#!/bin/sh\n# Serve.\necho cannot bind\nexit 98\n"
    result = run(make_recipe(serve=_with_settings(serve)), drills=[])
    (promise,) = result.drills
    assert promise.holds is False
    assert promise.reason == "the step 'serve' ended with exit code 98: cannot bind"
    assert promise.seconds < 8, "the deadline was waited for"
    assert "cannot bind" in promise.transcript


def test_a_service_that_never_answers(make_recipe: MakeRecipe) -> None:
    serve = _with_settings("#!/bin/sh\n# Serve.\necho warming up\nexec sleep 60\n")
    folder = make_recipe(serve=serve, edit=("within = 10", "within = 1"))
    (promise,) = run(folder, drills=[]).drills
    assert promise.holds is False
    assert "the step 'serve' does not answer at http://127.0.0.1:" in str(promise.reason)
    assert "within 1 s; its last line was: warming up" in str(promise.reason)


def test_a_step_that_does_not_end(make_recipe: MakeRecipe) -> None:
    fetch = _with_settings("#!/bin/sh\n# Fetch.\nexec sleep 60\n")
    folder = make_recipe(fetch=fetch, edit=('run = "fetch.sh"', 'run = "fetch.sh"\nwithin = 1'))
    (promise,) = run(folder, drills=[]).drills
    assert promise.holds is False
    assert "the end of 'fetch'" in str(promise.reason)


def test_who_would_leave_the_lab_is_stopped_and_named(make_recipe: MakeRecipe) -> None:
    script = "import urllib.request; urllib.request.urlopen('https://pypi.org/simple/')"
    drill = f'run.command("python3", "-c", "{script}")'
    result = broken(make_recipe(drill=drill))
    assert result.holds is False
    assert "tried to leave the lab for pypi.org:443" in str(result.reason)


def test_a_message_that_nothing_shows(make_recipe: MakeRecipe) -> None:
    result = broken(make_recipe(drill="pass", shows="ERROR: no space left"))
    assert result.holds is False
    assert result.reason is not None
    assert "'ERROR: no space left'" in result.reason


def test_a_message_that_only_the_steps_before_the_drill_showed(make_recipe: MakeRecipe) -> None:
    result = broken(make_recipe(drill="pass", shows="wrote a page"))
    assert result.holds is False
    assert "nothing in this drill said 'wrote a page'" in str(result.reason)
    assert "wrote a page" in result.transcript


@pytest.mark.parametrize(
    ("drill", "why"),
    [
        ("yield run", "broken(run) is a generator"),
        ("return run.index.url == ''", "broken(run) returned False"),
    ],
)
def test_a_drill_that_returns_something_proves_nothing(
    make_recipe: MakeRecipe, drill: str, why: str
) -> None:
    result = broken(make_recipe(drill=drill))
    assert result.holds is False
    assert result.reason == f"{why}; it must assert, and return nothing"


def test_a_drill_that_hangs(make_recipe: MakeRecipe) -> None:
    result = broken(make_recipe(drill="while True:\n    pass"), deadline=1)
    assert result.holds is False
    assert str(result.reason).startswith("drills.py line ")
    assert str(result.reason).endswith(": it still ran after 1 s")


def test_waiting_in_vain_does_not_hold(make_recipe: MakeRecipe) -> None:
    result = broken(make_recipe(drill='run.wait(lambda: False, "a page", within=0.2)'))
    assert (result.holds, result.reason) == (
        False,
        "drills.py line 7: a page did not come within 0.2 s",
    )


def test_a_world_that_is_killed_is_no_verdict(make_recipe: MakeRecipe) -> None:
    result = broken(make_recipe(drill="import os, signal\nos.kill(os.getpid(), signal.SIGABRT)"))
    assert result.holds is None
    assert "without a verdict" in str(result.reason)


def test_a_missing_program_is_skipped_and_named(make_recipe: MakeRecipe) -> None:
    needs = ("[test]", '[needs]\nprograms = ["no-such-program"]\n\n[test]')
    folder = make_recipe(edit=needs)
    result = run(folder)
    assert result.skipped == "not installed: no-such-program"
    assert (result.holds, result.drills) == (None, ())
    assert exit_code([result]) == 3


def test_a_missing_program_that_debian_has_is_named_with_its_package() -> None:
    needs = (Missing("no-such-program", ""), Missing("nginx|caddy", "nginx-light"))
    assert explain(needs) == "not installed: no-such-program, nginx|caddy (package nginx-light)"


def test_a_step_without_its_program_is_skipped_and_strictness_minds(
    make_recipe: MakeRecipe,
) -> None:
    drill = "assert list(run.processes()) == ['serve']"
    needs = ('run = "fetch.sh"', 'run = "fetch.sh"\nneeds = ["no-such-program"]')
    promise = "def promise(run):\n    pass\n"
    folder = make_recipe(drill=drill, edit=needs, serve=SERVE_ANYTHING)
    (folder / "drills.py").write_text(promise + f"def broken(run):\n    {drill}\n")
    loose = run(folder, drills=["broken"])
    assert loose.holds is True
    skipped = "not installed: no-such-program"
    assert [step.skipped for step in loose.steps] == [skipped, None]
    assert exit_code([loose]) == 0
    strict = run(folder, drills=["promise"], strict=True)
    assert strict.holds is None
    assert exit_code([strict]) == 3


def test_an_unfitting_python_is_skipped(make_recipe: MakeRecipe) -> None:
    folder = make_recipe(edit=("[test]", '[needs]\npython = ">=4"\n\n[test]'))
    assert "it needs Python >=4" in str(run(folder).skipped)


def test_a_python_that_is_not_there_is_skipped(make_recipe: MakeRecipe) -> None:
    assert "python3.99-venv" in str(run(make_recipe(), python="3.99").skipped)


def test_a_broken_manifest_raises_before_anything_runs(make_recipe: MakeRecipe) -> None:
    folder = make_recipe(edit=('PORT = "{port.web}"', 'PORT = "{host}"'))
    heard: list[events.Event] = []
    with pytest.raises(BrokenFile, match=r"test\.PORT: \{host\} is no placeholder"):
        run(folder, listen=heard.append)
    assert heard == []


def test_a_mistyped_drill_raises(make_recipe: MakeRecipe) -> None:
    with pytest.raises(UnknownName, match="did you mean 'broken'"):
        run(make_recipe(drill="pass"), drills=["brokn"])


@pytest.mark.parametrize(
    ("holds", "code"),
    [((True,), 0), ((True, False, None), 1), ((True, None), 3), ((), 3)],
)
def test_exit_codes(holds: tuple[bool | None, ...], code: int) -> None:
    results = [
        Result("a", "3.11", drills=(DrillResult("promise", each, "because"),)) for each in holds
    ]
    assert exit_code(results) == code


def test_a_result_without_any_verdict_could_not_tell() -> None:
    empty = Result("a", "3.11")
    assert empty.holds is None
    assert exit_code([empty]) == 3


def test_recipes_of_one_name_are_not_mixed_up(make_recipe: MakeRecipe, tmp_path: Path) -> None:
    good = make_recipe(drill="pass")
    (tmp_path / "other").mkdir()
    bad = make_recipe("other/a-page", drill="assert not run")
    results = run_all([good, bad], drills=["broken"])
    assert [result.holds for result in results] == [True, False]
    assert [len(result.drills) for result in results] == [1, 1]


def test_a_skipped_recipe_counts_only_where_the_run_is_strict_or_nothing_ran() -> None:
    good = Result("a", "3.11", drills=(DrillResult("promise", True),))
    assert exit_code([good, Result("b", "3.11", skipped="no nginx")]) == 0
    assert exit_code([good, Result("b", "3.11", skipped="no nginx", strict=True)]) == 3


SERVE_ANYTHING = """\
#!/bin/sh
# Serve anything.
set -eu
: "${INDEX:=https://pypi.org/simple/}"  # the index it names
: "${TARGET:=/srv/served}"  # where to write
: "${PORT:=8000}"  # the port
exec python3 -m http.server --bind 127.0.0.1 "$PORT"
"""


def _with_settings(script: str) -> str:
    """Put the settings that recipe.toml sets at the top of a script that uses none."""
    head, says, *rest = script.splitlines(keepends=True)
    defaults = {"INDEX": "https://pypi.org/simple/", "TARGET": "/srv/served", "PORT": "8000"}
    settings = [f': "${{{name}:={default}}}"  # unused\n' for name, default in defaults.items()]
    return "".join([head, says, *settings, *(line for line in rest if not line.startswith(": "))])
