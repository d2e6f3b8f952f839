"""Locked installs: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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


@pytest.mark.parametrize("subtype", ["html", "vnd.pypi.simple.v1+json"])
def test_the_page_of_the_index_may_be_html_or_json(
    subtype: str, python: Path, tmp_path: Path
) -> None:
    file = f"demo_lib-1.0-py3-none-any.whl#sha256={HEX}"
    as_json = {"filename": "demo_lib-1.0-py3-none-any.whl", "hashes": {"sha256": HEX}}
    page = f'<a href="../{file}">it</a>' if subtype == "html" else json.dumps({"files": [as_json]})
    good, other = f"demo-lib==1.0 --hash=sha256:{HEX}\n", f"demo-lib==1.1 --hash=sha256:{HEX}\n"
    (tmp_path / "good.txt").write_text(good)
    (tmp_path / "other.txt").write_text(other)
    with _index(f"text/{subtype}" if subtype == "html" else f"application/{subtype}", page) as url:
        assert _check(python, tmp_path, "good.txt", TRUSTED=url).returncode == 0
        done = _check(python, tmp_path, "other.txt", TRUSTED=url)
    assert done.returncode == 1, "the hash of another release is good"
    assert "demo-lib 1.1 is not at" in done.stderr


@contextmanager
def _index(kind: str, page: str) -> Iterator[str]:
    """An index that answers every request with the same page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/simple/"
        finally:
            server.shutdown()
            thread.join()


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
