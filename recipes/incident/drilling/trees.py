"""Trees of files: the mirror and its copies, lists of what is in them, and purges of them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from drilling.served import RELEASE

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

KILLER = """\
import os, signal, sys
left = int(os.environ.get("KILL_AT", "0"))
def heard(event, arguments):
    global left
    if event in ("os.rename", "os.remove", "os.chmod"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(heard)
"""


def there(run: Run) -> list[Path]:
    """The trees of the settings that are there."""
    return [tree for tree in map(Path, run.settings["TREES"].split()) if tree.is_dir()]


def alone(run: Run, **settings: str) -> dict[str, Any]:
    """Settings for a world in which nothing but the trees is there."""
    trees = " ".join(str(tree) for tree in there(run))
    return {"SERVED": "", "TREES": trees, "CACHES": "", "DEVPI": "", **settings}


def listed(run: Run) -> None:
    """Make the list from what lies on the disk and upstream's page."""
    done = run.command("sh", "find-files.sh", **alone(run, RELEASE=RELEASE))
    assert done.exit_code == 0, done.output


def copy(run: Run, name: str) -> Path:
    """A copy of the mirror's tree, alone in a folder of this name."""
    tree = there(run)[0]
    target = run.tmp / name / tree.name
    target.parent.mkdir()
    copied = run.command("cp", "-a", tree, target)
    assert copied.exit_code == 0, copied.output
    return target


def purge(run: Run, *trees: Path, **settings: Any) -> Completed:
    """Purge these trees; with KILL_AT, end it with SIGKILL at its nth change on the disk."""
    killer = run.tmp / "killer"
    killer.mkdir(exist_ok=True)
    (killer / "sitecustomize.py").write_text(KILLER)
    where = " ".join(str(tree) for tree in trees)
    settings = {"RELEASE": RELEASE, "TREES": where, "PYTHONPATH": str(killer), **settings}
    return run.command("sh", "purge-tree.sh", **settings)


def sync(run: Run) -> None:
    """Mirror upstream again."""
    done = run.step("front-bandersnatch")
    assert done.exit_code == 0, done.output


def contents(*trees: Path) -> dict[str, str]:
    """Every file of the trees, with its hash."""
    return {
        f"{tree.name}/{path.relative_to(tree)}": hashlib.sha256(path.read_bytes()).hexdigest()
        for tree in trees
        for path in sorted(tree.rglob("*"))
        if path.is_file()
    }


def lacking(tree: Path) -> list[Path]:
    """The files that the page of demo-lib names, and that are not there."""
    folder = tree / "simple/demo-lib"
    files = json.loads((folder / "index.v1_json").read_text())["files"]
    named = [folder / file["url"].partition("#")[0] for file in files]
    return [path for path in named if not path.exists()]


def versions(tree: Path) -> list[str]:
    """The versions that the page of demo-lib names."""
    return sorted(json.loads((tree / "simple/demo-lib/index.v1_json").read_text())["versions"])
