"""The runbook of an incident: take each safeguard away; then names, versions and lists."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from packaging.version import Version
from tests.recipes.conftest import Case
from tests.recipes.incident_scripts import RECIPE, WHEEL, a_list, release_module
from tests.recipes.one_world import World

release = release_module()

SABOTAGE: list[Case] = []
WORLDS = [
    World(
        "front-nginx",
        [
            (
                "who-has-it",
                "who.py",
                "if not line.forwarded or not is_trusted(line.peer):",
                "if not line.forwarded:",
                "too many: {('198.51.100.1'",
            ),
            (
                "killed-half-way",
                "purge_tree.py",
                "    changed = 0\n",
                "    changed = [p.unlink() for t in trees for p in files(listed, t)].count(1)\n",
                "a page names demo_lib-2.0",
            ),
            (
                "linked-elsewhere",
                "purge_tree.py",
                "return 1 if left or elsewhere",
                "return 1 if left",
                "a file lives on under another name",
            ),
            ("client-caches", "clean-client.sh", "cache purge", "cache info", "it is still there"),
            (
                "comes-back",
                "keep_out.py",
                "if any(len(line.split()) > 1 for line in enabled)",
                "if False",
                "a configuration that enables nothing is taken",
            ),
            # This one purges the trees, and none of the others may begin so.
            (
                "wrong-name",
                "release.py",
                "not Release.parse(asked).is_the_same(listed.release)",
                "False",
                "the list of another release was taken",
            ),
        ],
    ),
    World(
        "front-devpi",
        [
            (
                "devpi-holds-on",
                "purge_devpi.py",
                'devpi.ask("POST", f"{index}/+simple',
                '(f"{index}/+simple',
                "the whole project is gone",
            ),
            ("promise", "prove.py", "folders = proof.disk()", "folders = 0", "all is proven"),
        ],
    ),
]

ITS_FILES = (
    "demo_lib-2.0-py3-none-any.whl",
    "demo_lib-2.0.0-1-py3-none-any.whl",
    "demo_lib-2.0+cu1-py3-none-any.whl",
    "Demo.Lib-2.tar.gz",
    "demo-lib-2.0.zip",
    "demo_lib-2.0-py3.11.egg",
    "demo_lib-2.0.win32-py2.7.exe",
    "demo_lib-2.0.tar.gz.asc",
    "demo_lib-2.0-py3-none-any.whl.metadata",
)
OTHER_FILES = (
    "demo_lib-2.0.1-py3-none-any.whl",
    "demo_lib-2.0.1.tar.gz",
    "demo_lib-2.0.1-py3.11.egg",
    "demo_lib-12.0.tar.gz",
    "demo_lib-2.0rc1.tar.gz",
    "demo_lib-2.0.post1.tar.gz",
    "demo_lib_2-2.0.tar.gz",
    "demo-2.0.tar.gz",
    "xdemo_lib-2.0.tar.gz",
    'demo_lib-2.0-py3-none-any".whl',
    "index.html",
    "demo_lib",
)
VERSIONS = (
    *("1", "1.0", "1.0.0", "v1", "1!1", "1a", "1a0", "1.alpha.0", "1rc1", "1c1", "1-1", "1.post1"),
    *(
        "1.rev1",
        "1.dev0",
        "1dev",
        "1.0+ubuntu.1",
        "1+Ubuntu-1",
        "01.0",
        "1.00",
        "0",
        "0.0",
        "2020.1",
    ),
    *("1.0a1.post2.dev3", "1.0.1", "10", "1.0preview2", "1.0-rc.2"),
)


@pytest.mark.parametrize("name", ITS_FILES)
def test_a_file_of_the_release_is_known(name: str) -> None:
    assert release.Release.parse("Demo_Lib == 2.0").has(name)


@pytest.mark.parametrize("name", OTHER_FILES)
def test_a_file_of_another_release_is_not(name: str) -> None:
    assert not release.Release.parse("demo-lib==2.0").has(name)


@pytest.mark.parametrize("one", VERSIONS)
def test_versions_are_the_same_where_packaging_says_so(one: str) -> None:
    for other in VERSIONS:
        same = release.version_key(one) == release.version_key(other)
        assert same == (Version(one) == Version(other)), f"{one} and {other}"


@pytest.mark.parametrize(
    "text",
    ["", "demo-lib", "demo-lib==", "==2.0", "demo-lib>=2.0", "demo-lib==2.*", "a b==2.0", "*"],
)
def test_what_is_not_one_release_is_refused(text: str) -> None:
    with pytest.raises(release.Refused, match="write one version of one project"):
        release.Release.parse(text)


GOOD_LIST = "release demo-lib==2.0\nfile demo_lib-2.0.tar.gz - -\nend\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a whole list"),
        (GOOD_LIST.replace("end\n", ""), "not a whole list"),
        (GOOD_LIST.replace("file demo_lib-2.0.tar.gz - -\n", ""), "it names no file"),
        (GOOD_LIST.replace("2.0.tar.gz", "1.0.tar.gz"), "is no file of demo-lib==2.0"),
        (GOOD_LIST.replace("- -", "-"), "neither a file nor a url"),
        (GOOD_LIST.replace("demo-lib==2.0", "demo-lib"), "write one version of one project"),
    ],
)
def test_a_list_that_is_not_whole_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "release.txt"
    path.write_text(text)
    with pytest.raises(release.Refused, match=words):
        release.read(path)
    path.write_bytes(GOOD_LIST.encode("utf-16"))
    with pytest.raises(release.Refused, match="make it again"):
        release.read(path)


def test_a_list_written_by_hand_is_read() -> None:
    listed = release.read(RECIPE / "by-hand.txt")
    assert listed.names == {"demo_lib-2.0-py3-none-any.whl", "demo_lib-2.0.tar.gz"}


def test_two_files_of_one_name_are_both_kept() -> None:
    listed = release.Listed(release.Release.parse("demo-lib==2.0"))
    for sha256, size in (("a" * 64, "1"), ("-", "-"), ("b" * 64, "-"), ("-", "2"), ("a" * 64, "-")):
        listed.add(WHEEL, sha256, size)
    assert {(f.sha256[0], f.size) for f in listed.files} == {("a", "1"), ("b", "-")}


@pytest.mark.parametrize("text", ["demo-lib==2.0.0", "Demo.Lib == v2.0", " demo_lib==2 "])
def test_the_list_is_that_of_the_release_in_any_spelling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("RELEASE", text)
    assert release.read(a_list(tmp_path)).release.version == "2.0"
    for wrong in ("demo-lib==2.0.1", "demo-lib==2.0+cu1", "demo==2.0"):
        monkeypatch.setenv("RELEASE", wrong)
        with pytest.raises(release.Refused, match="is the list of"):
            release.read(a_list(tmp_path))


def test_the_constraint_is_of_the_release() -> None:
    assert (RECIPE / "constraints.txt").read_text() == "demo-lib!=2.0\n"
    assert "RELEASE=demo-lib==2.0\n" in (RECIPE / "runbook.txt").read_text()


@pytest.mark.parametrize("script", sorted(RECIPE.glob("[!f]*.sh")), ids=lambda path: path.name)
def test_without_a_list_no_script_does_anything(tmp_path: Path, script: Path) -> None:
    done = subprocess.run(
        ["sh", script],
        env={
            "PATH": os.environ["PATH"],
            "LIST": str(tmp_path / "none.txt"),
            "RELEASE": "demo-lib==2.0",
            "BLOCKED": str(tmp_path / "blocked"),
            "TREES": str(tmp_path),
            "MIRRORLAB": "false",
            "PIP": "false",
            "UV": "false",
            "NGINX_COMMAND": "false",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr
