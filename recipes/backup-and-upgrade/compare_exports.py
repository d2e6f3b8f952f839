"""Compare two exports of devpi-server, item by item: users, indexes, releases, files by hash.

Usage: python3 compare_exports.py OLD NEW [SAVE]

    - ITEM  only in OLD
    + ITEM  only in NEW; its file is copied into the folder SAVE, if that is given
    ~ ITEM  in both, but not the same

The exit code is 1 where anything is printed, 3 where the two could not be compared.
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def digest(value: Any) -> str:
    """One string for equal JSON, whatever the order of its keys."""
    return json.dumps(value, sort_keys=True)


def items(export: Path) -> Iterator[tuple[str, str]]:
    """Give each item of an export with what must be equal in both."""
    data = json.loads((export / "dataindex.json").read_text(encoding="utf-8"))
    for name, user in data["users"].items():
        yield f"user {name}", digest(user)
    for name, index in data["indexes"].items():
        yield f"index {name}", digest(index["indexconfig"])
        for project, versions in index.get("projects", {}).items():
            for version, metadata in versions.items():
                yield f"release {name} {project} {version}", digest(metadata)
        for file in index.get("files", ()):
            content = (export / file["relpath"]).read_bytes()
            yield f"file {file['relpath']}", hashlib.sha256(content).hexdigest()


def differences(old: Path, new: Path) -> Iterator[tuple[str, str]]:
    """Give each difference: its sign and the item."""
    before, after = dict(items(old)), dict(items(new))
    for item in sorted(before.keys() | after.keys()):
        if item not in after:
            yield "-", item
        elif item not in before:
            yield "+", item
        elif before[item] != after[item]:
            yield "~", item


def main(old: Path, new: Path, save: Path | None) -> int:
    """Print the differences, save what only the new one has, return the exit code."""
    found = list(differences(old, new))
    for sign, item in found:
        print(sign, item)
        kind, _, name = item.partition(" ")
        if save and kind == "file" and sign in "+~":
            (save / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(new / name, save / name)
    return 1 if found else 0


if __name__ == "__main__":
    try:
        code = main(
            Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if sys.argv[3:] else None
        )
    except (OSError, ValueError, KeyError) as error:
        print(f"compare: could not tell: {type(error).__name__}: {error}", file=sys.stderr)
        code = 3
    sys.exit(code)
