"""Dependency confusion: take each safe setting away, and see the drill fail for that reason."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.recipes.conftest import Case

from mirrorlab.index import Index
from mirrorlab.scenario import File, Project, Release, Scenario

RECIPE = Path(__file__).parents[2] / "recipes" / "dependency-confusion"
PIP, UV = "safe/pip/pip.conf", "safe/uv/pyproject.toml"

SABOTAGE: list[Case] = [
    (
        "promise",
        PIP,
        "index-url = @ONE@",
        "index-url = @ONE@\nextra-index-url = @PUBLIC@",
        "pip safe:",
    ),
    ("naive-settings", "naive/pip/pip.conf", "@PUBLIC@", "@ONE@", "pip naive gives ours"),
    ("private-down", PIP, "@ONE@", "@PUBLIC@", "pip safe installs the stranger's"),
    ("private-401", PIP, "@ONE@", "@PUBLIC@", "pip safe installs the stranger's"),
    ("private-404", PIP, "@ONE@", "@PUBLIC@", "pip safe installs the stranger's"),
    ("private-404", UV, 'acme-lib = { index = "private" }', "", "uv safe tells the public index"),
    ("private-empty", PIP, "@ONE@", "@PUBLIC@", "pip safe installs the stranger's"),
    (
        "unnamed-dependency",
        UV,
        "explicit = true",
        "explicit = false",
        "uv binds unnamed ones: mend the page",
    ),
    ("locks", "check_lock.py", "strange = hashes - listed", "strange = hashes & listed", "naive"),
]


@pytest.mark.parametrize("script", ["check-names.sh", "one-index.sh", "check-lock.sh", "try.sh"])
def test_a_script_that_is_told_nothing_says_what_it_wants(script: str) -> None:
    done = _sh(script)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{script[:-3]}: say ")
    assert done.stdout == ""


@pytest.mark.parametrize("script", ["check-names.sh", "one-index.sh"])
def test_a_name_that_cannot_be_is_refused(script: str, tmp_path: Path) -> None:
    done = _sh(script, NAMES="acme/../lib", PUBLIC="http://127.0.0.1:9/", STATE=str(tmp_path))
    assert done.returncode == 2
    assert "acme/../lib" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_names_cannot_be_told_without_an_index() -> None:
    done = _sh("check-names.sh", NAMES="Acme__Lib", PUBLIC="http://127.0.0.1:9/simple/")
    assert done.returncode == 3
    assert done.stderr.startswith("check-names: could not tell about acme-lib: ")


OURS = Scenario(
    "ours", projects=(Project("acme-lib", releases=(Release("1.0", files=(File(),)),)),)
)
LOCKS = {
    "uv.lock": '[[package]]\nname = "acme-lib"\nsdist = { hash = "sha256:HASH" }\n',
    "poetry.lock": '[[package]]\nname = "acme-lib"\nfiles = [{ hash = "sha256:HASH" }]\n',
    "pdm.lock": '[[package]]\nname = "Acme_Lib"\nfiles = [{ hash = "sha256:HASH" }]\n',
    "pylock.toml": '[[packages]]\nname = "acme-lib"\nwheels = [{ hashes = { sha256 = "HASH" } }]\n',
    "Pipfile.lock": '{"_meta": {}, "default": {"acme-lib": {"hashes": ["sha256:HASH"]}}}',
    "requirements.txt": "acme-lib==1.0 \\\n    --hash=sha256:HASH\n",
}


@pytest.mark.parametrize("name", LOCKS)
def test_the_hash_of_every_kind_of_lock_is_compared(name: str, tmp_path: Path) -> None:
    lock = tmp_path / name
    with Index(OURS) as index:
        (ours,) = (file.hashes["sha256"] for file in index.files("acme-lib"))
        settings = {
            "PYTHON": sys.executable,
            "LOCK": str(lock),
            "NAMES": "acme-*",
            "PRIVATE": f"{index.http_url}/simple/",
        }
        for digest, code in ((ours, 0), ("b" * 64, 1)):
            lock.write_text(LOCKS[name].replace("HASH", digest))
            done = _sh("check-lock.sh", **settings)
            assert done.returncode == code, done.stdout + done.stderr
        index.fault("503")
        done = _sh("check-lock.sh", **settings)
        assert done.returncode == 3, done.stdout + done.stderr


@pytest.mark.parametrize("text", ["", "{", "[[package]]\n"])
def test_what_is_no_lock_is_one_sentence(text: str, tmp_path: Path) -> None:
    lock = tmp_path / "uv.lock"
    lock.write_text(text)
    done = _sh("check-lock.sh", LOCK=str(lock), NAMES="acme-*")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "cannot be read as a lock" in done.stderr


def _sh(script: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **settings}
    command = ["sh", str(RECIPE / script)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
