"""``.. findings::``: the numbered findings, each with its cells, discussions and safe setting."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from docutils import nodes

from mirrorlab.matrix.record import Cell, Matrix
from mirrorlab.site import blocks, findings, threads
from mirrorlab.site import matrix_words as words
from mirrorlab.site.findings import Finding, Findings, Proof
from mirrorlab.site.matrix_page import MatrixDirective, link

_EACH = 12
"""So many cells of a proof are named; of more, each configuration is, with their number."""


class FindingsDirective(MatrixDirective):
    """Every finding as a section of its own, ``#finding-3``."""

    def show(self, matrix: Matrix) -> list[Any]:
        """Give the sections. Raises BrokenFile where the matrix does not bear one out."""
        found = written(self, matrix).findings
        if not found:
            return [blocks.paragraph("Nobody has written down a finding yet.")]
        return [_section(finding) for finding in found]


def written(page: MatrixDirective, matrix: Matrix) -> Findings:
    """Read the findings for a page, and have it read again when they change."""
    page.depend_on(page.guide.root / findings.FILE)
    return findings.read(page.guide.root, matrix)


def _section(finding: Finding) -> Any:
    rows = [("Safe", [*blocks.with_words(finding.safe), *_advised(finding)])]
    rows += [("Cells" if number == 0 else "", _cells(p)) for number, p in enumerate(finding.proofs)]
    if finding.threads:
        rows.append(("Discussed", blocks.separated(map(threads.link, finding.threads))))
    made = blocks.section(
        [f"{finding.number}. ", *blocks.with_words(finding.title)],
        f"finding-{finding.number}",
        blocks.paragraph(*blocks.with_words(finding.happens)),
        blocks.fields(rows, "facts"),
    )
    made["classes"].append("finding")
    return made


def _advised(finding: Finding) -> list[Any]:
    named = [link(client, way, f"{client} ", way) for client, way in finding.advised]
    return [" See ", *blocks.separated(named), "."] if named else []


def _cells(proof: Proof) -> list[Any]:
    outcome = proof.cells[0].outcome
    mark = nodes.inline(
        "",
        f"{words.SYMBOLS[outcome]} {proof.says}",
        classes=["m-outcome", f"m-{words.css(outcome)}"],
    )
    parts: list[Any] = []
    for client, configuration, cells in _by_configuration(proof.cells):
        parts += ["; " if parts else ": ", link(client, configuration, f"{client} ", configuration)]
        if len(proof.cells) > _EACH:
            parts.append(f" ({words.count(len(cells), 'cell')})")
        else:
            parts += [" under ", *blocks.separated(map(_cell, cells))]
    return [mark, *parts, "."]


def _cell(cell: Cell) -> Any:
    return link(
        cell.client,
        words.anchor(cell.configuration, cell.trouble),
        blocks.literal(cell.trouble),
    )


def _by_configuration(cells: Iterable[Cell]) -> Iterable[tuple[str, str, list[Cell]]]:
    for (client, configuration), group in groupby(cells, lambda c: (c.client, c.configuration)):
        yield client, configuration, list(group)
