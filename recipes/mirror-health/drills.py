"""What the watch over a mirror promises, and the ways in which the mirror and the watch break.

The index is watched as a second, healthy mirror beside the tree, so that each alarm is seen to be
about the tree alone.
"""

from drilling.mirrors import altered, frozen, missing, stale, withdrawn
from drilling.pruning import prune, prune_dry_run, prune_refuses
from drilling.watch import check_dies, could_not_tell, promise

__all__ = [
    "altered",
    "check_dies",
    "could_not_tell",
    "frozen",
    "missing",
    "promise",
    "prune",
    "prune_dry_run",
    "prune_refuses",
    "stale",
    "withdrawn",
]
