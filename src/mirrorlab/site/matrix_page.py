"""What the pages of the matrix have in common: the data, and links among them.

The page of all clients has the pages of one client beneath it: ``docs/evidence/clients`` and
``docs/evidence/clients/pip``. A link is written with a sign in the place of the address, which
only a builder knows; :func:`resolve` puts it there.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging

from mirrorlab.matrix import record
from mirrorlab.matrix.record import Matrix
from mirrorlab.site import blocks
from mirrorlab.site.guide import GuideDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FILE = Path("results", "matrix.json")
NOT_YET = "No run of the matrix is on record yet; `nox -s matrix` makes one."
UP = "@page:@"
"""The link to the page of all clients, seen from the page of one."""
_RAW = "matrix-raw"
_LINK = "matrix_page"
_SIGN = re.compile(r"@page:([^@\"]*)@")
_logger = logging.getLogger(__name__)


class MatrixDirective(GuideDirective):
    """A directive made from the matrix; while there is none on record, it says so."""

    def render(self) -> list[Any]:
        """Give the nodes. Raises MirrorlabError."""
        path = self.guide.root / FILE
        self.depend_on(path)
        if not path.is_file():
            return [blocks.paragraph(*blocks.with_words(NOT_YET))]
        return self.show(_read(path, path.stat().st_mtime_ns))

    def show(self, matrix: Matrix) -> list[Any]:
        """Give the nodes of a matrix. Raises MirrorlabError."""
        raise NotImplementedError

    def raw(self, html: str) -> list[Any]:
        """Give HTML, in which :func:`sign` stands for an address."""
        return [nodes.raw("", html, format="html", classes=[_RAW])]


def sign(client: str, anchor: str) -> str:
    """Write the link to a place on a client's page, seen from the page of all clients."""
    return f"@page:{client}@#{anchor}"


def link(client: str, anchor: str, *text: Any) -> Any:
    """Give a link to a place on a client's page, seen from the page of all clients."""
    made = nodes.reference("", "", *blocks.inlines(text), internal=True)
    made["refuri"] = sign(client, anchor)
    made[_LINK] = True
    return made


def is_raw(node: Any) -> bool:
    """Whether a node is HTML of the matrix."""
    return _RAW in node["classes"]


def resolve(app: Sphinx, doctree: Any, docname: str) -> None:
    """Put the addresses in; a client without a page is a warning, which breaks the build."""
    missing: set[str] = set()

    def address(found: re.Match[str]) -> str:
        client = found[1]
        target = f"{docname}/{client}" if client else docname.rpartition("/")[0]
        if target not in app.env.all_docs:
            missing.add(target)
            return ""
        uri: str = app.builder.get_relative_uri(docname, target)
        return uri

    for raw in list(doctree.findall(nodes.raw)):
        if is_raw(raw):
            text = _SIGN.sub(address, raw.astext())
            raw.replace_self(nodes.raw("", text, format="html", classes=[_RAW]))
    for one in doctree.findall(nodes.reference):
        if one.get(_LINK):
            one["refuri"] = _SIGN.sub(address, one["refuri"])
    for target in sorted(missing):
        client = target.rpartition("/")[2]
        problem = "there is no page %s.rst for this client of %s; write it: .. matrix-client:: %s"
        _logger.warning(problem, target, FILE, client, location=docname)


@lru_cache(maxsize=2)
def _read(path: Path, _stamp: int) -> Matrix:
    """Read the file once for all pages; ``_stamp`` changes when the file does."""
    return record.read(path)
