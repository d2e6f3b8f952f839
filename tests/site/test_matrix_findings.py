"""A finding stands only while its cells bear it out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.site import matrix_made_up as made_up
from tests.site.conftest import Build
from tests.site.test_matrix import pages

from mirrorlab.errors import BrokenFile
from mirrorlab.matrix.outcome import Outcome
from mirrorlab.site import findings

CELLS = made_up.matrix(("pip",)).cells.values()
ONE, OTHER = [c for c in CELLS if c.outcome is Outcome.STALE and not c.unstable][:2]
UNSTABLE = next(cell for cell in CELLS if cell.unstable)
HEALTHY = "pip/mirror-then-second/none"
FINDINGS = f"""\
schema = 1
[clients]
pip = "It has no order."
[[finding]]
number = 3
title = "An old release in silence"
happens = "The exit code is `0`."
safe = "Name one index."
advised = ["pip/private-bound"]
threads = ["pip#4271"]
[[finding.proof]]
cells = ["{ONE.id}", "{OTHER.id}"]
outcome = "stale"
[[finding.proof]]
cells = ["{HEALTHY}"]
outcome = "newest from second"
"""


def read(root: Path, text: str) -> None:
    path = root / findings.FILE
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    findings.read(root, made_up.matrix(("pip",)))


def files(findings: str) -> dict[str, str]:
    return pages(("pip",)) | {"docs/evidence/findings.toml": findings}


def test_a_finding_shows_its_cells_and_they_lead_back(build: Build) -> None:
    site = build(files(FINDINGS))
    assert site.warnings == ""
    text, html = site.text("all"), site.html("all")
    assert "3. An old release in silence" in text
    assert "Name one index. See pip private-bound ." in text
    assert 'id="finding-3"' in html
    assert 'href="https://github.com/pypa/pip/issues/4271"' in html
    assert f'href="all/pip.html#{ONE.configuration}-{ONE.trouble}"' in html
    assert site.html("all/pip").count('href="../all.html#finding-3"') == 3
    assert "It has no order." in site.text("all/pip")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('outcome = "stale"', 'outcome = "altered installed"', f"{ONE.id} is stale, not altered"),
        ("from second", "from mirror", f"{HEALTHY} is newest from second, not newest from mirror"),
        (ONE.id, UNSTABLE.id, f"{UNSTABLE.id} is stale (unstable, also: failed clearly), not"),
        (ONE.id, "pip/nonsense/*", "proof[0].cells[0]: no cell of the matrix matches 'pip/nonse"),
        ('"]\noutcome = "newest', f'"]\nbut = ["{HEALTHY}"]\noutcome = "newest', "no cell that"),
        ('outcome = "stale"', 'outcome = "stail"', "outcome: must be one of newest, stale"),
        ("pip/private-bound", "pip/bound", "advised[0]: the matrix has no configuration 'pip/bou"),
        ("pip = ", "pop = ", "clients.pop: is no client of the matrix"),
        ("safe = ", "save = ", "finding[0].safe: is missing (there is 'save')"),
    ],
)
def test_a_finding_that_is_not_borne_out_is_refused(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    assert old in FINDINGS
    with pytest.raises(BrokenFile, match=re.escape(problem)):
        read(tmp_path, FINDINGS.replace(old, new, 1))


def test_a_number_is_given_once(tmp_path: Path) -> None:
    again = FINDINGS[FINDINGS.index("[[finding]]") :]
    with pytest.raises(BrokenFile, match="the number 3 is there already"):
        read(tmp_path, FINDINGS + again)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('outcome = "stale"', 'outcome = "newest"', f"{ONE.id} is stale, not newest"),
        ("pip#4271", "pop#4271", "there is no thread 'pop#4271'"),
    ],
)
def test_what_is_not_borne_out_breaks_the_build(
    build: Build, old: str, new: str, problem: str
) -> None:
    warnings = build(files(FINDINGS.replace(old, new, 1))).warnings
    assert problem in warnings
    assert "Traceback" not in warnings


def test_a_cell_that_did_not_end_alike_proves_what_says_so(tmp_path: Path) -> None:
    what = f'cells = ["{UNSTABLE.id}"]\noutcome = "{UNSTABLE.outcome.value}"'
    also = f"also = {list(UNSTABLE.unstable)}".replace("'", '"')
    proof = FINDINGS[: FINDINGS.index("[[finding.proof]]")] + f"[[finding.proof]]\n{what}\n"
    with pytest.raises(BrokenFile, match=UNSTABLE.id):
        read(tmp_path / "silent", proof)
    read(tmp_path / "said", proof + also + "\n")
