"""``.. exit-codes::``: what the kit's exit codes mean, and which errors end with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import nodes

from mirrorlab.errors import CouldNotTell, MirrorlabError, WrongUse
from mirrorlab.site import blocks
from mirrorlab.site.guide import GuideDirective

MEANINGS = {
    0: ("holds", "What you asked for was done, and everything that was checked is so."),
    1: ("does not hold", "A promise or drill does not hold, a setting or a mirror is not well."),
    2: ("wrong use", "The request is at fault: a mistyped name, a broken file, a wrong option."),
    3: ("could not tell", "Nothing can be said: a program is missing, something is unreachable."),
}
"""Exit code -> its word, and a sentence for readers."""


class ExitCodesDirective(GuideDirective):
    """Each code with its meaning and, beneath it, the errors that end with it."""

    def render(self) -> list[Any]:
        """Give the list."""
        rows = []
        for code, (word, meaning) in MEANINGS.items():
            term = nodes.term("", "", blocks.literal(str(code)), nodes.Text(f" {word}"))
            errors = [[first_line(error)] for error in ends_with(code)]
            body = [blocks.paragraph(meaning)] + ([blocks.bullets(errors)] if errors else [])
            rows.append((term, body))
        return [blocks.definitions(rows, "exit-codes")]


def ends_with(code: int) -> list[type[MirrorlabError]]:
    """The errors that end the command with this code, by name; not the families themselves."""
    found = {error for error in _all(MirrorlabError) if error.exit_code == code}
    return sorted(found - {WrongUse, CouldNotTell}, key=lambda error: error.__name__)


def first_line(error: type[MirrorlabError]) -> str:
    """The first line of what the error says of itself."""
    return (error.__doc__ or "").strip().partition("\n")[0]


def _all(parent: type[MirrorlabError]) -> Iterator[type[MirrorlabError]]:
    for child in parent.__subclasses__():
        if child.__module__.startswith("mirrorlab."):
            yield child
            yield from _all(child)
