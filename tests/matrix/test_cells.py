"""Cells that are lived for real; and cells that are no cells, which must not pass for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.matrix.conftest import ALONE, CLIENT, INSTALL

from mirrorlab import clients
from mirrorlab.clients import Configuration, Suite
from mirrorlab.clients.configuration import MIRROR, SECOND
from mirrorlab.lab import Tools
from mirrorlab.matrix import TROUBLES, Cell, Outcome, choosing, engine
from mirrorlab.matrix.choosing import Choice
from mirrorlab.matrix.engine import Done
from mirrorlab.matrix.trouble import Trouble
from mirrorlab.scenario import Fault

NOWHERE = Trouble("nowhere", "a mistyped path", Fault.NOT_FOUND, "/simpel/*")
OTHER_NAME = f"""
import pathlib, subprocess, sys
url = "{MIRROR}".replace("127.0.0.1", "localhost")
uv = pathlib.Path(sys.executable).with_name("uv")
sys.exit(subprocess.call([uv, "pip", "install", "--default-index", url, "demo-lib"]))
"""


def way(name: str, **changes: Any) -> Configuration:
    """Another configuration than the mirror alone."""
    return replace(ALONE, name=name, **changes)


CASES: list[tuple[Configuration, str | Trouble]] = [
    (ALONE, "none"),
    (ALONE, "404"),
    (ALONE, "404-files"),
    (ALONE, "503-first"),
    (ALONE, "stale"),
    (ALONE, "altered"),
    (ALONE, "untrusted-tls"),
    (ALONE, NOWHERE),
    (way("both", install=f"uv pip install --index {MIRROR} --default-index {SECOND} x"), "none"),
    (way("two", install=INSTALL.replace("--default", f"--index {SECOND} --default")), "404"),
    (way("leaving", install="uv pip install demo-lib"), "none"),
    (way("mistyped", install=INSTALL.replace("mirror.example", "miror.example")), "none"),
    (way("named", files={"go.py": OTHER_NAME}, install="python go.py"), "none"),
    (way("wrong", install=f"{INSTALL}==3"), "none"),
    (way("unprepared", prepare=("uv pip install --no-such-option",)), "none"),
    (way("missing", install="no-such-program"), "none"),
    *(
        (configuration, "none")
        for configuration in clients.configurations(CLIENT)
        if configuration.suite is Suite.CONTROL
    ),
]
Lived = Callable[[str], Done]


@pytest.fixture(scope="module")
def lived(tools: Mapping[str, Tools]) -> Lived:
    """Give what became of a cell, ``CONFIGURATION/TROUBLE``; all are lived at once."""
    chosen = [
        Choice(CLIENT, configuration, met if isinstance(met, Trouble) else TROUBLES[met])
        for configuration, met in CASES
    ]
    heard: list[Done] = []
    engine.run(chosen, tools, heard.append)
    assert sorted(done.choice.id for done in heard) == sorted(each.id for each in chosen)
    by_id = {done.choice.id: done for done in heard}
    return lambda name: by_id[f"{CLIENT}/{name}"]


def cell(done: Done) -> Cell:
    """What became of it."""
    assert done.problem is None
    assert done.cell is not None
    return done.cell


def reason(done: Done) -> str:
    """Why there is no outcome."""
    assert done.cell is None
    assert done.problem is not None
    return done.problem.reason


def test_a_healthy_cell_installs_the_newest(lived: Lived) -> None:
    found = cell(lived("mirror/none"))
    assert (found.says, found.exit_code, found.met, found.line) == ("newest from mirror", 0, 0, "")
    assert found.requests == {"mirror": 3}


@pytest.mark.parametrize(
    ("name", "says", "met"),
    [
        ("mirror/404", "failed clearly", 1),
        ("mirror/503-first", "newest from mirror", 1),
        ("mirror/stale", "stale", 1),
        ("mirror/altered", "altered installed", 3),
        ("two/404", "newest from second", 0),
    ],
)
def test_each_trouble_comes_to_its_outcome(lived: Lived, name: str, says: str, met: int) -> None:
    found = cell(lived(name))
    assert (found.says, found.met) == (says, met)


def test_a_failure_shows_the_example_addresses(lived: Lived) -> None:
    found = cell(lived("mirror/404-files"))
    assert (found.outcome, found.exit_code, found.met) == (Outcome.CLEAR, 1, 1)
    assert "https://mirror.example/packages/" in found.line


def test_a_handshake_that_fails_is_no_request_and_meets_the_fault(lived: Lived) -> None:
    found = cell(lived("mirror/untrusted-tls"))
    assert (found.outcome, found.requests) == (Outcome.CLEAR, {"mirror": 0})
    assert found.met > 0


def test_told_of_no_index_it_is_caught_leaving(lived: Lived) -> None:
    """The positive control; that of every client is re-run with the record."""
    assert cell(lived("no-index/none")).outcome is Outcome.CAUGHT


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("leaving/none", "tried to leave the lab for pypi.org:443"),
        ("mistyped/none", "it speaks of miror.example, which is no index of this cell"),
        ("named/none", "was asked as 'localhost:"),
        ("mirror/nowhere", "no path of this index that '404' can strike matches '/simpel/*'"),
        ("wrong/none", "all is healthy, and it comes to 'failed"),
        ("both/none", "all is healthy, and it comes to 'failed"),
        ("unprepared/none", "all is healthy, and 'uv pip install --no-such-option' fails"),
        ("missing/none", "no-such-program"),
    ],
)
def test_what_is_no_cell_is_no_outcome(lived: Lived, name: str, why: str) -> None:
    assert why in reason(lived(name))


def test_what_was_printed_comes_with_the_reason(lived: Lived) -> None:
    problem = lived("wrong/none").problem
    assert problem is not None
    assert "demo-lib==3" in problem.output


def test_who_is_too_slow_is_killed_and_nothing_is_left_open(tools: Mapping[str, Tools]) -> None:
    before = sorted(Path("/proc/self/fd").iterdir())
    heard: list[Done] = []
    choice = Choice(CLIENT, ALONE, TROUBLES["hang"])
    engine.run([choice], tools, heard.append, jobs=1, patience=1.5)
    [done] = heard
    assert (cell(done).outcome, cell(done).exit_code) == (Outcome.WAITING, 124)
    assert sorted(Path("/proc/self/fd").iterdir()) == before


def test_the_clients_are_those_of_today() -> None:
    assert "pip" in choosing.names()
    assert "pip-22.1" not in choosing.names()
    ids = [choice.id for choice in choosing.everything()]
    assert len(ids) == len(set(ids))


def test_each_version_is_that_of_the_lock(tools: Mapping[str, Tools]) -> None:
    pinned = clients.REQUIREMENTS[CLIENT].read_text()
    assert f"uv=={choosing.version(CLIENT, tools[CLIENT])} " in pinned
