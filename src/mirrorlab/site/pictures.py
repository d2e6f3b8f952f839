"""Graphviz pictures that stand in the page itself, in the page's own colours.

Sphinx puts an SVG into an ``<object>``, where the page's light or dark colours do not reach it.
Here it is written into the page: ``guide.css`` colours it by the classes of its nodes and edges.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.ext.graphviz import GraphvizError, graphviz, render_dot
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_logger = logging.getLogger(__name__)
_BEFORE_SVG = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_SIZE = re.compile(r'<svg width="(?P<width>\d+)pt" height="\d+pt"')
_ID = re.compile(r'\bid="(?P<id>[^"]+)"')
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)


def setup(app: Sphinx) -> None:
    """Draw Graphviz pictures of HTML pages this way; other builders are left as they are."""
    app.setup_extension("sphinx.ext.graphviz")
    app.add_node(graphviz, override=True, html=(_visit, None))


def inline_svg(svg: str, alt: str, prefix: str) -> str:
    """Make what Graphviz wrote fit to stand in a page.

    Ids get a prefix, so that two pictures do not share them; the width becomes the most it takes;
    ``alt`` is what it says to those who do not see it.
    """
    svg = _COMMENT.sub("", _BEFORE_SVG.sub("", svg))
    svg = _ID.sub(lambda found: f'id="{prefix}-{found["id"]}"', svg)
    label = f'role="img" aria-label="{escape(alt, quote=True)}"'
    return _SIZE.sub(
        lambda found: f'<svg {label} style="width: {int(found["width"]) / 12:.2f}em"', svg, count=1
    )


def _visit(self: Any, node: Any) -> None:
    alt = node.get("alt")
    if not alt:
        _logger.warning("a picture needs :alt:, words for those who do not see it", location=node)
        alt = ""
    try:
        _, path = render_dot(
            self, node["code"], node["options"], "svg", filename=node.get("filename")
        )
    except GraphvizError as error:
        _logger.warning("%s", error, location=node)
        raise nodes.SkipNode from error
    if path is None:  # Sphinx has said why
        raise nodes.SkipNode
    number = _number(self)
    svg = inline_svg(Path(path).read_text(encoding="utf-8"), alt, f"picture-{number}")
    self.body.append(f'<div class="picture">{svg}</div>\n')
    raise nodes.SkipNode


def _number(translator: Any) -> int:
    """Count the pictures of a page."""
    count: int = getattr(translator, "guide_pictures", 0) + 1
    translator.guide_pictures = count
    return count
