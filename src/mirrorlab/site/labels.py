"""Places that pages link to by name: a drill on its recipe's page, a message on its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment


def drill_anchor(drill: str) -> str:
    """Where a drill stands on its recipe's page: ``drill-wrong-hash``."""
    return f"drill-{drill}"


def drill_label(recipe: str, drill: str) -> str:
    """Name a drill for all pages: ``find-links-folder/wrong-hash``."""
    return f"{recipe}/{drill}"


def message_anchor(message: str) -> str:
    """Where a message is explained: its words, as many as a URL bears."""
    words = nodes.make_id(message)[:72]
    return words.rstrip("-") or "message"


def declare(env: BuildEnvironment, label: str, anchor: str, title: str) -> None:
    """Let ``:ref:`` find an anchor of the page being read."""
    standard = env.domains.standard_domain
    standard.anonlabels[label] = env.docname, anchor
    standard.labels[label] = env.docname, anchor, title


def folded(text: str) -> str:
    """Make one line of a text, with single spaces: how messages are compared."""
    return " ".join(text.split())
