"""``.. outcomes::``: a table of what arrives, from the file beside the page."""

from __future__ import annotations

import pytest
from tests.site.conftest import Build

PAGE = "Choose\n======\n\n.. outcomes:: one-fails\n"
DATA = """\
schema = 1
[[table]]
name = "one-fails"
fails = "yours"
[[table.row]]
clients = ["pip", "pip-22.1"]
typed = "pip install --index-url https://private.example/simple/ acme-lib>=1"
asks = ["yours", "public"]
arrives = { works = "yours", 404 = "stranger's", down = "nothing" }
"""


def test_each_state_has_its_cell_with_its_head(build: Build) -> None:
    site = build({"index.toml": DATA}, index=PAGE)
    assert site.warnings == ""
    text = site.text("index").replace("\u2019", "'")
    head = "It asks Your index works Your index says 404 Your index is down"
    command = 'pip 22.1.2 pip install --index-url https://private.example/simple/ "acme-lib>=1"'
    cells = "It asks: both Your index works: yours Your index says 404: a stranger's"
    assert head in text
    assert f"{command} {cells} Your index is down: it stops" in text


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"pip", "pip', '"pipp", "pip', "clients[0]: there is no client 'pipp'; did you mean"),
        ('"pip", "pip-22.1"', '"uv"', "typed: must begin with 'uv pip install', for uv"),
        ("404 =", "405 =", "table[0].row[0].arrives.405: is no state; choose one of: works,"),
        ("asks", "ask", "table[0].row[0].asks: is missing (there is 'ask')"),
        ('"one-fails"', '"two-fail"', "index.toml has no table 'one-fails'"),
    ],
)
def test_a_mistake_is_named_with_its_place(build: Build, old: str, new: str, problem: str) -> None:
    assert problem in build({"index.toml": DATA.replace(old, new, 1)}, index=PAGE).warnings


def test_rows_of_one_table_have_the_same_columns(build: Build) -> None:
    row = DATA[DATA.index("[[table.row]]") :].replace('404 = "stranger\'s", ', "")
    warnings = build({"index.toml": DATA + row}, index=PAGE).warnings
    assert "table[0].row[1]: has other states than the first row" in warnings
