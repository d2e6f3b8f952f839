"""A mistyped placeholder is found when the recipe is read."""

from __future__ import annotations

import pytest

from mirrorlab.recipe.placeholders import problem_of


@pytest.mark.parametrize(
    "text", ["", "{index}/simple/", "{tmp}/a {tmp}/b", "{port.web}:{port.proxy_2}", "} a {"]
)
def test_these_are_placeholders(text: str) -> None:
    assert problem_of(text) is None


@pytest.mark.parametrize("text", ["{}", "{ tmp }", "{host}", "{port}", "{port.}", "{tmp}/{temp}"])
def test_these_are_not(text: str) -> None:
    problem = problem_of(text)
    assert problem is not None
    assert problem.endswith(" is no placeholder: only {index}, {tmp} and {port.NAME} are")
