"""prune.sh of mirror-health: what it removes, and what it refuses to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.recipes.mirror_health_pruning import (
    FILE,
    JSON,
    RECIPE,
    Upstream,
    kit,
    prune,
    report,
    served,
    tree_in,
    web,
)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """An upstream that answers."""
    with served(Upstream()) as one:
        yield one


def _sh(upstream: Upstream, tree: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Start prune.sh itself, where a check has found FILE."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "MIRRORLAB": str(kit(tree, report(FILE), 1)),
        "MIRROR": str(tree),
        "STATE": str(tree),
        "UPSTREAM": upstream.url,
        "MOST": "70",
        **settings,
    }
    command = ["sh", str(RECIPE / "prune.sh")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_file_goes_from_each_form_of_its_page_and_its_version_with_it(
    tmp_path: Path, upstream: Upstream
) -> None:
    tree = tree_in(tmp_path)
    before = web(tree)
    assert _sh(upstream, tree).returncode == 1
    assert web(tree) == before
    done = _sh(upstream, tree, DELETE="yes")
    assert (done.returncode, done.stderr) == (0, "")
    after = web(tree)
    assert before.keys() - after.keys() == {"packages/a-1.0.tar.gz"}
    changed = {one for one in after if after[one] != before[one]}
    assert changed == {f"simple/a/{form}" for form in (JSON, "index.html", "index.v1_html")}
    assert not any(b"1.0" in after[one] for one in changed)
    assert all(b"a-2.0.tar.gz" in after[one] for one in changed)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("", 0),
        ("[]", 0),
        ("Everything is fine.", 0),
        (report(FILE)[:-1], 1),
        (report(FILE).replace('"schema": 1', '"schema": 2'), 1),
        (report(FILE), 0),
        (report(FILE), 3),
        (report(FILE, could_not_tell=["a page"]), 1),
        (report(FILE), 2),
        (report(FILE), 137),
        (report(("withdrawn-project", "../b", "")), 1),
        (report(("withdrawn-project", "A", "")), 1),
        (report(("withdrawn-file", "a", "a-3.0.tar.gz")), 1),
        (report(("withdrawn-file", "c", "c-1.0.tar.gz")), 1),
        (report(("withdrawn-project", "a", ""), ("withdrawn-project", "b", "")), 1),
        (report(FILE, counts={"extra": 9, "orphaned": 0}), 1),
    ],
)
def test_what_the_check_did_not_clearly_say_is_refused(
    tmp_path: Path, upstream: Upstream, said: str, code: int
) -> None:
    tree = tree_in(tmp_path)
    before = web(tree)
    (tmp_path / "prune.txt").write_text(
        f"# withdrawn of {tree}, which copies {upstream.url}/simple/\nfile a a-1.0.tar.gz\n"
        "project a\nproject b\n"
    )
    done = prune(upstream.url, tree, said, code=code, delete="yes")
    assert (done.code, web(tree)) == (3, before), done.stdout
    assert done.stderr.startswith("prune: refused: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("most", "0"),
        ("most", "101"),
        ("most", "5%"),
        ("most", "-5"),
        ("most", "05"),
        ("delete", "Yes"),
        ("delete", "true"),
        ("upstream", "pypi.org"),
        ("upstream", "https://"),
        ("upstream", "https://me:secret@private.example/simple/"),
        ("upstream", "https://private.example/simple/?x"),
        ("upstream", "https://private.example:port/simple/"),
        ("mirrorlab", "no-such-command"),
    ],
)
def test_a_setting_that_is_not_understood_is_refused(
    tmp_path: Path, upstream: Upstream, setting: str, value: str
) -> None:
    tree = tree_in(tmp_path)
    before = web(tree)
    url = upstream.url
    prune(url, tree, report(FILE))
    settings: dict[str, Any] = {"upstream": url, "delete": "yes", setting: value}
    done = prune(tree=tree, said=report(FILE), **settings)
    assert (done.code, web(tree)) == (2, before)
    assert done.stderr.startswith(f"prune: {setting.upper()}")
    assert len(done.stderr.splitlines()) == 1
    assert "secret" not in done.stderr


def test_where_there_is_no_tree_nothing_is_pruned(tmp_path: Path, upstream: Upstream) -> None:
    done = _sh(upstream, tree_in(tmp_path), MIRROR="/nowhere")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert done.stderr.startswith("prune: MIRROR: there is no bandersnatch tree in /nowhere")


def test_without_a_list_nothing_is_removed(tmp_path: Path, upstream: Upstream) -> None:
    done = prune(upstream.url, tree_in(tmp_path), report(FILE), delete="yes")
    assert done.code == 3
    assert "there is no list yet" in done.stderr


@pytest.mark.parametrize(
    ("form", "old", "new"),
    [
        ("index.html", "    <a", "    <b></b><a"),
        ("index.v1_html", ">a-1.0.tar.gz<", ">A-1.0.tar.gz<"),
        (JSON, '"../../packages/a-1.0', '"../../../../precious/a-1.0'),
        (JSON, '"../../packages/a-1.0', '"../../packages/%2e%2e/%2e%2e/%2e%2e/precious/a-1.0'),
        (JSON, '"../../packages/a-1.0', '"https://mirror.example/packages/../../../precious/a-1.0'),
        (JSON, '"../../packages/a-1.0', '"../../packages/link/a-1.0'),
    ],
)
def test_a_page_that_is_not_as_bandersnatch_writes_it_is_refused(
    tmp_path: Path, upstream: Upstream, form: str, old: str, new: str
) -> None:
    tree = tree_in(tmp_path / "tree")
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "a-1.0.tar.gz").write_text("not of the tree")
    (tree / "web" / "packages" / "link").symlink_to(precious)
    page = tree / "web" / "simple" / "a" / form
    text = page.read_text()
    assert old in text
    page.write_text(text.replace(old, new))
    before = web(tree)
    for delete in ("no", "yes"):
        done = prune(upstream.url, tree, report(FILE), delete=delete)
        assert done.code == 3
    assert web(tree) == before
    assert (precious / "a-1.0.tar.gz").exists()


def test_a_file_that_another_page_names_too_stays(tmp_path: Path, upstream: Upstream) -> None:
    tree = tree_in(tmp_path, other="a-1.0.tar.gz")
    upstream.files["b"] = ["a-1.0.tar.gz"]
    for delete in ("no", "yes"):
        done = prune(upstream.url, tree, report(FILE), delete=delete)
    assert done.code == 0
    assert (tree / "web" / "packages" / "a-1.0.tar.gz").exists()
    assert "a-1.0.tar.gz" not in (tree / "web" / "simple" / "a" / JSON).read_text()


def test_pages_are_replaced_before_files_go_and_what_was_broken_off_goes_on(
    tmp_path: Path, upstream: Upstream
) -> None:
    tree = tree_in(tmp_path)
    file = tree / "web" / "packages" / "a-1.0.tar.gz"
    prune(upstream.url, tree, report(FILE))
    file.unlink()
    file.mkdir()  # which cannot be unlinked
    (tree / "web" / ".pruned-before").mkdir()
    done = prune(upstream.url, tree, report(FILE), delete="yes")
    assert done.code == 1
    assert done.stderr.startswith("prune: broken off: ")
    page = (tree / "web" / "simple" / "a" / "index.html").read_text()
    assert "a-1.0.tar.gz" not in page
    assert not (tree / "web" / ".pruned-before").exists()


@pytest.mark.parametrize("setting", ["STATE", "LOCK"])
def test_a_pruning_that_can_write_nothing_is_refused(
    tmp_path: Path, upstream: Upstream, setting: str
) -> None:
    tree = tree_in(tmp_path / "tree")
    (tmp_path / "file").write_text("")
    settings = {setting: str(tmp_path / "file" / "below")}
    done = _sh(upstream, tree, **settings)
    assert done.returncode == 3
    assert f"prune: refused: {setting}: cannot write" in done.stderr


def test_a_lock_that_cannot_be_taken_is_no_sync_at_work(tmp_path: Path, upstream: Upstream) -> None:
    flock = tmp_path / "bin" / "flock"
    flock.parent.mkdir()
    flock.write_text("#!/bin/sh\nexit 64\n")
    flock.chmod(0o755)
    done = _sh(upstream, tree_in(tmp_path / "tree"), PATH=f"{flock.parent}:/usr/bin:/bin")
    assert done.returncode == 3
    assert "flock ended with 64" in done.stderr
