"""All that must hold on every page, whatever it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from tests.browser.visit import Visit

NARROW = {"width": 360, "height": 740}
_PROMPTS = {  # what a session begins with, and what a line that goes on begins with
    "$ ": "> ",
    "# ": "> ",
    ">>> ": "... ",
    "PS> ": ">> ",
}
_SESSIONS = {f"highlight-{name}" for name in ("console", "pycon", "powershell", "pwsh-session")}

System = Literal["light", "dark"]
SYSTEMS: tuple[System, ...] = ("light", "dark")


class Kind(StrEnum):
    """What can be wrong with a page."""

    CONSOLE = "console"
    REQUEST = "request"
    ELSEWHERE = "elsewhere"
    HEAD = "head"
    HEADINGS = "headings"
    PICTURES = "pictures"
    NAMES = "names"
    CONTRAST = "contrast"
    FOCUS = "focus"
    WIDTH = "width"
    COPY = "copy"
    SCRIPTS = "scripts"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a page."""

    kind: Kind
    says: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.says}"


def audit(visit: Visit) -> list[Problem]:
    """Look at an open page in every way; what it said and asked since it was opened counts too."""
    found = [Problem(kind, says) for kind, look in _LOOKS for says in look(visit)]
    found += [Problem(Kind.CONSOLE, says) for says in visit.said]
    found += [Problem(Kind.REQUEST, says) for says in visit.failed]
    found += [Problem(Kind.ELSEWHERE, url) for url in visit.elsewhere()]
    return found


def audit_without_scripts(whole: dict[str, Any], plain: Visit) -> list[Problem]:
    """Compare what a page holds (``look("content")``) with what is left where no script runs."""
    left = plain.look("content")
    gone = [link for link in whole["links"] if link not in left["links"]]
    gone += [heading for heading in whole["headings"] if heading not in left["headings"]]
    found = [f"{what!r} is not there without JavaScript" for what in gone]
    for name in ("rows", "code"):
        if left[name] < whole[name]:
            found.append(f"{left[name]} of {whole[name]} {name} are there without JavaScript")
    return [Problem(Kind.SCRIPTS, says) for says in found]


def _focus(visit: Visit) -> list[str]:
    visit.look("still")  # a button that is fading in has no colour yet
    visit.page.keyboard.press("Tab")  # from now on the browser shows where the focus is
    seen: list[str] = visit.look("unseenFocus")
    return seen


def _contrast(visit: Visit) -> Iterator[str]:
    """Everything unfolded, on a light and on a dark system."""
    visit.look("unfold")
    for system in SYSTEMS:
        visit.page.emulate_media(color_scheme=system)
        yield from (f"{says} ({system})" for says in pale(visit))
    visit.page.emulate_media(color_scheme="light")


def pale(visit: Visit) -> list[str]:
    """What is hard to read in the colours that the page has now."""
    return [*visit.look("pale"), *visit.look("palePicture")]


def _width(visit: Visit) -> list[str]:
    """Everything unfolded, on a small telephone."""
    before = visit.page.viewport_size
    visit.page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
    wide: list[str] = visit.look("tooWide")
    if before is not None:
        visit.page.set_viewport_size(before)
    return wide


def _copy(visit: Visit) -> Iterator[str]:
    blocks = visit.look("codeBlocks")
    copied = visit.look("copied")
    if len(blocks) != len(copied):
        yield f"{len(blocks)} blocks of code have {len(copied)} copy buttons"
        return
    for block, text in zip(blocks, copied, strict=True):
        if text != (wanted := typed(block["kind"], block["text"])):
            yield f"{block['kind']} copies {text[:200]!r} instead of {wanted[:200]!r}"


def typed(kind: str, text: str) -> str:
    """What a reader wants of a block of code: of a session the commands, else all of it."""
    lines = text.removesuffix("\n").split("\n")
    prompt = next((prompt for prompt in _PROMPTS if lines[0].startswith(prompt)), None)
    if kind not in _SESSIONS or prompt is None:
        return "\n".join(lines)
    commands: list[str] = []
    going_on = False
    for line in lines:
        continues = going_on and line.startswith(_PROMPTS[prompt])
        going_on = continues or line.startswith(prompt)
        if going_on:
            commands.append(line.removeprefix(_PROMPTS[prompt] if continues else prompt))
    return "\n".join(commands)


def _looker(function: str) -> Callable[[Visit], list[str]]:
    def look(visit: Visit) -> list[str]:
        found: list[str] = visit.look(function)
        return found

    return look


# In this order: what comes later unfolds the page and changes its size.
_LOOKS: tuple[tuple[Kind, Callable[[Visit], list[str] | Iterator[str]]], ...] = (
    (Kind.HEAD, _looker("head")),
    (Kind.HEADINGS, _looker("headings")),
    (Kind.PICTURES, _looker("pictures")),
    (Kind.NAMES, _looker("nameless")),
    (Kind.COPY, _copy),
    (Kind.FOCUS, _focus),
    (Kind.CONTRAST, _contrast),
    (Kind.WIDTH, _width),
)
