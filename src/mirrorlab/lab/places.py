"""Where the kit keeps files on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from mirrorlab.errors import NotPossible


def cache() -> Path:
    """Return the folder of everything that may be deleted at any time.

    It is ``$MIRRORLAB_CACHE``, or the user's cache folder. Raises :class:`NotPossible` where it
    cannot be made.
    """
    named = os.environ.get("MIRRORLAB_CACHE")
    folder = Path(named).absolute() if named else Path(platformdirs.user_cache_dir("mirrorlab"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        reason = f"{problem.strerror}; name another folder with MIRRORLAB_CACHE"
        raise NotPossible(f"a cache in {folder}", reason) from problem
    return folder
