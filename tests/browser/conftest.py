"""The whole site, built as Read the Docs builds it, served on loopback, open in headless Chromium.

The site stands below ``/en/latest/``, and the same files at ``/``. The browser runs inside the
isolated lab of all tests: what it asks of another host can not be answered, and is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from tests.browser.server import Served, serve
from tests.browser.visit import Visit
from tests.whole_site import BELOW, WholeSite

from mirrorlab.lab import programs

READS_THE_CLIPBOARD = ["clipboard-read", "clipboard-write"]
WITHIN = 30_000  # milliseconds until a condition that does not come about is a failure
# Chromium's own sandbox wants privileges that a container and the lab's namespaces lack; it opens
# nothing but this site. /dev/shm may be small.
ARGUMENTS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")


@pytest.fixture(scope="session")
def site(whole_site: WholeSite) -> Path:
    """The site: warnings are the business of tests/site."""
    assert (whole_site.html / "index.html").is_file(), whole_site.complaints
    return whole_site.html


@pytest.fixture(scope="session")
def served(site: Path) -> Iterator[Served]:
    """Serve it on a port of loopback."""
    with serve(site) as running:
        yield running


# The fixtures below end with the last test of a file: a running Playwright is a running event loop,
# in which other tests of the same worker could not start theirs. (Scope "package" would last to the
# end of the session: no folder here is a package.)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright, without any browser of its own."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The machine's own Chromium."""
    program = programs.find("chromium")
    assert program, f"chromium is missing: apt-get install {programs.package('chromium')}"
    browser = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS])
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def window(chromium: Browser) -> Iterator[Page]:
    """A window at a desk, in which many pages are opened one after another, as a reader does."""
    with _context(chromium) as context:
        yield context.new_page()


@pytest.fixture(scope="module")
def plain_window(chromium: Browser) -> Iterator[Page]:
    """The same where no script runs."""
    with _context(chromium, java_script_enabled=False) as context:
        yield context.new_page()


Open = Callable[..., Visit]


@pytest.fixture
def open_page(chromium: Browser, window: Page, served: Served) -> Iterator[Open]:
    """Open a page of the site. Options are Playwright's; with any, it is in a fresh browser.

    ``sabotage`` is an old and a new text: the page then arrives with that edit.
    """
    with ExitStack() as stack:

        def run(
            page: str,
            *,
            sabotage: tuple[str, str] | None = None,
            at: str = BELOW,
            **options: object,
        ) -> Visit:
            if options:
                fresh = stack.enter_context(_context(chromium, **options)).new_page()
                visit = Visit(fresh, served.at(at))
            else:
                visit = Visit(window, served.at(at))
                stack.callback(visit.leave)
            return _open(visit, page, sabotage)

        yield run


@pytest.fixture
def open_plain(plain_window: Page, served: Served) -> Iterator[Open]:
    """Open a page of the site where no script runs."""
    visit = Visit(plain_window, served.at(BELOW))
    yield lambda page, sabotage=None: _open(visit, page, sabotage)
    visit.leave()


def _open(visit: Visit, page: str, sabotage: tuple[str, str] | None) -> Visit:
    if sabotage is not None:
        visit.alter(page, *sabotage)
    visit.open(page)
    return visit


def _context(chromium: Browser, **options: Any) -> BrowserContext:
    desk = {"viewport": {"width": 1280, "height": 800}, "permissions": READS_THE_CLIPBOARD}
    context = chromium.new_context(**{**desk, **options})
    context.set_default_timeout(WITHIN)
    return context
