"""The mirror of a mirror: take each safeguard away; then give its scripts wrong settings."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from tests.recipes.conftest import Case
from tests.recipes.mirror_of_a_mirror_tree import BYTES, RECIPE, WHEEL, made_tree
from tests.recipes.one_world import World

SABOTAGE: list[Case] = []
WORLDS = [
    World(
        "serve",
        [
            ("promise", "sync.sh", "--filter='hide .*'", "", "half.whl.abcdef was copied"),
            ("promise", "sync.sh", '--link-dest="$old"', "--stats", "here was fetched again"),
            ("cut-half-way", "sync.sh", "--partial-dir=.rsync-partial", "", "had come was fetched"),
            (
                "switched-under-readers",
                "sync.sh",
                'mv -T "$MIRROR/.web"',
                'rm -f "$MIRROR/web"; sleep 0.3; mv -T "$MIRROR/.web"',
                "a reader got",
            ),
            ("two-runs", "rsyncd.conf.in", "max connections", "# max", "one too many ended with 0"),
            ("disk-full", "sync.sh", "new=$generations/.new", "new=$MIRROR/web", "was touched"),
            ("emptied-source", "sync.sh", "had * SHRINK", "had * 100", "it is not seen before"),
            ("source-changes", "sync.sh", "python3 verify.py", "true", "half a tree ended with 0"),
            # What these two leave behind, none of the others may begin with.
            ("altered", "verify.py", "digest.hexdigest() == sha256", "True", "file was taken"),
            ("removed-upstream", "sync.sh", "KEEP + 1", "KEEP + 9", "in an old generation"),
        ],
    )
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return made_tree(tmp_path)


def _sync(tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.defpath, "MIRROR": str(tmp_path / "mirror"), **settings}
    return subprocess.run(
        ["sh", RECIPE / "sync.sh"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("SOURCE", "https://mirror.example/simple/", "SOURCE is rsync://"),
        ("SOURCE", "--rsh=sh", "SOURCE is rsync://"),
        ("SOURCE", "ftp://mirror.example/pypi/", "SOURCE is rsync://"),
        ("SOURCE", "first-level/web", "SOURCE is rsync://"),
        ("SOURCE", ":/srv/mirror", "SOURCE is rsync://"),
        ("MIRROR", "mirror", "MIRROR is a whole path"),
        ("KEEP", "-1", "KEEP is a whole number"),
        ("KEEP", "two", "KEEP is a whole number"),
        ("KEEP", "08", "KEEP is a whole number"),
        ("SHRINK", "10%", "SHRINK is a whole number"),
        ("SHRINK", "010", "SHRINK is a whole number"),
        ("SHRINK", "101", "SHRINK is a percentage"),
        ("BANDWIDTH", "1m", "BANDWIDTH is a whole number"),
        ("PATIENCE", "0", "PATIENCE is 1 or more"),
        ("PATIENCE", "12345678901", "PATIENCE is a whole number"),
        ("EXCEPT", "Demo_Lib", "EXCEPT is names"),
        ("EXCEPT", "--old", "EXCEPT is names"),
        ("EXCEPT", "a --shrink 100", "EXCEPT is names"),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    setting: str, value: str, said: str, tmp_path: Path
) -> None:
    done = _sync(tmp_path, **{setting: value})
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir()), "something was written"


def test_what_it_did_not_make_is_left_alone(tree: Path, tmp_path: Path) -> None:
    web = tmp_path / "mirror" / "web"
    web.mkdir(parents=True)
    (web / "mine").touch()
    done = _sync(tmp_path, SOURCE=str(tree))
    assert done.returncode == 2
    assert "is no symlink, so this script did not make it" in done.stderr
    assert (web / "mine").exists()


def test_a_link_that_leads_nowhere_is_told(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "web").symlink_to("generations/gone")
    done = _sync(tmp_path, SOURCE=str(tree))
    assert done.returncode == 1
    assert "which is not there: turn it to a generation that is, or remove it" in done.stderr


@pytest.mark.parametrize("source", ["rsync://127.0.0.1:1/pypi/", "127.0.0.1::pypi/"])
def test_a_source_that_does_not_answer_is_three(source: str, tmp_path: Path) -> None:
    done = _sync(tmp_path, SOURCE=source, PATIENCE="2")
    assert done.returncode == 3, done.stderr
    assert "the source does not answer" in done.stderr


def test_what_lies_among_the_generations_and_is_none_stays(tree: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mirror" / "generations" / "2026-mine"
    mine.mkdir(parents=True)
    for _ in range(2):
        assert _sync(tmp_path, SOURCE=str(tree), KEEP="0").returncode == 0
    made = sorted(each.name for each in mine.parent.iterdir())
    assert mine.name in made
    assert len(made) == 2


def test_a_path_may_have_spaces(tree: Path, tmp_path: Path) -> None:
    source = tree.rename(tmp_path / "my tree")
    mirror = tmp_path / "my mirror"
    for _ in range(2):
        done = _sync(tmp_path, SOURCE=str(source), MIRROR=str(mirror))
        assert done.returncode == 0, done.stderr
    assert (mirror / "web" / WHEEL).read_bytes() == BYTES


def test_only_a_source_that_is_no_older_is_taken(tree: Path, tmp_path: Path) -> None:
    said = tree / "last-modified"
    said.write_text("20260101T00:00:00\n")
    assert _sync(tmp_path, SOURCE=str(tree)).returncode == 0
    served = (tmp_path / "mirror" / "web").resolve()
    for text, reason in (
        ("20251231T23:59:59\n", "is of 20251231T23:59:59, older than what is served"),
        ("2026", "the source does not say"),
        ("", "the source does not say"),
    ):
        said.write_text(text)
        done = _sync(tmp_path, SOURCE=str(tree))
        assert done.returncode == 1, f"{text!r} was taken"
        assert reason in done.stderr
        assert (tmp_path / "mirror" / "web").resolve() == served
    assert _sync(tmp_path, SOURCE=str(tree), SHRINK="100").returncode == 0


def test_rsync_that_outlives_its_sync_keeps_the_next_one_away(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        source = f"rsync://127.0.0.1:{silent.getsockname()[1]}/pypi/"
        environment = {"PATH": os.defpath, "MIRROR": str(tmp_path / "mirror"), "SOURCE": source}
        with subprocess.Popen(["sh", RECIPE / "sync.sh"], env=environment) as sync:
            connection, _ = silent.accept()
            sync.kill()
        second = _sync(tmp_path, SOURCE=source)
        connection.close()
    assert second.returncode == 3
    assert "is under way: nothing done" in second.stderr


@pytest.mark.parametrize("absent", ["rsync", "flock", "python3"])
def test_a_program_that_is_missing_is_named(absent: str, tree: Path, tmp_path: Path) -> None:
    for program in {"sh", "dirname", "rsync", "flock", "python3"} - {absent}:
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / program).symlink_to(shutil.which(program) or "")
    shell = shutil.which("sh") or ""
    done = subprocess.run(
        [shell, RECIPE / "sync.sh"],
        env={"PATH": str(tmp_path / "bin"), "SOURCE": str(tree), "MIRROR": str(tmp_path / "m")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"sync: there is no {absent} on PATH: install it\n"
    assert not (tmp_path / "m").exists()


REFUSED = [
    (
        "sync.sh",
        {"SOURCE": "/srv", "MIRROR": "/proc/mirror"},
        "cannot write to MIRROR, /proc/mirror",
    ),
    ("serve.sh", {"MIRROR": '/srv/"'}, "can be in MIRROR"),
    ("serve.sh", {"STATE": "/srv/a|b"}, "can be in MIRROR"),
    ("check.sh", {"MIRRORLAB": "no-such-program"}, "there is no no-such-program"),
    ("try-first-level.sh", {"PROJECTS": " "}, "PROJECTS names none"),
    ("try-first-level.sh", {}, "there is no bandersnatch"),
    ("rsyncd.sh", {"MAX_CONNECTIONS": "0"}, "MAX_CONNECTIONS is a whole number"),
    ("rsyncd.sh", {"MAX_CONNECTIONS": "many"}, "MAX_CONNECTIONS is a whole number"),
    ("rsyncd.sh", {"RSYNC_LISTEN": "8873"}, "RSYNC_LISTEN is address:port"),
    ("rsyncd.sh", {"RSYNC_LISTEN": "127.0.0.1:rsync"}, "RSYNC_LISTEN is address:port"),
    ("rsyncd.sh", {"RSYNC_LISTEN": "127.0.0.1:"}, "RSYNC_LISTEN is address:port"),
    ("rsyncd.sh", {"TREE": "web"}, "are whole paths"),
    ("rsyncd.sh", {"TREE": "/srv/100%"}, "can be in '/srv/100%'"),
]


@pytest.mark.parametrize(("script", "settings", "said"), REFUSED)
def test_what_a_script_cannot_do_is_one_sentence(
    script: str, settings: dict[str, str], said: str, tmp_path: Path
) -> None:
    shutil.copytree(RECIPE, tmp_path / "recipe")
    before = sorted(tmp_path.rglob("*"))
    done = subprocess.run(
        ["sh", tmp_path / "recipe" / script],
        env={"PATH": os.defpath, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before, "something was written"


def test_a_folder_without_a_tree_is_not_given_away(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", RECIPE / "rsyncd.sh"],
        env={"PATH": os.defpath, "TREE": str(tmp_path), "RSYNC_STATE": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "has no simple/" in done.stderr
    assert not (tmp_path / "state").exists()
