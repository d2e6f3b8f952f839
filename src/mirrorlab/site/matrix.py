"""``.. matrix::`` and its kin: what every client did under every fault, from the record.

=========================== ==================================================================
``.. matrix-measured::``    when, with what and where it was measured, and the file to download
``.. matrix-summary::``     the answer in a small table, a row a client
``.. matrix-counts::``      how many cells of each client and suite came to what
``.. findings::``           what was found, each with the cells that prove it
``.. matrix::``             the filters, and the tables of each suite
``.. matrix-faults::``      what the words at the head of a column mean
``.. matrix-client::``      the whole page of one client
=========================== ==================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes

from mirrorlab.clients import Suite
from mirrorlab.errors import UnknownName
from mirrorlab.matrix import choosing
from mirrorlab.matrix.record import Matrix
from mirrorlab.site import blocks, matrix_client, matrix_page, matrix_summary, matrix_table
from mirrorlab.site import matrix_words as words
from mirrorlab.site.matrix_findings import FindingsDirective, written
from mirrorlab.site.matrix_page import FILE, MatrixDirective, sign

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_TITLES = {
    Suite.FALLBACK: "A second source behind the mirror",
    Suite.LOCKED: "Installing from a lock",
    Suite.CONFUSION: "A private index and a public one",
    Suite.DNS: "One name, two addresses",
    Suite.CONTROL: "The control",
}
_ELSEWHERE = "The tables are on the site, in HTML, and in the file of the data."


def setup(app: Sphinx) -> None:
    """Add the directives, the links among the pages, their style and script."""
    app.add_directive("matrix-measured", MeasuredDirective)
    app.add_directive("matrix-summary", SummaryDirective)
    app.add_directive("matrix-counts", CountsDirective)
    app.add_directive("findings", FindingsDirective)
    app.add_directive("matrix", TablesDirective)
    app.add_directive("matrix-faults", FaultsDirective)
    app.add_directive("matrix-client", ClientDirective)
    app.connect("doctree-resolved", matrix_page.resolve)
    app.connect("html-page-context", _add_look)


class MeasuredDirective(MatrixDirective):
    """When and with what it was measured, and the file with every cell."""

    def show(self, matrix: Matrix) -> list[Any]:
        """Give a paragraph."""
        versions = words.listed(f"{name} {number}" for name, number in matrix.versions.items())
        text = (
            f"Measured {matrix.date} with {versions}, on Python {matrix.python}, "
            f"{matrix.machine}: {words.count(len(matrix.cells), 'cell')}, "
            "each an installation of its own."
        )
        name = nodes.literal("", FILE.name, classes=["xref", "download"])
        file = addnodes.download_reference(
            "", "", name, refdoc=self.env.docname, reftarget=f"/{FILE.as_posix()}", refexplicit=True
        )
        return [blocks.paragraph(text, " ", file, " has all of them.", classes=["small"])]


class SummaryDirective(MatrixDirective):
    """The answer in a small table: what a second source is good for, who lets a stranger in."""

    def show(self, matrix: Matrix) -> list[Any]:
        """Give the table, with the sentences that the findings have for a client."""
        return matrix_summary.answers(matrix, written(self, matrix).clients)


class CountsDirective(MatrixDirective):
    """How many cells of each client and suite came to what."""

    def show(self, matrix: Matrix) -> list[Any]:
        """Give the table, and the control in a sentence."""
        return matrix_summary.counts(matrix)


class TablesDirective(MatrixDirective):
    """The filters, what the symbols mean, and a section with tables for each suite."""

    def show(self, matrix: Matrix) -> list[Any]:
        """Give all of it."""
        made = [*self.raw(matrix_table.form(matrix)), matrix_summary.legend(matrix)]
        made.append(addnodes.only("", blocks.paragraph(_ELSEWHERE), expr="not html"))
        for suite in Suite:
            if matrix_table.of_suite(matrix, suite):
                tables = self.raw(matrix_table.tables(matrix, suite, sign))
                says = blocks.paragraph(blocks.sentence(suite.says).replace("?.", "?"))
                made.append(blocks.section([_TITLES[suite]], suite.value, says, *tables))
        return made


class FaultsDirective(MatrixDirective):
    """Every fault of the tables by its word, and what the installer meets."""

    def show(self, matrix: Matrix) -> list[Any]:
        """Give a table."""
        rows = []
        for name, trouble in matrix.troubles.items():
            word = blocks.literal(name)
            word["ids"] = [words.trouble_anchor(name)]
            rows.append([blocks.paragraph(word), blocks.sentence(trouble.says)])
        return [blocks.table(["Word", "What the installer meets"], rows, "stacked", "faults")]


class ClientDirective(MatrixDirective):
    """The page of one client: ``.. matrix-client:: pip``."""

    required_arguments = 1

    def render(self) -> list[Any]:
        """Give the page, also where nothing is on record. Raises UnknownName."""
        name = self.arguments[0]
        if name not in choosing.names():
            raise UnknownName("client", name, choosing.names(), of="the matrix")
        return [blocks.section([name], name, *super().render())]

    def show(self, matrix: Matrix) -> list[Any]:
        """Give a section for each configuration."""
        name = self.arguments[0]
        ways = [way for (client, _), way in matrix.configurations.items() if client == name]
        if not ways:
            return [blocks.paragraph(f"No run of {name} is on record yet.")]
        found = written(self, matrix)
        proving = found.proving()
        made = [self._head(matrix, name)]
        if name in found.clients:
            made.append(blocks.paragraph(*blocks.with_words(found.clients[name])))
        made += [
            blocks.paragraph(
                "To run a cell again; the name of its fault, clicked, shows it filled in:"
            ),
            blocks.code(f"$ {words.again(name, 'CONFIGURATION', 'FAULT')}"),
            addnodes.only("", blocks.paragraph(_ELSEWHERE), expr="not html"),
        ]
        for way in sorted(ways, key=lambda way: list(Suite).index(way.suite)):
            parts = [
                matrix_client.said(way),
                *matrix_client.typed(way),
                *self.raw(matrix_client.evidence(matrix, name, way, proving)),
            ]
            made.append(blocks.section(matrix_client.heading(way), way.name, *parts))
        return made

    def _head(self, matrix: Matrix, name: str) -> Any:
        page = self.env.docname.rpartition("/")[0]
        back = blocks.page_link(page, "all clients", self.env.docname)
        text = (
            f"Measured {matrix.date} with {name} {matrix.versions.get(name, '')}, on Python "
            f"{matrix.python}, {matrix.machine}. The addresses are examples: a test puts those "
            "of its own indexes in their place. See "
        )
        return blocks.paragraph(text, back, ".", classes=["small"])


def _add_look(app: Sphinx, _: str, __: str, ___: dict[str, Any], doctree: Any) -> None:
    """Add style and script to the pages that have anything of the matrix."""
    raws = doctree.findall(nodes.raw) if doctree is not None else ()
    html = [raw.astext() for raw in raws if matrix_page.is_raw(raw)]
    if html:
        app.add_css_file("matrix.css")
    if any('class="matrix-filter"' in text for text in html):
        app.add_js_file("matrix.js", loading_method="defer")
