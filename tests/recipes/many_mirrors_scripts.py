"""The scripts of the recipe many-mirrors-one-url, run by themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

RECIPE = Path(__file__).parents[2] / "recipes" / "many-mirrors-one-url"


def environment(tmp: Path, **settings: str) -> dict[str, str]:
    """What the scripts are told: verdicts and state lie in ``tmp``."""
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "VERDICTS": str(tmp / "verdicts"),
        "STATE": str(tmp / "state"),
        "EVERY": "60",
        **settings,
    }


def run(script: str, tmp: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a script to its end."""
    command = ["sh", str(RECIPE / script)]
    return subprocess.run(
        command,
        env=environment(tmp, **settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
