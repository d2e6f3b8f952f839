"""What one URL over many mirrors promises, and what each fault of a mirror does to its readers.

Upstream is the run's own index.
"""

from __future__ import annotations

from drilling.coming_and_going import all_bad, lagging, nearest, promise
from drilling.faults import between_two_checks, mirror_fails, mirror_lies
from drilling.names import by_dns
from drilling.upstream import upstream_down

__all__ = [
    "all_bad",
    "between_two_checks",
    "by_dns",
    "lagging",
    "mirror_fails",
    "mirror_lies",
    "nearest",
    "promise",
    "upstream_down",
]
