"""What the name of a file says: whose it is, and of which version."""

from __future__ import annotations

from functools import lru_cache

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version


@lru_cache(1 << 14)
def _parsed(filename: str) -> tuple[str, Version] | None:
    """Return the normalised name and the version in a file's name, if it is well formed."""
    try:
        if filename.endswith(".whl"):
            name, version, _, _ = parse_wheel_filename(filename)
            return name, version
        if filename.endswith((".tar.gz", ".zip")):
            return parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        pass
    return None


def owner_of(filename: str, asked: str) -> str | None:
    """Return the project a file's name says it belongs to; None where it does not say.

    The names of old sdists can be read in several ways; ``asked`` is the one that is hoped for.
    """
    if filename.endswith((".tar.gz", ".zip")) and canonicalize_name(filename).startswith(
        f"{asked}-"
    ):
        return asked
    parsed = _parsed(filename)
    return parsed[0] if parsed else None


def version_of(filename: str) -> Version | None:
    """Return the version a file's name says; None where it does not say it clearly."""
    parsed = _parsed(filename)
    return parsed[1] if parsed else None
