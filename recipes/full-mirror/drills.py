"""What a mirror of everything promises, and the ways in which it is broken.

Where a drill needs a mirror that is new, or set otherwise, it makes one beside the recipe's own.
"""

from __future__ import annotations

from drilling.copying import disk_too_small, first_sync_broken_off, left_out
from drilling.neighbours import neighbour_stale
from drilling.promised import promise
from drilling.serving import abuser_limited, index_only, too_many_requests
from drilling.staying import missing_at_exit_0, removed_upstream

__all__ = [
    "abuser_limited",
    "disk_too_small",
    "first_sync_broken_off",
    "index_only",
    "left_out",
    "missing_at_exit_0",
    "neighbour_stale",
    "promise",
    "removed_upstream",
    "too_many_requests",
]
