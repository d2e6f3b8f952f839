"""``drills.py``, looked at without running it."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

from mirrorlab.errors import BrokenFile

DRILLS = "drills.py"
PROMISE = "promise"
"""The function that says what holds when all is well; the name of its world, beside the drills'."""
PROMISE_TITLE = "what holds when all is well"


def function_of(drill: str) -> str:
    """Name the function of a drill: ``wrong-hash`` is ``wrong_hash``."""
    return drill.replace("-", "_")


def functions(path: Path) -> dict[str, int]:
    """Give the public functions of the file, each with its line.

    Raises BrokenFile where the file is missing, unreadable or not Python, where Python warns of
    its syntax (``assert (x, "why")`` is always true), and where such a function does not take
    exactly one argument, the run.
    """
    try:
        tree = ast.parse(path.read_bytes(), filename=str(path))
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)
            compile(tree, str(path), "exec", optimize=0)
    except OSError as error:
        raise BrokenFile(path, "", f"cannot be read: {error.strerror}") from None
    except SyntaxError as error:
        raise BrokenFile(path, f"line {error.lineno}", f"is not Python: {error.msg}") from None
    except ValueError as error:
        raise BrokenFile(path, "", f"is not Python: {error}") from None
    found: dict[str, int] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            _takes_the_run(path, node)
            found[node.name] = node.lineno
    return found


def _takes_the_run(path: Path, node: ast.FunctionDef) -> None:
    given = node.args
    alone = not (given.kwonlyargs or given.vararg or given.kwarg)
    if not alone or len(given.posonlyargs) + len(given.args) != 1:
        problem = f"{node.name} must take one argument, the run; a helper's name begins with _"
        raise BrokenFile(path, f"line {node.lineno}", problem)
