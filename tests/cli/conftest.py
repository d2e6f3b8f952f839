"""Two ways to call the command: in this process, and as a person does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mirrorlab.cli.ending import TRACEBACK
from mirrorlab.cli.group import mirrorlab
from mirrorlab.cli.starting import make

Invoke = Callable[..., Result]
Started = Callable[..., "subprocess.Popen[str]"]
COMMAND = (sys.executable, "-m", "mirrorlab")


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Call it in this process; its stdout is a pipe."""
    monkeypatch.delenv(TRACEBACK, raising=False)

    def call(*arguments: str | Path) -> Result:
        return CliRunner().invoke(mirrorlab, [str(a) for a in arguments])

    return call


@pytest.fixture
def started() -> Iterator[Started]:
    """Start it as a process of its own; it is gone when the test ends."""
    processes: list[subprocess.Popen[str]] = []
    environment = {k: v for k, v in os.environ.items() if k != TRACEBACK}

    def start(*arguments: str | Path, command: tuple[str, ...] = COMMAND) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*command, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def recipes(tmp_path: Path) -> Path:
    """A folder of recipes with one that works: a new one, as it is made."""
    made = tmp_path / "recipes" / "served-folder"
    make(made)
    return tmp_path / "recipes"


def error_of(result: Result, code: int) -> str:
    """Give the one sentence on stderr of a command that ended with this code."""
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    sentences = result.stderr.splitlines()
    assert len(sentences) == 1, result.stderr
    assert sentences[0].startswith("mirrorlab: ")
    return sentences[0].removeprefix("mirrorlab: ")
