"""Search: by a word, by an exact message, and when nothing is found."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from tests.browser.conftest import Open
from tests.whole_site import BELOW

from mirrorlab.recipe import all_recipes

MESSAGES = [
    (recipe.name, message)
    for recipe in all_recipes()
    for drill in recipe.drills
    for message in drill.shows[:1]
]


def search(page: Page, words: str) -> list[str]:
    """Search from the field beside the page; give the addresses found, the best first."""
    field = page.locator(".sidebar-search")
    field.fill(words)
    field.press("Enter")
    page.get_by_role("heading", name="Search Results").wait_for()
    found = page.locator("ul.search li > a")
    return [str(link.get_attribute("href")).partition("?")[0] for link in found.all()]


@pytest.mark.parametrize("at", ["/", BELOW])
def test_a_word_leads_to_its_pages(open_page: Open, at: str) -> None:
    visit = open_page("docs/evidence.html", at=at)
    assert "recipes/selective-mirror/index.html" in search(visit.page, "bandersnatch")
    visit.page.locator('ul.search a[href*="selective-mirror"]').first.click()
    visit.page.wait_for_url(f"{visit.base}recipes/selective-mirror/index.html*")
    assert (visit.said, visit.failed, visit.elsewhere()) == ([], [], [])


@pytest.mark.parametrize(("recipe", "message"), MESSAGES)
def test_an_exact_message_leads_to_where_it_is_explained(
    open_page: Open, recipe: str, message: str
) -> None:
    found = search(open_page("search.html").page, message)
    explained = {"docs/errors.html", f"recipes/{recipe}/index.html"}
    assert explained & {page.partition("#")[0] for page in found}, f"found only {found}"


def test_words_that_stand_in_the_title_of_a_drawing_are_marked_elsewhere(open_page: Open) -> None:
    visit = open_page("docs/evidence.html")
    search(visit.page, "contents")
    visit.page.locator("ul.search a").first.click()
    visit.page.locator("article .highlighted").first.wait_for()
    assert visit.page.locator("svg title .highlighted").count() == 0
    assert visit.said == []


def test_it_is_said_that_nothing_is_found(open_page: Open) -> None:
    visit = open_page("index.html")
    assert search(visit.page, "qwertzuiop") == []
    said = visit.page.get_by_role("main").inner_text()
    assert "did not match any documents" in said


def test_the_search_page_has_a_field_that_keeps_what_was_asked(open_page: Open) -> None:
    visit = open_page("search.html")
    field = visit.page.get_by_role("main").get_by_role("searchbox")
    field.fill("quarantined")
    visit.page.get_by_role("main").get_by_role("button", name="Search").click()
    visit.page.get_by_role("heading", name="Search Results").wait_for()
    assert field.input_value() == "quarantined"
    assert visit.page.locator("ul.search li").count() > 0


def test_a_pasted_message_leads_to_its_cause(open_page: Open) -> None:
    visit = open_page("docs/errors.html")
    pasted = "ERROR: No matching distribution found for corp-lib==7 (from -r reqs.txt (line 2))"
    visit.page.get_by_role("main").get_by_role("searchbox").fill(pasted)
    visit.page.get_by_role("button", name="Find its cause").click()
    visit.page.wait_for_url(f"{visit.base}search.html*")
    visit.page.locator('#pasted a[href*="pip-no-such-project"]').click()
    visit.page.wait_for_url(f"{visit.base}docs/errors/pip.html#pip-no-such-project")
    assert visit.page.locator("#pip-no-such-project").get_by_text("Be sure").is_visible()
    assert (visit.said, visit.failed, visit.elsewhere()) == ([], [], [])
