"""What pages from a trusted host promise of files from a mirror, and what the mirror tries.

The stories are in ``two_hosts``, ``altered`` and ``published``.
"""

from drilling.altered import (
    altered_file,
    altered_file_by_pip,
    altered_file_others,
    altered_metadata,
    locked_through_it,
)
from drilling.published import cut_off, page_without_hash
from drilling.two_hosts import fallback, login_kept, page_host_down, promise

__all__ = [
    "altered_file",
    "altered_file_by_pip",
    "altered_file_others",
    "altered_metadata",
    "cut_off",
    "fallback",
    "locked_through_it",
    "login_kept",
    "page_host_down",
    "page_without_hash",
    "promise",
]
