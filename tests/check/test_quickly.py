"""What is seen at once is what is seen by looking at each rule: on pages changed at random."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from random import Random
from typing import Any

import pytest

from mirrorlab.check import comparing, quick
from mirrorlab.check.comparing import Against, compare
from mirrorlab.check.contents import judge_forms, judge_keys, judge_page
from mirrorlab.check.plain import is_plain, says_the_same
from mirrorlab.check.reading import read_page
from mirrorlab.check.tally import Tally
from mirrorlab.errors import BadPage
from mirrorlab.simple import JSON, TEXT_HTML, FileEntry, ProjectPage, page_to_json, parse_page

BASE = "file:///srv/mirror/web/simple/alpha-b/"
MOMENT = datetime(2026, 1, 5, tzinfo=UTC)
FILES = (
    FileEntry("alpha_b-1.0.tar.gz", "../../packages/aa/alpha_b-1.0.tar.gz", {"sha256": "ab" * 32}),
    FileEntry(
        "alpha_b-1.1-py3-none-any.whl",
        "../../packages/cd/alpha_b-1.1-py3-none-any.whl",
        {"sha256": "cd" * 32},
        requires_python=">=3.9,<4",
        yanked="it lies",
        core_metadata="ef" * 32,
    ),
)
PAGE = ProjectPage(
    "alpha-b",
    tuple(replace(file, size=100, upload_time=MOMENT) for file in FILES),
    ("1.0", "1.1"),
    last_serial=7,
    api_version="1.1",
)
PIECES = (
    *("", "<", ">", '"', "'", "&", "#", "=", "x", "\n", "0", "g", "/", "..", "@", ":", " ", "null"),
    *(",", "true", "{}", "[]", "-1", "é", "sha256", "md5", "yanked", "1.2", "\\", "://", "%2f"),
)


def changed(chance: Random, text: str) -> str:
    """Change a text in one place, or in none."""
    place, length = chance.randrange(len(text)), chance.choice((0, 1, 1, 4, 20))
    return text[:place] + chance.choice(PIECES) + text[place + length :]


def html_of(page: ProjectPage) -> str:
    """The page of HTML that bandersnatch 8 writes."""
    lines = []
    for file in page.files:
        said = ""
        if file.requires_python is not None:
            said += f' data-requires-python="{escape(file.requires_python)}"'
        if file.core_metadata:
            value = f'metadata="sha256={file.core_metadata}"'
            said += f" data-core-{value} data-dist-info-{value}"
        if file.yanked is not False:
            said += ' data-yanked="it lies"'
        href = f"{file.url}#sha256={file.hashes['sha256']}"
        lines.append(f'    <a href="{href}"{said}>{file.filename}</a><br/>')
    head = (
        "<!DOCTYPE html>\n<html>\n  <head>\n"
        '    <meta name="pypi:repository-version" content="1.0">\n'
        f"    <title>Links for {page.name}</title>\n  </head>\n  <body>\n"
        f"    <h1>Links for {page.name}</h1>\n"
    )
    return head + "\n".join(lines) + f"\n  </body>\n</html>\n<!--SERIAL {page.last_serial}-->"


def test_json_is_read_as_the_parser_reads_it_and_is_plain_only_where_nothing_is_wrong() -> None:
    chance = Random(20261122)
    body = page_to_json(PAGE).decode()
    read = plain = wrong = 0
    for _ in range(4000):
        text = changed(chance, body)
        page = quick.read_json(text.encode())
        if page is None:
            continue
        read += 1
        slowly = parse_page(text.encode(), JSON)
        serial = slowly.last_serial  # which may be written as a text
        assert page == replace(slowly, last_serial=serial and int(serial)), text
        assert page == read_page(text.encode(), JSON), text
        assert list(judge_keys("alpha-b", json.loads(text))) == [], text
        found = list(judge_page("alpha-b", page, BASE, json=True))
        if is_plain("alpha-b", page, BASE, json=True):
            plain += 1
            assert found == [], text
        wrong += bool(found)
    assert min(read, plain, wrong) > 200, (read, plain, wrong)


def test_html_says_the_same_only_where_nothing_differs() -> None:
    chance = Random(20261123)
    body = html_of(PAGE)
    assert says_the_same(body.encode(), PAGE)
    same = differ = 0
    for _ in range(4000):
        text = changed(chance, body)
        said = says_the_same(text.encode(), PAGE)
        try:
            page = read_page(text.encode(), TEXT_HTML)
        except BadPage:
            assert not said, text
            continue
        found = list(judge_forms("alpha-b", PAGE, page, BASE, BASE))
        if said:
            same += 1
            assert found == [], text
        differ += bool(found)
    assert min(same, differ) > 50, (same, differ)


CHANGES: tuple[Callable[[FileEntry], FileEntry], ...] = (
    lambda file: file,
    lambda file: replace(file, filename=f"x{file.filename}"),
    lambda file: replace(file, hashes={"sha256": "00" * 32}),
    lambda file: replace(file, hashes={**file.hashes, "md5": "0" * 32}),
    lambda file: replace(file, hashes={}),
    lambda file: replace(file, requires_python=None),
    lambda file: replace(file, requires_python=""),
    lambda file: replace(file, requires_python=">=3.7"),
    lambda file: replace(file, size=None),
    lambda file: replace(file, size=5),
    lambda file: replace(file, upload_time=None),
    lambda file: replace(file, upload_time=MOMENT + timedelta(days=1)),
    lambda file: replace(file, upload_time=MOMENT.replace(tzinfo=None)),
    lambda file: replace(file, yanked=False),
    lambda file: replace(file, yanked=""),
    lambda file: replace(file, yanked=True),
    lambda file: replace(file, core_metadata=False),
    lambda file: replace(file, core_metadata=True),
    lambda file: replace(file, core_metadata="00" * 32),
    lambda file: replace(file, provenance="https://public.example/provenance"),
)


def test_two_pages_are_alike_only_where_nothing_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each pair of changes, one on each side, judged with and without the short way."""
    alike = comparing._are_alike
    seen = 0

    def said(here: ProjectPage, upstream: ProjectPage, *, json: bool) -> tuple[list[Any], Tally]:
        against = Against("upstream", MOMENT + timedelta(days=9), Tally())
        found = list(compare("alpha-b", here, upstream, against, json=json))
        assert against.tally.files_upstream
        return found, against.tally

    for one in CHANGES:
        for other in CHANGES:
            here = replace(PAGE, files=(PAGE.files[0], one(PAGE.files[1])))
            upstream = replace(PAGE, files=(PAGE.files[0], other(PAGE.files[1])))
            for form in (True, False):
                monkeypatch.setattr(comparing, "_are_alike", alike)
                seen += alike(here, upstream)
                quickly, counted = said(here, upstream, json=form)
                monkeypatch.setattr(comparing, "_are_alike", lambda *_: False)
                slowly, also = said(here, upstream, json=form)
                assert quickly == slowly
                assert +counted.kept == +also.kept
                assert counted.lost == also.lost
                assert counted.examples == also.examples
    assert 40 < seen < 2 * len(CHANGES) ** 2 / 2, seen
