"""How something is built, by build.sh or under check-build.sh, and what it is built of."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from textwrap import indent
from typing import Any

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

WITH = ("pip", "uv")
MIRROR = "https://mirror.example/simple/"

PIP = ("python3", "-m", "pip", "wheel", "-q", "--no-deps", "-w", "dist", "./more")
BUILD = ("python3", "-m", "build", "-q", "--wheel", "more")
BUILD_UV = ("python3", "-m", "build", "-q", "--wheel", "--installer", "uv", "more")
UV = ("uv", "build", "-q", "--wheel", "more")
HATCH = ("sh", "-c", "cd demo && hatch build -t wheel")
PDM = ("pdm", "build", "-q", "--no-sdist", "-p", "more")
POETRY = ("poetry", "build", "-q", "-f", "wheel", "-C", "with-poetry")
TOX = ("tox", "-qq", "--pkg-only", "-c", "with-tox", "-x", "testenv.package=wheel")

BACKEND = """
from demo_backend import *  # build_wheel and all

def get_requires_for_build_wheel(config_settings=None):
    {on_the_way}
    return ["demo-dep==2.0"]
"""


def build_with(run: Run, builder: str, **settings: Any) -> tuple[Completed, Path]:
    """Run build.sh with one builder, into a folder of its own."""
    wheels = run.tmp / f"wheels-{len(list(run.tmp.iterdir()))}"
    told: dict[str, Any] = {"WITH": builder, "WHEELS": wheels, **settings}
    return run.command("sh", "build.sh", timeout=120, **told), wheels


def check(run: Run, command: tuple[str, ...], **settings: Any) -> Completed:
    """Run a build under check-build.sh, with nothing told but these settings."""
    python = run.command("sh", "-c", "command -v python3").output.strip()
    quiet: dict[str, Any] = {"HATCH_PYTHON": python, "HATCH_INTERACTIVE": 0}
    told = {**quiet, **settings}
    return run.command("sh", "check-build.sh", *command, timeout=120, **told)


def settings_in(run: Run) -> Path:
    """The files of settings/, with the address of the test's own index."""
    told = run.tmp / "settings"
    if not told.exists():
        shutil.copytree(run.folder / "settings", told)
        for file in told.iterdir():
            file.write_text(file.read_text().replace(MIRROR, run.settings["MIRROR"]))
    return told


def project_in(run: Run, name: str, on_the_way: str = "pass") -> Path:
    """Copy demo/, with a backend of its own that adds demo-dep, and does this before it does."""
    folder = run.folder / name
    if folder.exists():
        return folder
    shutil.copytree(run.folder / "demo", folder, ignore=shutil.ignore_patterns("dist", ".venv"))
    (folder / "own.py").write_text(BACKEND.format(on_the_way=indent(on_the_way, "    ").strip()))
    project = folder / "pyproject.toml"
    own = 'build-backend = "own"\nbackend-path = ["."]'
    project.write_text(project.read_text().replace('build-backend = "demo_backend"', own))
    return folder


def wheels_in(folder: Path) -> dict[str, str]:
    """Give the hash of each wheel."""
    return {file.name: sha256(file) for file in folder.iterdir()}


def sha256(file: Path) -> str:
    """The hash of a file, in hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
