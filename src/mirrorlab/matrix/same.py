"""Whether a cell on record is still the cell that would be run now."""

from __future__ import annotations

from mirrorlab.clients import Configuration
from mirrorlab.matrix import record
from mirrorlab.matrix.choosing import Choice
from mirrorlab.matrix.record import Matrix
from mirrorlab.matrix.trouble import Trouble

_FOR_PEOPLE = ("says", "advised", "suites")


def text(configuration: Configuration, trouble: Trouble) -> dict[str, object]:
    """Return what a cell is run with; what is only said about it is left out."""
    rows = {**record.configuration_row("", configuration), "trouble": record.trouble_row(trouble)}
    rows["trouble"] = {k: v for k, v in rows["trouble"].items() if k not in _FOR_PEOPLE}
    return {key: value for key, value in rows.items() if key not in _FOR_PEOPLE}


def changed(matrix: Matrix, choice: Choice) -> str | None:
    """Say what of a cell differs from the record (``its configuration``), or None."""
    known = matrix.configurations.get((choice.client, choice.configuration.name))
    trouble = matrix.troubles.get(choice.trouble.name)
    if known is None:
        return "its configuration is not on record"
    if trouble is None:
        return "its trouble is not on record"
    if text(known, choice.trouble) != text(choice.configuration, choice.trouble):
        return "its configuration is another one than on record"
    if text(known, trouble) != text(known, choice.trouble):
        return "its trouble is another one than on record"
    return None
