"""Sabotage: a recipe's own safeguard is taken away, and its drill must then fail."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest

from mirrorlab import recipe as recipes
from mirrorlab import runner
from mirrorlab.runner.story import DEADLINE

Edit = tuple[str, str]

Case = tuple[str, str, str, str, str]
"""A row of a table SABOTAGE: the drill, the file, what is replaced in it, by what, and words of the
reason for which the drill must then not hold."""


class Sabotage(Protocol):
    """What the fixture is: a function from an edit to what became of the drill."""

    def __call__(
        self,
        recipe: str,
        drill: str,
        edit: Mapping[str, Edit | list[Edit]],
        python: str | None = None,
    ) -> runner.DrillResult: ...


@pytest.fixture
def sabotage(tmp_path: Path) -> Sabotage:
    """Run one drill (or ``promise``) of an edited copy of a recipe; give its result.

    ``edit`` maps a file of the recipe to (old, new), or to several such pairs; an edit that
    changes nothing is an error. A world about which nothing could be told is an error, so that
    ``result.holds is False`` means that the drill saw the damage.
    """

    def run(
        recipe: str,
        drill: str,
        edit: Mapping[str, Edit | list[Edit]],
        python: str | None = None,
    ) -> runner.DrillResult:
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}" / recipe
        shutil.copytree(recipes.folder_of(recipe), folder)
        if not edit:
            raise ValueError("sabotage without an edit is none")
        for name, edits in edit.items():
            for old, new in [edits] if isinstance(edits, tuple) else edits:
                file = folder / name
                file.write_text(damaged(file, old, new), encoding="utf-8")
        return told(folder, drill, python)

    return run


def told(
    folder: Path, drill: str, python: str | None = None, deadline: float = DEADLINE
) -> runner.DrillResult:
    """Run one drill of a copy; a world about which nothing could be told is an error."""
    own = python or runner.running_python()
    if not recipes.load(folder).needs.python_will_do(own):
        own = "3.13"  # the newest that recipes support, as their own lock is made on
    (result,) = runner.run(folder, drills=[drill], python=own, jobs=1, deadline=deadline).drills
    if result.holds is None:
        raise RuntimeError(f"could not tell: {result.reason}\n{result.transcript[-2000:]}")
    return result


def damaged(file: Path, old: str, new: str) -> str:
    """Give the text of a file after an edit; one that changes nothing is an error."""
    text = file.read_text(encoding="utf-8")
    if text.replace(old, new) == text:
        raise ValueError(
            f"nothing to edit: {file.name} has no {old!r}, or it is replaced by itself"
        )
    return text.replace(old, new)
