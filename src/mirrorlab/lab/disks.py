"""A disk that is really full: a small file system of its own."""

from __future__ import annotations

from pathlib import Path

from mirrorlab.errors import NotPossible
from mirrorlab.lab import isolation, kernel


def mount_small(path: Path, size: int) -> None:
    """Mount an empty file system of ``size`` bytes (rounded up to whole pages) at ``path``.

    Raises :class:`NotPossible` outside namespaces.
    """
    if not isolation.own_namespaces():
        reason = isolation.why_not() or "this process may not mount; isolate it first"
        raise NotPossible(f"a small disk at {path}", reason)
    path.mkdir(parents=True, exist_ok=True)
    try:
        kernel.mount(
            "tmpfs", path, flags=kernel.MS_NOSUID | kernel.MS_NODEV, options=f"size={size},mode=700"
        )
    except OSError as problem:
        raise NotPossible(f"a small disk at {path}", str(problem.strerror)) from problem


def unmount(path: Path) -> None:
    """Take a small disk away again, with all that is on it."""
    kernel.unmount(path)
