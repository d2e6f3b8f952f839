"""Locked installs: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.recipes.conftest import Case

from mirrorlab.lab import tools

RECIPE = Path(__file__).parents[2] / "recipes" / "locked-installs"
PIP, UV = "install.sh", "install-with-uv.sh"
HEX = "0" * 64

SABOTAGE: list[Case] = [
    ("promise", PIP, "unset PIP_EXTRA", "true PIP_EXTRA", "asked another than the mirror"),
    ("altered-file", PIP, """trap 'rm -rf "$VENV"' EXIT""", ":", "left a half-made environment"),
    ("altered-index", PIP, "--require-hashes", "", "refusable: install.sh of naive.txt installed"),
    ("altered-index", "check_lock.py", "not entry.hashes", "False", "a lock without hashes is"),
    ("build-dependency", UV, "--only-binary :all:", "", "install-with-uv.sh of requirements.txt"),
    ("poisoned-lock", "check_lock.py", "entry.hashes - known", "not known", "the poisoned requ"),
    ("relocked", "lock.sh", "--strip-extras", "--strip-extras --no-reuse-hashes", "pip-compile to"),
    (
        "mirror-named",
        "lock.sh",
        "--no-emit-index-url",
        "",
        "the mirror is named in ['pylock.toml',",
    ),
    ("mirror-moved", "lock.sh", "--no-emit-index-url", "", "requirements.txt does not move"),
    ("new-release", UV, "--frozen", "--upgrade", "install-with-uv.sh of uv.lock installed"),
]


@pytest.fixture(scope="module")
def python() -> Path:
    """An interpreter that has the recipe's tools."""
    return tools.install(RECIPE / "requirements.txt", sys.executable).python


LOCKS = {
    "requirements.txt": "demo-lib==1.0 \\\n    --hash=sha256:HEX\n    # via -r x.in\n",
    "uv.lock": """
[[package]]
name = "my-app"
source = { editable = "." }

[[package]]
name = "demo.lib"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://pypi.org/demo_lib.whl", hash = "sha256:HEX" }]
""",
    "pylock.dev.toml": """
lock-version = "1.0"
[[packages]]
name = "demo-lib"
version = "1.0"
wheels = [{ path = "demo_lib.whl", hashes = { sha256 = "HEX" } }]
""",
    "poetry.lock": """
[[package]]
name = "demo-lib"
version = "1.0"
description = "see http://example.com/"
files = [{ file = "demo_lib.whl", hash = "sha256:HEX" }]
""",
    "Pipfile.lock": """{"_meta": {"sources": []}, "default":
        {"demo-lib": {"version": "==1.0", "hashes": ["sha256:HEX"]}}, "develop": {}}""",
}
UNHASHED = {
    "requirements.txt": "demo-lib==1.0\n",
    "uv.lock": LOCKS["uv.lock"].replace(', hash = "sha256:HEX"', ""),
    "pylock.toml": LOCKS["pylock.dev.toml"].replace(' sha256 = "HEX" ', ""),
    "pdm.lock": LOCKS["poetry.lock"].replace(', hash = "sha256:HEX"', ""),
    "Pipfile.lock": LOCKS["Pipfile.lock"].replace('"sha256:HEX"', ""),
}


@pytest.mark.parametrize("name", LOCKS)
def test_each_kind_of_lock_is_read(name: str, python: Path, tmp_path: Path) -> None:
    (tmp_path / name).write_text(LOCKS[name].replace("HEX", HEX))
    done = _check(python, tmp_path, name, OWN="demo-lib")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"good: {name}: 1 releases, 1 hashes\n"


@pytest.mark.parametrize("name", UNHASHED)
def test_a_release_without_a_hash_is_never_good(name: str, python: Path, tmp_path: Path) -> None:
    (tmp_path / name).write_text(UNHASHED[name])
    done = _check(python, tmp_path, name, OWN="demo-lib")
    assert done.returncode == 1
    assert "demo-lib 1.0: it has no hash" in done.stderr


def test_one_file_without_a_hash_is_one_too_many(python: Path, tmp_path: Path) -> None:
    both = LOCKS["poetry.lock"].replace("files = [", 'files = [{ file = "demo_lib.tar.gz" }, ')
    (tmp_path / "poetry.lock").write_text(both.replace("HEX", HEX))
    done = _check(python, tmp_path, "poetry.lock", OWN="demo-lib")
    assert done.returncode == 1
    assert "demo-lib 1.0: it has no hash" in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("pyproject.toml", "", "is a lock of no kind that this knows"),
        ("uv.lock", "", "is no lock of the kind its name says"),
        ("uv.lock", "package = 7", "is no lock of the kind its name says"),
        ("Pipfile.lock", "[]", "is no lock of the kind its name says"),
        ("lock.txt", "demo-lib>=1.0\n", "`demo-lib>=1.0` pins no version"),
        ("lock.txt", "-r other.txt\n", "`-r other.txt` leads elsewhere"),
        ("lock.txt", None, "cannot be read: No such file or directory"),
    ],
)
def test_what_is_no_lock_is_one_sentence(
    name: str, text: str | None, said: str, python: Path, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    done = _check(python, tmp_path, name)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_password_in_a_lock_is_not_shown(python: Path, tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_text("--index-url https://me:secret@mirror.example/simple\n")
    done = _check(python, tmp_path, "lock.txt")
    assert done.returncode == 1
    assert "it names https://mirror.example/, which MAY_NAME does not allow" in done.stderr
    assert "secret" not in done.stderr + done.stdout


def _check(
    python: Path, folder: Path, lock: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    nobody = {"TRUSTED": "http://127.0.0.1:9/simple/", "PATH": os.defpath}
    return subprocess.run(
        ["sh", RECIPE / "check-lock.sh"],
        cwd=folder,
        env={**nobody, "PYTHON": str(python), "LOCKS": lock, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
