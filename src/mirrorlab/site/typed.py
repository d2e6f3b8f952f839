"""What of a session a reader types: its commands. Prompts and output are not for the clipboard.

Only where a block is a session, and only by the prompt it begins with: a script's or a config
file's ``# `` begins a comment, which belongs to what is copied. ``copybutton_exclude`` in conf.py
has the copy button leave out what is marked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PROMPTS = {
    "console": {"$ ": "> ", "# ": "> "},
    "pycon": {">>> ": "... "},
}
"""Language -> the prompts a block of it may begin with -> the prompt of a line that goes on."""

_PROMPT = 'class="gp"'  # as Pygments marks it
_MARKED_PROMPT = 'class="gp not-typed"'
_OUTPUT = '<span class="not-typed">{}\n</span>'
_LINES = re.compile(r"(?<=<pre>)(?P<lines>.*)\n(?=</pre>)", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def setup(app: Sphinx) -> None:
    """Mark the sessions of HTML pages; other builders are left as they are."""
    app.add_node(nodes.literal_block, override=True, html=(_visit, _depart))


def marked(html: str, language: str) -> str:
    """Mark the prompts and lines of a highlighted block that nobody types, if it is a session."""
    return _LINES.sub(lambda found: _mark(found["lines"].split("\n"), language), html, count=1)


def _mark(lines: list[str], language: str) -> str:
    texts = [unescape(_TAG.sub("", line)) for line in lines]
    prompts = PROMPTS.get(language, {})
    prompt = next((prompt for prompt in prompts if texts[0].startswith(prompt)), None)
    if prompt is None:
        return "".join(f"{line}\n" for line in lines)
    typed = _typed(texts, prompt, prompts[prompt])
    return "".join(
        _command(line, text) if by_hand else _OUTPUT.format(line)
        for line, text, by_hand in zip(lines, texts, typed, strict=True)
    )


def _command(line: str, text: str) -> str:
    if _PROMPT in line:
        return line.replace(_PROMPT, _MARKED_PROMPT, 1) + "\n"
    # Pygments takes a line that goes on without a backslash for output.
    prompt, _, rest = text.partition(" ")
    return f"<span {_MARKED_PROMPT}>{escape(prompt)} </span>{escape(rest)}\n"


def _typed(lines: list[str], prompt: str, continued: str) -> Iterator[bool]:
    typed = False
    for line in lines:
        typed = line.startswith(prompt) or (typed and line.startswith(continued))
        yield typed


def _visit(self: Any, node: Any) -> None:
    try:
        type(self).visit_literal_block(self, node)
    except nodes.SkipNode:
        self.body[-1] = marked(self.body[-1], node.get("language", "console"))
        raise


def _depart(self: Any, node: Any) -> None:
    type(self).depart_literal_block(self, node)
