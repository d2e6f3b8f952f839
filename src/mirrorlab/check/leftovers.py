"""What lies in a tree and is named by no page: left over, or withdrawn and still served."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from mirrorlab.check.findings import Finding, Kind, Severity

_REMOVE = "remove it; upstream may have withdrawn it, and whoever knows its URL still gets it"


def path_id(path: str) -> int:
    """Return a number for a path: a tree has millions of them, and they are kept in memory."""
    return hash(path)


def leftovers(web: Path, named: Collection[int], projects: Collection[str]) -> Iterator[Finding]:
    """Yield the files below ``packages`` that no page names, and JSON of projects without page."""
    packages = os.path.join(os.path.abspath(web), "packages")  # noqa: PTH100,PTH118  as pages name
    for folder, _, files in os.walk(packages):
        for name in files:
            path = f"{folder}{os.sep}{name}"
            if path_id(path) in named or path_id(path.removesuffix(".metadata")) in named:
                continue
            shown = os.path.relpath(path, web)
            if name.startswith("."):
                yield _left(shown, "stray", "no half of a download", Severity.NOTE)
            else:
                yield _left(shown, "file", "a page that names it", Severity.WARNING)
    for place, names in ((web / "json", projects), (web / "pypi", projects)):
        if place.is_dir():
            for entry in sorted(place.iterdir()):
                if _plain(entry.name) not in names:
                    shown = os.path.relpath(entry, web)
                    yield _left(shown, "json", "the page of its project", Severity.WARNING)


def _plain(name: str) -> str:
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)


def _left(shown: str, rule: str, expected: str, severity: Severity) -> Finding:
    return Finding(
        Kind.ORPHANED,
        rule,
        expected,
        "none" if rule != "stray" else "one",
        _REMOVE,
        severity,
        file=shown,
    )
