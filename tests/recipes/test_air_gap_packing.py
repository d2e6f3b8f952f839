"""What packs a bundle of air-gap and lets it go, fooled: it refuses, and leaves nothing behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tests.recipes.air_gap_bundle import RECIPE, A, made_bundle, new_project, run, sum_up, tree

from mirrorlab.lab import tools

BACKEND = """
import os, pathlib, sys
def build_wheel(folder, config_settings=None, metadata_directory=None):
    pathlib.Path("build").mkdir()
    pathlib.Path(os.environ["BUILT_IN"]).write_text(os.getcwd())
    sys.exit("enough")
"""


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return made_bundle(tmp_path)


@pytest.mark.parametrize("linked", [False, True])
def test_packing_leaves_nothing_in_the_project(linked: bool, tmp_path: Path) -> None:
    """A backend that writes where it builds, as setuptools does."""
    app = new_project(tmp_path)
    (app / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (app / "backend.py").write_text(BACKEND)
    if linked:
        app.rename(tmp_path / "lies-elsewhere")
        app.symlink_to("lies-elsewhere")
    before = tree(tmp_path)
    built_in = tmp_path.parent / "scratch" / "built-in"
    built_in.parent.mkdir(exist_ok=True)
    path = f"{tools.install(RECIPE / 'requirements.txt', sys.executable).bin}:{os.defpath}"
    done = run("pack.sh", tmp_path, path, BUILT_IN=str(built_in))
    assert done.returncode != 0
    assert Path(built_in.read_text()).name == "project", "the backend was not asked at all"
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (b"laptop - -\namiga 3.13 m68k-amiga\n", "amiga: there is no platform 'm68k-amiga'"),
        (b"laptop - -\namiga 3.13 m68k-amiga", "amiga: there is no platform 'm68k-amiga'"),
        (b"laptop - -\r\namiga 3.13 m68k-amiga\r\n", "amiga: there is no platform 'm68k-amiga'"),
        (b"server 3.13\n", "server: there is no platform ''"),
        (b"server 3.13 x86_64-manylinux_2_28 more\n", "server: 'more' is too much"),
        (b"server three x86_64-manylinux_2_28\n", "server: 'three' is no Python, like 3.13"),
        (b"server - x86_64-manylinux_2_28\n", "server: say a Python for x86_64-manylinux_2_28"),
        (b"../server - -\n", "../server is no name: small letters, digits, hyphens"),
        (b"-x - -\n", "-x is no name: small letters, digits, hyphens"),
        (b"\xef\xbb\xbflaptop - -\n", "is no name: small letters, digits, hyphens"),
        (b"a - -\na 3.13 x86_64-manylinux_2_28\n", "a stands there twice"),
        (b"# nobody\n\n", "names no target"),
        (None, "there is no file targets.txt; name one in TARGETS"),
    ],
)
def test_a_target_that_nobody_understands_is_one_sentence(
    targets: bytes | None, said: str, tmp_path: Path
) -> None:
    new_project(tmp_path)
    if targets is None:
        (tmp_path / "targets.txt").unlink()
    else:
        (tmp_path / "targets.txt").write_bytes(targets)
    before = tree(tmp_path)
    done = run("pack.sh", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert tree(tmp_path) == before, "something was left behind"


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
    new_project(tmp_path)
    done = run("pack.sh", tmp_path, **{setting: value})
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"pack: {said}\n")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PYTHON": "nowhere"}, "there is no nowhere; name one in PYTHON"),
        ({}, "install requirements.txt and put its bin into PATH"),
    ],
)
def test_missing_tools_are_one_sentence(
    settings: dict[str, str], said: str, stick: Path, tmp_path: Path
) -> None:
    new_project(tmp_path)
    only = tmp_path / "bin"
    only.mkdir()
    (only / "python3").symlink_to(sys.executable)
    before = tree(tmp_path)
    path = f"{only}:/usr/bin:/bin"
    for script, name in (("pack.sh", "pack"), ("check-bundle.sh", "check")):
        done = run(script, tmp_path, path, **{"BUNDLE": "stick", **settings})
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"{name}: there is no ")
        assert said in done.stderr
    assert tree(tmp_path) == before


def test_a_login_in_the_address_is_refused_and_not_shown(tmp_path: Path) -> None:
    new_project(tmp_path)
    done = run("pack.sh", tmp_path, UPSTREAM="https://me:secret@private.example/simple/")
    assert (done.returncode, done.stdout) == (2, "")
    assert "UPSTREAM has a login in it" in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize(
    ("since", "bundle", "said"),
    [
        (None, "stick", "name in SINCE"),
        ("", "stick", "name in SINCE"),
        ("no sums\n", "stick", "name in SINCE"),
        (f"{'0' * 64}  {A}\n", "yours", "there is no SHA256SUMS"),
    ],
)
def test_only_new_needs_two_bundles(
    since: str | None, bundle: str, said: str, stick: Path, tmp_path: Path
) -> None:
    if since is not None:
        (tmp_path / "since").write_text(since)
    (tmp_path / "yours").mkdir()
    before = tree(tmp_path)
    done = run("only-new.sh", tmp_path, BUNDLE=bundle, SINCE="since")
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("targets", "settings", "said"),
    [
        ("", {}, "its targets.txt names no target"),
        ("laptop 3.99 - x\n", {}, "laptop is Python 3.99, and python3 is"),
        (None, {"KEY": "nowhere"}, "there is no key nowhere"),
    ],
)
def test_a_check_that_checked_nothing_lets_nothing_go(
    targets: str | None, settings: dict[str, str], said: str, stick: Path, tmp_path: Path
) -> None:
    if targets is not None:
        (stick / "targets.txt").write_text(targets)
        sum_up(stick)
    done = run("check-bundle.sh", tmp_path, BUNDLE="stick", **settings)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert not (stick / "SHA256SUMS.sig").exists()
