"""What receives and installs a bundle of air-gap, fooled with one that is not what was packed."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.recipes.air_gap_bundle import (
    HERE,
    MACHINE,
    A,
    made_bundle,
    new_project,
    run,
    sum_up,
    tree,
)

Harm = Callable[[Path], object]


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return made_bundle(tmp_path)


def _sums(change: Callable[[str], str], encoding: str = "utf-8") -> Harm:
    def harm(stick: Path) -> None:
        sums = stick / "SHA256SUMS"
        sums.write_bytes(change(sums.read_text()).encode(encoding))

    return harm


def _link(name: str, to: str) -> Harm:
    def harm(stick: Path) -> None:
        place = stick / name
        if place.is_dir():
            shutil.move(place, stick.parent / "elsewhere")
        elif place.exists():
            place.rename(stick.parent / "elsewhere")
        place.symlink_to(to)

    return harm


def _add(name: str) -> Harm:
    return lambda stick: (stick / name).write_text("x")


def _in_a_folder_whose_name_ends_a_line(stick: Path) -> None:
    folder = stick / f"{A}\n."
    folder.mkdir()
    (folder / "SHA256SUMS").write_text("x")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda stick: (stick / A).write_bytes(b"fir"), f"damaged: {A}"),
        (lambda stick: (stick / A).write_bytes(b""), f"damaged: {A}"),
        (lambda stick: (stick / A).write_bytes(b"firsu"), f"damaged: {A}"),
        (lambda stick: (stick / A).unlink(), f"missing: {A}"),
        (lambda stick: (stick / "install.sh").write_text("#!/bin/sh\n"), "damaged: install.sh"),
        (_add("files/x.whl"), "added: files/x.whl"),
        (_add(".DS_Store"), "added: .DS_Store"),
        (_add("-x"), "added: -x"),
        (_add("files/a b.whl"), "added: files/a b.whl"),
        (_add("install.sh "), "added: install.sh"),
        (_add("SHA256SUMS "), "added: SHA256SUMS"),
        (_add("files/SHA256SUMS"), "added: files/SHA256SUMS"),
        (_in_a_folder_whose_name_ends_a_line, "added: files/a-1.0"),
        (_link("files/x", "/etc"), "a link, not a file: files/x"),
        (_link(A, "../../elsewhere"), f"a link, not a file: {A}"),
        (_link("files", "../elsewhere"), "a link, not a file: files"),
        (_link("SHA256SUMS", "../elsewhere"), "a link, not a file: SHA256SUMS"),
        (lambda stick: os.mkfifo(stick / "pipe"), "a link, not a file: pipe"),
        (lambda stick: (stick / "SHA256SUMS").unlink(), "this is no bundle"),
        (_sums(lambda text: ""), "this is no bundle"),
        (_sums(lambda text: "\n"), "SHA256SUMS is damaged"),
        (_sums(lambda text: text[: len(text) // 2]), "SHA256SUMS is damaged"),
        (_sums(lambda text: text[:-1]), "SHA256SUMS is damaged"),
        (_sums(lambda text: text.replace("\n", "\r\n")), "SHA256SUMS is damaged"),
        (_sums(lambda text: text, "utf-16"), "SHA256SUMS is damaged"),
        (_sums(lambda text: text, "utf-8-sig"), "SHA256SUMS is damaged"),
        (_sums(lambda text: f"{'0' * 64}  files/../../x\n{text}"), "SHA256SUMS is damaged"),
        (_sums(lambda text: f"{'0' * 64}  /etc/passwd\n{text}"), "SHA256SUMS is damaged"),
        (_sums(lambda text: f"{'0' * 64} *{A}\n{text}"), "SHA256SUMS is damaged"),
        (_sums(str.upper), "SHA256SUMS is damaged"),
        (_sums(lambda text: text[: text.rindex("\n", 0, -1) + 1]), "does not name verify.sh"),
        (_sums(lambda text: text[text.index("\n") + 1 :]), f"added: {A}"),
        (_sums(lambda text: f"{'0' * 64}  {A}\n{text}"), f"damaged: {A}"),
    ],
)
def test_a_bundle_that_is_not_what_was_packed_is_refused(
    harm: Harm, said: str, stick: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    assert run("receive.sh", tmp_path, FROM="stick", STORE="store").returncode == 0
    before = tree(store)
    harm(stick)
    outside = tree(tmp_path, but=stick)
    done = run("receive.sh", tmp_path, FROM="stick", STORE="store", EARLIER="none")
    assert done.returncode == 1, done.stderr
    assert said in done.stderr
    assert done.stderr.splitlines()[-1] == "receive: nothing was received from stick"
    assert tree(store) == before
    assert tree(tmp_path, but=stick) == outside, "something was written elsewhere"


def test_a_linked_folder_is_not_filled_up(stick: Path, tmp_path: Path) -> None:
    """A small bundle whose folder leads elsewhere: what the earlier one had is not put there."""
    assert run("receive.sh", tmp_path, FROM="stick", STORE="store").returncode == 0
    shutil.rmtree(stick / "files")
    (tmp_path / "yours").mkdir()
    (stick / "files").symlink_to(tmp_path / "yours")
    done = run("receive.sh", tmp_path, FROM="stick", STORE="store")
    assert (done.returncode, list((tmp_path / "yours").iterdir())) == (1, [])


def test_a_forger_is_told_apart_by_the_sum_alone(stick: Path, tmp_path: Path) -> None:
    told = hashlib.sha256((stick / "SHA256SUMS").read_bytes()).hexdigest()
    for _ in range(2):
        done = run("receive.sh", tmp_path, FROM="stick", STORE="store/", SUM=told)
        assert (done.returncode, done.stdout, done.stderr) == (0, "whole: store\n", "")
    (stick / A).write_bytes(b"forged")
    sum_up(stick)
    done = run("receive.sh", tmp_path, FROM="stick", STORE="store", SUM=told)
    assert done.returncode == 1
    assert "SHA256SUMS is not the one that was packed" in done.stderr
    done = run("receive.sh", tmp_path, FROM="stick", STORE="store")
    assert done.returncode == 0
    assert "a forger's bundle would have been received as well" in done.stderr


def test_signers_that_are_not_there_are_no_signature(stick: Path, tmp_path: Path) -> None:
    done = run("verify.sh", stick, SIGNERS="nowhere/signers")
    assert done.returncode == 1
    assert "there is no file nowhere/signers" in done.stderr


@pytest.mark.parametrize("script", ["receive.sh", "pack.sh"])
@pytest.mark.parametrize("what", ["folder", "bundle", "link", "file"])
def test_nothing_of_the_readers_is_replaced(
    script: str, what: str, stick: Path, tmp_path: Path
) -> None:
    place = tmp_path / "here"
    if what == "file":
        place.write_text("mine")
    elif what == "link":
        place.symlink_to(stick)
    else:
        shutil.copytree(stick, place) if what == "bundle" else place.mkdir()
        (place / "mine.txt").write_text("mine")
    for name in ("here.new", "here.old"):  # nor what only has a likely name
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.txt").write_text("mine")
    new_project(tmp_path)
    before = tree(tmp_path)
    done = run(script, tmp_path, FROM="stick", STORE="here", BUNDLE="here")
    assert done.returncode == 2, done.stderr
    assert "here is there and is not a bundle alone" in done.stderr
    assert tree(tmp_path) == before


@pytest.mark.parametrize("what", ["other Python", "no environment", "in the bundle", "a folder"])
def test_install_leaves_alone_what_it_did_not_make(what: str, stick: Path, tmp_path: Path) -> None:
    venv = stick / "venv" if what == "in the bundle" else tmp_path / "venv"
    said = "lies in the bundle"
    if what != "in the bundle":
        (venv / "bin").mkdir(parents=True)
        (venv / "mine.txt").write_text("mine")
        said = "is there and is no virtual environment"
    if what in ("other Python", "no environment"):
        (venv / "bin/python").write_text("#!/bin/sh\necho Python 3.1 on amiga\n")
        (venv / "bin/python").chmod(0o755)
    if what == "other Python":
        (venv / "pyvenv.cfg").touch()
        said = f"laptop is Python {HERE} on {MACHINE}; this is Python 3.1 on amiga"
    before = tree(tmp_path)
    done = run("install.sh", tmp_path, FROM="stick", VENV=str(venv), PYTHON=sys.executable)
    assert done.returncode in (1, 2), done.stderr
    assert said in done.stderr
    assert tree(tmp_path) == before


def test_half_an_interpreter_is_not_taken_for_one(stick: Path, tmp_path: Path) -> None:
    """An archive that breaks off unpacks to nothing; a folder of that name that is none is kept."""
    (stick / "cpython.tar.gz").write_bytes(b"\x1f\x8b\x08\x00")
    (stick / "locks/laptop.interpreter").write_text("cpython.tar.gz\n")
    sum_up(stick)
    home = tmp_path / "opt"
    done = run("install.sh", tmp_path, FROM="stick", VENV="venv", HOME_OF_PYTHON=str(home))
    assert done.returncode != 0
    assert list(home.iterdir()) == []
    (home / "python").mkdir()
    done = run("install.sh", tmp_path, FROM="stick", VENV="venv", HOME_OF_PYTHON=str(home))
    assert done.returncode == 2
    assert "python is there and is no interpreter" in done.stderr
