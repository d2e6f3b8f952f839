"""Where the password is looked for, and the keyring from which it comes."""

from __future__ import annotations

import re
import urllib.parse
from pathlib import Path
from typing import Any

from drilling.indexes import SECRET

from mirrorlab import recipe as recipes
from mirrorlab.runner import Run

RING = """
import os
from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential

class Ring(KeyringBackend):
    priority = 1

    def get_password(self, service, username):
        known = service in os.environ["DRILL_SERVICES"].split() and username == "build"
        return os.environ["DRILL_SECRET"] if known else None

    def set_password(self, service, username, password):
        raise NotImplementedError

class Knowing(Ring):
    def get_credential(self, service, username):
        found = self.get_password(service, "build")
        return SimpleCredential("build", found) if found else None
"""  # Ring finds nothing without the name of a user, as that of macOS; Knowing does


def ring(run: Run) -> dict[str, Any]:
    """A program keyring apart from the installers', and what it needs to log in."""
    folder = run.tmp / "ring"
    folder.mkdir()
    (folder / "drill_ring.py").write_text(RING)
    path = run.command("sh", "-c", 'echo "$PATH"').output.strip()
    program = run.command("sh", "-c", "command -v keyring").output.strip()
    (folder / "keyring").write_text(f'#!/bin/sh\nexec {program} "$@"\n')
    (folder / "keyring").chmod(0o755)
    host = urllib.parse.urlsplit(run.settings["PRIVATE"]).netloc
    return {
        "PATH": f"{folder}:{path}",
        "PYTHONPATH": folder,
        "PYTHON_KEYRING_BACKEND": "drill_ring.Ring",
        "DRILL_SECRET": SECRET,
        "DRILL_SERVICES": f"{host} poetry-repository-private",
        "PRIVATE_PASSWORD": "",
        "PIP_NO_INPUT": "1",
    }


def left_at_work(run: Run) -> set[str]:
    """The files below WORK that have the password: what the installer said is one of them."""
    work = run.settings["WORK"]
    return {path.removeprefix(f"{work}/") for path in found(run, Path(work))}


def found(run: Run, place: Path) -> set[str]:
    """The files in ``place`` that have the password, as find-secret.sh of another recipe sees."""
    looking, secret = run.tmp / "looking", run.tmp / "secret.txt"
    if not looking.exists():
        secret.write_text(SECRET)
        recipes.copy(recipes.load(recipes.folder_of("ci-and-containers")), looking)
    done = run.command("sh", looking / "find-secret.sh", SECRET_FILE=secret, LOOK_IN=place)
    assert done.exit_code in (0, 1), done.output
    paths = re.findall(r"^FOUND: ([^\n]+?)(?:: [^\n]*)? \([^()]*\)$", done.output, re.MULTILINE)
    assert bool(paths) == bool(done.exit_code), done.output
    return set(paths)
