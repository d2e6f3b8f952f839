"""Pages read quickly are read as the parser reads them, or left to it."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from mirrorlab.check import quick
from mirrorlab.check.reading import read_list, read_page
from mirrorlab.errors import BadPage
from mirrorlab.simple import TEXT_HTML, FileEntry, ProjectPage, page_to_html, parse_page

PAGE = ProjectPage(
    name="alpha",
    files=(
        FileEntry("alpha-1.0.tar.gz", "../../packages/aa/alpha-1.0.tar.gz", {"sha256": "ab" * 32}),
        FileEntry(
            "alpha-1.1-py3-none-any.whl",
            "https://files.example/packages/alpha-1.1-py3-none-any.whl",
            {"sha256": "cd" * 32},
            requires_python='>=3.9, !="3.10"',
            yanked='it "lies" & <breaks>',
            core_metadata="ef" * 32,
            provenance="https://files.example/integrity/alpha",
        ),
        FileEntry("alpha-1.2.zip", "alpha-1.2.zip", {}, yanked=True, core_metadata=True),
    ),
    status="archived",
    status_reason="old & done",
    last_serial=7,
)
HTML_ONLY = replace(PAGE, versions=())


def test_it_reads_what_is_written_here_and_by_bandersnatch() -> None:
    written = page_to_html(PAGE)
    bandersnatch = written.replace(b"<br>", b"<br/>").replace(b"    </body>", b"  </body>")
    for body in (written, bandersnatch):
        assert quick.read_page(body.decode()) == parse_page(body, TEXT_HTML) == HTML_ONLY
    assert quick.read_page(page_to_html(replace(PAGE, files=())).decode()) is not None


def test_whatever_is_changed_it_reads_the_same_or_nothing() -> None:
    chance = Random(5)
    body = page_to_html(PAGE).decode()
    read = 0
    for _ in range(3000):
        place, length = chance.randrange(len(body)), chance.choice((0, 1, 1, 1, 5))
        more = chance.choice(("", "<", ">", '"', "'", "&", "&amp;", "#", "=", "x", "\n", "<!--"))
        changed = body[:place] + more + body[place + length :]
        page = quick.read_page(changed)
        if page is not None:
            read += 1
            assert page == parse_page(changed.encode(), TEXT_HTML), changed
    assert read > 100


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html><body><a href='a/'>a</a>", "ends before its end tags"),
        (b"<a href='a/'>a</a", "ends inside a tag"),
        (b"<form action='/login'></form>", "is a form to log in"),
        (b"\xff\xfe", "is not UTF-8"),
    ],
)
def test_what_is_no_page_is_refused(body: bytes, says: str) -> None:
    for read in (read_list, read_page):
        with pytest.raises(BadPage, match=says):
            read(body, TEXT_HTML)


def test_a_bare_list_of_links_is_a_page() -> None:
    assert len(read_list(b"<a href='a/'>a</a><br>\n<a href='b/'>b</a>", TEXT_HTML).projects) == 2


def test_a_serial_may_be_written_as_a_text() -> None:
    meta = b'{"api-version": "1.1", "_last-serial": "%s"}'
    for said, serial in ((b"504", 504), (b"5x4", None), (b"", None)):
        body = b'{"meta": %s, "name": "a", "files": [], "versions": []}' % (meta % said)
        page = read_page(body, "application/vnd.pypi.simple.v1+json")
        assert page.last_serial == serial
