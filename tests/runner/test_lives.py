"""However the runner ends, its worlds end with it; and a kept world stays until it is told."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from mirrorlab.lab import wait_until
from mirrorlab.runner import run

MakeRecipe = Callable[..., Path]

RUNNER = """\
import json, sys
from pathlib import Path
from mirrorlab.runner import events, run

def say(event):
    urls = dict(event.urls) if isinstance(event, events.Kept) else None
    print(json.dumps([type(event).__name__, event.world.story, urls]), flush=True)

drills = sys.argv[3:]
result = run(Path(sys.argv[1]), drills=drills, keep=sys.argv[2] == "keep", listen=say)
print(json.dumps(["Result", "", result.holds]), flush=True)
"""


@contextlib.contextmanager
def runner(folder: Path, mode: str, *drills: str) -> Iterator[subprocess.Popen[str]]:
    """A runner as a process of its own, which we may kill."""
    command = [sys.executable, "-c", RUNNER, str(folder), mode, *drills]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as it:
        try:
            yield it
        finally:
            it.kill()


def await_event(process: subprocess.Popen[str], name: str, story: str) -> object:
    """Read the events up to one of them."""
    assert process.stdout is not None
    for line in process.stdout:
        kind, of, data = json.loads(line)
        if (kind, of) == (name, story):
            return data
    raise AssertionError(f"no {name} of {story} came")


def alive(marker: str) -> list[str]:
    """The command lines of all processes, in whatever namespace below, that hold a marker."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and int(folder.name) != os.getpid():
            with contextlib.suppress(OSError):
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if marker in line:
                    found.append(line)
    return found


HANGING = 'run.command("sh", "-c", "sleep 600; : {marker}", timeout=100)'


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_no_process_outlives_the_runner(make_recipe: MakeRecipe, number: signal.Signals) -> None:
    marker = f"marker-{number.name}-{os.getpid()}"
    folder = make_recipe(drill=HANGING.format(marker=marker))
    with runner(folder, "run", "broken") as process:
        await_event(process, "StoryBegan", "broken")
        wait_until(lambda: alive(f": {marker}"), within=10, what="the drill's program")
        process.send_signal(number)
        assert process.wait(15) != 0
        wait_until(lambda: not alive(f": {marker}"), within=10, what="its end")


def test_a_kept_world_answers_until_it_is_interrupted(make_recipe: MakeRecipe) -> None:
    with runner(make_recipe(), "keep") as process:
        urls = await_event(process, "Kept", "promise")
        assert isinstance(urls, dict)
        assert sorted(urls) == ["index", "serve"]
        with build_opener(ProxyHandler({})).open(urls["serve"], timeout=10) as answer:
            assert b"from https://127.0.0.1" in answer.read()
        process.send_signal(signal.SIGINT)
        assert await_event(process, "Result", "") is True
        assert process.wait(15) == 0
    with pytest.raises(OSError, match="refused"):
        build_opener(ProxyHandler({})).open(urls["serve"], timeout=10)


def test_two_worlds_live_side_by_side_and_do_not_meet(make_recipe: MakeRecipe) -> None:
    folder = make_recipe(drill="run.wait(lambda: False, 'the other', within=1.5)")
    heard: list[tuple[str, str]] = []

    result = run(
        folder, jobs=2, listen=lambda event: heard.append((type(event).__name__, event.world.story))
    )

    assert [drill.holds for drill in result.drills] == [True, False]
    assert heard.index(("WorldBegan", "broken")) < heard.index(("WorldEnded", "promise"))


def test_one_job_is_one_world_at_a_time(make_recipe: MakeRecipe) -> None:
    heard: list[tuple[str, str]] = []
    run(
        make_recipe(drill="pass"),
        jobs=1,
        listen=lambda event: heard.append((type(event).__name__, event.world.story)),
    )
    assert heard.index(("WorldEnded", "promise")) < heard.index(("WorldBegan", "broken"))
