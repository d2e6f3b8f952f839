"""The style and the script that only some pages need, added to just those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

OUTCOMES = "outcomes"
"""The class of a table of what arrives."""
LEADS = "leads"
"""The class of the table that leads to a recipe."""


def add(app: Sphinx, _: str, __: str, ___: dict[str, Any], doctree: Any) -> None:
    """Add what the tables of a page need; ``doctree`` is None for pages made by a template."""
    found = doctree.findall(nodes.table) if doctree is not None else ()
    classes = {name for table in found for name in table["classes"]}
    if classes & {OUTCOMES, LEADS}:
        app.add_css_file("choices.css")
    if LEADS in classes:
        app.add_js_file("set-up.js", loading_method="defer")
