"""Two worlds at once do not meet: ports, files, indexes."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from .conftest import MODES, World


@pytest.mark.parametrize("mode", MODES)
def test_two_worlds_do_not_meet(world: Callable[..., World], mode: str) -> None:
    fixed = "8123" if mode == "namespaces" else "0"
    worlds = [world(mode, "neighbour", fixed) for _ in range(2)]
    doors = [json.loads(each.told()) for each in worlds]
    if mode == "namespaces":
        assert [door["port"] for door in doors] == [8123, 8123]
    else:
        assert doors[0]["port"] != doors[1]["port"]
        assert doors[0]["index"] != doors[1]["index"]
    for each in worlds:
        seen = json.loads(each.ask("what do you see?"))
        assert seen == {"who": each.mark, "projects": [each.mark], "labs": 1}
