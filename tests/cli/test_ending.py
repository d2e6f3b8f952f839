"""Every ending is one sentence and an exit code, never a traceback."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
import rich_click as click
from click.testing import CliRunner, Result

from mirrorlab.cli.ending import TRACEBACK, Group
from mirrorlab.errors import CouldNotTell, WrongUse

from .conftest import COMMAND, Invoke, error_of


def ends(raising: Callable[[], object]) -> Result:
    """End a made-up command in this way."""

    @click.group(cls=Group)
    def group() -> None: ...

    @group.command()
    def work() -> None:
        raising()

    return CliRunner().invoke(group, ["work"])


def throw(error: BaseException) -> Callable[[], object]:
    def raising() -> object:
        raise error

    return raising


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (WrongUse("no such thing"), 2, "no such thing"),
        (CouldNotTell("two\nlines"), 3, "two lines"),
        (OSError(28, "No space left on device", "/srv/x"), 3, "/srv/x: No space left on device"),
        (OSError("nothing more is known"), 3, "nothing more is known"),
        (click.UsageError("give a name."), 2, "give a name (group work --help shows how)"),
        (click.ClickException("so it is"), 2, "so it is"),
    ],
)
def test_an_error_is_a_sentence(error: Exception, code: int, sentence: str) -> None:
    if isinstance(error, click.UsageError):
        error.ctx = click.Context(click.Command("work"), info_name="group work")
    assert error_of(ends(throw(error)), code) == sentence


def test_a_mistake_of_the_kit_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TRACEBACK, raising=False)
    said = error_of(ends(throw(ZeroDivisionError("by zero"))), 3)
    assert said == f"the kit made a mistake (ZeroDivisionError: by zero); {TRACEBACK}=1 shows where"
    monkeypatch.setenv(TRACEBACK, "1")
    result = ends(throw(ZeroDivisionError("by zero")))
    assert isinstance(result.exception, ZeroDivisionError)


def test_interrupted_is_130() -> None:
    result = ends(throw(KeyboardInterrupt()))
    assert result.exit_code == 130
    assert result.output.strip() == ""


def test_all_is_well_is_0() -> None:
    assert ends(lambda: None).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["lst"], "No such command 'lst'. Did you mean 'list'? (mirrorlab --help shows how)"),
        (["list", "--jsn"], "No such option '--jsn'"),
        (["copy"], "Missing argument 'NAME' (mirrorlab copy --help shows how)"),
        (["run", "--all", "--jobs", "0"], "Invalid value for '--jobs': 0 is not in the range x>=1"),
    ],
)
def test_wrong_use_is_2(invoke: Invoke, arguments: list[str], sentence: str) -> None:
    assert error_of(invoke(*arguments), 2).startswith(sentence)


def test_no_command_at_all_shows_the_help(invoke: Invoke) -> None:
    result = invoke()
    assert result.exit_code == 2
    assert "Begin here:" in result.output


def test_a_closed_pipe_is_quiet() -> None:
    line = " ".join([*COMMAND, "list", "--json", "|", "true"])
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.returncode in {0, 141}  # 0 where it had written everything before the reader left


def test_a_pipe_closed_before_the_first_byte_is_141() -> None:
    code = (
        "import os, sys, mirrorlab.cli as c\n"
        "r, w = os.pipe(); os.close(r); os.dup2(w, 1)\n"
        "sys.argv = ['mirrorlab', 'list', '--json']; c.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (141, "")


def test_an_interrupt_while_it_starts_is_130() -> None:
    code = (
        "import os, signal, sys, importlib.abc\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's & ignores it\n"
        "class Slow(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'rich_click': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Slow())\n"
        "import mirrorlab.cli as c\n"
        "c.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (130, "")
    assert signal.SIGINT + 128 == 130


def test_a_closed_output_is_no_mistake_of_the_kit() -> None:
    for closed in (">&-", ">&- 2>&-", "<&- >&- 2>&-"):
        line = f'"$@" list {closed}'
        done = subprocess.run(
            ["sh", "-c", line, "sh", *COMMAND], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
