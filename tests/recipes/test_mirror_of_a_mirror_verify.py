"""verify.py of the mirror of a mirror: a tree is damaged in each way, and looked at."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.recipes.mirror_of_a_mirror_tree import (
    BYTES,
    FORMS,
    RECIPE,
    SHA256,
    WHEEL,
    made_tree,
    write,
    write_page,
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return made_tree(tmp_path)


def test_a_whole_tree_is_read_once(tree: Path, tmp_path: Path) -> None:
    first = _verify(tree)
    assert (first.returncode, first.stdout) == (0, "")
    assert first.stderr == "verify: 1 projects, 2 files, 2 of them read\n"
    subprocess.run(["cp", "-al", tree, tmp_path / "next"], check=True)
    again = _verify(tmp_path / "next", "--old", tree)
    assert again.returncode == 0
    assert "0 of them read" in again.stderr


def test_a_file_that_no_page_named_before_is_read(tree: Path, tmp_path: Path) -> None:
    """It came with the files of the sync before, after its page had been copied."""
    new, late = tmp_path / "next", "packages/aa/late.whl"
    (tree / late).write_bytes(b"altered")
    (tree / f"{late}.metadata").write_bytes(BYTES)
    subprocess.run(["cp", "-al", tree, new], check=True)
    for form in FORMS:
        (new / "simple" / "demo-lib" / form).unlink()
    write_page(new, f"../../{late}", SHA256)
    done = _verify(new, "--old", tree, "--shrink", "100")
    assert done.returncode == 1
    assert f"demo-lib: {late} has SHA-256" in done.stderr
    assert not (new / late).exists(), "the next sync holds it to be copied"
    assert (tree / late).exists(), "the old generation was touched"


Damage = Callable[[Path], object]
PAGE = "simple/demo-lib/index.v1_json"
DAMAGES: dict[str, tuple[Damage, str]] = {
    "missing file": (lambda tree: (tree / WHEEL).unlink(), "is not there, and its page names it"),
    "missing metadata": (lambda tree: (tree / f"{WHEEL}.metadata").unlink(), "is not there"),
    "altered": (lambda tree: (tree / WHEEL).write_bytes(b"a wheeL"), "has SHA-256"),
    "altered metadata": (lambda tree: (tree / f"{WHEEL}.metadata").write_bytes(b""), "has SHA-256"),
    "symlink": (lambda tree: _link(tree / WHEEL), "is no file"),
    "half a page": (lambda tree: os.truncate(tree / PAGE, 60), "is no page that can be read"),
    "empty page": (lambda tree: os.truncate(tree / PAGE, 0), "is no page that can be read"),
    "half of HTML": (
        lambda tree: os.truncate(tree / "simple/demo-lib/index.html", 20),
        "ends too early",
    ),
    "no page": (lambda tree: (tree / PAGE).unlink(), "the list has that form"),
    "other forms": (
        lambda tree: write_page(tree, f"../../{WHEEL}x", SHA256, FORMS[:1]),
        "names other files in one form",
    ),
    "old HTML": (
        lambda tree: write_page(tree, f"../../{WHEEL}", "0" * 64, FORMS[1:2]),
        "names other files in one form",
    ),
    "other host": (lambda tree: write_page(tree, "https://x/y.whl", SHA256), "on another host"),
    "outside": (lambda tree: write_page(tree, "../../../etc/x", SHA256), "leads out of packages/"),
    "aside": (lambda tree: write_page(tree, "x.whl", SHA256), "leads out of packages/"),
    "no hash": (lambda tree: write_page(tree, f"../../{WHEEL}", ""), "has no SHA-256"),
    "half a hash": (lambda tree: write_page(tree, f"../../{WHEEL}", "ab"), "has no SHA-256"),
    "version 2": (
        lambda tree: write(tree, PAGE, {"meta": {"api-version": "2.0"}, "files": []}),
        "is of version 2.0",
    ),
    "base": (
        lambda tree: (tree / "simple/demo-lib/index.html").write_text(
            f'<html><base href="https://x/"><a href="../../{WHEEL}#sha256={SHA256}">x</a></html>'
        ),
        "has a <base>",
    ),
    "nested": (lambda tree: (tree / PAGE).write_text("[" * 200_000), "is nested too deep"),
    "zero byte": (lambda tree: write_page(tree, "../../packages/a\0b", SHA256), "no path has"),
    "surrogate": (
        lambda tree: write_page(tree, "../../packages/\ud800", SHA256, FORMS[:1]),
        "no path",
    ),
    "no files": (lambda tree: write(tree, PAGE, {"meta": {"api-version": "1.0"}}), "'files'"),
    "odd files": (
        lambda tree: write(tree, PAGE, {"meta": {"api-version": "1.0"}, "files": [7]}),
        "is no page that can be read",
    ),
    "latin-1": (
        lambda tree: (tree / "simple/demo-lib/index.html").write_bytes(b"<html>\xe9</html>"),
        "is no page that can be read",
    ),
    "no list": (
        lambda tree: subprocess.run(["sh", "-c", f"rm {tree}/simple/index.*"], check=True),
        "has no list of projects",
    ),
    "half a list": (
        lambda tree: os.truncate(tree / "simple/index.v1_json", 30),
        "is no list of projects",
    ),
    "longer list": (
        lambda tree: write(
            tree,
            "simple/index.v1_json",
            {"meta": {"api-version": "1.0"}, "projects": [{"name": "demo-lib"}, {"name": "x"}]},
        ),
        "simple/x/ is listed, and not there",
    ),
    "nothing": (
        lambda tree: subprocess.run(["rm", "-r", tree / "simple"], check=True),
        "No such file or directory",
    ),
}


def _link(path: Path) -> None:
    path.rename(path.with_suffix(".kept"))
    path.symlink_to(path.with_suffix(".kept"))


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_tree_is_refused_in_a_sentence(name: str, tree: Path) -> None:
    damage, said = DAMAGES[name]
    damage(tree)
    done = _verify(tree)
    assert done.returncode == 1, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert all(line.startswith("verify: ") for line in done.stderr.splitlines())


def test_a_project_without_a_file_is_no_mirror(tree: Path) -> None:
    for form in FORMS:
        text = (
            '{"meta": {"api-version": "1.0"}, "files": []}' if "json" in form else "<html></html>"
        )
        (tree / "simple" / "demo-lib" / form).write_text(text)
    done = _verify(tree)
    assert done.returncode == 1
    assert "no page names a file" in done.stderr


def test_files_that_are_named_no_more_are_counted(tree: Path, tmp_path: Path) -> None:
    new = tmp_path / "next"
    subprocess.run(["cp", "-al", tree, new], check=True)
    other = WHEEL.replace("1.0", "2.0")
    for name in (other, f"{other}.metadata"):
        (new / name).write_bytes(BYTES)
    for form in FORMS:
        (new / "simple" / "demo-lib" / form).unlink()
    write_page(new, f"../../{other}", SHA256)
    refused = _verify(new, "--old", tree, "--shrink", "49")
    assert refused.returncode == 1
    assert "2 files are named no more, more than 49 percent" in refused.stderr
    assert _verify(new, "--old", tree, "--shrink", "50").returncode == 0


@pytest.mark.parametrize("name", ["missing file", "half a page", "no page", "other forms"])
def test_an_excepted_project_is_told_and_does_not_count(name: str, tree: Path) -> None:
    (tree / "simple" / "other").mkdir()
    for form in FORMS:
        page = tree / "simple" / "demo-lib" / form
        (tree / "simple" / "other" / form).write_bytes(page.read_bytes())
    (tree / WHEEL).rename(tree / "packages" / "kept.whl")
    write_page(tree, "../../packages/kept.whl", SHA256)
    (tree / f"{WHEEL}.metadata").rename(tree / "packages" / "kept.whl.metadata")
    refused = _verify(tree, "demo-lib")
    assert refused.returncode == 1, "the fault of another project was excepted"
    assert "verify: other: " in refused.stderr
    for form in FORMS:
        page = tree / "simple" / "demo-lib" / form
        (tree / "simple" / "other" / form).write_bytes(page.read_bytes())
    (tree / WHEEL).parent.mkdir(exist_ok=True)
    if name == "missing file":
        write_page(tree, f"../../{WHEEL}", SHA256)
    else:
        DAMAGES[name][0](tree)
    done = _verify(tree, "demo-lib")
    assert done.returncode == 0, done.stderr
    assert "verify: excepted: " in done.stderr


def test_what_the_other_form_of_a_bad_page_names_is_read(tree: Path, tmp_path: Path) -> None:
    """It is served, and the next sync takes it for read."""
    (tree / WHEEL).write_bytes(b"altered")
    (tree / PAGE).write_text("{")
    done = _verify(tree, "demo-lib")
    assert "excepted: simple/demo-lib/index.v1_json" in done.stderr
    assert f"excepted: {WHEEL} has SHA-256" in done.stderr
    assert not (tree / PAGE).exists()
    assert not (tree / WHEEL).exists(), "it is served, and nobody knows it"


def _verify(tree: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, RECIPE / "verify.py", tree, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
