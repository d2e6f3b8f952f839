"""The scripts of ci-and-containers, run with its tools."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

from mirrorlab import recipe as recipes
from mirrorlab.lab import tools

RECIPE = Path(__file__).parents[2] / "recipes" / "ci-and-containers"
SECRET = "a/b+c~d=e:f%g!h&\\i-0123"


@functools.cache
def python() -> Path:
    """An interpreter that has the recipe's tools."""
    lock = recipes.load(RECIPE).requirements(f"{sys.version_info.major}.{sys.version_info.minor}")
    assert lock is not None
    return tools.install(lock, sys.executable).python


def find(*places: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Look for the secret in these places with find-secret.sh."""
    folder = places[0] if places[0].is_dir() else places[0].parent
    look_in = " ".join(map(str, places))
    return run("find-secret.sh", folder, **{"LOOK_IN": look_in, "SECRET": SECRET} | settings)


def run(script: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the recipe, or another one by its whole path, in a folder."""
    return subprocess.run(
        ["sh", RECIPE / script],
        cwd=folder,
        env={"PATH": os.defpath, "PYTHON": str(python()), **settings},
        capture_output=True,
        text=True,
        check=False,
    )
