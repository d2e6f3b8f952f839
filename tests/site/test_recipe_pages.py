"""The pages of recipes: catalogue, head, settings, drills, messages."""

from __future__ import annotations

import io
import re
import zipfile
from html import unescape
from pathlib import Path

import pytest
from tests.site.conftest import Build

from mirrorlab.recipe import files, find

PAGE = "recipes/a-folder/index"


def test_a_whole_recipe_builds_without_a_warning(build: Build, recipes: dict[str, str]) -> None:
    assert build(recipes).warnings == ""


def test_the_catalogue_links_what_exists_and_marks_what_is_planned(
    build: Build, recipes: dict[str, str]
) -> None:
    site = build(recipes)
    html = site.html("recipes/index")
    assert 'href="a-folder/index.html"' in html
    assert "a-cluster planned What many machines do." in site.text("recipes/index")
    assert "a-folder planned" not in site.text("recipes/index")
    assert html.index('id="private"') < html.index('id="survive-failure"')


def test_the_catalogue_sets_commands_as_they_are_typed(
    build: Build, recipes: dict[str, str]
) -> None:
    html = build(recipes).html("recipes/index")
    for typed in ("mirrorlab check", "--find-links"):
        words = "".join(f'<span class="pre">{word}</span> ' for word in typed.split()).rstrip()
        assert words in html
    assert "`" not in unescape(re.sub("<[^>]*>", "", html))


def test_a_recipe_outside_the_catalogue_breaks_the_build(
    build: Build, recipes: dict[str, str]
) -> None:
    recipes["recipes/catalogue.toml"] = "schema = 1\n"
    assert "catalogue.toml: recipe: has no row for a-folder" in build(recipes).warnings


def test_a_recipe_without_a_page_breaks_the_build(build: Build, recipes: dict[str, str]) -> None:
    del recipes[f"{PAGE}.rst"]
    assert "recipes/a-folder/index.rst is missing" in build(recipes).warnings


def test_a_broken_manifest_is_one_sentence_with_its_place(
    build: Build, recipes: dict[str, str]
) -> None:
    manifest = recipes["recipes/a-folder/recipe.toml"]
    recipes["recipes/a-folder/recipe.toml"] = manifest.replace("title = ", "titel = ", 1)
    warnings = build(recipes).warnings
    assert "recipe.toml: title: is missing (there is 'titel')" in warnings
    assert "Traceback" not in warnings


def test_the_head_says_needs_tests_and_how_to_take_it(
    build: Build, recipes: dict[str, str]
) -> None:
    text = build(recipes).text(PAGE)
    assert "I have no network." in text
    assert "nginx or caddy (Debian: nginx-light)" in text
    assert "Python tools : pip-tools , uv" in text
    assert "a promise and 1 drill; on 2026-11-21 1 of 1 drills held, in 5 s on 2 cores" in text
    assert "$ mirrorlab copy a-folder ./a-folder" in text


@pytest.mark.parametrize(
    ("specifier", "says"), [(">=3.12", "Python : 3.12 or newer"), (">=3.12,<3.14", ">=3.12,<3.14")]
)
def test_the_head_says_which_python(
    build: Build, recipes: dict[str, str], specifier: str, says: str
) -> None:
    manifest = recipes["recipes/a-folder/recipe.toml"]
    needs = f'[needs]\npython = "{specifier}"\n'
    recipes["recipes/a-folder/recipe.toml"] = manifest.replace("[needs]\n", needs)
    assert says in build(recipes).text(PAGE)


def test_without_results_the_head_says_so(build: Build, recipes: dict[str, str]) -> None:
    del recipes["results/a-folder.json"]
    assert "no run is on record yet" in build(recipes).text(PAGE)


def test_the_zip_beside_the_page_holds_what_a_copy_holds(
    build: Build, recipes: dict[str, str], tmp_path: Path
) -> None:
    site = build(recipes)
    assert 'href="a-folder.zip"' in site.html(PAGE)
    content = (site.out / "recipes" / "a-folder" / "a-folder.zip").read_bytes()
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    copied = files(find("a-folder", tmp_path / "recipes"))
    assert names == [f"a-folder/{path}" for path in copied]
    assert names == ["a-folder/collect.sh", "a-folder/requirements.in"]


