"""Home and its doors, a page that is missing, and search where no script runs."""

from __future__ import annotations

import pytest
from tests.browser.conftest import Open
from tests.whole_site import BELOW

DOORS = {
    "Learn": "tutorial/index.html",
    "Set up": "docs/set-up.html",
    "Fix an error": "docs/errors.html",
    "See the evidence": "docs/evidence.html",
}
RECIPE = "recipes/find-links-folder/index.html"
AT = pytest.mark.parametrize("at", ["/", BELOW])


@AT
@pytest.mark.parametrize("door", DOORS)
def test_a_door_leads_where_it_says(open_page: Open, at: str, door: str) -> None:
    visit = open_page("index.html", at=at)
    visit.page.locator(".door", has=visit.page.get_by_text(door, exact=True)).click()
    visit.page.wait_for_url(visit.base + DOORS[door])
    assert visit.page.locator("h1").is_visible()
    assert (visit.said, visit.failed, visit.elsewhere()) == ([], [], [])


@AT
def test_the_name_of_the_guide_leads_home(open_page: Open, at: str) -> None:
    visit = open_page(RECIPE, at=at)
    visit.page.locator(".sidebar-brand").click()
    visit.page.wait_for_url(visit.base + "index.html")
    assert visit.page.locator(".door").count() == len(DOORS)


@pytest.mark.parametrize("missing", ["no-such", "docs/no/such/page.html"])
def test_a_page_that_is_missing_says_so_and_leads_on(open_page: Open, missing: str) -> None:
    visit = open_page(missing)
    status = f"{visit.base}{missing}: 404"
    assert visit.failed == [status], "beside the page itself, something of it is missing"
    assert visit.page.locator("h1").inner_text() == "There is no such page"
    visit.page.get_by_role("main").get_by_role("link", name="Fix an error").click()
    visit.page.wait_for_url(visit.base + DOORS["Fix an error"])
    assert visit.failed == [status]


def test_search_says_that_it_needs_javascript_and_leads_on(open_page: Open) -> None:
    visit = open_page("search.html?q=hash", java_script_enabled=False)
    article = visit.page.get_by_role("main")
    assert "Searching needs JavaScript" in article.inner_text()
    article.get_by_role("link", name="Fix an error").click()
    visit.page.wait_for_url(visit.base + DOORS["Fix an error"])
