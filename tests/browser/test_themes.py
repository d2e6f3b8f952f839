"""The theme a reader chooses: as readable as the system's, on pictures too, and remembered."""

from __future__ import annotations

import pytest
from tests.browser.audit import SYSTEMS, System, pale
from tests.browser.conftest import Open

PAGES = ("index.html", "docs/set-up.html", "recipes/find-links-folder/index.html")
OTHER: dict[System, System] = {"light": "dark", "dark": "light"}


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("page", PAGES)
def test_a_chosen_theme_is_readable_and_stays(open_page: Open, page: str, system: System) -> None:
    visit = open_page(page, color_scheme=system)
    toggle = visit.page.locator(".theme-toggle-content button.theme-toggle")
    theme = "document.body.dataset.theme"
    for _ in range(3):
        if visit.page.evaluate(theme) == OTHER[system]:
            break
        toggle.click()
    assert visit.page.evaluate(theme) == OTHER[system]
    visit.open(page)
    assert visit.page.evaluate(theme) == OTHER[system], "the choice is forgotten"
    visit.look("unfold")
    assert pale(visit) == []


def test_a_picture_follows_the_theme(open_page: Open) -> None:
    visit = open_page("recipes/find-links-folder/index.html", color_scheme="light")
    light = visit.look("pictureColours")
    visit.page.emulate_media(color_scheme="dark")
    dark = visit.look("pictureColours")
    assert all(one != other for one, other in zip(light, dark, strict=True))
    visit.page.evaluate("document.body.dataset.theme = 'light'")
    assert visit.look("pictureColours") == light
