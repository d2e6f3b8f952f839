"""Delete from an nginx cache all files of a release, and all pages of its project.

Usage: python3 purge_cache.py LIST CACHE ...
"""

from __future__ import annotations

import re
from pathlib import Path

from cache_entries import Entry, entries
from release import Listed, Refused, bare, canonical, main, read, shown


def is_bad(listed: Listed, entry: Entry) -> bool:
    """Whether it is a file of the release, or a page or JSON of its project."""
    names = entry.names()
    if any(listed.names_one(name) for name in names):
        return True
    if any(re.search(r"\.(whl|zip|gz|bz2|xz|tgz|egg)$", bare(name)) for name in names):
        return False  # a file of another release
    return any(canonical(name) == listed.release.project for name in names)


def work(argv: list[str]) -> int:
    """Delete, look again, and say what was done."""
    listed = read(Path(argv[0]))
    if len(argv) < 2:
        raise Refused("no cache is given; set CACHES")
    kept, left = 0, 0
    for folder in map(Path, argv[1:]):
        for entry in entries(folder):
            if is_bad(listed, entry):
                entry.path.unlink(missing_ok=True)
                print(f"purge-cache: removed {shown(entry.key)} ({entry.path})")
            else:
                kept += 1
        left += sum(is_bad(listed, entry) for entry in entries(folder))
    print(f"purge-cache: {left} of {listed.release} left, {kept} other entries kept")
    return 1 if left else 0


if __name__ == "__main__":
    main("purge-cache", work)
