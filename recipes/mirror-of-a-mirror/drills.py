"""What a mirror of a mirror promises, and the ways in which a copy goes wrong.

bandersnatch makes the first level, rsync's daemon gives it away. Where a drill needs a copy that is
half way, a relay stands between the two and stops in the middle of demo-big.
"""

from drilling.disturbed import (
    cut_half_way,
    disk_full,
    source_changes,
    switched_under_readers,
    two_runs,
)
from drilling.following import promise
from drilling.source import altered, emptied_source, removed_upstream

__all__ = [
    "altered",
    "cut_half_way",
    "disk_full",
    "emptied_source",
    "promise",
    "removed_upstream",
    "source_changes",
    "switched_under_readers",
    "two_runs",
]
