"""``.. said::`` and ``.. said-list::``: messages that tests bring about, on their pages."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.site.conftest import Build

from mirrorlab.errors import BrokenFile
from mirrorlab.site.known import RECORD, Program, Said, known

DATA = """\
schema = 1
[[message]]
id = "pip-not-found"
program = "pip"
short = "nothing found for {name}"
by = ["pip", "pip-22.1"]
when = "the index is empty"
run = "pip install {name}"
text = \"\"\"
ERROR: nothing found for {name}
ERROR: so there …
\"\"\"
sure = "curl {index-url}"
shows = "404"
"""
RECORDED = (
    '{"schema": 1, "date": "2026-11-21", "messages": {"pip-not-found": ["pip 26.3", "pip 22.1.2"]}}'
)
PAGE = """\
Errors
======

.. said-list:: pip

.. said:: pip-not-found

   :cause: There is ``nothing``.
   :cure: Put something there.
   :recipe: :recipe:`a-cluster`
   :threads: pip#1 uv#22
"""


@pytest.fixture
def files(recipes: dict[str, str]) -> dict[str, str]:
    """One message, its page, and a record that it was said."""
    index = recipes["index.rst"].replace("recipes/index\n", "recipes/index\n   errors\n")
    page = {"index.rst": index, "errors.rst": PAGE}
    return recipes | page | {"docs/errors/messages.toml": DATA, str(RECORD): RECORDED}


def test_a_message_has_cause_cure_recipe_threads_and_who_said_it(
    build: Build, files: dict[str, str]
) -> None:
    site = build(files)
    assert site.warnings == ""
    text = site.text("errors")
    assert "ERROR: nothing found for name" in text
    assert "ERROR: so there …" in text
    assert "when the index is empty" in text
    assert "Cause : There is nothing ." in text
    assert "Be sure : $ curl https://mirror.example/simple/" in text
    assert "says 404 Cure : Put something there." in text
    assert "Recipe : a-cluster planned Threads : pip#1 , uv#22" in text
    assert "pip 26.3 and pip 22.1.2 on 2026-11-21, after pip install {name}" in text
    html = site.html("errors")
    assert 'id="pip-not-found"' in html
    assert 'href="https://github.com/astral-sh/uv/issues/22"' in html
    assert 'class="varies"' in html


def test_the_list_links_by_the_words_one_knows(build: Build, files: dict[str, str]) -> None:
    html = build(files).html("errors")
    listed = html.partition('<ul class="messages said')[2].partition("</ul>")[0]
    assert 'href="#pip-not-found"' in listed
    assert "nothing found for " in listed.replace('<span class="pre">', "").replace("</span>", "")
    assert "when the index is empty" in listed


def test_words_of_other_systems_are_marked_and_counted_as_not_run(
    build: Build, files: dict[str, str]
) -> None:
    data = DATA.replace("when =", 'also = ["nothing there"]\nwhen =')
    files |= {"docs/errors/messages.toml": data, "errors.rst": f"{PAGE}\n.. not-run-here-list::\n"}
    text = build(files).text("errors")
    assert "Elsewhere : nothing there not run here" in text
    assert "One place is not run here." in text


def test_without_a_record_the_page_says_so(build: Build, files: dict[str, str]) -> None:
    del files[str(RECORD)]
    assert "no run is on record yet: pip install {name}" in build(files).text("errors")


def test_a_message_that_is_not_in_the_data_breaks_the_build(
    build: Build, files: dict[str, str]
) -> None:
    files["errors.rst"] = PAGE.replace("said:: pip-not-found", "said:: pip-not-fuond")
    warnings = build(files).warnings
    assert "there is no message 'pip-not-fuond'; did you mean 'pip-not-found'?" in warnings


def test_a_message_that_no_page_explains_breaks_the_build(
    build: Build, files: dict[str, str]
) -> None:
    files["errors.rst"] = "Errors\n======\n\nNone.\n"
    warnings = build(files).warnings
    assert "messages.toml: pip-not-found: is explained on no page: say .. said::" in warnings


def test_a_message_is_explained_once(build: Build, files: dict[str, str]) -> None:
    entry = PAGE.partition(".. said:: ")[2]
    files["errors.rst"] = f"{PAGE}\n.. said:: {entry}"
    assert "this message is explained already in errors" in build(files).warnings


@pytest.mark.parametrize("field", ["cause", "cure", "recipe"])
def test_a_message_without_cause_cure_or_recipe_breaks_the_build(
    build: Build, files: dict[str, str], field: str
) -> None:
    lines = [line for line in PAGE.splitlines() if f":{field}:" not in line.partition("` ")[0][:12]]
    files["errors.rst"] = "\n".join(lines) + "\n"
    assert f"say its {field}, as :{field}:" in build(files).warnings


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (":threads: pip#1", ":threads: pop#1", "there is no thread 'pop#1'"),
        (":threads:", ":thraeds:", "there is no field 'thraeds' here"),
        ("   :cause:", "   Prose.\n\n   :cause:", "say everything in the fields"),
        ("said-list:: pip", "said-list:: pap", "there is no program 'pap'"),
    ],
)
def test_a_slip_in_an_entry_breaks_the_build(
    build: Build, files: dict[str, str], old: str, new: str, problem: str
) -> None:
    files["errors.rst"] = PAGE.replace(old, new, 1)
    assert problem in build(files).warnings


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"pip-not-found"', '"not-found"', "message[0].id: must be words like pip-not-found"),
        ('short = "nothing', 'short = "something', "message[0].short: must be words of the text"),
        ('sure = "curl', 'shure = "curl', "message[0].sure: is missing (there is 'shure')"),
        ('program = "pip"', 'program = "pop"', "message[0].program: "),
    ],
)
def test_a_slip_in_the_data_is_one_sentence_with_its_place(
    build: Build, files: dict[str, str], old: str, new: str, problem: str
) -> None:
    files["docs/errors/messages.toml"] = DATA.replace(old, new, 1)
    warnings = build(files).warnings
    assert f"messages.toml: {problem}" in warnings
    assert "Traceback" not in warnings


def test_a_message_stands_once_in_the_data(tmp_path: Path) -> None:
    path = tmp_path / "docs" / "errors" / "messages.toml"
    path.parent.mkdir(parents=True)
    entry = DATA.partition("schema = 1\n")[2]
    path.write_text(f"{DATA}{entry}")
    with pytest.raises(BrokenFile, match=r"message\[1\].id: is there twice: pip-not-found"):
        known(tmp_path)


def test_a_broken_record_is_one_sentence(build: Build, files: dict[str, str]) -> None:
    files[str(RECORD)] = '{"schema": 1}'
    warnings = build(files).warnings
    assert "messages.json: is no record of messages" in warnings
    assert "Traceback" not in warnings


def test_the_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / RECORD).parent.mkdir()
    said = Said(date(2026, 11, 21), {"pip-b": ("pip 26.3",), "pip-a": ("pip 26.3", "pip 22.1.2")})
    said.write(tmp_path)
    assert Said.read(tmp_path) == said


def test_every_program_has_its_page(root: Path) -> None:
    for program in Program:
        page = (root / "docs" / "errors" / f"{program.value}.rst").read_text(encoding="utf-8")
        assert f".. said-list:: {program.value}\n" in page
