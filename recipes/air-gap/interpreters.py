"""Put the interpreter that uv fetched into the bundle, as a mirror that any uv can install from.

Usage: interpreters.py KNOWN ARCHIVES MIRROR, where KNOWN is what ``uv python list`` said of it. Uv
has compared the archive with the sum it knows. Prints where the archive lies in the mirror.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path
from urllib.parse import quote, unquote

RELEASES = "https://github.com/astral-sh/python-build-standalone/releases/download"
"""Uv takes a list's address for that of a mirror only where it begins so."""


def main(known: Path, archives: Path, mirror: Path) -> None:
    """Copy the archive and add it to the mirror's list, which uv reads as its own."""
    entries = json.loads(known.read_text())
    if not entries:
        sys.exit("pack: uv knows no such interpreter")
    entry = entries[0]
    build, name = unquote(entry["url"]).rsplit("/", 2)[1:]
    # uv keeps it as SUM-cpython-3.13.9-BUILD-…, where its address says cpython-3.13.9+BUILD-…
    found = sorted(archives.glob(f"*-{name.replace('+', '-')}"))
    if len(found) != 1:
        sys.exit(f"pack: uv left {len(found)} archives of {name}, not one")
    place = mirror / build / name
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(found[0], place)
    listed = mirror / "list.json"
    table = json.loads(listed.read_text()) if listed.exists() else {}
    table[entry["key"]] = {
        "name": entry["implementation"],
        "arch": {"family": entry["arch"], "variant": None},
        "os": {"macos": "darwin"}.get(entry["os"], entry["os"]),
        "libc": entry["libc"],
        **entry["version_parts"],
        "prerelease": "",
        "url": f"{RELEASES}/{build}/{quote(name)}",
        "sha256": hashlib.sha256(place.read_bytes()).hexdigest(),
        "variant": None,
        "build": build,
    }
    listed.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")
    print(f"interpreters/{build}/{name}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
