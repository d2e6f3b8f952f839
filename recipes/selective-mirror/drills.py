"""What the selective mirror promises, and the ways in which it is broken.

`demo-lib` and `Demo.Name_Mixed` are asked for; `demo-dep` comes along because demo-lib needs it.
"""

from drilling.serving import promise
from drilling.syncs import (
    corrupt_file,
    disk_full,
    frozen,
    killed_mid_sync,
    missing_for_good,
    new_dependency,
    two_syncs,
    upstream_500,
)
from drilling.withdrawing import quarantined, release_deleted

__all__ = [
    "corrupt_file",
    "disk_full",
    "frozen",
    "killed_mid_sync",
    "missing_for_good",
    "new_dependency",
    "promise",
    "quarantined",
    "release_deleted",
    "two_syncs",
    "upstream_500",
]
