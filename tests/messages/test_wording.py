"""What counts as the same words, and what does not."""

from __future__ import annotations

import pytest
from tests.messages.wording import reworded, says, says_alike

SAID = """\
Looking in indexes: https://index.test/simple/
ERROR: No matching distribution found for demo
2026-11-21 INFO: Resuming interrupted sync (mirror.py:12)
ERROR    HTTPError: 400 Bad Request from
         https://index.test/legacy/
         Bad Request
"""


@pytest.mark.parametrize(
    "text",
    [
        "ERROR: No matching distribution found for {name}",
        "ERROR: No matching  distribution\tfound for demo",
        "ERROR HTTPError: 400 Bad Request from {url}\nBad Request",
        "… INFO: Resuming interrupted sync (mirror.py:{number})",
        "ERROR: No matching …",
        "Looking in indexes: …\n…\n… Resuming …",
    ],
)
def test_the_same_words_are_the_same_however_lines_break(text: str) -> None:
    assert says(SAID, text, {"name": "demo", "url": "https://index.test/legacy/"})


@pytest.mark.parametrize(
    "text",
    [
        "ERROR: No matching distribution found for {other}",
        "ERROR: No distribution found for {name}",
        "No matching distribution found for {name}",
        "ERROR: No matching distribution found for",
        "ERROR: no matching distribution found for {name}",
        "INFO: Resuming interrupted sync (mirror.py:{number})",
        "… INFO: Resuming interrupted sync (mirror.py:{digest})",
        "Looking in indexes: …\n… Resuming …",
    ],
)
def test_other_words_are_not(text: str) -> None:
    assert not says(SAID, text, {"name": "demo", "other": "demo-lib"})


def test_a_place_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="name"):
        says(SAID, "for {name}", {})


def test_alike_is_with_anything_in_the_places() -> None:
    assert says_alike(SAID, "ERROR: No matching distribution found for {name}")
    assert not says_alike(SAID, "ERROR: No distribution found for {name}")


def test_each_fixed_word_is_changed_once() -> None:
    assert list(reworded("… one {two} three…")) == ["… onex {two} three…", "… one {two} threex…"]
