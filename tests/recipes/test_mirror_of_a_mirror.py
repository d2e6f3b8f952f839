"""The mirror of a mirror: take each safeguard away; then damage a tree, and give wrong settings."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.recipes.conftest import Case

RECIPE = Path(__file__).parents[2] / "recipes" / "mirror-of-a-mirror"

SABOTAGE: list[Case] = [
    ("promise", "sync.sh", "--filter='hide .*'", "", "half.whl.abcdef was copied"),
    ("promise", "sync.sh", '--link-dest="$old"', "--stats", "what is here was fetched again"),
    (
        "cut-half-way",
        "sync.sh",
        "--partial-dir=.rsync-partial",
        "",
        "what had come was fetched again",
    ),
    (
        "switched-under-readers",
        "sync.sh",
        'mv -T "$MIRROR/.web"',
        'rm -f "$MIRROR/web"; sleep 0.3; mv -T "$MIRROR/.web"',
        "a reader got",
    ),
    ("source-changes", "sync.sh", "python3 verify.py", "true", "half a tree ended with 0"),
    ("altered", "verify.py", "digest.hexdigest() == sha256", "True", "an altered file was taken"),
    ("emptied-source", "sync.sh", "$((had * SHRINK))", "$((had * 100))", "it is not seen before"),
    ("two-runs", "rsyncd.conf.in", "max connections", "# max", "one too many ended with 0"),
    ("disk-full", "sync.sh", "new=$generations/.new", "new=$MIRROR/web", "was touched"),
    ("removed-upstream", "sync.sh", "$((KEEP + 1))", "$((KEEP + 9))", "in an old generation"),
]

FORMS = ("index.v1_json", "index.html", "index.v1_html")
BYTES = b"a wheel"
SHA256 = hashlib.sha256(BYTES).hexdigest()
WHEEL = "packages/aa/demo_lib-1.0-py3-none-any.whl"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of one project with one file, as bandersnatch makes it."""
    root = tmp_path / "tree"
    (root / "simple" / "demo-lib").mkdir(parents=True)
    (root / WHEEL).parent.mkdir(parents=True)
    (root / WHEEL).write_bytes(BYTES)
    (root / f"{WHEEL}.metadata").write_bytes(BYTES)
    _write_page(root, f"../../{WHEEL}", SHA256)
    meta = {"api-version": "1.1"}
    _write(root, "simple/index.v1_json", {"meta": meta, "projects": [{"name": "Demo_Lib"}]})
    for form in FORMS[1:]:
        (root / "simple" / form).write_text('<html><a href="demo-lib/">Demo_Lib</a></html>')
    return root


def _write(root: Path, path: str, content: object) -> None:
    (root / path).write_text(json.dumps(content))


def _write_page(root: Path, url: str, sha256: str, forms: tuple[str, ...] = FORMS) -> None:
    file = {"filename": "x", "url": url, "hashes": {"sha256": sha256}}
    page = {
        "meta": {"api-version": "1.1"},
        "files": [{**file, "core-metadata": {"sha256": SHA256}}],
    }
    html = f'<html><a href="{url}#sha256={sha256}" data-core-metadata="true">x</a></html>'
    for form in forms:
        text = json.dumps(page) if form.endswith("json") else html
        (root / "simple" / "demo-lib" / form).write_text(text)


def _verify(tree: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, RECIPE / "verify.py", tree, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


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
    _write_page(new, f"../../{late}", SHA256)
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
        lambda tree: _write_page(tree, f"../../{WHEEL}x", SHA256, FORMS[:1]),
        "names other files in one form",
    ),
    "old HTML": (
        lambda tree: _write_page(tree, f"../../{WHEEL}", "0" * 64, FORMS[1:2]),
        "names other files in one form",
    ),
    "other host": (lambda tree: _write_page(tree, "https://x/y.whl", SHA256), "on another host"),
    "outside": (lambda tree: _write_page(tree, "../../../etc/x", SHA256), "leads out of packages/"),
    "aside": (lambda tree: _write_page(tree, "x.whl", SHA256), "leads out of packages/"),
    "no hash": (lambda tree: _write_page(tree, f"../../{WHEEL}", ""), "has no SHA-256"),
    "half a hash": (lambda tree: _write_page(tree, f"../../{WHEEL}", "ab"), "has no SHA-256"),
    "version 2": (
        lambda tree: _write(tree, PAGE, {"meta": {"api-version": "2.0"}, "files": []}),
        "is of version 2.0",
    ),
    "base": (
        lambda tree: (tree / "simple/demo-lib/index.html").write_text(
            f'<html><base href="https://x/"><a href="../../{WHEEL}#sha256={SHA256}">x</a></html>'
        ),
        "has a <base>",
    ),
    "nested": (lambda tree: (tree / PAGE).write_text("[" * 200_000), "is nested too deep"),
    "zero byte": (lambda tree: _write_page(tree, "../../packages/a\0b", SHA256), "no path has"),
    "surrogate": (
        lambda tree: _write_page(tree, "../../packages/\ud800", SHA256, FORMS[:1]),
        "no path",
    ),
    "no files": (lambda tree: _write(tree, PAGE, {"meta": {"api-version": "1.0"}}), "'files'"),
    "odd files": (
        lambda tree: _write(tree, PAGE, {"meta": {"api-version": "1.0"}, "files": [7]}),
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
        lambda tree: _write(
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
    _write_page(new, f"../../{other}", SHA256)
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
    _write_page(tree, "../../packages/kept.whl", SHA256)
    (tree / f"{WHEEL}.metadata").rename(tree / "packages" / "kept.whl.metadata")
    refused = _verify(tree, "demo-lib")
    assert refused.returncode == 1, "the fault of another project was excepted"
    assert "verify: other: " in refused.stderr
    for form in FORMS:
        page = tree / "simple" / "demo-lib" / form
        (tree / "simple" / "other" / form).write_bytes(page.read_bytes())
    (tree / WHEEL).parent.mkdir(exist_ok=True)
    if name == "missing file":
        _write_page(tree, f"../../{WHEEL}", SHA256)
    else:
        DAMAGES[name][0](tree)
    done = _verify(tree, "demo-lib")
    assert done.returncode == 0, done.stderr
    assert "verify: excepted: " in done.stderr


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


def test_what_the_other_form_of_a_bad_page_names_is_read(tree: Path, tmp_path: Path) -> None:
    """It is served, and the next sync takes it for read."""
    (tree / WHEEL).write_bytes(b"altered")
    (tree / PAGE).write_text("{")
    done = _verify(tree, "demo-lib")
    assert "excepted: simple/demo-lib/index.v1_json" in done.stderr
    assert f"excepted: {WHEEL} has SHA-256" in done.stderr
    assert not (tree / PAGE).exists()
    assert not (tree / WHEEL).exists(), "it is served, and nobody knows it"


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
