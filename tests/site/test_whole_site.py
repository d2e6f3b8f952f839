"""The site itself: it builds without a warning, begins at `/`, and asks no other server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.whole_site import BELOW, WholeSite

LOADED = re.compile(
    r"<(?:script|img|iframe|object|source|video|audio|embed)\b[^>]*\b(?:src|data)=\"([^\"]*)\""
    r"|<link\b(?=[^>]*rel=\"(?:stylesheet|preload|prefetch|shortcut icon|icon)\")"
    r"[^>]*href=\"([^\"]*)\""
)
LINKS = re.compile(r'<a\b[^>]*\bhref="([^"#:]+)(?:#[^"]*)?"')
IN_CSS = re.compile(r"url\(['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


@pytest.fixture(scope="module")
def out(whole_site: WholeSite) -> Path:
    """The site, built without a warning."""
    assert not whole_site.complaints, whole_site.complaints
    return whole_site.html


def test_the_home_page_is_at_the_root_and_has_four_doors(out: Path) -> None:
    home = (out / "index.html").read_text(encoding="utf-8")
    doors = re.findall(r'<a class="door" href="([^"]+)">\s*<strong>([^<]+)', home)
    assert [name for _, name in doors] == ["Learn", "Set up", "Fix an error", "See the evidence"]
    for target, _ in doors:
        assert (out / target).is_file()


def test_the_home_page_has_the_recipes_by_topic_in_the_order_of_the_catalogue(out: Path) -> None:
    home = (out / "index.html").read_text(encoding="utf-8")
    catalogue = (out / "recipes" / "index.html").read_text(encoding="utf-8")
    listed = re.findall(r'<a href="recipes/([^/"]+)/index.html">', home.partition("<h3>")[2])
    rows = re.findall(r'<td><p><a class="reference internal" href="([^/"]+)/index', catalogue)
    assert listed == rows
    assert len(listed) == len(set(listed)) > 0
    assert re.findall("<h3>([^<]+)</h3>", home)[:2] == ["Mirror", "Cache"]


def test_no_page_loads_anything_from_elsewhere(out: Path) -> None:
    pages = list(out.rglob("*.html"))
    loaded = [a or b for page in pages for a, b in LOADED.findall(page.read_text("utf-8"))]
    assert len(loaded) > len(pages), "the pattern finds nothing: not even the style sheets"
    assert [url for url in loaded if re.match(r"(https?:)?//", url)] == []
    for sheet in out.rglob("*.css"):
        for a, b in IN_CSS.findall(sheet.read_text("utf-8")):
            assert not re.match(r"(https?:)?//", a or b), f"{sheet.name} loads {a or b}"


def test_links_within_the_site_lead_somewhere(out: Path) -> None:
    links = [
        (page, href)
        for page in out.rglob("*.html")
        if page.name != "404.html"  # its links begin at the site's root
        for href in set(
            re.findall(r'<a\b[^>]*\bhref="([^"#:]+)(?:#[^"]*)?"', page.read_text("utf-8"))
        )
    ]
    assert len(links) > 100, "the pattern finds nothing"
    for page, href in links:
        assert (page.parent / href).is_file(), f"{page.relative_to(out)} links {href}"


def test_a_page_that_is_missing_is_answered_with_links_that_work_at_any_depth(out: Path) -> None:
    text = (out / "404.html").read_text(encoding="utf-8")
    assert re.findall(r'<link[^>]*rel="stylesheet"[^>]*href="(?!/)([^"]*)"', text) == []
    assert f'href="{BELOW}docs/set-up.html"' in text


def test_every_recipe_can_be_downloaded(out: Path) -> None:
    pages = sorted(page.parent for page in (out / "recipes").glob("*/index.html"))
    assert pages
    for folder in pages:
        assert (folder / f"{folder.name}.zip").stat().st_size > 0


def test_every_message_a_drill_shows_is_explained(out: Path) -> None:
    page = (out / "docs" / "errors.html").read_text(encoding="utf-8")
    said = re.findall(r"(<a [^>]*>)?<code[^>]*message-text[^>]*>(.*?)</code>", page)
    assert said, "the page lists no message"
    assert [re.sub("<[^>]+>", "", text) for link, text in said if not link] == []
