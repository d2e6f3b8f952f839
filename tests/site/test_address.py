"""The bar for the reader's own index: which pages have it, and which addresses pages may show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.site.conftest import Build

from mirrorlab.site.address import HOSTS

ROOT = Path(__file__).parents[2]
BLOCK = "P\n=\n\n.. code-block:: console\n\n   $ pip install --index-url {} six\n"
OTHERS = ("public.example", "second.example")  # a stranger's or the public index; a second source
UNSEEN = {"drills.py", "drilling"}
SHOWN = ("docs", "recipes", "tutorial", "src/mirrorlab/clients")
HOST = re.compile(
    r"(?<![\w.-])(?:[\w-]+\.)*(?:[\w-]+\.example|example\.(?:com|net|org))(?![\w-]|\.\w)"
)


@pytest.mark.parametrize("host", HOSTS)
def test_a_page_with_an_example_address_has_the_bar(build: Build, host: str) -> None:
    site = build(
        index=BLOCK.format(f"https://{host}/simple/"),
        inline=f":orphan:\n\nP\n=\n\n``--trusted-host {host}``\n",
        prose=f":orphan:\n\nP\n=\n\nSee {host} in prose.\n",
        other=f":orphan:\n\n{BLOCK.format(f'https://{OTHERS[0]}/simple/')}",
    )
    assert site.warnings == ""
    with_bar = [
        page
        for page in ("index", "inline", "prose", "other", "search", "genindex")
        if "address.js" in site.html(page)
    ]
    assert with_bar == ["index", "inline"]


def test_the_bar_script_is_of_the_site_and_writes_no_html() -> None:
    script = (ROOT / "docs" / "_static" / "address.js").read_text(encoding="utf-8")
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", script) == []
    )
    assert re.findall(r"\bfetch\b|XMLHttpRequest|sendBeacon|\bimport\b", script) == []


def test_pages_call_the_indexes_of_readers_by_the_names_that_the_bar_knows() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {host}"
        for folder in SHOWN
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc" and not UNSEEN & {*path.parts}
        for host in HOST.findall(path.read_text(encoding="utf-8", errors="ignore"))
        if host not in (*HOSTS, *OTHERS)
    }
    assert found <= {"docs/set-up.rst: index.example"}  # another mirror, to copy from


@pytest.mark.parametrize(
    "host", ["pypi.example.com", "your-index.example", "example.org", "a.mirror.example"]
)
def test_another_name_is_found(host: str) -> None:
    assert HOST.findall(f"index-url = https://me@{host}:8080/simple/") == [host]
    assert (
        HOST.findall(r"s|https://mirror\.example/simple/|$ONE|; ${kind}.example/x, an.examples")
        == []
    )
