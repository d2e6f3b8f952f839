"""Buildout: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

import hashlib
import http.server
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.recipes.conftest import Case

from mirrorlab.index import Index
from mirrorlab.lab import tools
from mirrorlab.scenario import File, Project, Release, Scenario

RECIPE = Path(__file__).parents[2] / "recipes" / "buildout"
OURS = Scenario(
    "ours", projects=(Project("demo-lib", releases=(Release("1.0", files=(File(),)),)),)
)
WHEEL = "demo_lib-1.0-py3-none-any.whl"

SABOTAGE: list[Case] = [
    (
        "promise",
        "build.sh",
        "install-from-cache=true",
        "install-from-cache=false",
        "more than filling asked for a page",
    ),
    (
        "index-dead",
        "build.sh",
        "install-from-cache=true",
        "install-from-cache=false",
        "build.sh asked",
    ),
    (
        "incomplete-cache",
        "check-cache.sh",
        '[ "$code" -ne 0 ]',
        "false",
        "a cache without what builds its sdist may leave",
    ),
    ("hash-mismatch", "build.sh", 'sh "$(dirname', 'echo "$(dirname', "another file in the cache"),
    ("yanked", "compare.py", "elif listed.yanked", "elif False", "a yanked release is good"),
    (
        "requires-python",
        "check-cache.sh",
        '[ "$code" -ne 0 ]',
        "false",
        "a cache with what this Python cannot run may leave",
    ),
    ("half-page", "demo.cfg", "demo-dep = 2.0", "demo-dep = >=1", "half a page was taken"),
    (
        "build-dependency",
        "fill-cache.sh",
        'PIP_INDEX_URL="$index"',
        'NOBODY="$index"',
        "filling asked the public index",
    ),
    (
        "extends-gone",
        "build.sh",
        "extends-cache=$cache/extends",
        "extends-cache=$cache/n",
        "is gone",
    ),
    ("password", "point-at.sh", "_+~%-]*) bad", "_+~%@-]*) bad", "a password was written"),
]


@pytest.fixture(scope="module")
def python() -> Path:
    """An interpreter that has the recipe's tools."""
    return tools.install(RECIPE / "requirements.txt", sys.executable).python


Sh = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def sh(python: Path, tmp_path: Path) -> Sh:
    """Run a script of the recipe in an empty folder, with the tools and nothing else."""

    def run(script: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", RECIPE / script],
            cwd=tmp_path,
            env={"PATH": f"{python.parent}:/usr/bin:/bin", "HOME": str(tmp_path), **settings},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("fill-cache.sh", "fill-cache: there is no buildout.cfg; name your buildout in CONFIG\n"),
        ("verify.sh", "verify: cache is no cache that fill-cache.sh has filled: it has no SHA"),
        ("build.sh", "verify: cache is no cache that fill-cache.sh has filled: it has no SHA"),
        ("check-cache.sh", "verify: cache is no cache that fill-cache.sh has filled: it has no"),
    ],
)
def test_where_there_is_nothing_each_script_says_so(
    sh: Sh, script: str, said: str, tmp_path: Path
) -> None:
    done = sh(script)
    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_there_is_neither_filled_nor_deleted(sh: Sh, tmp_path: Path) -> None:
    (tmp_path / "buildout.cfg").write_text("[buildout]\nparts =\nindex = https://index.invalid/\n")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "mine").write_text("precious")
    done = sh("fill-cache.sh")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["mine"]


def test_a_neighbour_of_the_cache_is_not_deleted(sh: Sh, tmp_path: Path) -> None:
    (tmp_path / "buildout.cfg").write_text("[buildout]\nparts =\n")
    for name in ("cache.new", "cache.old"):
        (tmp_path / name).mkdir()
    before = sorted(tmp_path.iterdir())
    assert sh("fill-cache.sh", CACHE="cache/").returncode == 2
    assert sorted(tmp_path.iterdir()) == before


def test_a_rehearsal_has_no_network(sh: Sh, tmp_path: Path) -> None:
    reaches = tmp_path / "bin" / "buildout"  # as a recipe that downloads by itself would
    reaches.parent.mkdir()
    (tmp_path / "buildout.cfg").write_text("[buildout]\nparts =\n")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "file").write_bytes(b"")
    _sums(tmp_path / "cache")
    with _answering(200, {}, "") as url:
        ask = f"import urllib.request as u; u.urlopen({url!r}, timeout=20)"
        reaches.write_text(f"#!/bin/sh\nexec {sys.executable} -c {shlex.quote(ask)}\n")
        reaches.chmod(0o755)
        told = {"PATH": f"{reaches.parent}:/usr/bin:/bin"}
        assert sh("check-cache.sh", ALONE="env", **told).returncode == 0
        done = sh("check-cache.sh", **told)
    assert done.returncode == 1
    assert "check-cache: cache is not enough for buildout.cfg" in done.stderr


