"""Locked installs: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.recipes.conftest import Case
from tests.recipes.locked_installs_check import LINE, RECIPE, python
from tests.recipes.one_world import World

INSTALL, INSTALL_UV = "install.sh", "install-with-uv.sh"

SABOTAGE: list[Case] = []
WORLDS = [
    World(
        after="lock",
        cases=[
            (
                "promise",
                INSTALL,
                "unset PIP_EXTRA",
                "true PIP_EXTRA",
                "asked another than the mirror",
            ),
            (
                "altered-file",
                INSTALL,
                """trap 'rm -rf "$VENV"' EXIT""",
                ":",
                "left a half-made environment",
            ),
            (
                "altered-index",
                INSTALL,
                "--require-hashes",
                "",
                "refusable: install.sh of naive.txt installed",
            ),
            (
                "altered-index",
                "check_lock.py",
                "not entry.hashes",
                "False",
                "a lock without hashes is",
            ),
            (
                "build-dependency",
                INSTALL_UV,
                "--only-binary :all:",
                "",
                "install-with-uv.sh of requirements.txt",
            ),
            (
                "poisoned-lock",
                "check_lock.py",
                "entry.hashes - known",
                "not known",
                "the poisoned requ",
            ),
            ("relocked", "lock.sh", "--no-config", "", "an index that the project names is asked"),
            (
                "relocked",
                "lock.sh",
                "--strip-extras",
                "--strip-extras --no-reuse-hashes",
                "pip-compile to",
            ),
            (
                "mirror-named",
                "lock.sh",
                "--no-emit-index-url",
                "",
                "the mirror is named in ['pylock.toml',",
            ),
            (
                "mirror-moved",
                "lock.sh",
                "--no-emit-index-url",
                "",
                "requirements.txt does not move",
            ),
            (
                "new-release",
                INSTALL_UV,
                "--frozen",
                "--upgrade",
                "install-with-uv.sh of uv.lock installed",
            ),
        ],
    )
]


@pytest.mark.parametrize("script", [INSTALL, INSTALL_UV])
def test_a_folder_that_is_no_environment_is_left_alone(script: str, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "data").write_text("precious")
    (tmp_path / "lock.txt").write_text(f"{LINE}\n")
    done = subprocess.run(
        ["sh", RECIPE / script],
        cwd=tmp_path,
        env={"PATH": f"{python().parent}:{os.defpath}", "VENV": "mine", "LOCK": "lock.txt"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "mine is there and is no virtual environment; name another in VENV" in done.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["data"]


def test_pip_is_not_given_the_lock_of_uv(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", RECIPE / INSTALL],
        cwd=tmp_path,
        env={"PATH": f"{python().parent}:{os.defpath}", "LOCK": "app/uv.lock"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("install: pip cannot read app/uv.lock: use install-with-uv.sh")
    assert not list(tmp_path.iterdir())
