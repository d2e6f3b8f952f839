"""Across an air gap: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.recipes.conftest import Case

from mirrorlab.lab import tools

RECIPE = Path(__file__).parents[2] / "recipes" / "air-gap"
CHECK = "check-bundle.sh"
VERIFY = 'FROM="$new" sh "$verify"'
FORGED = "sums made again, and it was received"
ENOUGH = 'stays "it is not enough for $name"'

SABOTAGE: list[Case] = [
    ("promise", "pack.sh", 'set -- "$@" --python-platform', ": --python-platform", "'pack' ended"),
    ("incomplete", CHECK, ENOUGH, "true", "let go without demo_win_dep"),
    ("damaged", "verify.sh", '[ -n "$SIGNERS" ] &&', "false &&", FORGED),
    ("only-what-is-new", "receive.sh", VERIFY, "true", "half a bundle was received as a whole"),
    ("wrong-target", "install.sh", '[ "$is" = "$needs" ]', "true", "as 'laptop' it ended with 0"),
    ("interpreter", CHECK, 'stays "no interpreter', 'true "', "without its interpreter was let go"),
    ("morgan", "morgan.sh", ENOUGH, "true", "an incomplete mirror was let go"),
]


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        ("laptop - -\namiga 3.13 m68k-amiga\n", "amiga: there is no platform 'm68k-amiga'"),
        ("server 3.13\n", "server: there is no platform ''"),
        ("server 3.13 x86_64-manylinux_2_28 more\n", "server: 'more' is too much"),
        ("server three x86_64-manylinux_2_28\n", "server: 'three' is no Python, like 3.13"),
        ("server - x86_64-manylinux_2_28\n", "server: say a Python for x86_64-manylinux_2_28"),
        ("../server - -\n", "../server is no name: small letters, digits, hyphens"),
        ("a - -\na 3.13 x86_64-manylinux_2_28\n", "a stands there twice"),
        ("# nobody\n\n", "names no target"),
        (None, "there is no file targets.txt; name one in TARGETS"),
    ],
)
def test_a_target_that_nobody_understands_is_one_sentence(
    targets: str | None, said: str, tmp_path: Path
) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "pyproject.toml").touch()
    if targets is not None:
        (tmp_path / "targets.txt").write_text(targets)
    before = sorted(tmp_path.iterdir())
    done = _run("pack.sh", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before, "something was left behind"


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("PROJECT", "elsewhere", "elsewhere has no pyproject.toml; name your project in PROJECT"),
        ("INTERPRETERS", "maybe", "INTERPRETERS is yes or no, not maybe"),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    setting: str, value: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "pyproject.toml").touch()
    (tmp_path / "targets.txt").write_text("laptop - -\n")
    done = _run("pack.sh", tmp_path, **{setting: value})
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"pack: {said}\n")


@pytest.mark.parametrize("script", ["verify.sh", CHECK, "install.sh", "receive.sh"])
def test_an_empty_folder_is_no_bundle(script: str, tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    done = _run(script, tmp_path, FROM="bundle", STORE="store", VENV="venv")
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


def _run(script: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", RECIPE / script],
        cwd=folder,
        env={"PATH": os.defpath, "TMPDIR": str(folder.parent), **settings},
        capture_output=True,
        text=True,
        check=False,
    )
