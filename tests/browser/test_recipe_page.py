"""A recipe's page: what its buttons copy, and what its download holds."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from tests.browser.conftest import Open

from mirrorlab.recipe import files, find

NAME = "find-links-folder"
PAGE = f"recipes/{NAME}/index.html"


def test_the_copy_button_gives_the_commands_alone(open_page: Open) -> None:
    visit = open_page(PAGE)
    block = visit.page.locator(".recipe-head .highlight-console")
    block.hover()
    block.get_by_role("button", name="Copy").click()
    block.locator("button.copybtn.success").wait_for()
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"mirrorlab run {NAME}\nmirrorlab copy {NAME} ./{NAME}"


def test_a_script_is_copied_as_it_is(open_page: Open) -> None:
    visit = open_page(PAGE)
    script = find(NAME).folder / "verify.sh"
    begins = script.read_text(encoding="utf-8").splitlines()[1]
    block = visit.page.locator(".highlight-sh", has_text=begins)
    block.hover()
    block.get_by_role("button", name="Copy").click()
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert copied == script.read_text(encoding="utf-8").removesuffix("\n")


def test_the_zip_arrives_and_holds_the_recipe(open_page: Open, tmp_path: Path) -> None:
    visit = open_page(PAGE)
    with visit.page.expect_download() as arriving:
        visit.page.get_by_role("link", name=f"{NAME}.zip").click()
    assert arriving.value.suggested_filename == f"{NAME}.zip"
    arriving.value.save_as(tmp_path / "recipe.zip")
    recipe = find(NAME)
    with zipfile.ZipFile(tmp_path / "recipe.zip") as archive:
        assert archive.testzip() is None
        held = {name: archive.read(name) for name in archive.namelist()}
    assert held == {f"{NAME}/{path}": (recipe.folder / path).read_bytes() for path in files(recipe)}


@pytest.mark.parametrize("recipe", ["find-links-folder", "selective-mirror"])
def test_a_drill_is_linked_from_the_message_it_shows(open_page: Open, recipe: str) -> None:
    visit = open_page("docs/errors.html")
    link = visit.page.locator(f'a[href*="recipes/{recipe}/index.html#drill-"]').first
    link.click()
    visit.page.wait_for_url(f"{visit.base}recipes/{recipe}/index.html#drill-*")
    target = visit.page.url.partition("#")[2]
    assert visit.page.locator(f"#{target}").is_visible()
