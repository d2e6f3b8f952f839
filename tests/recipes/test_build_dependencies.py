"""Build dependencies: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.recipes.conftest import Case

from mirrorlab import scenario
from mirrorlab.index import Index
from mirrorlab.lab import tools

RECIPE = Path(__file__).parents[2] / "recipes" / "build-dependencies"
BUILD = "build.sh"

SABOTAGE: list[Case] = [
    (
        "promise",
        "install.sh",
        '--find-links "$WHEELS"',
        '--find-links "$PWD"',
        "the step 'install' ended with exit code 1",
    ),
    (
        "reaches-out",
        "door.py",
        "self.book.knocks.append(Knock(*address, who))",
        "pass",
        "nobody is named",
    ),
    (
        "fetches-while-building",
        BUILD,
        '[ "$CLOSED" = no ]',
        "true",
        "built although it fetches",
    ),
    (
        "missing-build-dependency",
        BUILD,
        'UV_DEFAULT_INDEX="$MIRROR" UV_NO_CACHE',
        "UV_NO_CACHE",
        "uv looks elsewhere",
    ),
    (
        "altered-build-dependency",
        BUILD,
        "--require-hashes",
        "--no-verify-hashes",
        "uv built with what the mirror altered",
    ),
]


@pytest.fixture(scope="module")
def python() -> Path:
    """An interpreter that has the recipe's tools."""
    return tools.install(RECIPE / "requirements.txt", sys.executable).python


