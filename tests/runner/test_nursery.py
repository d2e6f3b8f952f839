"""Worlds are born of one process, as different as if each had been started for itself."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.runner.test_lives import await_event, runner

from mirrorlab.errors import NotPossible
from mirrorlab.lab import wait_until
from mirrorlab.runner import nursery, run

MakeRecipe = Callable[..., Path]
WRITE = """\
import os, random
from pathlib import Path
Path({file!r}).write_text(repr([
    os.environ.get("MARK"), os.getcwd(), random.random(), sorted(os.listdir("/proc/self/fd"))
]))
"""


def children(parent: int) -> list[int]:
    """The processes of a parent, that have not ended."""
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            state, above = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(above) == parent and state != "Z":
                found.append(int(folder.name))
    return found


def in_a_world(folder: Path, file: Path) -> list[object]:
    """What a world says of itself."""
    (folder / "drills.py").write_text(
        "def promise(run):\n    pass\n\ndef broken(run):\n"
        + "".join(f"    {line}\n" for line in WRITE.format(file=str(file)).splitlines())
    )
    result = run(folder, drills=["broken"])
    assert result.holds, result.drills[0].reason
    told: list[object] = eval(file.read_text())
    return told


def test_each_has_the_environment_and_the_folder_of_its_runner_and_nothing_of_another(
    make_recipe: MakeRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_recipe(drill="pass")
    monkeypatch.setenv("MARK", "first")
    first = in_a_world(folder, tmp_path / "first")
    monkeypatch.setenv("MARK", "second")
    monkeypatch.chdir(tmp_path)
    second = in_a_world(folder, tmp_path / "second")
    assert (first[0], second[0]) == ("first", "second")
    assert second[1] == str(tmp_path) != first[1]
    assert first[2] != second[2], "chance repeats itself"
    assert first[3] == second[3], "files of the first are open in the second"


def test_it_is_begun_once_and_again_when_it_has_ended(
    make_recipe: MakeRecipe, tmp_path: Path
) -> None:
    folder = make_recipe(drill="pass")
    in_a_world(folder, tmp_path / "said")
    one = nursery._of_this_process()
    in_a_world(folder, tmp_path / "said")
    assert nursery._of_this_process() is one
    wait_until(lambda: not children(one.process.pid), within=10, what="the end of its worlds")
    one.process.kill()
    one.process.wait()
    in_a_world(folder, tmp_path / "said")
    assert nursery._of_this_process() is not one


def test_one_that_cannot_begin_is_a_sentence(
    make_recipe: MakeRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nursery, "_known", [])
    monkeypatch.setattr(nursery, "_python", lambda: [sys.executable, "-c", "raise SystemExit(7)"])
    with pytest.raises(NotPossible, match="the nursery ended with 7"):
        run(make_recipe(drill="pass"), drills=["broken"])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_does_not_outlive_the_runner(make_recipe: MakeRecipe, number: signal.Signals) -> None:
    with runner(make_recipe(drill="run.wait(lambda: False, 'it')"), "run", "broken") as process:
        await_event(process, "StoryBegan", "broken")
        (born,) = children(process.pid)
        assert b"mirrorlab.runner.child" in Path(f"/proc/{born}/cmdline").read_bytes()
        process.send_signal(number)
        process.wait(15)
        wait_until(lambda: not Path(f"/proc/{born}").exists(), within=10, what="its end")
