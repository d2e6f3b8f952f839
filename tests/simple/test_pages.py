from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrorlab.errors import BadPage
from mirrorlab.simple import (
    HTML,
    JSON,
    FileEntry,
    ListedProject,
    ProjectList,
    ProjectPage,
    list_to_html,
    list_to_json,
    page_to_html,
    page_to_json,
    parse_list,
    parse_page,
)

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).filter(
    lambda text: text == text.strip()
)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
moments = st.datetimes(
    datetime(2000, 1, 1),
    datetime(2100, 1, 1),
    timezones=st.just(UTC),
)
entries = st.builds(
    FileEntry,
    filename=words,
    url=st.from_regex(r"https://h\.example/[a-z0-9&+!._-]+", fullmatch=True),
    hashes=st.builds(lambda digest: {"sha256": digest}, digests),
    requires_python=st.none() | words,
    size=st.none() | st.integers(0),
    upload_time=st.none() | moments,
    yanked=st.booleans() | words,
    core_metadata=st.booleans() | digests,
    provenance=st.none() | words,
)
pages = st.builds(
    ProjectPage,
    name=words,
    files=st.lists(entries, max_size=3).map(tuple),
    versions=st.lists(words, max_size=3).map(tuple),
    status=st.sampled_from(["active", "archived", "quarantined"]),
    status_reason=st.none() | words,
    last_serial=st.none() | st.integers(0),
)


@settings(max_examples=40, deadline=None)
@given(pages)
def test_json_says_everything(page: ProjectPage) -> None:
    assert parse_page(page_to_json(page), JSON) == page


@settings(max_examples=40, deadline=None)
@given(pages)
def test_html_says_all_it_has_a_place_for(page: ProjectPage) -> None:
    read = parse_page(page_to_html(page), HTML)
    assert read.name == page.name
    assert (read.status, read.status_reason) == (page.status, page.status_reason)
    assert read.last_serial == page.last_serial
    assert read.files == tuple(
        FileEntry(
            file.filename,
            file.url,
            file.hashes,
            file.requires_python,
            yanked=file.yanked,
            core_metadata=file.core_metadata,
            provenance=file.provenance,
        )
        for file in page.files
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(words, max_size=4), st.none() | st.integers(0))
def test_the_list_in_both_forms(names: list[str], serial: int | None) -> None:
    projects = ProjectList(tuple(ListedProject(name, 7) for name in names), serial)
    assert parse_list(list_to_json(projects), JSON) == projects
    read = parse_list(list_to_html(projects), HTML)
    assert [one.name for one in read.projects] == names
    assert read.last_serial == serial


def test_both_spellings_of_core_metadata_are_there() -> None:
    page = ProjectPage("a", (FileEntry("a-1.tar.gz", "a-1.tar.gz", core_metadata="ab"),))
    html = page_to_html(page).decode()
    assert 'data-core-metadata="sha256=ab"' in html
    assert 'data-dist-info-metadata="sha256=ab"' in html
    (file,) = json.loads(page_to_json(page))["files"]
    assert file["core-metadata"] == file["data-dist-info-metadata"] == {"sha256": "ab"}


def test_a_yank_without_a_reason_is_an_empty_attribute() -> None:
    page = ProjectPage("a", (FileEntry("a-1.tar.gz", "a-1.tar.gz", yanked=True),))
    assert ' data-yanked=""' in page_to_html(page).decode()
    assert parse_page(page_to_html(page), HTML).files[0].yanked is True


def test_a_reason_cannot_break_out_of_its_attribute() -> None:
    nasty = '"><script>alert(1)</script>'
    page = ProjectPage("a", (FileEntry("a-1.tar.gz", "a-1.tar.gz", yanked=nasty),))
    html = page_to_html(page).decode()
    assert "<script>" not in html
    assert parse_page(page_to_html(page), HTML).files[0].yanked == nasty


@pytest.mark.parametrize(
    ("content", "content_type", "says"),
    [
        (b"{", JSON, "the page is not JSON"),
        (b"[]", JSON, "the page is not a JSON object"),
        (b"{}", JSON, "the key 'name' is missing"),
        (b'{"meta": {"api-version": "2.0"}, "name": "a", "files": []}', JSON, "version 2.0"),
        (b'{"meta": {"api-version": "1.0"}, "name": "a", "files": 3}', JSON, "project page"),
        (b"hello", "image/png", "content type 'image/png'"),
        (b"\xff", HTML, "not UTF-8"),
        (b'<meta name="pypi:repository-version" content="2.0">', HTML, "version 2.0"),
    ],
)
def test_what_is_no_page_says_why(content: bytes, content_type: str, says: str) -> None:
    with pytest.raises(BadPage, match=says):
        parse_page(content, content_type)


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ('<base href="https://cdn.example/x/">', "https://cdn.example/x/a-1.tar.gz"),
        ('<base href="/y/"><base href="/z/">', "/y/a-1.tar.gz"),
        ('<base target="_top">', "a-1.tar.gz"),
    ],
)
def test_urls_are_relative_to_the_base_of_the_page(base: str, url: str) -> None:
    page = f"{base}<a href='a-1.tar.gz#sha256=00'>a-1.tar.gz</a>"
    [file] = parse_page(page.encode(), HTML).files
    assert (file.url, file.hashes) == (url, {"sha256": "00"})


def test_a_newer_minor_version_is_read() -> None:
    content = b'{"meta": {"api-version": "1.99"}, "name": "a", "files": []}'
    assert parse_page(content, JSON) == ProjectPage("a", api_version="1.99")
