"""Across an air gap: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.recipes.air_gap_bundle import RECIPE, run
from tests.recipes.conftest import Case
from tests.recipes.one_world import World

from mirrorlab.lab import tools

CHECK = "check-bundle.sh"
VERIFY = 'FROM="$new" sh "$verify"'
FORGED = "sums made again, and it was received"
ENOUGH = 'stays "it is not enough for $name"'

SABOTAGE: list[Case] = [
    ("promise", "pack.sh", 'set -- "$@" --python-platform', ": --python-platform", "'pack' ended"),
]
WORLDS = [
    World(
        "pack",
        [
            ("wrong-target", "install.sh", '[ "$is" = "$needs" ]', "true", "'laptop' it ended"),
            ("only-what-is-new", "receive.sh", VERIFY, "true", "half a bundle was received"),
            ("damaged", "verify.sh", '[ -n "$SIGNERS" ] &&', "false &&", FORGED),
            ("interpreter", CHECK, 'stays "no interpreter', 'true "', "its interpreter was let go"),
            ("morgan", "morgan.sh", ENOUGH, "true", "an incomplete mirror was let go"),
            ("incomplete", CHECK, ENOUGH, "true", "let go without demo_win_dep"),
        ],
    )
]


@pytest.mark.parametrize("script", ["verify.sh", CHECK, "install.sh", "receive.sh"])
def test_an_empty_folder_is_no_bundle(script: str, tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    done = run(script, tmp_path, FROM="bundle", STORE="store", VENV="venv")
    assert done.returncode == 1
    assert "or it is empty: this is no bundle" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"], "something was left behind"


def test_the_bundle_becomes_a_mirror_that_uv_lists(tmp_path: Path) -> None:
    """Uv lists macOS and Windows from the bundle's own list as it does from the one built in."""
    wanted = {}
    for key in ("macos-aarch64-none", "windows-x86_64-none", "linux-aarch64-gnu"):
        known = tmp_path / f"{key}.json"
        known.write_text(_uv(f"cpython-3.13-{key}"))
        (entry,) = json.loads(known.read_text())
        build, name = entry["url"].replace("%2B", "+").rsplit("/", 2)[1:]
        archives = tmp_path / key
        archives.mkdir()
        (archives / f"0123-{name.replace('+', '-')}").write_bytes(key.encode())
        paths = (RECIPE / "interpreters.py", known, archives, tmp_path / "mirror")
        command = [sys.executable, *map(str, paths)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout == f"interpreters/{build}/{name}\n"
        assert (tmp_path / "mirror" / build / name).read_bytes() == key.encode()
        wanted[entry["key"]] = entry["url"].rsplit("/", 1)[1]
    listed = json.loads(_uv("3.13", UV_PYTHON_DOWNLOADS_JSON_URL=tmp_path / "mirror" / "list.json"))
    assert {each["key"]: each["url"].rsplit("/", 1)[1] for each in listed} == wanted


def _uv(request: str, **settings: Path) -> str:
    """What uv says of an interpreter that it could download."""
    which = ("--only-downloads", "--all-platforms", "--all-arches", "--output-format", "json")
    urls = {name: path.as_uri() for name, path in settings.items()}
    done = subprocess.run(
        [
            tools.install(RECIPE / "requirements.txt", sys.executable).bin / "uv",
            "python",
            "list",
            "--no-config",
            *which,
            request,
        ],
        env={"PATH": os.defpath, **urls},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
