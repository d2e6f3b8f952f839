"""The guards of the recipe air-gap, fooled with a bundle made by hand: no index, no installer."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mirrorlab.lab import tools

RECIPE = Path(__file__).parents[2] / "recipes" / "air-gap"
A = "files/a-1.0-py3-none-any.whl"
MACHINE = f"{sys.platform}-{platform.machine()}"
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
PATH = f"{Path(sys.executable).parent}:{os.defpath}"
Harm = Callable[[Path], object]


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A bundle of two files, for this machine."""
    folder = tmp_path / "stick"
    for name in ("files", "locks"):
        (folder / name).mkdir(parents=True)
    for name in ("install.sh", "verify.sh", "receive.sh"):
        shutil.copyfile(RECIPE / name, folder / name)
    (folder / A).write_bytes(b"first")
    (folder / "files/b-1.0.tar.gz").write_bytes(b"second")
    (folder / "targets.txt").write_text(f"laptop {HERE} - {MACHINE}\n")
    (folder / "locks/laptop-build.txt").write_text(f"pip==25.3 --hash=sha256:{'0' * 64}\n")
    _sum_up(folder)
    return folder


def _sum_up(folder: Path, name: str = "SHA256SUMS") -> None:
    files = sorted(f for f in folder.rglob("*") if f.is_file() and f.name != name)
    lines = [
        f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.relative_to(folder)}\n" for f in files
    ]
    (folder / name).write_text("".join(lines))


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
    assert _run("receive.sh", tmp_path, FROM="stick", STORE="store").returncode == 0
    before = _tree(store)
    harm(stick)
    outside = _tree(tmp_path, but=stick)
    done = _run("receive.sh", tmp_path, FROM="stick", STORE="store", EARLIER="none")
    assert done.returncode == 1, done.stderr
    assert said in done.stderr
    assert done.stderr.splitlines()[-1] == "receive: nothing was received from stick"
    assert _tree(store) == before
    assert _tree(tmp_path, but=stick) == outside, "something was written elsewhere"


def test_a_linked_folder_is_not_filled_up(stick: Path, tmp_path: Path) -> None:
    """A small bundle whose folder leads elsewhere: what the earlier one had is not put there."""
    assert _run("receive.sh", tmp_path, FROM="stick", STORE="store").returncode == 0
    shutil.rmtree(stick / "files")
    (tmp_path / "yours").mkdir()
    (stick / "files").symlink_to(tmp_path / "yours")
    done = _run("receive.sh", tmp_path, FROM="stick", STORE="store")
    assert (done.returncode, list((tmp_path / "yours").iterdir())) == (1, [])


def test_a_forger_is_told_apart_by_the_sum_alone(stick: Path, tmp_path: Path) -> None:
    told = hashlib.sha256((stick / "SHA256SUMS").read_bytes()).hexdigest()
    for _ in range(2):
        done = _run("receive.sh", tmp_path, FROM="stick", STORE="store/", SUM=told)
        assert (done.returncode, done.stdout, done.stderr) == (0, "whole: store\n", "")
    (stick / A).write_bytes(b"forged")
    _sum_up(stick)
    done = _run("receive.sh", tmp_path, FROM="stick", STORE="store", SUM=told)
    assert done.returncode == 1
    assert "SHA256SUMS is not the one that was packed" in done.stderr
    done = _run("receive.sh", tmp_path, FROM="stick", STORE="store")
    assert done.returncode == 0
    assert "a forger's bundle would have been received as well" in done.stderr


def test_signers_that_are_not_there_are_no_signature(stick: Path, tmp_path: Path) -> None:
    done = _run("verify.sh", stick, SIGNERS="nowhere/signers")
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
    _project(tmp_path)
    before = _tree(tmp_path)
    done = _run(script, tmp_path, FROM="stick", STORE="here", BUNDLE="here")
    assert done.returncode == 2, done.stderr
    assert "here is there and is not a bundle alone" in done.stderr
    assert _tree(tmp_path) == before


@pytest.mark.parametrize("linked", [False, True])
def test_packing_leaves_nothing_in_the_project(linked: bool, tmp_path: Path) -> None:
    """A backend that writes where it builds, as setuptools does."""
    project = _project(tmp_path)
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (project / "backend.py").write_text(BACKEND)
    if linked:
        project.rename(tmp_path / "lies-elsewhere")
        project.symlink_to("lies-elsewhere")
    before = _tree(tmp_path)
    built_in = tmp_path.parent / "scratch" / "built-in"
    built_in.parent.mkdir(exist_ok=True)
    path = f"{tools.install(RECIPE / 'requirements.txt', sys.executable).bin}:{os.defpath}"
    done = _run("pack.sh", tmp_path, path, BUILT_IN=str(built_in))
    assert done.returncode != 0
    assert Path(built_in.read_text()).name == "project", "the backend was not asked at all"
    assert _tree(tmp_path) == before


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (b"laptop - -\namiga 3.13 m68k-amiga", "amiga: there is no platform 'm68k-amiga'"),
        (b"laptop - -\r\namiga 3.13 m68k-amiga\r\n", "amiga: there is no platform 'm68k-amiga'"),
        (b"\xef\xbb\xbflaptop - -\n", "is no name: small letters, digits, hyphens"),
        (b"-x - -\n", "-x is no name: small letters, digits, hyphens"),
    ],
)
def test_no_line_of_targets_is_passed_over(targets: bytes, said: str, tmp_path: Path) -> None:
    _project(tmp_path)
    (tmp_path / "targets.txt").write_bytes(targets)
    done = _run("pack.sh", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert said in done.stderr


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PYTHON": "nowhere"}, "there is no nowhere; name one in PYTHON"),
        ({}, "install requirements.txt and put its bin into PATH"),
    ],
)
def test_missing_tools_are_one_sentence(
    settings: dict[str, str], said: str, stick: Path, tmp_path: Path
) -> None:
    _project(tmp_path)
    only = tmp_path / "bin"
    only.mkdir()
    (only / "python3").symlink_to(sys.executable)
    before = _tree(tmp_path)
    path = f"{only}:/usr/bin:/bin"
    for script, name in (("pack.sh", "pack"), ("check-bundle.sh", "check")):
        done = _run(script, tmp_path, path, **{"BUNDLE": "stick", **settings})
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"{name}: there is no ")
        assert said in done.stderr
    assert _tree(tmp_path) == before


