"""A temporary world for recipes: hermetic, and gone without a trace when it ends.

Phase one is :mod:`mirrorlab.lab.tools`; then :func:`isolate`, then a :class:`Lab`.
"""

from mirrorlab.lab.escape import Escape
from mirrorlab.lab.isolation import isolate, isolated, why_not
from mirrorlab.lab.lab import Lab
from mirrorlab.lab.processes import Completed, Process
from mirrorlab.lab.tools import Tools
from mirrorlab.lab.waiting import wait_for_url, wait_until

__all__ = [
    "Completed",
    "Escape",
    "Lab",
    "Process",
    "Tools",
    "isolate",
    "isolated",
    "wait_for_url",
    "wait_until",
    "why_not",
]
