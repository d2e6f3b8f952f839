"""The tables to look at, as HTML: a row for each client and configuration, a column for each fault.

They are written as HTML, for a cell has a title, a class that the filters know, and a link; and
there are thousands. Whatever comes from data goes through :func:`html.escape`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from mirrorlab.clients import Configuration, Suite
from mirrorlab.matrix.outcome import Outcome
from mirrorlab.matrix.record import Cell, Matrix
from mirrorlab.matrix.trouble import Trouble
from mirrorlab.site import matrix_words as words

Url = Callable[[str, str], str]
"""From a client and an anchor on its page to the link that leads there."""

LASTING = "The fault lasts"
FIRST = "Only the first request meets the fault"


def halves(troubles: Iterable[Trouble]) -> dict[str, list[Trouble]]:
    """Part the faults that last from those of the first request; a part without any is left out."""
    parts: dict[str, list[Trouble]] = {LASTING: [], FIRST: []}
    for trouble in troubles:
        parts[LASTING if trouble.times is None else FIRST].append(trouble)
    return {head: part for head, part in parts.items() if part}


def of_suite(matrix: Matrix, suite: Suite) -> list[tuple[str, Configuration]]:
    """Give each client and configuration that answers the question of a suite."""
    ways = matrix.configurations.items()
    return [(client, way) for (client, _), way in ways if way.suite is suite]


def met(matrix: Matrix, ways: Iterable[tuple[str, Configuration]]) -> list[Trouble]:
    """Give the troubles that any of these configurations was held against."""
    known = {(client, way.name) for client, way in ways}
    found = {c.trouble for c in matrix.cells.values() if (c.client, c.configuration) in known}
    return [trouble for name, trouble in matrix.troubles.items() if name in found]


def tables(matrix: Matrix, suite: Suite, url: Url) -> str:
    """Give the tables of one suite, each in a box that scrolls, and what stands for it if empty."""
    ways = of_suite(matrix, suite)
    made = ""
    for number, (head, troubles) in enumerate(halves(met(matrix, ways)).items()):
        title = f"matrix-{suite.value}-{number + 1}"
        rows = "".join(_row(matrix, client, way, troubles, url) for client, way in ways)
        made += (
            f'<div class="matrix-box" role="region" tabindex="0" aria-labelledby="{title}">'
            f'<table class="matrix"><caption id="{title}">{escape(head)}</caption><thead><tr>'
            f'<th scope="col">Configuration</th>{"".join(map(_head, troubles))}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div>"
            f'<p class="matrix-none small" hidden="hidden">{escape(head)}: no cell fits.</p>'
        )
    return made


def _head(trouble: Trouble) -> str:
    name = escape(trouble.name)
    return (
        f'<th scope="col" data-fault="{escape(words.fault(trouble))}">'
        f'<a href="#{words.trouble_anchor(name)}" title="{escape(trouble.says)}">{name}</a></th>'
    )


def _row(
    matrix: Matrix, client: str, way: Configuration, troubles: Sequence[Trouble], url: Url
) -> str:
    advised = ' <span class="badge badge-holds">advised</span>' if way.advised else ""
    head = (
        f'<th scope="row"><a href="{escape(url(client, way.name))}" title="{escape(way.says)}">'
        f"<strong>{escape(client)}</strong> {escape(way.name)}{advised}</a></th>"
    )
    ids = (f"{client}/{way.name}/{trouble.name}" for trouble in troubles)
    cells = "".join(_cell(matrix.cells.get(one), url) for one in ids)
    return f'<tr data-client="{escape(client)}">{head}{cells}</tr>'


def _cell(cell: Cell | None, url: Url) -> str:
    if cell is None:
        return "<td></td>"
    link = url(cell.client, words.anchor(cell.configuration, cell.trouble))
    return (
        f'<td class="{words.classes(cell)}">'
        f'<a href="{escape(link)}" title="{escape(words.whole(cell))}">'
        f"<b>{words.SYMBOLS[cell.outcome]}</b>{escape(words.short(cell))}</a></td>"
    )


# -- the filters ----------------------------------------------------------------------------------


def form(matrix: Matrix) -> str:
    """Give the filters, hidden until the script is there to answer them."""
    seen = {cell.outcome for cell in matrix.cells.values()}
    clients = [_box("client", client, client, escape(client)) for client in matrix.clients]
    outcomes = [
        _box("outcome", words.css(outcome), outcome.value, marked(outcome, outcome.value))
        for outcome in words.SYMBOLS
        if outcome in seen
    ]
    if any(cell.unstable for cell in matrix.cells.values()):
        outcomes.append(_box("outcome", words.UNSTABLE, words.UNSTABLE, words.UNSTABLE))
    faults = dict.fromkeys(map(words.fault, matrix.troubles.values()))
    options = "".join(f"<option>{escape(fault)}</option>" for fault in faults)
    return (
        '<form class="matrix-filter" aria-label="Which cells are shown?" hidden="hidden">'
        f"<fieldset><legend>Clients</legend>{''.join(clients)}</fieldset>"
        f"<fieldset><legend>Outcomes</legend>{''.join(outcomes)}</fieldset>"
        '<div class="one"><label>Fault <select name="fault">'
        f'<option value="">any</option>{options}</select></label>'
        '<button type="reset">Show all</button></div>'
        '<p class="matrix-status" role="status"></p></form>'
    )


def marked(outcome: Outcome, said: str) -> str:
    """Give words of an outcome with its symbol and colour."""
    return (
        f'<span class="m-outcome m-{words.css(outcome)}">'
        f'<span class="m-symbol" aria-hidden="true">{words.SYMBOLS[outcome]}</span> '
        f"{escape(said)}</span>"
    )


def _box(name: str, value: str, said: str, label: str) -> str:
    return (
        f'<label><input type="checkbox" name="{name}" value="{escape(value)}" '
        f'data-words="{escape(said)}"/> {label}</label>'
    )
