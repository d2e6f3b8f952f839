"""A bundle of the recipe air-gap made by hand, for its guards: no index, no installer."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

RECIPE = Path(__file__).parents[2] / "recipes" / "air-gap"
A = "files/a-1.0-py3-none-any.whl"
MACHINE = f"{sys.platform}-{platform.machine()}"
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
PATH = f"{Path(sys.executable).parent}:{os.defpath}"


def made_bundle(tmp_path: Path) -> Path:
    """A bundle of two files, for this machine."""
    folder = tmp_path / "stick"
    for name in ("files", "locks"):
        (folder / name).mkdir(parents=True)
    for name in ("install.sh", "verify.sh", "receive.sh"):
        shutil.copyfile(RECIPE / name, folder / name)
    (folder / A).write_bytes(b"first")
    (folder / "files/b-1.0.tar.gz").write_bytes(b"second")
    (folder / "targets.txt").write_text(f"laptop {HERE} - {MACHINE}\n")
    (folder / "locks/laptop-build.txt").write_text(f"pip==25.3 --hash=sha256:{'0' * 64}\n")
    sum_up(folder)
    return folder


def sum_up(folder: Path, name: str = "SHA256SUMS") -> None:
    """Make the sums again."""
    files = sorted(f for f in folder.rglob("*") if f.is_file() and f.name != name)
    lines = [
        f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.relative_to(folder)}\n" for f in files
    ]
    (folder / name).write_text("".join(lines))


def new_project(folder: Path) -> Path:
    """A project that could be packed, for one target."""
    (folder / "app").mkdir()
    (folder / "app" / "pyproject.toml").touch()
    (folder / "targets.txt").write_text("laptop - -\n")
    return folder / "app"


def tree(folder: Path, but: Path | None = None) -> dict[str, object]:
    """Everything in a folder, with its content."""
    found: dict[str, object] = {}
    for path in folder.rglob("*"):
        if but and path.is_relative_to(but):
            continue
        is_file = path.is_file() and not path.is_symlink()
        found[str(path.relative_to(folder))] = path.read_bytes() if is_file else None
    return found


def run(
    script: str, folder: Path, path: str = PATH, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run a script of the recipe in a folder; what it needs for a moment lies beside that."""
    scratch = folder.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    return subprocess.run(
        ["sh", RECIPE / script],
        cwd=folder,
        env={"PATH": path, "TMPDIR": str(scratch), "HOME": str(scratch), **settings},
        capture_output=True,
        text=True,
        check=False,
    )
