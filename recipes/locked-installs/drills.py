"""What a lock with hashes promises, how a mirror tries to break it, and what it cannot do.

The stories are in ``refused`` and ``relocking``.
"""

from drilling.refused import altered_file, altered_index, build_dependency, promise
from drilling.relocking import mirror_moved, mirror_named, new_release, poisoned_lock, relocked

__all__ = [
    "altered_file",
    "altered_index",
    "build_dependency",
    "mirror_moved",
    "mirror_named",
    "new_release",
    "poisoned_lock",
    "promise",
    "relocked",
]
