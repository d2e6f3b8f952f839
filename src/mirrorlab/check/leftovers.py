"""What lies in a tree and is named by no page: left over, or withdrawn and still served."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from packaging.utils import canonicalize_name

from mirrorlab.check.findings import Finding, Kind, Severity

_REMOVE = "remove it; upstream may have withdrawn it, and whoever knows its URL still gets it"


def path_id(path: str) -> int:
    """Return a number for a path: a tree has millions of them, and they are kept in memory."""
    return hash(path)


def leftovers(web: Path, named: Collection[int], projects: Collection[str]) -> Iterator[Finding]:
    """Yield the files below ``packages`` that no page names, and JSON of projects without page."""
    packages = os.path.join(os.path.abspath(web), "packages")  # noqa: PTH100,PTH118  as pages name
    shut: list[str] = []
    for path in _files_below(packages, named, shut):
        if path_id(path.removesuffix(".metadata")) in named:
            continue
        shown = os.path.relpath(path, web)
        if os.path.basename(path).startswith("."):  # noqa: PTH119
            yield _left(shown, "stray", "no half of a download", Severity.NOTE)
        else:
            yield _left(shown, "file", "a page that names it", Severity.WARNING)
    for path in shut:
        says, found = "a folder to look into, for what no page names", "one that may not be read"
        advice = "run the check as a user who may read it"
        shown = os.path.relpath(path, web)
        yield Finding(Kind.UNREACHABLE, "folder", says, found, advice, file=shown)
    for folder in ("json", "pypi"):
        if (web / folder).is_dir():
            for name in sorted(entry.name for entry in (web / folder).iterdir()):
                if canonicalize_name(name) not in projects:
                    shown = f"{folder}/{name}"
                    yield _left(shown, "json", "the page of its project", Severity.WARNING)


def _files_below(folder: str, named: Collection[int], shut: list[str]) -> Iterator[str]:
    """Yield the path of each file that is not among those named; links are not followed.

    ``shut`` takes in the folders that are there and cannot be read.
    """
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    path = entry.path
                    if hash(path) in named:
                        continue
                    if not entry.is_dir():
                        yield path
                    elif not entry.is_symlink():
                        waiting.append(path)
        except FileNotFoundError:
            continue  # there are no files, or this one has gone meanwhile
        except OSError:
            shut.append(place)


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
