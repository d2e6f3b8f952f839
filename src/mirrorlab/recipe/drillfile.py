"""The drills of a recipe, looked at without running them.

What ``drills.py`` defines, or takes from the folder beside it by ``from drilling.MODULE import
NAME``, are the promise and the drills. What else stands in ``drilling`` are helpers.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from pathlib import Path

from mirrorlab.errors import BrokenFile

DRILLS = "drills.py"
DRILLING = "drilling"
"""The folder of modules that long drills are told in, where there is one."""
PROMISE = "promise"
"""The function that says what holds when all is well; the name of its world, beside the drills'."""
PROMISE_TITLE = "what holds when all is well"


@dataclass(frozen=True)
class Place:
    """Where a function stands."""

    path: Path
    line: int


def function_of(drill: str) -> str:
    """Name the function of a drill: ``wrong-hash`` is ``wrong_hash``."""
    return drill.replace("-", "_")


def functions(path: Path) -> dict[str, Place]:
    """Give the promise and drills of ``drills.py``, each with where it stands.

    Raises BrokenFile where a file is missing, unreadable or not Python, where Python warns of
    its syntax (``assert (x, "why")`` is always true), where such a function does not take
    exactly one argument, the run, and where it is taken from a module that does not have it.
    """
    tree = _parsed(path)
    found = _public(path, tree)
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{DRILLING}."):
            found.update(_taken(path, node))
    for module in sorted((path.parent / DRILLING).glob("*.py")):
        _parsed(module)
    return found


def _parsed(path: Path) -> ast.Module:
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
    return tree


def _public(path: Path, tree: ast.Module) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            _takes_the_run(path, node)
            found[node.name] = Place(path, node.lineno)
    return found


def _taken(path: Path, node: ast.ImportFrom) -> dict[str, Place]:
    """Look up the functions that ``from drilling.MODULE import NAME, …`` takes."""
    module = path.parent.joinpath(*str(node.module).split(".")).with_suffix(".py")
    tree = _parsed(module)
    defined = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}
    found: dict[str, Place] = {}
    for alias in node.names:
        if alias.name not in defined:
            problem = f"{module.relative_to(path.parent)} has no function {alias.name}"
            raise BrokenFile(path, f"line {node.lineno}", problem)
        _takes_the_run(module, defined[alias.name])
        found[alias.asname or alias.name] = Place(module, defined[alias.name].lineno)
    return found


def _takes_the_run(path: Path, node: ast.FunctionDef) -> None:
    given = node.args
    alone = not (given.kwonlyargs or given.vararg or given.kwarg)
    if not alone or len(given.posonlyargs) + len(given.args) != 1:
        problem = f"{node.name} must take one argument, the run; a helper's name begins with _"
        raise BrokenFile(path, f"line {node.lineno}", problem)
