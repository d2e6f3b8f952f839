"""Keyboard only: everything can be reached, is seen when it is, and closes again."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.browser.audit import NARROW
from tests.browser.conftest import Open
from tests.browser.walk import Stop, go_to, walk

RECIPE = "recipes/selective-mirror/index.html"  # it has tabs and dropdowns
DESK = {"width": 1400, "height": 900}  # no drawers


def unseen(stops: list[Stop]) -> list[str]:
    """The stops of a walk of which nothing is to be seen."""
    assert len(stops) > 5, "the walk ends at once"
    return [str(stop) for stop in stops if not stop.seen]


def reached(stops: list[Stop]) -> Counter[str]:
    """How often a walk stops at each kind of thing, by its name and first class."""
    return Counter(".".join(stop.selector.split(".")[:2]) for stop in stops)


def test_home_is_walked_from_the_skip_link_to_the_doors(open_page: Open) -> None:
    visit = open_page("index.html", viewport=DESK)
    stops = walk(visit)
    assert stops[0].text == "Skip to content"
    doors = [stop.text.split()[0] for stop in stops if stop.selector == "a.door"]
    assert doors == ["Learn", "Set", "Fix", "See"]
    assert reached(stops)["input.sidebar-search"] == 1
    assert unseen(stops) == []


def test_the_skip_link_skips(open_page: Open) -> None:
    visit = open_page("index.html", viewport=DESK)
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**#furo-main-content")
    visit.page.keyboard.press("Tab")
    assert visit.look("focused")["text"].startswith("Learn")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**/tutorial/index.html")


def test_all_of_a_recipe_page_is_reached_and_seen(open_page: Open) -> None:
    visit = open_page(RECIPE, viewport=DESK)
    stops = walk(visit)
    found = reached(stops)
    shown = visit.page.locator("button.copybtn:visible").count()
    assert found["button.copybtn"] == shown > 5
    assert found["summary.sd-summary-title"] == visit.page.locator("summary:visible").count() > 0
    assert found["input"] == visit.page.locator(".sd-tab-set").count() > 0
    assert found["a.skip-to-content"] == found["input.sidebar-search"] == 1
    assert unseen(stops) == []


def test_a_copy_button_copies_by_enter(open_page: Open) -> None:
    visit = open_page(RECIPE, viewport=DESK)
    go_to(visit, ".recipe-head button.copybtn")
    visit.page.keyboard.press("Enter")
    visit.page.locator("button.copybtn.success").wait_for()
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("mirrorlab run selective-mirror\n")


def test_tabs_are_changed_by_arrows(open_page: Open) -> None:
    visit = open_page(RECIPE, viewport=DESK)
    go_to(visit, ".sd-tab-set > input")
    contents = visit.page.locator(".sd-tab-set").first.locator("> .sd-tab-content")
    assert [content.is_visible() for content in contents.all()][:2] == [True, False]
    visit.page.keyboard.press("ArrowRight")
    contents.nth(1).wait_for(state="visible")
    assert not contents.nth(0).is_visible()
    assert visit.look("focused")["seen"]


def test_a_dropdown_opens_and_closes(open_page: Open) -> None:
    visit = open_page("recipes/find-links-folder/index.html", viewport=DESK)
    go_to(visit, "summary")
    code = visit.page.locator("details pre").first
    assert not code.is_visible()
    visit.page.keyboard.press("Enter")
    code.wait_for(state="visible")
    visit.page.keyboard.press("Enter")
    code.wait_for(state="hidden")


@pytest.mark.parametrize(
    ("toggle", "drawer"), [("#__navigation", ".sidebar-drawer"), ("#__toc", ".toc-drawer")]
)
def test_a_drawer_opens_by_space_and_closes_by_escape(
    open_page: Open, toggle: str, drawer: str
) -> None:
    visit = open_page(RECIPE, viewport=NARROW)
    link = visit.page.locator(f"{drawer} a").nth(1)
    assert not link.is_visible()
    go_to(visit, toggle)
    assert visit.look("focused")["seen"], "the button of the drawer is not seen"
    visit.page.keyboard.press("Space")
    link.wait_for(state="visible")
    go_to(visit, f"{drawer} a")
    visit.page.keyboard.press("Escape")
    link.wait_for(state="hidden")
    assert visit.page.evaluate("(s) => document.activeElement.matches(s)", toggle)


@pytest.mark.parametrize("page", ["index.html", RECIPE])
def test_the_focus_enters_no_closed_drawer(open_page: Open, page: str) -> None:
    assert unseen(walk(open_page(page, viewport=NARROW))) == []


def test_the_theme_is_chosen_by_enter(open_page: Open) -> None:
    visit = open_page("index.html", viewport=DESK)
    go_to(visit, "button.theme-toggle")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_function("document.body.dataset.theme !== 'auto'")


def test_search_is_answered_by_enter(open_page: Open) -> None:
    visit = open_page("index.html", viewport=DESK)
    go_to(visit, ".sidebar-search")
    visit.page.keyboard.type("mirror")
    visit.page.keyboard.press("Enter")
    visit.page.locator("ul.search li").first.wait_for()
    go_to(visit, "ul.search a")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url(lambda url: "search.html" not in url)
