"""What every client really does: each of its configurations against every fault, as data."""

from mirrorlab.matrix.outcome import PATIENCE, Outcome
from mirrorlab.matrix.record import Cell, Matrix, read, write
from mirrorlab.matrix.trouble import TROUBLES, Trouble, of_suite

__all__ = [
    "PATIENCE",
    "TROUBLES",
    "Cell",
    "Matrix",
    "Outcome",
    "Trouble",
    "of_suite",
    "read",
    "write",
]
