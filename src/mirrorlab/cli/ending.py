"""How a command ends: one sentence on stderr and an exit code, never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import rich_click as click
from click.exceptions import Abort, ClickException, NoArgsIsHelpError, UsageError

from mirrorlab.errors import CouldNotTell, MirrorlabError

TRACEBACK = "MIRRORLAB_TRACEBACK"
"""With this variable set, a mistake in the kit itself shows its traceback."""

_LAB_MODULES = ("httptools", "python_multipart", "starlette", "trustme", "uvicorn")


class ExitCode(IntEnum):
    """What the exit code of every command says."""

    HOLDS = 0
    DOES_NOT_HOLD = 1
    WRONG_USE = 2
    COULD_NOT_TELL = 3
    INTERRUPTED = 130
    PIPE_CLOSED = 141


EXIT_CODES = {
    ExitCode.HOLDS: "it holds, or it is done",
    ExitCode.DOES_NOT_HOLD: "a recipe does not hold, a setting is not safe, a mirror not healthy",
    ExitCode.WRONG_USE: "wrong use: an option, a name, a file you wrote",
    ExitCode.COULD_NOT_TELL: "could not tell: something is missing or unreachable",
}
"""The exit codes for people, as the main help and the reference page show them."""


@dataclass(eq=False)
class LabMissing(CouldNotTell):
    """A command needs the ``lab`` extra, and only the base is installed."""

    module: str

    def __str__(self) -> str:
        return f'this needs the lab ({self.module} is missing): pip install "mirrorlab[lab]"'


def need_the_lab() -> None:
    """Raise LabMissing where the ``lab`` extra is not installed."""
    for module in _LAB_MODULES:
        try:
            found = find_spec(module) is not None
        except ImportError:
            found = False
        if not found:
            raise LabMissing(module)


class _PipeClosed(Exception):
    """Nobody reads our output any more."""


@contextmanager
def _told_of_a_closed_pipe() -> Iterator[None]:
    """Keep a BrokenPipeError from click, which would end with 1: that is "does not hold"."""
    try:
        yield
    except BrokenPipeError:
        raise _PipeClosed from None


class Group(click.RichGroup):
    """The main command: its commands in the order they were added, its endings as said above."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Name the commands in the order in which people meet them."""
        return list(self.commands)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the arguments; with NO_COLOR (https://no-color.org) nothing is coloured."""
        with _told_of_a_closed_pipe():
            context = super().make_context(*args, **extra)
        if os.environ.get("NO_COLOR"):
            context.color = False
        return context

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, until all it printed is out."""
        with _told_of_a_closed_pipe():
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, and (``standalone_mode``) end the process with the exit code."""

        def call() -> object:
            return super(Group, self).main(
                args,
                prog_name,
                complete_var,
                standalone_mode=False,
                windows_expand_args=windows_expand_args,
                **extra,
            )

        return _ending(call) if standalone_mode else call()


def _ending(call: Callable[[], object]) -> NoReturn:
    _open_what_is_closed()
    try:
        code = call()
        sys.stdout.flush()
    except BaseException as error:  # the one place where everything ends
        if isinstance(error, SystemExit) or (os.environ.get(TRACEBACK) and _is_a_bug(error)):
            raise
        code = _say(error)
    sys.exit(code if isinstance(code, int) else ExitCode.HOLDS)


def _open_what_is_closed() -> None:
    """Let a stream that was closed before we began (``>&-``) go nowhere; Python has None there."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115  for good
            setattr(sys, name, nowhere)


def _is_a_bug(error: BaseException) -> bool:
    return not isinstance(error, (MirrorlabError, ClickException, Abort, OSError, _PipeClosed))


def _say(error: BaseException) -> int:
    """Say what ended the command; give its exit code."""
    match error:
        case KeyboardInterrupt() | Abort():
            return ExitCode.INTERRUPTED
        case _PipeClosed() | BrokenPipeError():
            _be_quiet()
            return ExitCode.PIPE_CLOSED
        case NoArgsIsHelpError():
            click.echo(error.message)
            return ExitCode.WRONG_USE
        case MirrorlabError():
            sentence, code = str(error), error.exit_code
        case UsageError():
            sentence, code = _usage(error), ExitCode.WRONG_USE
        case ClickException():
            sentence, code = error.format_message(), ExitCode.WRONG_USE
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            sentence, code = f"{where}{error.strerror or error}", ExitCode.COULD_NOT_TELL
        case _:
            what = f"{type(error).__name__}: {error}"
            sentence = f"the kit made a mistake ({what}); {TRACEBACK}=1 shows where"
            code = ExitCode.COULD_NOT_TELL
    click.echo(f"mirrorlab: {' '.join(sentence.split())}", err=True)
    return code


def _usage(error: UsageError) -> str:
    sentence = error.format_message().rstrip(".")
    command = error.ctx.command_path if error.ctx else "mirrorlab"
    return f"{sentence} ({command} --help shows how)"


def _be_quiet() -> None:
    """Let what is still buffered go nowhere: whoever read our output is gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(nowhere, stream.fileno())
        except OSError:  # not a real file
            continue
