"""Compare a mirror with upstream's list: one line "KIND NAME" for each difference.

Usage: python3 compare_list.py MIRROR

    missing     upstream has it, and it is not here
    behind      upstream has changed it, and its page here is older; or its page is of a time when
                there were pages alone: bandersnatch writes it anew when it has all files
    withdrawn   it is here, and upstream's list has it no more
    left-out    it is here, though left-out.txt names it
    unlisted    its page is here, and the list here does not name it; or the other way round

It reads what sync.sh puts into MIRROR: upstream.txt, left-out.txt (names, normalized),
too-large.txt (the names and serials that MAX_SIZE leaves out) and checked, the serial up to which
pages were found to be up to date before, so that only those that have changed since are opened;
and files-wanted, which is as old as the wish for files where pages alone were.

It writes wanted.txt, the names of what should be here, for repair.sh.
"""

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


def written(page: Path) -> int:
    """When a page or another file was written, in nanoseconds; 0 where it is absent."""
    try:
        return page.stat().st_mtime_ns
    except OSError:
        return 0


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
    asked = written(mirror / "files-wanted")
    bare = {
        name
        for name in (wanted.keys() & here if asked else ())
        if written(simple / name / "index.v1_json") <= asked
    }
    kinds = {
        "missing": wanted.keys() - here,
        "behind": old | bare,
        "withdrawn": here - upstream.keys(),
        "left-out": here & left_out & upstream.keys(),
        "unlisted": here ^ listed(simple),
    }
    return [f"{kind} {name}" for kind, names in kinds.items() for name in sorted(names)]


if __name__ == "__main__":
    for line in compare(Path(sys.argv[1])):
        print(line)
