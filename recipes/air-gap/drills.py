"""What a bundle promises across an air gap, and how it is broken."""

from drilling.interpreters import interpreter
from drilling.mirrored import morgan
from drilling.refused import damaged, wrong_target
from drilling.whole import incomplete, only_what_is_new, promise

__all__ = [
    "damaged",
    "incomplete",
    "interpreter",
    "morgan",
    "only_what_is_new",
    "promise",
    "wrong_target",
]
