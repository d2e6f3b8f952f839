"""What a bundle promises across an air gap, and how it is broken."""

from drills.interpreters import interpreter
from drills.mirrored import morgan
from drills.refused import damaged, wrong_target
from drills.whole import incomplete, only_what_is_new, promise

__all__ = [
    "damaged",
    "incomplete",
    "interpreter",
    "morgan",
    "only_what_is_new",
    "promise",
    "wrong_target",
]
