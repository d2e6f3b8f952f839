"""The reference: commands, faults, exit codes, pictures; and the hand-written keys."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from tests.site.conftest import RECIPE, Build

import mirrorlab as kit
from mirrorlab import tables
from mirrorlab.cli.ending import EXIT_CODES
from mirrorlab.cli.group import mirrorlab
from mirrorlab.errors import BrokenFile
from mirrorlab.recipe import manifest
from mirrorlab.scenario import Fault, reading
from mirrorlab.site.exit_codes import MEANINGS
from mirrorlab.site.pictures import inline_svg

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
OWN_VARIABLE = re.compile(r'"(MIRRORLAB_[A-Z]+)"')


def test_every_command_is_listed_with_its_options(build: Build) -> None:
    page = "Command\n=======\n\n.. command:: mirrorlab.cli.group:mirrorlab\n"
    site = build(index=page)
    assert site.warnings == ""
    text = site.text("index")
    for name, command in mirrorlab.commands.items():
        assert f"$ mirrorlab {name}" in text
        for parameter in command.params:
            for option in parameter.opts:
                assert option in text or not option.startswith("-")


def test_commands_beneath_a_title_are_typed_and_other_lines_are_not(build: Build) -> None:
    html = build(index="C\n=\n\n.. command:: mirrorlab.cli.group:mirrorlab\n").html("index")
    blocks = re.findall(
        r"highlight-(\w+) notranslate\"><div class=\"highlight\"><pre>(.*?)</pre>", html, re.S
    )
    plain = [(kind, unescape(re.sub("<[^>]*>", "", text))) for kind, text in blocks]
    commands = [line for kind, text in plain if kind == "console" for line in text.splitlines()]
    assert [line for line in commands if not line.startswith("$ mirrorlab")] == []
    assert any(text.startswith("$ mirrorlab list\n$ mirrorlab run ") for _, text in plain)
    assert any(kind == "text" and text.startswith("refused ") for kind, text in plain)


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("mirrorlab.no_such:x", "cannot be imported: No module named"),
        ("mirrorlab.errors:no_such", "cannot be imported: module"),
        ("mirrorlab.errors:BrokenFile", "is not a click command"),
    ],
)
def test_a_command_that_is_none_breaks_the_build(build: Build, target: str, problem: str) -> None:
    assert problem in build(index=f"C\n=\n\n.. command:: {target}\n").warnings


def test_every_fault_is_listed_in_its_own_words(build: Build) -> None:
    text = build(index="Faults\n======\n\n.. faults::\n").text("index").casefold()
    for fault in Fault:
        assert f"{fault.value} {fault.says}".casefold() in text


def test_exit_codes_are_those_of_the_command(build: Build) -> None:
    assert set(MEANINGS) == {int(code) for code in EXIT_CODES}
    text = build(index="Codes\n=====\n\n.. exit-codes::\n").text("index")
    assert (BrokenFile.__doc__ or "").splitlines()[0] in text
    assert text.index("2 wrong use") < text.index("cannot be read") < text.index("3 could not tell")


def test_every_variable_of_the_kit_is_listed() -> None:
    files = Path(kit.__file__).parent.rglob("*.py")
    read = {name for file in files for name in OWN_VARIABLE.findall(file.read_text("utf-8"))}
    page = (REFERENCE / "cli.rst").read_text(encoding="utf-8")
    assert read == set(re.findall(r"^   \* - ``(MIRRORLAB_[A-Z]+)``$", page, re.MULTILINE))


def test_a_picture_stands_in_the_page_with_its_words(build: Build) -> None:
    dot = '   digraph { a [label="Index" class=yours]; a -> b [class=broken] }\n'
    page = 'P\n=\n\n.. graphviz::\n   :alt: an "index"\n\n' + dot
    site = build(index=page)
    assert site.warnings == ""
    html = site.html("index")
    assert '<svg role="img" aria-label="an &quot;index&quot;" style="width: ' in html
    assert 'class="node yours"' in html
    assert 'class="edge broken"' in html
    assert "<object" not in html


def test_a_picture_without_words_breaks_the_build(build: Build) -> None:
    page = "P\n=\n\n.. graphviz::\n\n   digraph { a }\n"
    assert "a picture needs :alt:" in build(index=page).warnings


def test_a_picture_that_cannot_be_drawn_breaks_the_build(build: Build) -> None:
    page = "P\n=\n\n.. graphviz::\n   :alt: x\n\n   digraph { a -> }\n"
    assert "dot exited with error" in build(index=page).warnings


def test_two_pictures_share_no_id() -> None:
    svg = '<?xml?>\n<svg width="72pt" height="9pt"><!-- a --><g id="node1" class="node"></g></svg>'
    assert inline_svg(svg, "x", "picture-2") == (
        '<svg role="img" aria-label="x" style="width: 6.00em">'
        '<g id="picture-2-node1" class="node"></g></svg>'
    )


def test_the_keys_of_recipe_toml_are_the_ones_that_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _asked(monkeypatch)
    for name, text in RECIPE.items():
        path = tmp_path / "a-folder" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    manifest.load(tmp_path / "a-folder")
    asked.discard(("test", "FOLDER"))
    assert asked == {
        (place, key) for place, keys in _documented("recipe-toml").items() for key in keys
    }


def test_the_keys_of_scenario_toml_are_the_ones_that_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _asked(monkeypatch)
    example = tmp_path / "scenario.toml"
    example.write_text((REFERENCE / "scenario-example.toml").read_text())
    (tmp_path / "wheels").mkdir()
    (tmp_path / "requirements.txt").touch()
    reading.load(example)
    named = {("users", "alice"), ("projects", "demo-lib")}
    assert asked - named == {
        (place, key) for place, keys in _documented("scenario-toml").items() for key in keys
    }


def _asked(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """Note every key that is asked of a table, with the kind of place it stands in."""
    asked: set[tuple[str, str]] = set()
    known = tables.Table._known

    def note(table: tables.Table, key: str, default: object) -> object:
        place = re.sub(r"\[\d+\]", "", table.place)
        asked.add((re.sub(r"\b(users|projects)\.[^.]+", r"\1.NAME", place), key))
        return known(table, key, default)

    monkeypatch.setattr(tables.Table, "_known", note)
    return asked


def _documented(page: str) -> dict[str, set[str]]:
    """The keys in the tables of a reference page, by the place its section is about."""
    text = (REFERENCE / f"{page}.rst").read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    for part in re.split(r"\n(?=[^\n]+\n[-=]{5,}\n)", text):
        if ":class: stacked keys" in part:
            title = part.strip().splitlines()[0].strip("`[]")
            keys = re.findall(r"^   \* - ``([\w-]+)``$", part, re.MULTILINE)
            place = {"Top level": "", "files": "projects.NAME.releases.files"}.get(title, title)
            found[place] = set(keys)
    return found
