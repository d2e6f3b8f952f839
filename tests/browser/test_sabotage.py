"""Every kind of check sees what it is for: a page is spoilt in one way, and just that is said."""

from __future__ import annotations

import pytest
from tests.browser.audit import NARROW, Kind, audit, audit_without_scripts, pale
from tests.browser.conftest import Open
from tests.browser.visit import Visit
from tests.browser.walk import walk

PAGE = "recipes/find-links-folder/index.html"
HEAD, BODY = "</head>", '<article role="main" id="furo-main-content">'


def style(rules: str) -> tuple[str, str]:
    return HEAD, f"<style>{rules}</style>{HEAD}"


def script(code: str) -> tuple[str, str]:
    return HEAD, f"<script>{code}</script>{HEAD}"


def put(html: str) -> tuple[str, str]:
    return BODY, f"{BODY}{html}"


SABOTAGE = {
    "an error": (script("console.error('spoilt')"), {Kind.CONSOLE}, "error: spoilt"),
    "a warning": (script("console.warn('spoilt')"), {Kind.CONSOLE}, "warning: spoilt"),
    "an exception": (script("throw new Error('spoilt')"), {Kind.CONSOLE}, "uncaught: spoilt"),
    "a missing picture": (
        put('<img src="spoilt.png" alt="x">'),
        {Kind.REQUEST, Kind.CONSOLE},
        "spoilt.png: 404",
    ),
    "a picture from elsewhere": (
        put('<img src="https://spoilt.invalid/x.png" alt="x">'),
        {Kind.ELSEWHERE, Kind.REQUEST, Kind.CONSOLE},
        "elsewhere: https://spoilt.invalid/x.png",
    ),
    "a style sheet from elsewhere": (
        style("@import url(https://spoilt.invalid/x.css);"),
        {Kind.ELSEWHERE, Kind.REQUEST, Kind.CONSOLE},
        "elsewhere: https://spoilt.invalid/x.css",
    ),
    "no title": (("<title>", "<title></title><title>"), {Kind.HEAD}, "no title"),
    "no language": (('<html class="no-js" lang="en"', "<html"), {Kind.HEAD}, "language"),
    "a second h1": (put("<h1>Spoilt</h1>"), {Kind.HEADINGS}, "2 h1"),
    "a gap between headings": (
        ("</h1>", "</h1><h4>Spoilt</h4>"),
        {Kind.HEADINGS},
        '"Spoilt" after h1',
    ),
    "a picture without words": (
        put('<img src="../../_static/favicon.svg">'),
        {Kind.PICTURES},
        "favicon.svg has no alternative text",
    ),
    "a graph without words": (
        ('<svg role="img" aria-label=', "<svg data-label="),
        {Kind.PICTURES},
        "svg in div.picture has no alternative text",
    ),
    "a button without a name": (put("<button> </button>"), {Kind.NAMES}, "button has no name"),
    "pale text": (
        style("p { color: #888 }"),
        {Kind.CONTRAST},
        "#888888 on #ffffff is 3.54:1 (light)",
    ),
    "pale text in the dark": (
        style("@media (prefers-color-scheme: dark) { article p { color: #555 !important } }"),
        {Kind.CONTRAST},
        "#555555 on #131416 is 2.4",
    ),
    "pale cells": (style("td, td * { color: #aaa !important }"), {Kind.CONTRAST}, "#aaaaaa"),
    "pale links": (style("article a { color: #9cf !important }"), {Kind.CONTRAST}, "#99ccff"),
    "pale code": (style("pre * { opacity: 0.4 }"), {Kind.CONTRAST}, "on #"),
    "a pale copy button": (
        style("button.copybtn { color: #ddd !important }"),
        {Kind.CONTRAST},
        "icon of button.copybtn",
    ),
    "pale code under a tab or dropdown": (
        style("details pre span { color: #ddd !important }"),
        {Kind.CONTRAST},
        "#dddddd",
    ),
    "pale words in a picture": (
        style(".picture .node text { fill: #9ab !important }"),
        {Kind.CONTRAST},
        'picture "',
    ),
    "pale lines in a picture": (
        style(".picture .edge path { stroke: #eee !important }"),
        {Kind.CONTRAST},
        "line of g.edge",
    ),
    "a focus that is not seen": (
        style(":focus-visible { outline: none !important }"),
        {Kind.FOCUS},
        "button.theme-toggle: the focus is not seen",
    ),
    "something wide": (put('<div style="width: 500px">wide</div>'), {Kind.WIDTH}, "in 360 px: div"),
    "a wide table": (
        style("table.stacked td { min-width: 700px }"),
        {Kind.WIDTH},
        "table.stacked.settings",
    ),
    "a prompt that is copied": (
        ('<span class="gp not-typed">', '<span class="gp">'),
        {Kind.COPY},
        "highlight-console copies '$ mirrorlab run",
    ),
    "comments that are not copied": (
        ('<span class="c1">', '<span class="c1 not-typed">'),
        {Kind.COPY},
        "copies",
    ),
}


