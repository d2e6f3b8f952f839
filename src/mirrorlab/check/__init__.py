"""Is this mirror fresh, complete and unaltered?

:func:`check` looks at an index over HTTP, or at a tree on a disk, alone or beside its upstream,
and says what is wrong: :class:`Finding`, by :class:`Kind` and :class:`Severity`. What could not be
looked at is a doubt, and with a doubt nothing is healthy.
"""

from mirrorlab.check.checking import Asked, check
from mirrorlab.check.findings import Finding, Findings, Kind, Severity
from mirrorlab.check.manners import Manners
from mirrorlab.check.report import Report
from mirrorlab.check.target import Extent

__all__ = [
    "Asked",
    "Extent",
    "Finding",
    "Findings",
    "Kind",
    "Manners",
    "Report",
    "Severity",
    "check",
]
