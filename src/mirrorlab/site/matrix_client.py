"""One client's configurations as one types them, and the evidence of every cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from docutils import nodes

from mirrorlab.clients import Configuration
from mirrorlab.matrix.record import Cell, Matrix
from mirrorlab.site import blocks, matrix_table
from mirrorlab.site import matrix_words as words
from mirrorlab.site.matrix_page import UP

_AS_TYPED = re.compile(r"(?<![\w-])(--?[a-z][\w-]*|[A-Z]+_[A-Z_]+)")
_HEADS = ("Fault", "Outcome", "Exit code", "Seconds", "Requests", "First line of the error")
_CLASSES = ("", "", "number", "number", "asked", "line")
_LANGUAGES = {"toml": "toml", "Pipfile": "toml", "conf": "ini", "cfg": "ini", "lock": "toml"}


def said(way: Configuration) -> Any:
    """Say what is configured, with options and variables as they are typed."""
    parts = enumerate(_AS_TYPED.split(blocks.sentence(way.says).replace("`", "")))
    texts = (blocks.literal(part) if number % 2 else part for number, part in parts)
    return blocks.paragraph(*(text for text in texts if text != ""))


def typed(way: Configuration) -> list[Any]:
    """Give a configuration as a reader types it: its files, then the session."""
    made: list[Any] = []
    for name, text in way.files.items():
        made.append(blocks.paragraph(blocks.literal(name), classes=["file-name"]))
        code = blocks.code(text.rstrip("\n"), _language(name))
        code["force"] = True
        made.append(code)
    exports = [f"export {name}={value}" for name, value in way.environment.items()]
    lines = [*exports, *way.prepare, way.install]
    made.append(blocks.code("\n".join(f"$ {line}" for line in lines)))
    if way.prepare:
        made.append(
            blocks.paragraph(
                "The last command is the one that meets the fault; "
                "all before it ran while the index was healthy.",
                classes=["small"],
            )
        )
    return made


def evidence(
    matrix: Matrix, client: str, way: Configuration, proves: Mapping[str, Iterable[int]]
) -> str:
    """Give the table of one configuration: a row for each fault it was held against.

    ``proves`` leads from a cell's id to the numbers of the findings it proves.
    """
    parts = matrix_table.halves(matrix_table.met(matrix, [(client, way)]))
    groups = ""
    for head, troubles in parts.items():
        ids = (f"{client}/{way.name}/{trouble.name}" for trouble in troubles)
        rows = "".join(_row(matrix.cells[one], proves.get(one, ())) for one in ids)
        groups += (
            f'<tbody><tr class="group"><th scope="rowgroup" colspan="{len(_HEADS)}">'
            f"{escape(head)}</th></tr>{rows}</tbody>"
        )
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    return (
        f'<div class="matrix-box" role="region" tabindex="0" aria-label="{escape(way.name)}">'
        f'<table class="cells"><thead><tr>{heads}</tr></thead>{groups}</table></div>'
    )


def _row(cell: Cell, proves: Iterable[int]) -> str:
    name = words.anchor(cell.configuration, cell.trouble)
    outcome = matrix_table.marked(cell.outcome, cell.says)
    if cell.unstable:
        outcome += f'<span class="also">{escape(words.also(cell))}</span>'
    for number in proves:
        link = f"{UP}#finding-{number}"
        outcome += f' <a class="proves" href="{link}">finding\N{NO-BREAK SPACE}{number}</a>'
    asked = ", ".join(f"{index} {number}" for index, number in cell.requests.items())
    line = f"<code>{escape(cell.line)}</code>" if cell.line else ""
    again = words.again(cell.client, cell.configuration, cell.trouble)
    line += f'<code class="again">{escape(again)}</code>'
    contents = (outcome, str(cell.exit_code), f"{cell.seconds:.1f}", asked or "none", line)
    filled = "".join(
        f'<td class="{kind}">{content}</td>' if kind else f"<td>{content}</td>"
        for kind, content in zip(_CLASSES[1:], contents, strict=True)
    )
    head = f'<th scope="row"><a href="#{escape(name)}">{escape(cell.trouble)}</a></th>'
    return f'<tr id="{escape(name)}">{head}{filled}</tr>'


def heading(way: Configuration) -> list[Any]:
    """Give the title of a configuration: its name, and whether it is advised."""
    advised = [" ", blocks.badge("advised", "holds")] if way.advised else []
    return [nodes.inline("", way.name), *advised]


def _language(name: str) -> str:
    return _LANGUAGES.get(name.rpartition(".")[2], "text")
