"""The kit's own command as a program that a lab can run: whatever the Python, installed or not."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import mirrorlab

_SOURCE = Path(mirrorlab.__file__).parent.parent


def write(path: Path) -> None:
    """Write a program at ``path`` that is this very kit, on this very Python."""
    python, source = shlex.quote(sys.executable), shlex.quote(str(_SOURCE))
    path.parent.mkdir(parents=True)
    path.write_text(
        f'#!/bin/sh\nPYTHONPATH={source} exec {python} -P -m mirrorlab "$@"\n', encoding="utf-8"
    )
    path.chmod(0o755)
