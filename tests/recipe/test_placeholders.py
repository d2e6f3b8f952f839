"""What a test changes: the placeholders of recipe.toml."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mirrorlab.recipe import expand
from mirrorlab.recipe.placeholders import problem_of

PORTS = {"web": 8001, "proxy-2": 8002}


def filled(text: str) -> str:
    return expand(text, index="https://127.0.0.1:9", tmp=Path("/tmp/lab"), port=PORTS.__getitem__)


def test_each_placeholder_is_replaced() -> None:
    assert filled("{index}/simple/") == "https://127.0.0.1:9/simple/"
    assert filled("{tmp}/a {tmp}/b") == "/tmp/lab/a /tmp/lab/b"
    assert filled("{port.web}:{port.proxy-2}") == "8001:8002"


def test_other_braces_stay() -> None:
    assert filled("{ a } {} {1,2}") == "{ a } {} {1,2}"
    assert problem_of("{ a } {} {1,2}") is None


@given(st.text(alphabet="{}$ab.:/", max_size=30))
def test_what_has_no_problem_keeps_no_word_in_braces(text: str) -> None:
    if problem_of(text) is None:
        assert filled(text) == text
