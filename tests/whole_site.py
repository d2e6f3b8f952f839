"""The whole site as Read the Docs builds it, once for all workers of a run of tests."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BELOW = "/en/latest/"
"""Where Read the Docs puts a site."""


@dataclass(frozen=True)
class WholeSite:
    """What building it came to."""

    html: Path
    complaints: str
    """What Sphinx said, where it did not end well: a warning is enough for that."""


def build(base: Path) -> WholeSite:
    """Build it below a folder that the workers share, unless another has."""
    place = base / "whole-site"
    html, said = place / "html", place / "said.txt"
    with place.with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not said.exists():
            command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", "docs"]
            command += ["-d", str(place / "doctrees"), ".", str(html)]
            here = os.environ | {"READTHEDOCS_CANONICAL_URL": f"https://guide.example{BELOW}"}
            done = subprocess.run(
                command, cwd=ROOT, env=here, capture_output=True, text=True, check=False
            )
            place.mkdir(exist_ok=True)
            said.write_text(done.stderr if done.returncode else "", encoding="utf-8")
    return WholeSite(html, said.read_text(encoding="utf-8"))
