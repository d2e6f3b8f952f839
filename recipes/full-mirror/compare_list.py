"""Compare a mirror with upstream's list: one line "KIND NAME" for each difference.

Usage: python3 compare_list.py MIRROR

    missing     upstream has it, and it is not here
    behind      upstream has changed it, and its page here is older; or it is in owed.txt, and not
                all files of its page are on disk as the page names them
    withdrawn   it is here, and upstream's list has it no more
    left-out    it is here, though left-out.txt names it
    unlisted    its page is here, and the list here does not name it; or the other way round

It reads what sync.sh puts into MIRROR: upstream.txt, left-out.txt (names, normalized),
too-large.txt (the names and serials that MAX_SIZE leaves out) and checked, the serial up to which
pages were found to be up to date before, so that only those that have changed since are opened;
and owed.txt, the projects that a sync failed at. It writes wanted.txt, the names of what should be
here, for repair.sh, and takes from owed.txt what is whole by now.
"""

import hashlib
import json
import sys
from pathlib import Path


def serials(path: Path) -> dict[str, int]:
    """The lines "NAME SERIAL" of a file; none where it is absent."""
    if not path.exists():
        return {}
    pairs = (line.split() for line in path.read_text().splitlines())
    return {name: int(serial) for name, serial in pairs}


def page_serial(page: Path) -> int:
    """The serial a page was made for; 0 where the page is absent, cut short or no JSON."""
    try:
        return int(json.loads(page.read_text())["meta"]["_last-serial"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def is_file(path: Path, hashes: object) -> bool:
    """Whether a file is on disk with the SHA-256 that its page names."""
    known = hashes.get("sha256") if isinstance(hashes, dict) else None
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == known
    except OSError:
        return False


def whole(page: Path) -> bool:
    """Whether all files that a page names are on disk, unaltered; not where it cannot be read."""
    try:
        files = json.loads(page.read_text())["files"]
        return all(
            is_file(page.parent / file["url"], file["hashes"])
            and (
                not file.get("core-metadata")
                or is_file(page.parent / f"{file['url']}.metadata", file["core-metadata"])
            )
            for file in files
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def listed(simple: Path) -> set[str]:
    """The projects that the mirror's own list names; none where it cannot be read."""
    try:
        page = json.loads((simple / "index.v1_json").read_text())
        return {entry["name"] for entry in page["projects"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def compare(mirror: Path) -> list[str]:
    """All differences, sorted by kind and name."""
    upstream = serials(mirror / "upstream.txt")
    left_out = set((mirror / "left-out.txt").read_text().split())
    too_large = serials(mirror / "too-large.txt")
    checked = mirror / "checked"
    text = checked.read_text().strip() if checked.exists() else ""
    since = int(text) if text.isdecimal() else 0
    simple = mirror / "web" / "simple"
    here = {entry.name for entry in simple.iterdir() if entry.is_dir()}
    wanted = {
        name: serial
        for name, serial in upstream.items()
        if name not in left_out and too_large.get(name) != serial
    }
    (mirror / "wanted.txt").write_text("".join(f"{name}\n" for name in sorted(wanted)))
    old = {
        name
        for name, serial in wanted.items()
        if serial > since and name in here and page_serial(simple / name / "index.v1_json") < serial
    }
    owed = mirror / "owed.txt"
    failed = set(owed.read_text().split()) if owed.exists() else set()
    failed = {n for n in failed & wanted.keys() if not whole(simple / n / "index.v1_json")}
    owed.write_text("".join(f"{name}\n" for name in sorted(failed)))
    kinds = {
        "missing": wanted.keys() - here,
        "behind": old | failed & here,
        "withdrawn": here - upstream.keys(),
        "left-out": here & left_out & upstream.keys(),
        "unlisted": here ^ listed(simple),
    }
    return [f"{kind} {name}" for kind, names in kinds.items() for name in sorted(names)]


if __name__ == "__main__":
    for line in compare(Path(sys.argv[1])):
        print(line)
