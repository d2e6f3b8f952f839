"""Find a release on this machine: installed, in a cache, or as a file somebody keeps.

Usage: python3 clean_client.py LIST CACHE ... -- FOLDER ...
In a CACHE each file is held against the hashes of the list, as caches give files other names.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from release import Listed, Refused, canonical, main, read


def installed_or_kept(listed: Listed, folder: Path) -> Iterator[Path]:
    """Each environment's record of the release, and each file of it, below a folder."""
    for place, folders, names in os.walk(folder):
        for name in [*folders, *names]:
            stem, _, kind = name.rpartition(".")
            if kind in ("dist-info", "egg-info"):
                project, _, rest = stem.partition("-")
                right = canonical(project) == listed.release.project
                if right and listed.release.is_version(rest.partition("-py")[0]):
                    yield Path(place, name)
            elif name in names and listed.names_one(name):
                yield Path(place, name)


def same_bytes(listed: Listed, folder: Path) -> Iterator[Path]:
    """Each file below a folder that has the bytes of one of the release."""
    wanted = {file.sha256 for file in listed.files}
    sizes = {int(file.size) for file in listed.files if file.size != "-"}
    for place, _, names in os.walk(folder):
        for path in (Path(place, name) for name in names):
            if not path.is_file() or (sizes and path.stat().st_size not in sizes):
                continue
            if hashlib.sha256(path.read_bytes()).hexdigest() in wanted:
                yield path


def work(argv: list[str]) -> int:
    """Look, and say what was found."""
    listed = read(Path(argv[0]))
    at = argv.index("--")
    caches, folders = [Path(p) for p in argv[1:at]], [Path(p) for p in argv[at + 1 :]]
    there = [folder for folder in folders if folder.is_dir()]
    if not there:
        raise Refused("none of the folders of SEARCH is there: nothing was looked at")
    found = {path for folder in [*caches, *there] for path in installed_or_kept(listed, folder)}
    found |= {path for cache in caches for path in same_bytes(listed, cache)}
    for path in sorted(found):
        print(f"clean-client: {listed.release} is here: {path}")
    print(f"clean-client: looked in {len(there)} folders, {len(caches)} caches: {len(found)} found")
    return 1 if found else 0


if __name__ == "__main__":
    main("clean-client", work)
