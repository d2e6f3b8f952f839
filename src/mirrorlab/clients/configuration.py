"""How an installer is told where distributions come from: the very text a reader would type.

A configuration is data. Its files and commands speak of four example addresses, which a test
replaces by those of its own indexes, and a page prints as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mirrorlab.explained import Explained


class Suite(Explained):
    """The question a configuration is there to answer."""

    FALLBACK = "fallback", "the mirror fails, a second source is healthy: what is installed?"
    LOCKED = "locked", "locked while the mirror was healthy: what is installed from it now?"
    CONFUSION = "confusion", "a stranger has our private name on the public index: who wins?"
    DNS = "dns", "one name, two addresses, and one of them fails: what is installed?"
    CONTROL = "control", "told of no index: does it leave, and is it caught?"


MIRROR = "https://mirror.example/simple/"
"""The index that fails (fallback, locked), or the one name of two addresses (dns)."""
SECOND = "https://second.example/simple/"
"""A healthy index with the same distributions (fallback)."""
PRIVATE = "https://private.example/simple/"
"""Your own index, which fails (confusion)."""
PUBLIC = "https://public.example/simple/"
"""A healthy index, on which a stranger has taken your private name (confusion)."""
FOLDER = "wheels"
"""A folder beside the project's files, with the same distributions as the mirror."""
PROJECT = "demo-lib"
"""What is installed. It depends on nothing; 1.0 and 2.0 are there, 2.0 is the newest."""


@dataclass(frozen=True)
class Configuration:
    """One sensible way to tell an installer where to look."""

    name: str
    """Lower case, with dashes; unique within its client: ``mirror-then-second``."""
    suite: Suite
    says: str
    """One line for people: what is configured, in the client's own words."""
    install: str
    """The command that installs, as typed: ``pip install --index-url … demo-lib``."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Name -> text of the files that stand in the project's folder before anything is typed."""
    prepare: tuple[str, ...] = ()
    """Commands typed before, while every index is healthy: they make the lock."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that belong to the configuration, as a reader would export them."""
    advised: bool = False
    """Whether this guide advises it. Otherwise it is the default, or what others show."""