def test_a_login_in_the_address_is_refused_and_not_shown(tmp_path: Path) -> None:
    _project(tmp_path)
    done = _run("pack.sh", tmp_path, UPSTREAM="https://me:secret@private.example/simple/")
    assert (done.returncode, done.stdout) == (2, "")
    assert "UPSTREAM has a login in it" in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize(
    ("since", "bundle", "said"),
    [
        (None, "stick", "name in SINCE"),
        ("", "stick", "name in SINCE"),
        ("no sums\n", "stick", "name in SINCE"),
        (f"{'0' * 64}  {A}\n", "yours", "there is no SHA256SUMS"),
    ],
)
def test_only_new_needs_two_bundles(
    since: str | None, bundle: str, said: str, stick: Path, tmp_path: Path
) -> None:
    if since is not None:
        (tmp_path / "since").write_text(since)
    (tmp_path / "yours").mkdir()
    before = _tree(tmp_path)
    done = _run("only-new.sh", tmp_path, BUNDLE=bundle, SINCE="since")
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert _tree(tmp_path) == before


@pytest.mark.parametrize(
    ("targets", "settings", "said"),
    [
        ("", {}, "its targets.txt names no target"),
        ("laptop 3.99 - x\n", {}, "laptop is Python 3.99, and python3 is"),
        (None, {"KEY": "nowhere"}, "there is no key nowhere"),
    ],
)
def test_a_check_that_checked_nothing_lets_nothing_go(
    targets: str | None, settings: dict[str, str], said: str, stick: Path, tmp_path: Path
) -> None:
    if targets is not None:
        (stick / "targets.txt").write_text(targets)
        _sum_up(stick)
    done = _run("check-bundle.sh", tmp_path, BUNDLE="stick", **settings)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert not (stick / "SHA256SUMS.sig").exists()


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
    before = _tree(tmp_path)
    done = _run("install.sh", tmp_path, FROM="stick", VENV=str(venv), PYTHON=sys.executable)
    assert done.returncode in (1, 2), done.stderr
    assert said in done.stderr
    assert _tree(tmp_path) == before


def test_half_an_interpreter_is_not_taken_for_one(stick: Path, tmp_path: Path) -> None:
    """An archive that breaks off unpacks to nothing; a folder of that name that is none is kept."""
    (stick / "cpython.tar.gz").write_bytes(b"\x1f\x8b\x08\x00")
    (stick / "locks/laptop.interpreter").write_text("cpython.tar.gz\n")
    _sum_up(stick)
    home = tmp_path / "opt"
    done = _run("install.sh", tmp_path, FROM="stick", VENV="venv", HOME_OF_PYTHON=str(home))
    assert done.returncode != 0
    assert list(home.iterdir()) == []
    (home / "python").mkdir()
    done = _run("install.sh", tmp_path, FROM="stick", VENV="venv", HOME_OF_PYTHON=str(home))
    assert done.returncode == 2
    assert "python is there and is no interpreter" in done.stderr


BACKEND = """
import os, pathlib, sys
def build_wheel(folder, config_settings=None, metadata_directory=None):
    pathlib.Path("build").mkdir()
    pathlib.Path(os.environ["BUILT_IN"]).write_text(os.getcwd())
    sys.exit("enough")
"""


def _project(folder: Path) -> Path:
    (folder / "app").mkdir()
    (folder / "app" / "pyproject.toml").touch()
    (folder / "targets.txt").write_text("laptop - -\n")
    return folder / "app"


def _tree(folder: Path, but: Path | None = None) -> dict[str, object]:
    """Everything in a folder, with its content."""
    found: dict[str, object] = {}
    for path in folder.rglob("*"):
        if but and path.is_relative_to(but):
            continue
        is_file = path.is_file() and not path.is_symlink()
        found[str(path.relative_to(folder))] = path.read_bytes() if is_file else None
    return found


def _run(
    script: str, folder: Path, path: str = PATH, **settings: str
) -> subprocess.CompletedProcess[str]:
    scratch = folder.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    return subprocess.run(
        ["sh", RECIPE / script],
        cwd=folder,
        env={"PATH": path, "TMPDIR": str(scratch), "HOME": str(scratch), **settings},
        capture_output=True,
        text=True,
        check=False,
    )
