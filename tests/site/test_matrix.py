"""The pages of the matrix: made from its record, complete, light, and broken by what is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.site import matrix_made_up as made_up
from tests.site.conftest import Build

from mirrorlab.matrix import choosing
from mirrorlab.matrix.outcome import Outcome
from mirrorlab.matrix.record import Cell
from mirrorlab.site import matrix_words as words

FEW = ("pip", "uv")
MEGABYTE = 1_000_000
ALL = """\
All
===

.. matrix-measured::

Short
-----

.. matrix-summary::

.. matrix-counts::

.. findings::

Tables
------

.. matrix::

Faults
------

.. matrix-faults::

.. toctree::
   :glob:

   all/*
"""


def pages(names: tuple[str, ...], matrix: str | None = None) -> dict[str, str]:
    """Give the files of a site with the page of all clients and one for each."""
    files = {f"all/{name}.rst": f".. matrix-client:: {name}\n" for name in names}
    files["index.rst"] = "Home\n====\n\n.. toctree::\n\n   all\n"
    files["results/matrix.json"] = matrix or made_up.text(names)
    return files | {"all.rst": ALL}


def test_pages_of_the_real_size_are_built_and_light(build: Build) -> None:
    site = build(pages(made_up.CLIENTS))
    assert site.warnings == ""
    for page in ("all", *(f"all/{name}" for name in made_up.CLIENTS)):
        assert len(site.html(page).encode()) < MEGABYTE, page


def test_every_cell_leads_to_its_evidence_and_the_data_can_be_taken(build: Build) -> None:
    matrix = made_up.matrix(FEW)
    site = build(pages(FEW))
    links = re.findall(r'<td class="m-[^"]*"><a href="([^"#]+)#([^"]+)"', site.html("all"))
    assert len(links) == len(matrix.cells)
    made = {f"all/{name}.html": site.html(f"all/{name}") for name in FEW}
    ids = {page: re.findall(r' id="([^"]+)"', html) for page, html in made.items()}
    for page, anchor in links:
        assert ids[page].count(anchor) == 1, (page, anchor)
    assert "Measured 2026-11-21 with pip 1.1 and uv 2.1, on Python 3.13" in site.text("all")
    [copy] = (site.out / "_downloads").rglob("matrix.json")
    assert copy.read_text(encoding="utf-8") == made_up.text(FEW)
    assert copy.relative_to(site.out).as_posix() in site.html("all")


def test_a_page_says_what_is_on_record(build: Build) -> None:
    matrix = made_up.matrix(("pip",))
    site = build(pages(("pip",)))
    html, text = site.html("all/pip"), site.text("all/pip")
    cell = next(cell for cell in matrix.cells.values() if cell.unstable)
    anchor = words.anchor(cell.configuration, cell.trouble)
    row = html.partition(f'id="{anchor}"')[2].partition("</tr>")[0]
    said = " ".join(re.sub("<[^>]+>", " ", row).split())
    asked = ", ".join(f"{index} {number}" for index, number in cell.requests.items())
    assert f"{cell.says} {words.also(cell)}" in said
    assert f"{cell.exit_code} {cell.seconds:.1f} {asked}" in said
    again = f"mirrorlab matrix --client pip --config {cell.configuration} --fault {cell.trouble}"
    assert said.endswith(again)
    # what a client printed is escaped
    assert "ERROR: &lt;503&gt; &amp; more" in html
    assert "<503>" not in html
    # the configuration stands as it is typed
    assert "$ export DEMO_RETRIES = 1 $ pip install https://public.example/simple/" in text
    assert "$ pip lock $ pip install" in text
    assert "--index-url of pip for mirror." in text
    assert 'demo.toml index = "https://mirror.example/simple/"' in text
    # the summary counts
    cells = [c for c in matrix.cells.values() if c.configuration == "mirror-then-second"]
    lasting = [c for c in cells if c.trouble != "none" and not c.trouble.endswith("-first")]
    good = [cell for cell in lasting if cell.outcome is Outcome.NEWEST]
    assert f"mirror-then-second : under {len(good)} of {len(lasting)}" in site.text("all")


def test_a_client_without_a_page_breaks_the_build(build: Build) -> None:
    files = pages(FEW)
    del files["all/uv.rst"]
    warnings = build(files).warnings
    assert "there is no page all/uv.rst for this client of results/matrix.json" in warnings


def test_a_page_of_nobody_breaks_the_build(build: Build) -> None:
    files = pages(("pip",)) | {"all/pipp.rst": ".. matrix-client:: pipp\n"}
    assert "the matrix has no client 'pipp'; did you mean 'pip'?" in build(files).warnings


def test_without_a_record_the_pages_say_so(build: Build) -> None:
    files = pages(FEW)
    del files["results/matrix.json"]
    site = build(files)
    assert site.warnings == ""
    assert "No run of the matrix is on record yet" in site.text("all/uv")


def test_a_broken_record_is_one_sentence(build: Build) -> None:
    warnings = build(
        pages(("pip",), made_up.text(("pip",)).replace('"stale"', '"stail"', 1))
    ).warnings
    assert "matrix.json: cells[" in warnings
    assert "Traceback" not in warnings


def test_every_client_of_the_kit_has_a_page(root: Path) -> None:
    there = {path.stem for path in (root / "docs" / "evidence" / "clients").glob("*.rst")}
    assert there == set(choosing.names())


@pytest.mark.parametrize("outcome", Outcome)
def test_no_two_outcomes_look_alike(outcome: Outcome) -> None:
    others = [one for one in Outcome if one is not outcome]
    assert words.SYMBOLS[outcome] not in [words.SYMBOLS[one] for one in others]
    assert words.in_short(outcome) not in [words.in_short(one) for one in others]


def test_a_narrow_cell_names_the_index_of_the_newest() -> None:
    cell = Cell("pip", "mirror", "none", Outcome.NEWEST, "second", 0, 1.0, {})
    assert (words.short(cell), cell.says) == ("second", "newest from second")