HEAD = "# Nothing but this builds the sdists of requirements.txt.\n"
LINE = f"demo-lib==1.0 --hash=sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("script", "settings", "said"),
    [
        ("check-build.sh", {}, "check-build: say what to run"),
        ("check-build.sh true", {"WAY": "namespaces"}, "WAY is auto, namespace or proxy"),
        ("check-build.sh true", {"MIRROR": "mirror.example/x y"}, "no good host or port"),
        ("check-build.sh true", {"MIRROR": "ftp://mirror.example/"}, "no good host or port"),
        ("check-build.sh true", {"MIRROR": "https://mirror.example:x/"}, "no good host or port"),
        ("check-build.sh true", {"ALLOW": "*"}, "no good host or port"),
        ("check-build.sh nobody-has-this", {"WAY": "proxy"}, "there is no such command"),
        ("build.sh", {"WITH": "poetry"}, "WITH is pip or uv, not 'poetry'"),
        ("build.sh", {"CLOSED": "No"}, "CLOSED is yes or no, not 'No'"),
        ("build.sh", {"LOCK": "missing.txt"}, "there is no missing.txt"),
        ("lock-build.sh", {"CLOSED": "true"}, "CLOSED is yes or no, not 'true'"),
        ("install.sh", {"WITH": "build"}, "WITH is pip or uv, not 'build'"),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    script: str, settings: dict[str, str], said: str, tmp_path: Path
) -> None:
    done = _sh(script, tmp_path, **settings)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "locks nothing"),
        ("demo-lib==1.0\n", "demo-lib has no sha256"),
        ("demo-lib==1.0 --hash=md5:0123\n", "demo-lib has no sha256"),
        (f"{LINE.replace('a' * 64, 'A' * 64)}\n", "has no sha256, or one that is none"),
        (f"{LINE} --hash=sha256:{'a' * 63}\n", "has no sha256, or one that is none"),
        (f"{LINE.replace('==', '>=')}\n", "`demo-lib>=1.0` is no pinned requirement"),
        (f"{LINE.replace('1.0', '1.*')}\n", "`demo-lib==1.*` is no pinned requirement"),
        (f"{LINE}\n-r other.txt\n", "`-r other.txt` is no pinned requirement"),
        (f"{LINE}\n--hash sha256:{'a' * 64}\n", "is no pinned requirement"),
        ("demo-lib @ https://public.example/x.tar.gz\n", "is no pinned requirement"),
        ("\ufeffdemo-lib==1.0\n", "is no pinned requirement"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_lock_is_refused(
    text: str | None, said: str, python: Path, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / "lock.txt").write_text(text)
    done = _sh(
        "lock-build.sh",
        tmp_path,
        PYTHON=str(python),
        LOCK="lock.txt",
        TRUSTED="http://127.0.0.1:9/simple/",
    )
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["lock.txt"] * (text is not None)


def test_an_index_that_is_down_tells_nothing(python: Path, tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_text(f"{LINE}\n")
    nowhere = "http://127.0.0.1:9/simple/"
    done = _sh("lock-build.sh", tmp_path, PYTHON=str(python), LOCK="lock.txt", TRUSTED=nowhere)
    assert done.returncode == 3
    assert done.stderr.startswith(f"lock-build: {nowhere}demo-lib/ does not answer: ")
    assert [path.name for path in tmp_path.iterdir()] == ["lock.txt"]


ASKS = "import urllib.request as u; u.urlopen({url!r}, timeout=20)"


ASKS_PUBLIC = ASKS.format(url="https://public.example/x")
LEAVES_ONE = """
import subprocess, sys
does = "import sys; sys.stdin.read(); {does}"  # that is: when its parent has ended
subprocess.Popen([sys.executable, "-c", does], stdin=subprocess.PIPE, start_new_session=True)
"""


@pytest.mark.parametrize("way", ["namespace", "proxy"])
def test_a_mirror_that_is_down_tells_nothing(way: str, tmp_path: Path) -> None:
    asks = ASKS.format(url="http://127.0.0.1:9/")
    done = _sh("check-build.sh python3 -c", tmp_path, asks, MIRROR="http://127.0.0.1:9/", WAY=way)
    assert done.returncode == 3, done.stderr
    assert "could not tell: the mirror does not answer: 127.0.0.1:9" in done.stderr


@pytest.mark.parametrize(
    ("way", "does", "code", "said"),
    [
        ("proxy", ASKS.format(url="http://public.example/x"), 1, "WANTED public.example:80, for"),
        ("proxy", ASKS.format(url="https://PUBLIC.example:99999/"), 1, "WANTED"),
        (
            "namespace",
            f"# a line, and\n{ASKS.format(url='https://public.example/x')}\n",
            1,
            "WANTED public.example:443, for `python3 -c # a line, and import urllib",
        ),
        ("namespace", "import socket; socket.getaddrinfo('a.example', 1)", 1, "WANTED a.example,"),
        (
            "namespace",
            "import socket; socket.getaddrinfo('mirror.example', 1)",
            3,
            "past the proxy",
        ),
        (
            "namespace",
            "import socket; socket.create_connection(('2001:db8::7', 443))",
            1,
            "WANTED an address, by its number",
        ),
        (
            "namespace",
            "import socket as s; s.socket(type=s.SOCK_DGRAM).sendto(b'x', ('192.0.2.7', 53))",
            1,
            "WANTED an address, by its number",
        ),
        ("namespace", "raise SystemExit(7)", 1, "it failed, and asked for nobody but the mirror"),
        ("namespace", "pass", 3, "it asked no index at all"),
        ("namespace", LEAVES_ONE.format(does=ASKS_PUBLIC), 1, "WANTED public.example:443, for"),
        (
            "namespace",
            "import socket; socket.socket().connect_ex(('127.0.0.1', 9))",
            3,
            "it wanted a port of this machine itself",
        ),
        (
            "namespace",
            "import socket; socket.socket(socket.AF_INET6).connect_ex(('::1', 9))",
            3,
            "it wanted a port of this machine itself",
        ),
    ],
)
def test_what_a_program_tries_is_seen(
    way: str, does: str, code: int, said: str, tmp_path: Path
) -> None:
    done = _sh("check-build.sh python3 -c", tmp_path, does, WAY=way)
    assert done.returncode == code, done.stderr
    assert said in done.stderr


@pytest.mark.parametrize("name", ["http_proxy", "https_proxy", "ALL_PROXY", "no_proxy"])
def test_a_proxy_of_the_machine_does_not_count(name: str, tmp_path: Path) -> None:
    value = "*" if name == "no_proxy" else "http://127.0.0.1:9"
    done = _sh("check-build.sh python3 -c", tmp_path, ASKS_PUBLIC, **{name: value})
    assert done.returncode == 1, done.stderr
    assert "WANTED public.example:443, for `python3 -c" in done.stderr


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (None, ""),
        ("pyproject.toml", ""),
        ("pyproject.toml", '[build-system]\nrequires = ["demo-back'),
        ("pyproject.toml", '[build-system]\nrequires = ["demo-backend"]\nbuild-backend = 7\n'),
    ],
    ids=["no file", "empty file", "half a file", "no backend"],
)
def test_what_is_no_project_is_not_good(
    file: str | None, content: str, python: Path, tmp_path: Path
) -> None:
    if file:
        (tmp_path / file).write_text(content)
    path = f"{python.parent}:{os.environ['PATH']}"
    dead = "http://127.0.0.1:9/simple/"
    told = {"PATH": path, "MIRROR": dead, "UV_DEFAULT_INDEX": dead}
    done = _sh("check-build.sh uv build --quiet --wheel", tmp_path, **told)
    assert done.returncode != 0
    assert "good" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("script", "setting", "name"),
    [("lock-build.sh", "SDISTS", "mine"), ("build.sh", "WHEELS", "mine")],
)
@pytest.mark.parametrize("content", ["notes.txt", ".hidden", None])
def test_a_folder_of_yours_is_not_replaced(
    script: str, setting: str, name: str, content: str | None, tmp_path: Path
) -> None:
    mine = tmp_path / name
    if content:
        mine.mkdir()
        (mine / content).write_text("mine")
    else:
        mine.write_text("mine")
    for lock in ("requirements.txt", "build-requirements.txt"):
        (tmp_path / lock).write_text(f"{LINE}\n")
    (tmp_path / "sdists").mkdir()
    before = sorted(tmp_path.rglob("*"))
    done = _sh(script, tmp_path, **{setting: f"{name}/" if content else name})
    assert done.returncode == 2, done.stderr
    assert "name another" in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_a_pip_that_is_too_old_is_refused(tmp_path: Path) -> None:
    for lock in ("requirements.txt", "build-requirements.txt"):
        (tmp_path / lock).write_text(f"{LINE}\n")
    (tmp_path / "sdists").mkdir()
    (tmp_path / "pip.py").write_text("__version__ = '25.2'\n")
    done = _sh("build.sh", tmp_path, PYTHON=sys.executable, PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert "it has no pip 25.3 or newer" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("lock", "said"),
    [
        ("", "build-requirements.txt is not from lock-build.sh"),
        (f"{LINE}\n", "build-requirements.txt is not from lock-build.sh"),
        (f"{HEAD}# to build: demo_lib-1.0.tar.gz\n", "sdists has no demo_lib-1.0.tar.gz"),
    ],
)
def test_what_was_not_locked_here_is_not_built(lock: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(f"{LINE}\n")
    (tmp_path / "build-requirements.txt").write_text(lock)
    (tmp_path / "sdists").mkdir()
    done = _sh("build.sh", tmp_path, WITH="uv")
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "wheels").exists()