def test_where_the_network_cannot_be_taken_away_a_cache_is_not_good(sh: Sh, tmp_path: Path) -> None:
    done = sh("check-cache.sh", ALONE="false")
    assert done.returncode == 3
    assert done.stderr.startswith("check-cache: could not tell: the network cannot be taken away")


def test_a_folder_that_is_missing_is_one_sentence(python: Path, tmp_path: Path) -> None:
    done = _compare(python, tmp_path / "dist", "http://127.0.0.1:9/simple/")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_buildout_that_names_no_index_is_not_filled_from_the_public_one(
    sh: Sh, tmp_path: Path
) -> None:
    (tmp_path / "buildout.cfg").write_text("[buildout]\nparts =\n")
    done = sh("fill-cache.sh")
    assert done.returncode == 2
    assert "buildout.cfg names no index by http or https" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["buildout.cfg"]


def _sums(cache: Path, *more: str) -> None:
    files = sorted(path for path in cache.rglob("*") if path.is_file())
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  ./{path.relative_to(cache)}\n"
        for path in files
    ]
    (cache / "SHA256SUMS").write_text("".join((*lines, *more)))


def _link(file: Path, elsewhere: Path) -> None:
    """Put a link in the place of a file, to the same bytes."""
    file.rename(elsewhere)
    file.symlink_to(elsewhere)


