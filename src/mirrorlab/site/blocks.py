"""Small makers of docutils nodes, so that the directives read like the page they make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from docutils import nodes
from sphinx import addnodes

Inline = Any
"""A text, or an inline node."""


def inlines(parts: Iterable[Inline]) -> list[Any]:
    """Make nodes of texts, leave nodes as they are."""
    return [nodes.Text(part) if isinstance(part, str) else part for part in parts]


def paragraph(*parts: Inline, classes: Sequence[str] = ()) -> Any:
    """A paragraph of texts and inline nodes."""
    return nodes.paragraph("", "", *inlines(parts), classes=list(classes))


def literal(text: str, *classes: str) -> Any:
    """A word as it is typed or printed."""
    return nodes.literal(text, text, classes=list(classes))


def with_words(text: str) -> list[Any]:
    """Set what stands between backticks as it is typed; an odd backtick stays one."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return [nodes.Text(text)]
    return [literal(p) if n % 2 else nodes.Text(p) for n, p in enumerate(parts) if p]


def sentence(text: str) -> str:
    """Begin with a capital, end with a full stop."""
    return text[:1].upper() + text[1:].rstrip(".") + "."


def badge(text: str, kind: str) -> Any:
    """A small label; its look is ``.badge-KIND`` in guide.css."""
    return nodes.inline(text, text, classes=["badge", f"badge-{kind}"])


def code(text: str, language: str = "console") -> Any:
    """A block of code with its copy button."""
    return nodes.literal_block(text, text, language=language)


def separated(items: Iterable[Inline], separator: str = ", ") -> list[Any]:
    """Put a separator between inline parts."""
    parts: list[Any] = []
    for item in inlines(items):
        if parts:
            parts.append(nodes.Text(separator))
        parts.append(item)
    return parts


def bullets(items: Iterable[Sequence[Inline]], *classes: str) -> Any:
    """A bulleted list, one paragraph an item."""
    made = nodes.bullet_list("", classes=list(classes))
    made += [nodes.list_item("", paragraph(*item)) for item in items]
    return made


def fields(rows: Iterable[tuple[str, Sequence[Inline]]], *classes: str) -> Any:
    """A list of facts: a name and what is to be said of it."""
    made = nodes.field_list("", classes=list(classes))
    for name, parts in rows:
        body = nodes.field_body("", paragraph(*parts))
        made += nodes.field("", nodes.field_name(name, name), body)
    return made


def definitions(rows: Iterable[tuple[Any, Sequence[Any]]], *classes: str) -> Any:
    """A list of terms (a node) and their blocks."""
    made = nodes.definition_list("", classes=list(classes))
    for term, blocks in rows:
        made += nodes.definition_list_item("", term, nodes.definition("", *blocks))
    return made


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], *classes: str) -> Any:
    """A table; a cell is a block node, a list of block nodes, or a text.

    The class ``stacked`` lets its rows become blocks on narrow screens.
    """
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
    group += nodes.thead("", _row(head))
    group += nodes.tbody("", *(_row(row) for row in rows))
    return nodes.table("", group, classes=list(classes))


def section(title: Sequence[Inline], anchor: str, *blocks: Any) -> Any:
    """A section with a given anchor."""
    heading = nodes.title("", "", *inlines(title))
    return nodes.section("", heading, *blocks, ids=[anchor], names=[])


def page_link(docname: str, text: Inline, refdoc: str) -> Any:
    """A link to a page; a missing page breaks the build."""
    return _xref("doc", f"/{docname}", text, refdoc)


def label_link(label: str, text: Inline, refdoc: str) -> Any:
    """A link to a label; a missing one breaks the build."""
    return _xref("ref", label, text, refdoc)


def _xref(kind: str, target: str, text: Inline, refdoc: str) -> Any:
    return addnodes.pending_xref(
        "",
        nodes.inline("", "", *inlines([text]), classes=["xref", "std", f"std-{kind}"]),
        refdomain="std",
        reftype=kind,
        reftarget=target,
        refdoc=refdoc,
        refexplicit=True,
        refwarn=True,
    )


def _row(cells: Sequence[Any]) -> Any:
    row = nodes.row("")
    for cell in cells:
        blocks = cell if isinstance(cell, list) else [cell]
        made = [paragraph(block) if isinstance(block, str) else block for block in blocks]
        row += nodes.entry("", *made)
    return row
