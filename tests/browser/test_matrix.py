"""The filters of "What every client really does" show what the record says, for everybody.

The pages are built from a made-up record of the real size, so that every outcome is there.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from tests.browser.audit import audit, audit_without_scripts
from tests.browser.server import serve
from tests.browser.visit import Visit
from tests.browser.walk import go_to
from tests.site import matrix_made_up as made_up
from tests.whole_site import ROOT

from mirrorlab.matrix.record import Cell, Matrix
from mirrorlab.site import matrix_words as words

ALL = "docs/evidence/clients.html"
PIP = "docs/evidence/clients/pip.html"
SHOWN = """
() => [...document.querySelectorAll("table.matrix td a")]
  .filter((link) => link.checkVisibility({ visibilityProperty: true }))
  .map((link) => link.getAttribute("href")).sort()
"""
INDEX = """\
Home
====

.. toctree::

   evidence/clients
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Build the pages with the look of the site, and serve them."""
    folder = tmp_path_factory.mktemp("matrix")
    docs = folder / "docs"
    (docs / "evidence" / "clients").mkdir(parents=True)
    for name in ("_static", "_templates", "conf.py", "evidence/clients.rst"):
        (docs / name).symlink_to(ROOT / "docs" / name)
    (docs / "index.rst").write_text(INDEX, encoding="utf-8")
    for name in made_up.CLIENTS:
        page = docs / "evidence" / "clients" / f"{name}.rst"
        page.write_text(f".. matrix-client:: {name}\n", encoding="utf-8")
    (folder / "results").mkdir()
    (folder / "results" / "matrix.json").write_text(made_up.text(), encoding="utf-8")
    out = folder / "html"
    command = [sys.executable, "-m", "sphinx", "-q", "-c", "docs", "-D", "html_additional_pages="]
    command += ["-d", str(folder / "trees"), ".", str(out)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with serve(out) as served:
        yield served.at("/")


@pytest.fixture
def visit(window: Page, base: str) -> Iterator[Visit]:
    """A window at a desk."""
    made = Visit(window, base)
    yield made
    made.leave()


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    """What the pages are made from."""
    return made_up.matrix()


def links(cells: list[Cell]) -> list[str]:
    """Where the cells lead to."""
    places = ((cell.client, words.anchor(cell.configuration, cell.trouble)) for cell in cells)
    return sorted(f"clients/{client}.html#{anchor}" for client, anchor in places)


def status(page: Page) -> str:
    """What is announced."""
    return page.locator("[role=status].matrix-status").inner_text()


def test_nothing_is_wrong_with_any_outcome(visit: Visit, plain_window: Page, base: str) -> None:
    visit.open(ALL)
    whole = visit.look("content")
    problems = audit(visit)  # before another window has the focus, and with it the clipboard
    plain = Visit(plain_window, base)
    plain.open(ALL)
    problems += audit_without_scripts(whole, plain)
    plain.leave()
    assert [str(problem) for problem in problems] == []


def test_filters_show_the_cells_of_the_record(visit: Visit, matrix: Matrix) -> None:
    visit.open(ALL)
    page, cells = visit.page, list(matrix.cells.values())
    assert page.evaluate(SHOWN) == links(cells)
    assert status(page) == f"All {len(cells):,} cells are shown."
    page.get_by_label("pip", exact=True).check()
    page.get_by_label("uv", exact=True).check()
    page.locator("select[name=fault]").select_option("503")
    page.locator("input[value=stale]").check()
    page.locator("input[value=hostile-installed]").check()
    wanted = [
        cell
        for cell in cells
        if cell.client in ("pip", "uv")
        and matrix.troubles[cell.trouble].fault == "503"
        and cell.outcome.value in ("stale", "hostile installed")
    ]
    assert wanted
    assert page.evaluate(SHOWN) == links(wanted)
    said = "pip or uv; 503; stale or hostile installed"
    assert status(page) == f"{len(wanted)} of {len(cells):,} cells: {said}."
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function("() => !location.search")
    assert page.evaluate(SHOWN) == links(cells)
    assert visit.said == []


def test_a_choice_is_in_the_address_and_comes_back_with_it(visit: Visit, matrix: Matrix) -> None:
    visit.open(f"{ALL}?client=uv+nobody&fault=nonsense&outcome=unstable#findings")
    page = visit.page
    unstable = [c for c in matrix.cells.values() if c.client == "uv" and c.unstable]
    assert page.evaluate(SHOWN) == links(unstable)
    page.get_by_label("pip", exact=True).check()
    assert page.url.endswith("?client=pip+uv&outcome=unstable#findings")
    page.reload()
    assert page.get_by_label("pip", exact=True).is_checked()
    assert status(page).endswith("pip or uv; unstable.")
    assert visit.said == []


def test_where_nothing_fits_it_is_said(visit: Visit) -> None:
    visit.open(f"{ALL}?fault=stale&outcome=caught-leaving")
    assert status(visit.page).startswith("0 of ")
    assert visit.page.locator("table.matrix:visible").count() == 0
    assert visit.page.locator(".matrix-none:visible").count() > 0


def test_the_keyboard_is_enough(visit: Visit) -> None:
    visit.open(ALL)
    page = visit.page
    go_to(visit, "input[name=client][value=pip]")
    page.keyboard.press("Space")
    go_to(visit, "select[name=fault]")
    page.keyboard.type("503")
    page.wait_for_url("**?client=pip&fault=503")
    go_to(visit, "table.matrix td a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/clients/pip.html#*")
    row = page.locator("tr:target")
    assert "mirrorlab matrix --client pip --config " in row.locator(".again").inner_text()


def test_a_link_to_a_cell_shows_its_command(visit: Visit) -> None:
    visit.open(f"{PIP}#mirror-then-second-503-first")
    again = visit.page.locator("code.again:visible")
    command = "mirrorlab matrix --client pip --config mirror-then-second --fault 503-first"
    assert again.all_inner_texts() == [command]


def test_without_a_script_every_cell_is_there(
    plain_window: Page, base: str, matrix: Matrix
) -> None:
    plain = Visit(plain_window, base)
    plain.open(ALL)
    assert plain.page.evaluate(SHOWN) == links(list(matrix.cells.values()))
    assert not plain.page.locator("form.matrix-filter").is_visible()
    plain.leave()


def test_paper_has_every_cell(visit: Visit, matrix: Matrix) -> None:
    visit.open(f"{ALL}?client=pip&fault=503&outcome=stale")
    visit.page.emulate_media(media="print")
    shown = visit.page.evaluate(SHOWN)
    visit.page.emulate_media(media="screen")
    assert shown == links(list(matrix.cells.values()))


def test_the_names_of_rows_and_columns_stay_in_sight(visit: Visit) -> None:
    visit.open(ALL)
    visit.page.set_viewport_size({"width": 390, "height": 800})
    box = visit.page.locator(".matrix-box").first
    box.evaluate("(box) => { box.scrollLeft = 600; box.scrollTop = 400; }")
    edges = box.evaluate(
        """(box) => {
          const at = (selector) => box.querySelector(selector).getBoundingClientRect();
          const here = box.getBoundingClientRect();
          return [at("tbody th").left - here.left, at("thead th").top - here.top];
        }"""
    )
    visit.page.set_viewport_size({"width": 1280, "height": 800})
    assert [abs(edge) <= 2 for edge in edges] == [True, True], edges
