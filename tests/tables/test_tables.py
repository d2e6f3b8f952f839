"""Reading TOML: every value by its type, every mistake by its place."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlab import tables
from mirrorlab.errors import BrokenFile
from mirrorlab.tables import Table, load, parse

FILE = Path("some.toml")


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


def mistake(text: str, read: object) -> str:
    """Return the sentence a reading of this text ends in."""
    assert callable(read)
    with pytest.raises(BrokenFile) as caught:
        read(parse(text, FILE))
    sentence = str(caught.value)
    assert sentence.startswith("some.toml: ")
    assert "\n" not in sentence
    return sentence.removeprefix("some.toml: ")


def test_every_type_is_read() -> None:
    table = parse(
        """
        name = "demo"
        count = 3
        size = 1.5
        on = true
        yanked = "breaks"
        when = 2026-01-05T13:00:00+01:00
        tags = ["a", "b"]
        colour = "green"
        colours = ["red", "green"]
        [test]
        EMPTY = ""
        URL = "https://example.org"
        [users.alice]
        password = "wonder"
        [[step]]
        name = "one"
        [[step]]
        name = "two"
        """,
        FILE,
    )
    assert table.text("name") == "demo"
    assert table.integer("count", least=1, most=3) == 3
    assert table.number("size", least=1) == 1.5
    assert table.number("count") == 3.0
    assert table.flag("on") is True
    assert table.flag_or_text("yanked") == "breaks"
    assert table.moment("when") == datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert table.moment("when").tzinfo is UTC
    assert table.texts("tags") == ("a", "b")
    assert table.choice("colour", Colour) is Colour.GREEN
    assert table.choices("colours", Colour) == (Colour.RED, Colour.GREEN)
    assert table.pairs("test") == {"EMPTY": "", "URL": "https://example.org"}
    assert {n: u.text("password") for n, u in table.mapping("users").items()} == {"alice": "wonder"}
    assert [step.text("name") for step in table.tables("step")] == ["one", "two"]
    table.finish()


def test_what_is_missing_takes_the_default() -> None:
    table = parse("", FILE)
    assert table.text("a", None) is None
    assert table.integer("b", 7) == 7
    assert table.texts("c", ()) == ()
    assert table.choice("d", Colour, Colour.RED) is Colour.RED
    assert table.pairs("e") == {}
    assert table.tables("f") == ()
    assert table.mapping("g") == {}
    assert list(table.table("h")) == []
    table.finish()


@pytest.mark.parametrize(
    ("text", "read", "sentence"),
    [
        ("", lambda t: t.text("name"), "name: is missing"),
        ('nam = "x"', lambda t: t.text("name"), "name: is missing (there is 'nam')"),
        ("name = 3", lambda t: t.text("name"), "name: must be a text, not the number 3"),
        ('name = " "', lambda t: t.text("name"), "name: must not be empty"),
        ("n = true", lambda t: t.integer("n"), "n: must be a whole number, not true"),
        ("n = 1.5", lambda t: t.integer("n"), "n: must be a whole number, not the number 1.5"),
        ("n = 0", lambda t: t.integer("n", least=1), "n: must be 1 or more, not 0"),
        ("n = 9", lambda t: t.integer("n", most=8), "n: must be 8 or less, not 9"),
        ("f = 1", lambda t: t.flag("f"), "f: must be true or false, not the number 1"),
        ("f = 1", lambda t: t.flag_or_text("f"), "f: must be true, false or a text, not the numbe"),
        ("w = 2026-01-05T12:00:00", lambda t: t.moment("w"), "w: must be a date and time with an"),
        ("w = 2026-01-05", lambda t: t.moment("w"), "w: must be a date and time with an offset"),
        ("l = 'x'", lambda t: t.texts("l"), "l: must be a list of texts, not a text ('x')"),
        ("l = ['x', 2]", lambda t: t.texts("l"), "l[1]: must be a text, not the number 2"),
        ("c = 'gren'", lambda t: t.choice("c", Colour), "c: 'gren' is not known; did you mean 'g"),
        ("c = 'x'", lambda t: t.choice("c", Colour), "c: 'x' is not known; choose one of: red, gr"),
        ("c = ['rad']", lambda t: t.choices("c", Colour), "c[0]: 'rad' is not known; did you mea"),
        ("t = 1", lambda t: t.table("t"), "t: must be a table, not the number 1"),
        ("t = 1", lambda t: t.tables("t"), "t: must be a list of tables, not the number 1"),
        ("t = {a = 1}", lambda t: t.pairs("t"), "t.a: must be a text, not the number 1"),
        ("", lambda t: t.schema(), "schema: is missing: write schema = 1"),
        (
            "shema = 1",
            lambda t: t.schema(),
            "schema: is missing: write schema = 1 (there is 'shema')",
        ),
        ("schema = 2", lambda t: t.schema(), "schema: must be 1, the only one this kit reads: 2"),
    ],
)
def test_a_mistake_names_its_place(text: str, read: object, sentence: str) -> None:
    assert mistake(text, read).startswith(sentence)


def test_a_deep_place_reads_like_a_path() -> None:
    text = """
    [projects."Demo.Name"]
    [[projects."Demo.Name".releases]]
    requires = ["a"]
    [[projects."Demo.Name".releases]]
    requires = [1]
    """

    def read(table: Table) -> None:
        for project in table.mapping("projects").values():
            for release in project.tables("releases"):
                release.texts("requires")

    said = mistake(text, read)
    assert said == (
        'projects."Demo.Name".releases[1].requires[0]: must be a text, not the number 1'
    )


def test_an_unknown_key_is_named_with_the_one_meant() -> None:
    def read(table: Table) -> None:
        for step in table.tables("step"):
            step.text("ready", None)
        table.finish()

    said = mistake('[[step]]\nreday = "x"', read)
    assert said == "step[0].reday: is not a known key; did you mean 'ready'?"


def test_an_unknown_key_far_from_all_lists_the_known_ones() -> None:
    def read(table: Table) -> None:
        table.text("title", None)
        table.text("answers", None)
        table.finish()

    assert mistake("zzz = 1", read) == "zzz: is not a known key; known here: answers, title"


def test_not_toml_names_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("a = 1\nb = = 2\n")
    with pytest.raises(BrokenFile) as caught:
        load(path)
    assert caught.value.place == "line 2, column 5"
    assert "is not TOML: Invalid value" in str(caught.value)


def test_a_missing_file_a_folder_and_not_utf8_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(BrokenFile, match="there is no such file"):
        load(tmp_path / "nowhere.toml")
    with pytest.raises(BrokenFile, match="cannot be read: Is a directory"):
        load(tmp_path)
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'name = "\xe9"')
    with pytest.raises(BrokenFile, match="byte 8: is not UTF-8 text"):
        load(latin)


def test_a_key_of_two_lines_still_makes_one_line() -> None:
    assert mistake('"a\\nb" = 1', lambda t: t.finish()).startswith('"a\\nb": is not a known key')


def test_endless_nesting_is_a_sentence() -> None:
    with pytest.raises(BrokenFile, match="nested too deeply"):
        parse("a = " + "[" * 100_000, FILE)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        table = parse(text, FILE)
        table.finish()
    except BrokenFile as error:
        assert str(error).count("\n") == 0  # noqa: PT017
    else:
        assert list(table) == []


def test_the_example_of_the_module_is_true() -> None:
    assert doctest.testmod(tables).failed == 0
    assert doctest.testmod(tables).attempted == 3