@pytest.mark.parametrize(
    "damage",
    [
        lambda cache: (cache / "dist" / WHEEL).write_bytes(b"other"),
        lambda cache: (cache / "dist" / WHEEL).write_bytes(b""),
        lambda cache: (cache / "dist" / WHEEL).unlink(),
        lambda cache: (cache / "dist" / "a b.whl").write_bytes(b""),
        lambda cache: (cache / "dist" / ".hidden.whl").write_bytes(b""),
        lambda cache: (cache / "dist" / "link.whl").symlink_to(cache / "dist" / WHEEL),
        lambda cache: (cache / "extends").symlink_to("/etc"),
        lambda cache: _link(cache / "dist" / WHEEL, cache.parent / "elsewhere.whl"),
        lambda cache: (cache / "dist" / "demo_lib-1.0-py3.13.egg").mkdir(),
        lambda cache: (cache / "SHA256SUMS").write_bytes(b""),
        lambda cache: (cache / "SHA256SUMS").write_bytes(b"# nothing\n"),
        lambda cache: (cache / "SHA256SUMS").write_bytes(b"\xff\xfe"),
        lambda cache: _sums(cache, "no sum at all\n"),
    ],
)
def test_a_cache_that_is_not_the_one_that_was_filled_is_refused(
    sh: Sh, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    cache = tmp_path / "cache"
    (cache / "dist").mkdir(parents=True)
    (cache / "dist" / WHEEL).write_bytes(b"wheel")
    _sums(cache)
    assert sh("verify.sh").returncode == 0
    damage(cache)
    done = sh("verify.sh")
    assert done.returncode == 1
    assert "verify: " in done.stderr


@pytest.mark.parametrize(
    "index",
    ["mirror.example", "https://me:secret@mirror.example/simple/", "https://m.example/a|b/", " "],
)
def test_what_is_no_address_is_not_written_into_a_buildout(
    sh: Sh, tmp_path: Path, index: str
) -> None:
    text = "[buildout]\nindex = https://mirror.example/simple/\n"
    (tmp_path / "buildout.cfg").write_text(text)
    done = sh("point-at.sh", INDEX=index)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "secret" not in done.stderr
    assert (tmp_path / "buildout.cfg").read_text() == text


@pytest.mark.parametrize("text", ["[buildout]\n", "[buildout]\nindex = a\n[other]\nindex = b\n"])
def test_a_buildout_with_other_than_one_index_is_left_alone(
    sh: Sh, tmp_path: Path, text: str
) -> None:
    (tmp_path / "buildout.cfg").write_text(text)
    done = sh("point-at.sh")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert (tmp_path / "buildout.cfg").read_text() == text


def _compare(
    python: Path, folder: Path, trusted: str, own: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, RECIPE / "compare.py", folder],
        env={"TRUSTED": trusted, "OWN": own},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_file_is_good_only_where_the_trusted_index_has_just_this_one(
    python: Path, tmp_path: Path
) -> None:
    file = tmp_path / WHEEL
    with Index(OURS) as index:
        here = f"{index.http_url}/simple"
        (entry,) = (each for each in index.files("demo-lib"))
        command = "import sys, urllib.request as u; u.urlretrieve(*sys.argv[1:])"
        url = f"{index.http_url}{entry.url}"
        subprocess.run([python, "-c", command, url, file], check=True, env={})
        assert _compare(python, tmp_path, here).returncode == 0
        index.yank("demo-lib", "1.0")
        done = _compare(python, tmp_path, here)
        assert (done.returncode, done.stderr.strip()) == (
            1,
            f"compare: {WHEEL} is yanked; pin another version",
        )
        index.unyank("demo-lib", "1.0")
        file.write_bytes(file.read_bytes() + b"\0")
        assert f"{WHEEL} is not the file that" in _compare(python, tmp_path, here).stderr
        assert _compare(python, tmp_path, here, own="Demo.Lib").returncode == 0
        file.rename(tmp_path / "demo_lib-2.0-py3-none-any.whl")
        assert (
            "if it is your own project, name it in OWN" in _compare(python, tmp_path, here).stderr
        )
        index.fault("503")
        assert _compare(python, tmp_path, here).returncode == 3


@pytest.mark.parametrize("name", ["demo_lib-1.0-py3.13.egg", "demo_lib.whl", "demo.exe", "x"])
def test_what_no_index_could_know_is_not_good(python: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    done = _compare(python, tmp_path, "http://127.0.0.1:9/simple/", own="demo-lib demo x")
    assert done.returncode == 1
    assert (
        done.stderr == f"compare: {name} is neither a wheel nor an sdist, and cannot be compared\n"
    )


def test_nothing_is_not_good(python: Path, tmp_path: Path) -> None:
    done = _compare(python, tmp_path, "http://127.0.0.1:9/simple/")
    assert (done.returncode, done.stderr) == (1, "compare: there is no file to compare\n")


@pytest.mark.parametrize(
    ("trusted", "code"),
    [
        ("http://index.example/simple/", 2),
        ("index.example", 2),
        ("file:///simple/", 2),
        ("https://[index/", 2),
        ("http://127.0.0.1:9/simple/", 3),
    ],
)
def test_a_trusted_index_is_https_and_answers(
    python: Path, tmp_path: Path, trusted: str, code: int
) -> None:
    (tmp_path / WHEEL).touch()
    done = _compare(python, tmp_path, trusted)
    assert (done.returncode, done.stderr.count("\n")) == (code, 1)


HTML = f'<a href="/p/{WHEEL}#sha256=HASH"{{}}>it</a>'


@pytest.mark.parametrize(
    ("kind", "page", "code"),
    [
        ("text/html", HTML.format(""), 0),
        ("text/html", HTML.format(' data-yanked=""'), 1),
        ("text/html", HTML.format("").replace("sha256", "md5"), 1),
        ("text/html", "<p>Please log in</p>", 1),
        ("application/json", '{"files": [{"filename": 7, "hashes": null}]}', 3),
        ("application/json", "[" * 100_000, 3),
        ("application/json", "<html>", 3),
    ],
)
def test_a_page_in_html_says_as_much_and_what_is_no_page_tells_nothing(
    python: Path, tmp_path: Path, kind: str, page: str, code: int
) -> None:
    (tmp_path / WHEEL).write_bytes(b"wheel")
    page = page.replace("HASH", hashlib.sha256(b"wheel").hexdigest())
    with _answering(200, {"Content-Type": kind}, page) as url:
        done = _compare(python, tmp_path, url)
    assert done.returncode == code, done.stderr
    assert done.stderr.count("\n") == (1 if code else 0)


def test_nobody_is_believed_to_whom_the_trusted_index_sends(python: Path, tmp_path: Path) -> None:
    (tmp_path / WHEEL).touch()
    elsewhere = {"Location": "http://127.0.0.1:9/simple/demo-lib/"}
    with _answering(302, elsewhere, "") as url:
        done = _compare(python, tmp_path, url.replace("//", "//me:secret@"))
    assert done.returncode == 3
    assert "redirects to another server" in done.stderr
    assert "secret" not in done.stderr


@contextmanager
def _answering(status: int, headers: dict[str, str], page: str) -> Iterator[str]:
    """An index that answers every request alike."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/simple/"
        finally:
            server.shutdown()
            thread.join()
