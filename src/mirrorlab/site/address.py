"""The reader's own URL: a bar on every page whose snippets have one of the example addresses.

``docs/_templates/address.html`` is the bar, and ``docs/_static/address.js`` puts what is typed in
it into the snippets. Pages without an example address carry neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HOSTS = ("mirror.example", "private.example")
"""The reader's index instead of the public one, and the reader's private index."""


def add(app: Sphinx, _: str, __: str, context: dict[str, Any], doctree: Any) -> None:
    """Add the bar where a snippet would follow; ``doctree`` is None for pages of a template."""
    if doctree is None:
        return
    code = (*doctree.findall(nodes.literal_block), *doctree.findall(nodes.literal))
    if any(host in node.astext() for node in code for host in HOSTS):
        context["address_bar"] = True
        app.add_css_file("address.css")
        app.add_js_file("address.js", loading_method="defer")
