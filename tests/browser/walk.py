"""A walk through a page with the Tab key, as somebody without a mouse does it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.browser.visit import Visit

LONGEST = 400


@dataclass(frozen=True)
class Stop:
    """Where the focus is. ``seen`` is whether anything of it, or of its label, is in the window."""

    selector: str
    text: str
    seen: bool

    def __str__(self) -> str:
        return f"{self.selector} {self.text!r}"


def walk(visit: Visit) -> list[Stop]:
    """Press Tab until the focus leaves the page; nothing had it before."""
    visit.look("still")
    stops: list[Stop] = []
    for _ in range(LONGEST):
        visit.page.keyboard.press("Tab")
        stop = visit.look("focused")
        if stop is None:
            return stops
        stops.append(Stop(**stop))
    raise AssertionError(f"the focus does not leave the page in {LONGEST} steps")


def go_to(visit: Visit, selector: str) -> None:
    """Press Tab until the focus is on what the selector names."""
    visit.look("still")
    for _ in range(LONGEST):
        visit.page.keyboard.press("Tab")
        if visit.page.evaluate("(s) => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"Tab does not reach {selector}")
