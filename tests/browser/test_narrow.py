"""A telephone: the drawers open and close, and tables can be read. Widths: see audit.py."""

from __future__ import annotations

import pytest
from tests.browser.audit import NARROW
from tests.browser.conftest import Open

TELEPHONE = {"viewport": NARROW, "is_mobile": True, "has_touch": True}
STACKED = ("recipes/index.html", "docs/set-up.html", "recipes/selective-mirror/index.html")
LEAST_READABLE = 240  # pixels of 360, for a cell that holds sentences


def test_the_sidebar_opens_and_closes(open_page: Open) -> None:
    visit = open_page("index.html", **TELEPHONE)
    recipes = visit.page.locator(".sidebar-drawer").get_by_role("link", name="Recipes", exact=True)
    assert not recipes.is_visible()
    visit.page.locator(".nav-overlay-icon").tap()
    recipes.wait_for(state="visible")
    visit.page.locator(".sidebar-overlay").tap(position={"x": 340, "y": 400})
    recipes.wait_for(state="hidden")
    visit.page.locator(".nav-overlay-icon").tap()
    recipes.tap()
    visit.page.wait_for_url("**/recipes/index.html")


def test_the_contents_of_a_page_open_and_lead_into_it(open_page: Open) -> None:
    visit = open_page("recipes/selective-mirror/index.html", **TELEPHONE)
    link = visit.page.locator(".toc-drawer a").nth(2)
    assert not link.is_visible()
    visit.page.locator(".toc-header-icon").tap()
    link.wait_for(state="visible")
    link.tap()
    visit.page.wait_for_url("**#*")


def test_one_can_search(open_page: Open) -> None:
    visit = open_page("index.html", **TELEPHONE)
    visit.page.locator(".nav-overlay-icon").tap()
    field = visit.page.locator(".sidebar-search")
    field.tap()
    field.fill("mirror")
    field.press("Enter")
    visit.page.locator("ul.search li").first.wait_for()


@pytest.mark.parametrize("page", STACKED)
def test_tables_are_stacked(open_page: Open, page: str) -> None:
    visit = open_page(page, **TELEPHONE)
    cells = visit.look("stackedCells")
    assert len(cells) > 5
    assert [cell for cell in cells if not cell["block"] or cell["width"] < LEAST_READABLE] == []
