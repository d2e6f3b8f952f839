"""Every command of every chapter, typed in order on a new laptop, with the output it shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mirrorlab.lab import Lab
from mirrorlab.tutorial import chapters

from .conftest import PAGES, PYTHONS, Buy
from .console import Drift, read

CHAPTERS = [chapter.page for chapter in chapters()]
SHORT = "short-path"
_OTHER = "it printed something else"
_FAILS = "it ended with exit code 1, not 0"


@pytest.mark.usefixtures("ports")
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", [*CHAPTERS, SHORT])
def test_a_chapter_is_as_it_says(
    name: str,
    python: str,
    prepared: Buy,
    lab: Lab,
    record_property: Callable[[str, object], None],
) -> None:
    laptop = prepared(python)
    seconds = laptop.follow(PAGES / f"{name}.rst")
    record_property("seconds", round(seconds, 1))
    assert lab.escapes == ()


def test_every_page_of_a_chapter_has_its_chapter() -> None:
    pages = sorted(path.stem for path in PAGES.glob("[0-9]-*.rst"))
    assert pages == CHAPTERS
    assert all(read(PAGES / f"{name}.rst") for name in pages)


@pytest.mark.usefixtures("ports")
@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("1-index", "   21 projects; Ctrl-C", "   22 projects; Ctrl-C", _OTHER),
        ("1-index", "-m json.tool", "-m json.tol", _FAILS),
        ("2-folder", "   --hash=sha256:c6242f", "   --hash=sha256:c6242e", _OTHER),
        ("2-folder", "install --no-index --find-links wheels flask", "install flask", _FAILS),
        ("short-path", "   Successfully installed team-greeting-99.0", "   nothing", _OTHER),
        ("short-path", "short-wheels --index-url", "short-wheels --no-index", _FAILS),
    ],
)
def test_a_page_that_drifts_is_named(
    name: str, old: str, new: str, problem: str, prepared: Buy, tmp_path: Path
) -> None:
    text = (PAGES / f"{name}.rst").read_text(encoding="utf-8")
    assert text.count(old) == 1
    page = tmp_path / f"{name}.rst"
    page.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(Drift) as caught:
        prepared(PYTHONS[0]).follow(page)
    typed = page.read_text(encoding="utf-8").splitlines().index
    assert caught.value.problem == problem
    line = caught.value.command.line
    assert str(caught.value).startswith(f"{page}:{line}: {problem}")
    assert typed(f"   $ {caught.value.command.text}") == line - 1


def test_the_solution_of_each_exercise_is_run() -> None:
    """Hidden from readers until they ask for it, but not from the tests."""
    solutions = {}
    for name in CHAPTERS:
        page = PAGES / f"{name}.rst"
        lines = page.read_text(encoding="utf-8").splitlines()
        first = next(n for n, one in enumerate(lines, 1) if ".. dropdown::" in one)
        solutions[name] = [block for block in read(page) if block.line > first]
    assert all(solutions.values())
