"""The closed lists of recipe.toml, and how names in it look."""

from __future__ import annotations

import re
from enum import StrEnum

from mirrorlab.tables import Table

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""Recipes, steps and drills: ``wrong-hash``."""

CLIENT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9.]+)*")
"""Clients, with a version where it matters: ``pip``, ``pip-22.1``."""


class Topic(StrEnum):
    """What a reader came for; the site groups recipes by it, in this order."""

    MIRROR = "mirror"
    CACHE = "cache"
    PRIVATE = "private"
    CLIENTS = "clients"
    SURVIVE_FAILURE = "survive failure"
    CLASSROOM = "classroom"


class Capability(StrEnum):
    """What a machine must be able to do, beside having programs."""

    NAMESPACES = "namespaces"
    TMPFS = "tmpfs"
    SYSTEMD = "systemd"


def name_in(table: Table, key: str = "name") -> str:
    """Read a name in small letters, digits and single hyphens."""
    name = table.text(key)
    if not NAME.fullmatch(name):
        raise table.broken(key, f"{name!r} is no name: small letters, digits and single hyphens")
    return name
