"""The form of "Set up" in the browser: it says of every combination what the data say."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from tests.browser.conftest import Open
from tests.whole_site import ROOT

from mirrorlab.recipe import catalogue
from mirrorlab.site.goals import Goals, load

PAGE = "docs/set-up.html"
CHOOSE = """
(combinations) => combinations.map((answers) => {
  const form = document.querySelector("form.which-recipe");
  for (const [name, value] of Object.entries(answers))
    form.querySelector(`input[name="${name}"][value="${value}"]`).checked = true;
  form.dispatchEvent(new Event("change"));
  const said = form.querySelector(".which-answer").innerText;
  const rows = [...document.querySelectorAll("table.leads tbody tr")];
  return [said, rows.filter((row) => !row.hidden).map((row) => row.rowIndex - 1)];
})
"""


@pytest.fixture(scope="module")
def goals() -> Goals:
    return load(ROOT / "docs" / "set-up.toml", [entry.name for entry in catalogue()])


def test_every_combination_gets_the_answer_of_the_data(open_page: Open, goals: Goals) -> None:
    visit = open_page(PAGE)
    combinations = list(goals.combinations())
    answered = visit.page.evaluate(CHOOSE, combinations)
    assert len(answered) == len(combinations)
    for answers, (said, shown) in zip(combinations, answered, strict=True):
        leads = goals.leading(answers)
        if leads:
            assert [goals.leads[number] for number in shown] == leads, answers
            assert said.startswith("This fits" if len(leads) == 1 else "2 fit"), (answers, said)
            assert all(lead.recipe in said for lead in leads), (answers, said)
        else:
            reasons = [refusal.says for refusal in goals.refusing(answers)]
            assert said.startswith("Nothing here fits."), (answers, said)
            assert any(reason in said for reason in reasons), (answers, said)
            assert "Nearest is " in said
            assert len(shown) == len(goals.leads)
    assert visit.said == []


def test_a_choice_is_in_the_address_and_comes_back_with_it(open_page: Open) -> None:
    page = open_page(f"{PAGE}#people=many&fails=server&uploads=several&code=private").page
    assert said(page).startswith("2 fit")
    assert page.locator("input[name=people][value=many]").is_checked()
    page.get_by_label("a team, or a room").check()
    assert "people=team" in page.url
    assert said(page).startswith("This fits: devpi-replica")
    page.get_by_role("button", name="Start again").click()
    page.wait_for_function("() => !location.hash")
    assert said(page).startswith("Answer what you know.")
    assert page.locator("table.leads tbody tr:visible").count() > 20


def test_an_answer_that_nobody_knows_is_no_answer(open_page: Open) -> None:
    visit = open_page(f"{PAGE}#people=martians&nonsense=1")
    assert said(visit.page).startswith("Answer what you know.")
    assert visit.said == []


def test_the_keyboard_is_enough(open_page: Open) -> None:
    page = open_page(PAGE).page
    page.locator("input[name=people]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    assert page.url.endswith("#people=one&network=none")
    assert said(page) == "This fits: find-links-folder."


def test_without_a_script_the_whole_table_is_there(open_page: Open, goals: Goals) -> None:
    page = open_page(PAGE, java_script_enabled=False).page
    assert page.locator("table.leads tbody tr:visible").count() == len(goals.leads)
    assert not page.locator("form.which-recipe").is_visible()


def test_paper_has_the_whole_table(open_page: Open, goals: Goals) -> None:
    page = open_page(f"{PAGE}#people=one&network=none").page
    assert page.locator("table.leads tbody tr:visible").count() == 1
    page.emulate_media(media="print")
    assert page.locator("table.leads tbody tr:visible").count() == len(goals.leads)
    assert not page.locator("form.which-recipe").is_visible()


def said(page: Page) -> str:
    """What the form says, in one line."""
    return " ".join(page.locator(".which-answer").inner_text().split())
