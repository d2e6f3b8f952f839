"""However a world ends, none of its processes and files is left."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from mirrorlab.lab import wait_until

from .conftest import MODES, World, marked

Start = Callable[..., World]


@pytest.fixture(params=MODES)
def sleepers(request: pytest.FixtureRequest, world: Start, tmp_path: Path) -> tuple[World, Path]:
    """A world with sleepers and a daemon, all up, and the folder of its lab.

    Six carry the mark: outer process, guardian, worker, a sleeper, a shell, a daemon.
    """
    (tmp_path / "root").mkdir()
    started = world(request.param, "sleepers", str(tmp_path / "root"))
    told = json.loads(started.told())
    wait_until(lambda: len(started.processes()) == 6, what="six processes")
    return started, Path(told["files"])


@pytest.mark.parametrize("victim", ["outer", "guardian", "worker"])
def test_kill_9_leaves_no_process(sleepers: tuple[World, Path], victim: str) -> None:
    started, _ = sleepers
    ids = dict(zip(("outer", "guardian", "worker"), started.chain(), strict=True))
    os.kill(ids[victim], signal.SIGKILL)
    started.gone()
    assert marked(started.mark) == set()


def test_kill_9_of_the_outer_process_leaves_no_temporary_file(world: Start, tmp_path: Path) -> None:
    started = world("guardians", "sleepers", str(tmp_path))
    temporary = Path(json.loads(started.told())["temporary"])
    assert temporary.is_dir()
    os.kill(started.process.pid, signal.SIGKILL)
    started.gone()
    wait_until(lambda: not temporary.exists(), what="the end of the temporary files")
    assert list(started.temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "whole_group", "exit_code"),
    [
        (signal.SIGINT, True, 130),
        (signal.SIGINT, False, 130),
        (signal.SIGTERM, False, 143),
        (signal.SIGHUP, False, 129),
    ],
)
def test_a_signal_ends_processes_and_removes_files(
    sleepers: tuple[World, Path], number: signal.Signals, whole_group: bool, exit_code: int
) -> None:
    started, files = sleepers
    assert files.is_dir()
    (os.killpg if whole_group else os.kill)(started.process.pid, number)
    started.gone()
    assert started.process.returncode == exit_code
    assert not files.exists()
    assert list(started.temporary.iterdir()) == []


@pytest.mark.parametrize("mode", MODES)
def test_a_world_ends_when_its_leash_is_let_go(world: Start, mode: str, tmp_path: Path) -> None:
    held, leash = os.pipe()[::-1]
    started = world(mode, "sleepers", str(tmp_path), leash=leash)
    started.told()
    os.close(leash)
    assert started.processes()
    os.close(held)
    started.gone()
    assert marked(started.mark) == set()
