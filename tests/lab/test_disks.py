"""A full disk is really full, and is had only where it harms nobody."""

from __future__ import annotations

import json
from collections.abc import Callable

from .conftest import World

Start = Callable[..., World]


def test_a_full_disk_says_so(world: Start) -> None:
    told = json.loads(world("namespaces", "report").told())
    exit_code, output = told["dd"]
    assert told["refusal"] == ""
    assert exit_code == 1
    assert "No space left on device" in output
    assert "1048576 bytes" in output


def test_without_namespaces_it_is_refused_in_one_sentence(world: Start) -> None:
    refusal = json.loads(world("guardians", "report").told())["refusal"]
    assert "a small disk at" in refusal
    assert "not possible here" in refusal
    assert "\n" not in refusal
