"""Inside a world: who one is, what one sees, and that there is no way out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mirrorlab.errors import NotPossible
from mirrorlab.lab import isolation, kernel

from .conftest import MODES, World

Start = Callable[..., World]
ENDING = """
import _thread, os, time
from mirrorlab.lab import isolation
assert isolation.why_not() is None
_thread.start_new_thread(time.sleep, (0.5,))  # the module threading does not know of it
assert len(os.listdir("/proc/self/task")) == 2
isolation.isolate()
print(isolation.isolated())
"""
NO_CAPABILITIES = {"CapInh", "CapPrm", "CapEff", "CapAmb"}


def test_namespaces_are_to_be_had_here() -> None:
    assert isolation.why_not() is None


def test_these_tests_cannot_leave() -> None:
    assert isolation.isolated()


def test_a_program_is_an_ordinary_user_without_capabilities(world: Start) -> None:
    status = json.loads(world("namespaces", "report").told())["status"]
    assert "0" not in status["Uid"].split()
    assert "0" not in status["Gid"].split()
    assert {name: int(status[name], 16) for name in NO_CAPABILITIES} == dict.fromkeys(
        NO_CAPABILITIES, 0
    )


def test_a_program_sees_loopback_and_its_own_world_only(world: Start) -> None:
    told = json.loads(world("namespaces", "report").told())
    assert told["isolated"] is True
    assert told["interfaces"] == ["lo"]
    # process 1 (the guardian), the worker, and the program that looked
    assert told["processes"] == 3


@pytest.mark.parametrize("mode", MODES)
def test_the_exit_code_is_that_of_the_worker(world: Start, mode: str) -> None:
    started = world(mode, "report")
    started.gone()
    assert started.process.returncode == 7


def test_the_sentence_of_refusal_names_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_flags: int) -> None:
        raise OSError(1, os.strerror(1))

    monkeypatch.setattr(kernel, "unshare", refuse)
    monkeypatch.setattr(isolation, "_state", isolation._State())
    assert isolation.why_not() == "the kernel refuses user namespaces (Operation not permitted)"


def test_a_refused_mount_is_told_from_a_refused_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(13, os.strerror(13))

    monkeypatch.setattr(kernel, "mount", refuse)
    monkeypatch.setattr(isolation, "_state", isolation._State())
    sentence = "the kernel refuses to mount inside a user namespace (Permission denied)"
    assert isolation.why_not() == sentence


def test_threads_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_state", isolation._State())
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        with pytest.raises(NotPossible, match="more than one thread"):
            isolation.isolate()
    finally:
        done.set()
        thread.join()


def test_a_thread_that_is_ending_is_waited_for() -> None:
    """The kernel has it a little longer than Python, and would refuse the namespace."""
    done = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_a_thread_that_does_not_end_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(isolation, "_state", isolation._State())
    monkeypatch.setattr(isolation, "_THREADS", tmp_path)
    monkeypatch.setattr(isolation, "_THREADS_END_WITHIN", 0.0)
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
    with pytest.raises(NotPossible, match="more than one thread"):
        isolation.isolate()
