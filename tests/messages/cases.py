"""What brings each message about: one small function a message, under the message's name.

A case prepares the world and returns what the placeholders of the message stand for. The
commands themselves stand in ``docs/errors/messages.toml``, where the reader sees them.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from tests.messages.world import World

from mirrorlab.site.known import Program

Case = Callable[[World], dict[str, str]]
CASES: dict[str, Case] = {}


def case(*names: str) -> Callable[[Case], Case]:
    """Register a case for one message or several."""

    def register(function: Case) -> Case:
        for name in names:
            assert name not in CASES, f"{name} has two cases"
            CASES[name] = function
        return function

    return register


def every_case() -> dict[str, Case]:
    """Return every case, of every program."""
    for program in Program:
        import_module(f"tests.messages.say_{program.value}")
    return CASES
