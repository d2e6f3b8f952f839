"""What a test changes: placeholders are replaced; a mistyped one is found on reading."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlab.recipe.placeholders import environments_in, expand, problem_of

PORTS = {"web": 8001, "proxy_2": 8002}
TOOLS = {"": Path("/env"), "previous": Path("/older")}


def filled(text: str) -> str:
    return expand(
        text,
        index="https://127.0.0.1:9",
        tmp=Path("/tmp/lab"),
        mirrorlab=Path("/bin/kit"),
        port=PORTS.__getitem__,
        tools=TOOLS.__getitem__,
    )


def test_each_placeholder_is_replaced() -> None:
    assert filled("{index}/simple/") == "https://127.0.0.1:9/simple/"
    assert filled("{tmp}/a {tmp}/b") == "/tmp/lab/a /tmp/lab/b"
    assert filled("{mirrorlab} check") == "/bin/kit check"
    assert filled("{port.web}:{port.proxy_2}") == "8001:8002"
    assert filled("{tools}/bin:{tools.previous}/bin") == "/env/bin:/older/bin"


def test_the_environments_of_a_text_are_named() -> None:
    assert environments_in("{tools}/bin {tools.previous}/x {tmp}") == ("previous",)


@given(st.text(alphabet="{}abindextmp.:/", max_size=30))
def test_what_has_no_problem_keeps_nothing_in_braces(text: str) -> None:
    if problem_of(text) is None:
        after = filled(text)
        assert problem_of(after) is None
        assert (after == text) == ("{index}" not in text and "{tmp}" not in text)


@pytest.mark.parametrize(
    "text", ["", "{index}/simple/", "{tmp}/a {tmp}/b", "{port.web}:{port.proxy_2}", "} a {"]
)
def test_these_are_placeholders(text: str) -> None:
    assert problem_of(text) is None


@pytest.mark.parametrize(
    "text", ["{}", "{ tmp }", "{host}", "{port}", "{port.}", "{tools.}", "{tmp}/{temp}"]
)
def test_these_are_not(text: str) -> None:
    problem = problem_of(text)
    assert problem is not None
    assert problem.endswith(
        " is no placeholder: only {index}, {tmp}, {mirrorlab}, {port.NAME}, {tools}"
        " and {tools.NAME} are"
    )
