"""The drills of a recipe: told under a deadline, and judged when one fails."""

from __future__ import annotations

import ast
import contextlib
import signal
import traceback
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, NoReturn

from mirrorlab.errors import MirrorlabError, TimedOut
from mirrorlab.recipe.drillfile import DRILLING, DRILLS, function_of
from mirrorlab.runner.drillcode import drills_of

if TYPE_CHECKING:
    from mirrorlab.runner.stage import Run

DEADLINE = 120.0
"""Seconds after which a promise or drill that still runs does not hold."""


class Overdue(BaseException):
    """A promise or drill ran longer than it may (no drill catches this by accident)."""


def load(folder: Path, story: str) -> Callable[[Run], object]:
    """Return the function of a promise or drill, read anew."""
    function: Callable[[Run], object] = getattr(drills_of(folder), function_of(story))
    return function


def returned(story: str, what: object) -> str:
    """Why a promise or drill that returns something proves nothing: perhaps nothing of it ran."""
    kind = "is a generator" if isinstance(what, Generator) else f"returned {what!r:.80}"
    return f"{function_of(story)}(run) {kind}; it must assert, and return nothing"


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise :class:`Overdue` in the block, wherever it is, once ``seconds`` are over."""

    def ring(_number: int, _frame: FrameType | None) -> NoReturn:
        raise Overdue(f"it still ran after {seconds:g} s")

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def judge(error: BaseException, folder: Path) -> tuple[bool | None, str]:
    """What an exception out of a promise or drill means, and the reason to show.

    A failed assert, a failed step, something that did not come in time, a drill that crashed:
    does not hold (False). Any other error of the kit: could not tell (None).
    """
    where = _place(error.__traceback__, folder)
    if isinstance(error, MirrorlabError):
        verdict = isinstance(error, TimedOut) or error.exit_code == 1
        return (False if verdict else None), f"{where}{error}"
    if isinstance(error, Overdue):
        return False, f"{where}{error}"
    if isinstance(error, AssertionError):
        said = str(error)
        return False, f"{where}{said}" if said else f"{where}{_failed_assert(error)}"
    return False, f"{where}{type(error).__name__}: {error}"


def _place(trace: TracebackType | None, folder: Path) -> str:
    """Return the last line of the drills that was reached, in words."""
    last = ""
    for frame, line in traceback.walk_tb(trace):
        path = Path(frame.f_code.co_filename)
        if path == folder / DRILLS or path.is_relative_to(folder / DRILLING):
            last = f"{path.relative_to(folder)} line {line}: "
    return last


def _failed_assert(error: AssertionError) -> str:
    """The text of a bare assert, with the values of the plain names in it."""
    found = _last_frame(error.__traceback__)
    if found is None:
        return "an assert failed"
    frame, line = found
    try:
        tree = ast.parse(Path(frame.f_code.co_filename).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return "an assert failed"
    asserts = [n for n in ast.walk(tree) if isinstance(n, ast.Assert) and _spans(n, line)]
    if not asserts:
        return "an assert failed"
    test = asserts[-1].test
    values = dict(_values(test, frame))
    shown = ", ".join(f"{name} is {value}" for name, value in values.items())
    return f"assert {ast.unparse(test)}" + (f", where {shown}" if shown else "")


def _last_frame(trace: TracebackType | None) -> tuple[FrameType, int] | None:
    frames = list(traceback.walk_tb(trace))
    return frames[-1] if frames else None


def _spans(node: ast.Assert, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _values(test: ast.expr, frame: FrameType) -> list[tuple[str, str]]:
    """The values of names and attributes in an expression; nothing is called twice."""
    if isinstance(test, ast.Name | ast.Attribute):
        if any(not isinstance(n, ast.Name | ast.Attribute | ast.Load) for n in ast.walk(test)):
            return _inner_values(test, frame)
        text = ast.unparse(test)
        try:
            value = eval(text, frame.f_globals, frame.f_locals)
        except Exception:
            return []
        shown = repr(value)
        return (
            [(text, shown if len(shown) <= 400 else f"{shown[:400]}…")]
            if not callable(value)
            else []
        )
    return _inner_values(test, frame)


def _inner_values(node: ast.expr, frame: FrameType) -> list[tuple[str, str]]:
    inner = (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
    return [pair for child in inner for pair in _values(child, frame)]
