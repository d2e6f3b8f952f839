"""Locked installs: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.recipes.conftest import Case

from mirrorlab.lab import tools

RECIPE = Path(__file__).parents[2] / "recipes" / "locked-installs"
INSTALL, INSTALL_UV = "install.sh", "install-with-uv.sh"
HEX = "0" * 64

SABOTAGE: list[Case] = [
    ("promise", INSTALL, "unset PIP_EXTRA", "true PIP_EXTRA", "asked another than the mirror"),
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
    ("altered-index", "check_lock.py", "not entry.hashes", "False", "a lock without hashes is"),
    (
        "build-dependency",
        INSTALL_UV,
        "--only-binary :all:",
        "",
        "install-with-uv.sh of requirements.txt",
    ),
    ("poisoned-lock", "check_lock.py", "entry.hashes - known", "not known", "the poisoned requ"),
    ("relocked", "lock.sh", "--no-config", "", "an index that the project names is asked"),
    ("relocked", "lock.sh", "--strip-extras", "--strip-extras --no-reuse-hashes", "pip-compile to"),
    (
        "mirror-named",
        "lock.sh",
        "--no-emit-index-url",
        "",
        "the mirror is named in ['pylock.toml',",
    ),
    ("mirror-moved", "lock.sh", "--no-emit-index-url", "", "requirements.txt does not move"),
    ("new-release", INSTALL_UV, "--frozen", "--upgrade", "install-with-uv.sh of uv.lock installed"),
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
UV = LOCKS["uv.lock"].replace("HEX", HEX)
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


LINE = f"demo-lib==1.0 --hash=sha256:{HEX}"
FILE = '{ file = "demo_lib.whl", hash = "sha256:HEX" }'
HALF = {
    "upper.txt": f"{LINE} --hash=sha256:{'A' * 64}\n",
    "split.txt": f"{LINE} --ha\\\nsh=sha256:{'A' * 64}\n",
    "quoted.txt": f"{LINE} --hash='sha256:{HEX}'\n",
    "weak.txt": f"{LINE} --hash=md5:{'0' * 32}\n",
    "address.txt": "demo-lib @ git+ssh://git@h/x@1.0\n",
    "uv.lock": UV.replace('{ registry = "https://pypi.org/simple" }', '{ git = "git@h:x" }'),
    "folder/uv.lock": UV.replace('editable = "."', 'editable = "../demo-lib"'),
    "poetry.lock": LOCKS["poetry.lock"].replace("HEX", HEX)
    + '[package.source]\ntype = "git"\nurl = "git@h:x"\n',
    "pdm.lock": LOCKS["poetry.lock"].replace("HEX", HEX) + 'git = "git@h:x"\n',
    "Pipfile.lock": LOCKS["Pipfile.lock"]
    .replace("HEX", HEX)
    .replace('"version"', '"git": "g", "version"'),
    "pylock.a.toml": LOCKS["pylock.dev.toml"].replace("HEX", HEX) + 'vcs = { type = "git" }\n',
    "pylock.b.toml": LOCKS["pylock.dev.toml"].replace("HEX", HEX) + "sdist = { hashes = {} }\n",
}
"""A good hash, and beside it something that an installer takes without one."""


@pytest.mark.parametrize("name", HALF)
def test_a_good_hash_hides_nothing_beside_it(name: str, python: Path, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(HALF[name])
    done = _check(
        python, tmp_path, name, OWN="demo-lib my-app", MAY_NAME="https://pypi.org ssh://git@h"
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "it has no hash" in done.stderr


@pytest.mark.parametrize("name", ["lock.txt", "pylock.toml"])
def test_a_lock_of_nothing_is_not_good(name: str, python: Path, tmp_path: Path) -> None:
    (tmp_path / name).write_text("packages = []" if name.endswith("toml") else "# nothing\n")
    done = _check(python, tmp_path, name)
    assert (done.returncode, done.stderr) == (1, f"check-lock: {name}: it locks nothing\n")


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("LOCKS", " ", "LOCKS names no lock"),
        ("PYTHON", "false", "false must be Python 3.11 or newer with packaging"),
        ("TRUSTED", "http://index.example/simple/", "it must begin with https://"),
        ("TRUSTED", "index.example/simple/", "it must begin with https://"),
        ("TRUSTED", "file:///simple/", "it must begin with https://"),
        ("TRUSTED", "https://[index/simple/", "TRUSTED is no index to trust"),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    setting: str, value: str, said: str, python: Path, tmp_path: Path
) -> None:
    (tmp_path / "lock.txt").write_text(f"{LINE}\n")
    done = _check(python, tmp_path, "lock.txt", **{setting: value})
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "page",
    [
        '{"files": [{"filename": "demo_lib-1.0.tar.gz", "hashes": null}]}',
        '{"files": [{"filename": 7, "hashes": {}}]}',
        "[" * 100_000,
        "<html>",
    ],
)
def test_a_page_that_is_none_tells_nothing(page: str, python: Path, tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_text(f"{LINE}\n")
    with _index("application/json", page) as url:
        done = _check(python, tmp_path, "lock.txt", TRUSTED=url)
    assert done.returncode == 3
    assert done.stderr.endswith("/simple/demo-lib/ is no page of the Simple API\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"Content-Length": "1000000"}, "does not answer"),
        ({"Location": "http://127.0.0.1:9/simple/demo-lib/"}, "redirects to http://127.0.0.1:9/;"),
    ],
)
def test_half_a_page_and_a_page_of_others_tell_nothing(
    header: dict[str, str], said: str, python: Path, tmp_path: Path
) -> None:
    (tmp_path / "lock.txt").write_text(f"{LINE}\n")
    with _index("application/json", '{"files": []}', header) as url:
        done = _check(python, tmp_path, "lock.txt", TRUSTED=url)
    assert done.returncode == 3
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_password_of_the_trusted_index_is_sent_and_not_shown(
    python: Path, tmp_path: Path
) -> None:
    (tmp_path / "lock.txt").write_text(f"{LINE}\n")
    with _index("application/json", '{"files": []}', password="me:secret") as url:
        done = _check(python, tmp_path, "lock.txt", TRUSTED=url)
        told = _check(python, tmp_path, "lock.txt", TRUSTED=url.replace("//", "//me:secret@"))
    assert (done.returncode, told.returncode) == (3, 1)
    assert "demo-lib 1.0 is not at http://127.0.0.1" in told.stderr
    assert "secret" not in told.stderr


def test_a_server_with_a_longer_name_is_another_server(python: Path, tmp_path: Path) -> None:
    index = "--index-url https://pypi.org.example/simple/\n"
    (tmp_path / "lock.txt").write_text(f"{index}{LINE}\n# https://[broken/\n")
    done = _check(python, tmp_path, "lock.txt", OWN="demo-lib", MAY_NAME="https://pypi.org")
    assert done.returncode == 1
    assert "it names https://pypi.org.example/, which MAY_NAME does not allow" in done.stderr
    assert "it names an address that is broken, which" in done.stderr


@pytest.mark.parametrize("script", [INSTALL, INSTALL_UV])
def test_a_folder_that_is_no_environment_is_left_alone(
    script: str, python: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "data").write_text("precious")
    (tmp_path / "lock.txt").write_text(f"{LINE}\n")
    done = subprocess.run(
        ["sh", RECIPE / script],
        cwd=tmp_path,
        env={"PATH": f"{python.parent}:{os.defpath}", "VENV": "mine", "LOCK": "lock.txt"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "mine is there and is no virtual environment; name another in VENV" in done.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["data"]


def test_pip_is_not_given_the_lock_of_uv(python: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", RECIPE / INSTALL],
        cwd=tmp_path,
        env={"PATH": f"{python.parent}:{os.defpath}", "LOCK": "app/uv.lock"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("install: pip cannot read app/uv.lock: use install-with-uv.sh")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("pyproject.toml", "", "is a lock of no kind that this knows"),
        ("uv.lock", "", "is no lock of the kind its name says"),
        ("uv.lock", "package = 7", "is no lock of the kind its name says"),
        ("Pipfile.lock", "[]", "is no lock of the kind its name says"),
        ("lock.txt", "demo-lib>=1.0\n", "`demo-lib>=1.0` pins no version"),
        ("lock.txt", "-r other.txt\n", "`-r other.txt` is nothing that belongs into a lock"),
        ("lock.txt", "--requirem other.txt\n", "`--requirem other.txt` is nothing that belongs"),
        ("lock.txt", "--pre -r other.txt\n", "`--pre -r other.txt` is nothing that belongs"),
        ("lock.txt", "--no-binary :all:\n", "`--no-binary :all:` is nothing that belongs"),
        ("lock.txt", "# it goes on \\\ndemo-lib==1.0\n", "a comment ends with a backslash"),
        ("lock.txt", "# coding: utf-7\n# +AAo-demo-lib==1.0\n", "it has another encoding"),
        ("lock.txt", "a==1\u2028demo-lib==1.0\n", "it has another encoding, or other ends"),
        ("lock.txt", f"a==1 --hash=sha256:{HEX} --has=sha256:{HEX}", "is nothing that belongs"),
        ("lock.txt", "a==1 \\\n# b\nb==1 --hash=x c==1\n", "is no lock of the kind its name says"),
        ("lock.txt", "demo-lib==1.*\n", "`demo-lib==1.*` pins no version"),
        ("lock.txt", "--index-ur https://me:secret@m.example/\n", "`--index-ur https://***@m."),
        ("uv.lock", UV.replace('"1.0"', "1.0"), "the version of demo.lib is no text"),
        ("uv.lock", UV.replace("demo.lib", "../demo"), "is no lock of the kind its name says"),
        ("Pipfile.lock", "[" * 100_000, "is no lock of the kind its name says"),
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
def _index(
    kind: str, page: str, headers: Mapping[str, str] | None = None, password: str = ""
) -> Iterator[str]:
    """An index that answers every request with the same page, or asks for a password."""
    basic = f"Basic {base64.b64encode(password.encode()).decode()}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            denied = bool(password) and self.headers["Authorization"] != basic
            self.send_response(401 if denied else 302 if "Location" in (headers or {}) else 200)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
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
    assert "it holds a user name or a password for https://mirror.example/" in done.stderr
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
