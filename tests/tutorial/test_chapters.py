"""Every command of every chapter, typed in order on a new laptop, with the output it shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mirrorlab.lab import Lab
from mirrorlab.tutorial import chapters

from .conftest import PAGES, PYTHONS, Buy
from .console import read

CHAPTERS = [chapter.page for chapter in chapters()]


@pytest.mark.usefixtures("ports")
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", CHAPTERS)
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
