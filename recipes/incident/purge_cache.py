"""Delete from an nginx cache all files of a release, and all pages of its project.

Usage: python3 purge_cache.py LIST CACHE ...
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from cache_entries import entries
from release import Listed, Refused, bare, canonical, main, read


def is_bad(listed: Listed, key: str) -> bool:
    """Whether a key is that of a file of the release, or of a page or JSON of its project."""
    parts = unquote(key.partition("?")[0]).rstrip("/").split("/")
    if listed.names_one(parts[-1]):
        return True
    if re.search(r"\.(whl|zip|gz|bz2|xz|tgz|egg)$", bare(parts[-1])):
        return False  # a file of another release
    return any(canonical(part) == listed.release.project for part in parts[-3:])


def work(argv: list[str]) -> int:
    """Delete, look again, and say what was done."""
    listed = read(Path(argv[0]))
    if len(argv) < 2:
        raise Refused("no cache is given; set CACHES")
    kept, left = 0, 0
    for folder in map(Path, argv[1:]):
        for entry in entries(folder):
            if is_bad(listed, entry.key):
                entry.path.unlink(missing_ok=True)
                print(f"purge-cache: removed {entry.key} ({entry.path})")
            else:
                kept += 1
        left += sum(is_bad(listed, entry.key) for entry in entries(folder))
    print(f"purge-cache: {left} of {listed.release} left, {kept} other entries kept")
    return 1 if left else 0


if __name__ == "__main__":
    main("purge-cache", work)