@pytest.mark.parametrize("way", SABOTAGE)
def test_a_spoilt_page_is_seen(open_page: Open, way: str) -> None:
    sabotage, kinds, says = SABOTAGE[way]
    problems = audit(open_page(PAGE, sabotage=sabotage))
    assert {problem.kind for problem in problems} == kinds
    assert any(says in str(problem) for problem in problems), "\n".join(map(str, problems))


def test_every_kind_is_sabotaged() -> None:
    assert {kind for _, kinds, _ in SABOTAGE.values() for kind in kinds} | {Kind.SCRIPTS} == set(
        Kind
    )


@pytest.mark.parametrize(
    ("hides", "says"),
    [
        ("h2 { display: none }", "'What you get"),
        ("tr { display: none }", "rows"),
        ("pre { display: none }", "code"),
    ],
)
def test_what_only_a_script_shows_is_missed(
    open_page: Open, open_plain: Open, hides: str, says: str
) -> None:
    whole = open_page(PAGE).look("content")
    spoilt = audit_without_scripts(whole, open_plain(PAGE, sabotage=style(hides)))
    assert {problem.kind for problem in spoilt} == {Kind.SCRIPTS}
    assert any(says in problem.says for problem in spoilt)


def test_a_link_that_tab_does_not_reach_is_missed(open_page: Open) -> None:
    spoil = ('<a class="door"', '<a tabindex="-1" class="door"')
    doors = [s for s in walk(open_page("index.html", sabotage=spoil)) if s.selector == "a.door"]
    assert len(doors) == 3


def test_a_focus_in_a_closed_drawer_is_missed(open_page: Open) -> None:
    spoil = style(".sidebar-drawer { visibility: visible !important }")
    stops = walk(open_page(PAGE, sabotage=spoil, viewport=NARROW))
    assert [stop for stop in stops if not stop.seen]


def test_a_drawer_stays_open_without_the_script_that_hears_escape(open_page: Open) -> None:
    spoil = ("guide.js?", "none.js?")
    visit = open_page(PAGE, sabotage=spoil, viewport=NARROW)
    visit.page.locator(".nav-overlay-icon").click()
    visit.page.locator(".sidebar-drawer a").nth(1).wait_for(state="visible")
    visit.page.keyboard.press("Escape")
    assert visit.page.locator(".sidebar-drawer a").nth(1).is_visible()


def test_a_chosen_theme_that_is_pale_is_seen(open_page: Open) -> None:
    spoil = style('body[data-theme="dark"] p { color: #555 }')
    visit: Visit = open_page(PAGE, sabotage=spoil)
    assert pale(visit) == []
    visit.page.evaluate("document.body.dataset.theme = 'dark'")
    assert any("#555555" in says for says in pale(visit))


def test_a_sabotage_that_changes_nothing_is_refused(open_page: Open) -> None:
    with pytest.raises(AssertionError, match="this sabotage changes nothing"):
        open_page(PAGE, sabotage=("no such text", "another"))
