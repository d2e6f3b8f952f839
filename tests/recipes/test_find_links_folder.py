"""The find-links folder: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.recipes.conftest import Case
from tests.recipes.one_world import World

from mirrorlab.lab import tools

RECIPE = Path(__file__).parents[2] / "recipes" / "find-links-folder"
PIP, UV = "install.sh", "install-with-uv.sh"
INDEX = '--index-url "$UPSTREAM"'
FRESH = 'rm -rf "$new"\nmkdir'
BUILT, MISSING = "wrong-build-dependency", "missing-build-dependency"
VERIFY = 'sh "$(dirname "$0")/verify.sh"'

SABOTAGE: list[Case] = [
    ("promise", "collect.sh", "glibc=$((glibc - 1))", "glibc=0", "no wheel for Python 3.12 on ARM"),
    ("no-network", "collect.sh", FRESH, f'rm -rf "$FOLDER"\n{FRESH}', "changed the folder"),
    ("wrong-platform", "collect.sh", "echo win_amd64", "echo win32", "for Windows came"),
    ("wrong-platform", "collect.sh", '--python-platform "$platform"', "", "only Windows needs"),
    ("wrong-platform", PIP, """trap 'rm -rf "$VENV"' EXIT""", ":", "a half-made environment"),
]

WORLDS = [
    World(
        "collect",
        [
            ("wrong-hash", "check.sh", VERIFY, "true", "the altered folder was let go"),
            ("wrong-hash", PIP, VERIFY, "true", "a file was altered, yet install.sh"),
            ("wrong-hash", UV, VERIFY, "true", "a file was altered, yet install-with-uv.sh"),
            ("wrong-hash", UV, "--require-hashes", "--no-verify-hashes", "SHA256SUMS were altered"),
            ("wrong-lock", PIP, "--require-hashes", "", "lost the hashes, yet install.sh"),
            ("wrong-lock", UV, "--require-hashes", "", "lost the hashes, yet install-with-uv.sh"),
            ("wrong-lock", "verify.sh", '[ -n "$SUM" ]', "false", "a file, its lock and SHA256"),
        ],
    ),
    World(
        "collect",
        [
            (BUILT, PIP, "export PIP_BUILD", "export NO_BUILD", "a build dependency and SHA256"),
            (BUILT, UV, "--build-constraints", "--constraints", "a build dependency and SHA256"),
            ("no-network", PIP, "--no-index", INDEX, "install.sh asked the index"),
            ("no-network", UV, "--no-index", INDEX, "install-with-uv.sh asked the index"),
            (MISSING, "check.sh", "--no-index", INDEX, "was let go"),
            (MISSING, PIP, "unset PIP_FIND", "true PIP_FIND", "is missing, yet install"),
            (MISSING, UV, "--no-index", INDEX, "is missing, yet install-with-uv.sh"),
        ],
    ),
]


def test_a_platform_nobody_knows_is_an_error_before_anything_is_collected(tmp_path: Path) -> None:
    settings = {"PATH": os.defpath, "TARGETS": "here 3.13:m68k-amiga", "FOLDER": "packages"}
    script = RECIPE / "collect.sh"
    done = subprocess.run(
        ["sh", script], cwd=tmp_path, env=settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "there is no platform m68k-amiga" in done.stderr
    assert not list(tmp_path.iterdir())


BACKEND = """
def get_requires_for_build_wheel(config_settings=None):
    print("running egg_info")
    return ["demo-dynamic>=2"]
"""
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n'


def test_a_build_backend_is_asked_what_it_needs_and_may_chatter(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "demo_chatter-1.0.tar.gz", "w:gz") as sdist:
        for name, text in {"own.py": BACKEND, "pyproject.toml": PYPROJECT}.items():
            entry = tarfile.TarInfo(f"demo_chatter-1.0/{name}")
            entry.size = len(text)
            sdist.addfile(entry, io.BytesIO(text.encode()))
    python = tools.install(RECIPE / "requirements.txt", sys.executable).python
    command = [str(python), str(RECIPE / "build_requires.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "demo-dynamic>=2\n"
