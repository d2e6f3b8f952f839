"""Find a release on this machine: installed, in a cache, or as a file somebody keeps.

Usage: python3 clean_client.py LIST CACHE ... -- FOLDER ...
Each file is held against the hashes of the list, as caches give files other names.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from release import Listed, Refused, canonical, main, read


class Search:
    """Goes through folders; notes what is of the release, and what could not be looked at."""

    def __init__(self, listed: Listed) -> None:
        """Start with nothing found."""
        self._listed = listed
        known = {file for file in listed.files if file.sha256 != "-"}
        self._digests = {file.sha256 for file in known}
        self._sizes = {file.size for file in known}
        self.found: set[Path] = set()
        self.unread: list[OSError] = []

    def look(self, top: Path) -> None:
        """Look at everything below a folder."""
        for place, folders, names in os.walk(top, onerror=self._note):
            self.found |= {Path(place, n) for n in [*folders, *names] if self._is_named(n)}
            for path in (Path(place, name) for name in names):
                try:
                    if self._has_its_bytes(path):
                        self.found.add(path)
                except OSError as error:
                    self._note(error)

    def _note(self, error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # deleted meanwhile
            self.unread.append(error)

    def _is_named(self, name: str) -> bool:
        """Whether it is the record of an environment, or called as a file of the release."""
        stem, _, kind = name.rpartition(".")
        if kind not in ("dist-info", "egg-info"):
            return self._listed.names_one(name)
        project, _, rest = stem.partition("-")
        release = self._listed.release
        return canonical(project) == release.project and release.is_version(
            rest.partition("-py")[0]
        )

    def _has_its_bytes(self, path: Path) -> bool:
        state = path.lstat()
        if not stat.S_ISREG(state.st_mode) or not {"-", str(state.st_size)} & self._sizes:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() in self._digests


def work(argv: list[str]) -> int:
    """Look, and say what was found."""
    listed = read(Path(argv[0]))
    at = argv.index("--")
    caches, folders = [Path(p) for p in argv[1:at]], [Path(p) for p in argv[at + 1 :]]
    there = [folder for folder in folders if folder.is_dir()]
    if not there:
        raise Refused("none of the folders of SEARCH is there: nothing was looked at")
    search = Search(listed)
    for folder in [*caches, *there]:
        search.look(folder)
    for path in sorted(search.found):
        print(f"clean-client: {listed.release} is here: {path}")
    for error in search.unread[:20]:
        print(f"clean-client: could not look there, so run it as root: {error}")
    said = f"looked in {len(there)} folders, {len(caches)} caches"
    missed = len(search.unread)
    print(f"clean-client: {said}: {len(search.found)} found, {missed} could not be read")
    return 1 if search.found else 3 if missed else 0


if __name__ == "__main__":
    main("clean-client", work)