def test_settings_come_from_the_scripts(build: Build, recipes: dict[str, str]) -> None:
    text = build(recipes).text(PAGE)
    assert "FOLDER packages where the files go in collect.sh" in text
    assert "EXTRA empty more to collect in collect.sh" in text


def test_a_drill_says_how_it_went_and_what_it_shows(build: Build, recipes: dict[str, str]) -> None:
    site = build(recipes)
    assert 'id="drill-wrong-hash"' in site.html(PAGE)
    shown = "A file is altered held in 3.2 s mirrorlab run a-folder --drill wrong-hash shows"
    assert shown in site.text(PAGE)


def test_a_message_links_its_drill_and_the_drill_its_message(
    build: Build, recipes: dict[str, str]
) -> None:
    html = build(recipes).html(PAGE)
    assert 'id="do-not-match-the-hashes"' in html
    assert 'href="#drill-wrong-hash"' in html
    linked = r'href="#do-not-match-the-hashes"><code[^>]*message-text'
    assert re.search(linked, html), "the drill does not link its message"


def test_a_message_no_drill_shows_breaks_the_build(build: Build, recipes: dict[str, str]) -> None:
    page = recipes[f"{PAGE}.rst"].replace("message:: DO NOT", "message:: DOES NOT")
    warnings = build(recipes | {f"{PAGE}.rst": page}).warnings
    assert "drill wrong-hash: does not show 'DOES NOT MATCH THE HASHES'" in warnings
    assert "it shows: DO NOT MATCH THE HASHES" in warnings


@pytest.mark.parametrize(
    ("drill", "problem"),
    [
        ("a-folder/no-such", "drill: has no drill 'no-such'"),
        ("no-such/wrong-hash", "no-such/recipe.toml: there is no such file"),
        ("", "say which drill brings the message about"),
    ],
)
def test_a_message_needs_a_drill_that_exists(
    build: Build, recipes: dict[str, str], drill: str, problem: str
) -> None:
    option = f"   :drill: {drill}\n" if drill else ""
    page = f"Errors\n======\n\n.. message:: DO NOT MATCH THE HASHES\n{option}\n   Why.\n"
    recipes["index.rst"] += "   errors\n"
    assert problem in build(recipes, errors=page).warnings


def test_a_message_is_explained_once(build: Build, recipes: dict[str, str]) -> None:
    again = "Again\n=====\n\n.. message:: DO NOT MATCH THE HASHES\n"
    again += "   :drill: a-folder/wrong-hash\n\n   Why.\n"
    recipes["index.rst"] += "   again\n"
    assert "explained already in" in build(recipes, again=again).warnings


def test_every_message_is_listed_and_linked_to_its_explanation(
    build: Build, recipes: dict[str, str]
) -> None:
    manifest = recipes["recipes/a-folder/recipe.toml"]
    recipes["recipes/a-folder/recipe.toml"] = manifest.replace(
        '["DO NOT', '["another  message", "DO NOT'
    )
    recipes["index.rst"] += "   errors\n"
    site = build(recipes, errors="Errors\n======\n\n.. messages::\n")
    assert site.warnings == ""
    html = site.html("errors")
    assert 'href="recipes/a-folder/index.html#do-not-match-the-hashes"' in html
    assert "another message A file is altered" in site.text("errors")


def test_a_recipe_is_named_linked_or_planned(build: Build, recipes: dict[str, str]) -> None:
    recipes["index.rst"] += "\n:recipe:`a-folder`, :recipe:`a-cluster`.\n"
    site = build(recipes)
    assert 'href="recipes/a-folder/index.html"' in site.html("index")
    assert "a-cluster planned ." in site.text("index")
    recipes["index.rst"] += "\n:recipe:`a-floder`\n"
    assert "there is no recipe 'a-floder'; did you mean 'a-folder'?" in build(recipes).warnings
