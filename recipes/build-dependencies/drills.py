"""What builds that obey the mirror promise, how they reach out, and how a mirror reaches in."""

from drilling.leaving import fetches_while_building, reaches_out
from drilling.mirror import altered_build_dependency, missing_build_dependency, promise

__all__ = [
    "altered_build_dependency",
    "fetches_while_building",
    "missing_build_dependency",
    "promise",
    "reaches_out",
]
