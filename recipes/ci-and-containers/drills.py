"""The login reaches the index, and nothing that stays; a login that leaked is found."""

from drilling.leaks import environment_dump, image_layers, lock
from drilling.unleaked import half_an_archive, no_login, promise

__all__ = ["environment_dump", "half_an_archive", "image_layers", "lock", "no_login", "promise"]
