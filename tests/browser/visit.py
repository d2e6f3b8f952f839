"""One page open in the browser, and all that the browser said and asked meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request, Response

LOOK = Path(__file__).with_name("look.js").read_text(encoding="utf-8")
_ALL_COPY_BUTTONS = """
() => document.querySelectorAll("button.copybtn").length
      === document.querySelectorAll("div.highlight pre").length
"""
_HAS_COPY_BUTTONS = "typeof addCopyButtonToCodeCells !== 'undefined'"
_LOUD = {"error", "warning", "assert"}
_FIRST_ERROR = 400


@dataclass
class Visit:
    """A page of the site in the browser. ``base`` is where the site begins."""

    page: Page
    base: str
    said: list[str] = field(default_factory=list)
    """Errors and warnings of the console, and exceptions nobody caught."""
    asked: list[str] = field(default_factory=list)
    """The addresses of all requests."""
    failed: list[str] = field(default_factory=list)
    """Requests without an answer, or with one of 400 and more."""

    def __post_init__(self) -> None:
        """Listen from the beginning."""
        self._hears: dict[Any, Callable[[Any], None]] = {
            "console": self._hear,
            "pageerror": lambda error: self.said.append(f"uncaught: {error.message}"),
            "request": lambda request: self.asked.append(request.url),
            "requestfailed": self._miss,
            "response": self._answer,
        }
        for event, hear in self._hears.items():
            self.page.on(event, hear)

    def leave(self) -> None:
        """Leave the window as it was found, for the next visit."""
        for event, hear in self._hears.items():
            self.page.remove_listener(event, hear)
        self.page.unroute_all()
        self.page.evaluate("location.origin === 'null' || localStorage.clear()")
        self.page.goto("about:blank")

    def open(self, page: str) -> None:
        """Go to a page, and wait until its scripts have done what they do at the start."""
        self.page.goto(self.base + page)
        if self.page.evaluate(_HAS_COPY_BUTTONS):
            self.page.wait_for_function(_ALL_COPY_BUTTONS)

    def alter(self, page: str, old: str, new: str) -> None:
        """Have this page arrive with ``new`` instead of the first ``old``."""

        text = self.page.request.get(self.base + page).text()
        assert old in text, f"{page} has no {old!r}: this sabotage changes nothing"
        body = text.replace(old, new, 1)
        html = "text/html; charset=utf-8"
        self.page.route(self.base + page, lambda at: at.fulfill(body=body, content_type=html))

    def look(self, what: str, *arguments: object) -> Any:
        """Call a function of look.js in the page; it works where the page's scripts may not run."""
        return self.page.evaluate(f"(given) => {{ {LOOK}\n return {what}(...given); }}", arguments)

    def elsewhere(self) -> list[str]:
        """The requests that went to another host, port or scheme than the site's."""
        home = urlsplit(self.base)[:2]
        inline = {"data", "blob", "about"}
        parts = [(url, urlsplit(url)) for url in self.asked]
        return [url for url, to in parts if to[:2] != home and to.scheme not in inline]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in _LOUD:
            self.said.append(f"{message.type}: {message.text}")

    def _miss(self, request: Request) -> None:
        self.failed.append(f"{request.url}: {request.failure}")

    def _answer(self, response: Response) -> None:
        if response.status >= _FIRST_ERROR:
            self.failed.append(f"{response.url}: {response.status}")
