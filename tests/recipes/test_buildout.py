"""Buildout: take each safeguard away, and see the drill fail for that reason; its scripts alone."""

from __future__ import annotations

import hashlib
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.recipes.buildout_answering import answering
from tests.recipes.conftest import Case
from tests.recipes.one_world import World

from mirrorlab.lab import tools

RECIPE = Path(__file__).parents[2] / "recipes" / "buildout"
WHEEL = "demo_lib-1.0-py3-none-any.whl"

SABOTAGE: list[Case] = [
    (
        "promise",
        "build.sh",
        "install-from-cache=true",
        "install-from-cache=false",
        "more than filling asked for a page",
    ),
]
CACHED, CODE = "install-from-cache=", '[ "$code" -ne 0 ]'
WORLDS = [
    World(
        after="fill-cache",
        cases=[
            ("index-dead", "build.sh", f"{CACHED}true", f"{CACHED}false", "build.sh asked"),
            (
                "hash-mismatch",
                "build.sh",
                'sh "$(dirname',
                'echo "$(dirname',
                "another file in the cache",
            ),
            (
                "extends-gone",
                "build.sh",
                "extends-cache=$cache/extends",
                "extends-cache=$cache/n",
                "is gone",
            ),
            (
                "incomplete-cache",
                "check-cache.sh",
                CODE,
                "false",
                "a cache without what builds its sdist may leave",
            ),
            (
                "requires-python",
                "check-cache.sh",
                CODE,
                "false",
                "a cache with what this Python cannot run may leave",
            ),
            (
                "build-dependency",
                "fill-cache.sh",
                'PIP_INDEX_URL="$index"',
                'NOBODY="$index"',
                "filling asked the public index",
            ),
            ("yanked", "compare.py", "elif listed.yanked", "elif False", "yanked release is good"),
            ("password", "point-at.sh", "_+~%-]*) bad", "_+~%@-]*) bad", "password was written"),
            ("half-page", "demo.cfg", "demo-dep = 2.0", "demo-dep = >=1", "half a page was taken"),
        ],
        again={"demo.cfg": "point-at"},
    )
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
    with answering(200, {}, "") as url:
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


def _filled(folder: Path) -> Path:
    cache = folder / "cache"
    (cache / "dist").mkdir(parents=True)
    (cache / "dist" / WHEEL).write_bytes(b"wheel")
    _sums(cache)
    return cache


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
    damage(_filled(tmp_path))
    done = sh("verify.sh")
    assert done.returncode == 1
    assert "verify: " in done.stderr


def test_the_cache_that_was_filled_is_taken(sh: Sh, tmp_path: Path) -> None:
    _filled(tmp_path)
    assert sh("verify.sh").returncode == 0


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
