"""Copy the data of a devpi-server that may be running: the database in one moment, then the files.

Usage: python3 snapshot_devpi.py SERVERDIR COPY [INDEX ...]

The files of an INDEX (root/pypi, say) are left out: those of a mirror index come again from
upstream. Only what the last change brought is copied all the same: devpi does not start without.

The database is copied first. A file never changes under its name, so what the database names is
either there afterwards, or was removed meanwhile; `devpi-fsck` of the copy tells.
"""

import contextlib
import shutil
import sqlite3
import sys
from pathlib import Path


def copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite database as it is between two transactions, whoever writes to it."""
    uri = f"{source.resolve().as_uri()}?mode=ro"
    with (
        contextlib.closing(sqlite3.connect(uri, uri=True, timeout=60)) as there,
        contextlib.closing(sqlite3.connect(target)) as here,
    ):
        there.backup(here)


def last_change(database: Path) -> bytes:
    """What devpi's changelog holds for its last serial, the names of its files among it."""
    with contextlib.closing(sqlite3.connect(database)) as here:
        found = here.execute("SELECT data FROM changelog ORDER BY serial DESC LIMIT 1").fetchone()
    return bytes(found[0]) if found else b""


def copy_files(source: Path, target: Path, left_out: list[str], wanted: bytes) -> None:
    """Copy the folder +files; what is being written or vanishes meanwhile is passed over.

    Of the indexes ``left_out``, only the files named in ``wanted`` are copied.
    """
    skipped = tuple(f"{index}/" for index in left_out)
    for path in source.rglob("*"):
        name = path.relative_to(source).as_posix()
        if path.is_dir() or name.endswith("-tmp"):
            continue
        if name.startswith(skipped) and name.encode() not in wanted:
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            shutil.copy2(path, target / name)


def main(serverdir: Path, copy: Path, left_out: list[str]) -> None:
    """Copy one serverdir into a folder that is not there yet."""
    copy.mkdir(parents=True)
    # How far events were handled: older than the database is right, newer is not.
    for name in (".event_serial", ".nodeinfo", ".serverversion"):
        if (serverdir / name).exists():
            shutil.copy2(serverdir / name, copy / name)
    copy_database(serverdir / ".sqlite", copy / ".sqlite")
    wanted = last_change(copy / ".sqlite")
    copy_files(serverdir / "+files", copy / "+files", left_out, wanted)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
    except (OSError, sqlite3.Error) as error:
        sys.exit(f"backup: {sys.argv[1]} could not be copied: {error}")