def test_without_sdists_nothing_is_built(tmp_path: Path) -> None:
    for lock in ("requirements.txt", "build-requirements.txt"):
        (tmp_path / lock).write_text(f"{LINE}\n")
    done = _sh("build.sh", tmp_path)
    assert done.returncode == 2
    assert done.stderr == "build: there is no folder sdists: run lock-build.sh before\n"


def test_without_namespaces_a_closed_network_is_not_claimed(tmp_path: Path) -> None:
    refuses = tmp_path / "bin" / "unshare"
    refuses.parent.mkdir()
    refuses.write_text("#!/bin/sh\nexit 1\n")
    refuses.chmod(0o755)
    path = f"{refuses.parent}:{os.environ['PATH']}"
    done = _sh("check-build.sh true", tmp_path, WAY="namespace", PATH=path)
    assert done.returncode == 3
    assert "this machine makes no closed network" in done.stderr
    done = _sh("check-build.sh true", tmp_path, PATH=path)
    assert done.returncode == 3
    assert "what ignores a proxy is not seen" in done.stderr


def test_the_hashes_of_its_files_are_those_of_the_kit() -> None:
    index = Index(scenario.find("default"))
    backend = index.sha256("demo_backend-1.0-py3-none-any.whl")
    assert f'"sha256:{backend}"' in (RECIPE / "settings" / "uv-pyproject.toml").read_text()
    lock = (RECIPE / "demo" / "requirements.txt").read_text()
    names = ["demo_dep-2.0-py3-none-any.whl", "demo_dep-2.0.tar.gz", "demo_sdist-1.0.tar.gz"]
    assert sorted(re.findall("sha256:([0-9a-f]+)", lock)) == sorted(map(index.sha256, names))


def _sh(script: str, folder: Path, *more: str, **settings: str) -> subprocess.CompletedProcess[str]:
    name, *words = script.split()
    told = {"PATH": os.environ["PATH"], "MIRROR": "https://mirror.example/simple/", **settings}
    return subprocess.run(
        ["sh", RECIPE / name, *words, *more],
        cwd=folder,
        env=told,
        capture_output=True,
        text=True,
        check=False,
    )
