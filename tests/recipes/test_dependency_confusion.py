"""Dependency confusion: take each safe setting away, and see the drill fail for that reason."""

from __future__ import annotations

import http.server
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

import pytest
from tests.recipes.conftest import Case, Edit, Sabotage

from mirrorlab.index import Index
from mirrorlab.scenario import File, Project, Release, Scenario

RECIPE = Path(__file__).parents[2] / "recipes" / "dependency-confusion"
PIP, UV = "safe/pip/pip.conf", "safe/uv/pyproject.toml"
ONE, PUBLIC = "https://mirror.example/simple/", "https://pypi.org/simple/"

SABOTAGE: list[Case] = [
    ("promise", "one-index.sh", "-e 's/[-_.][-_.]*/[-_.]+/g'", "", "Acme_Lib leads to"),
    ("naive-settings", "naive/pip/pip.conf", PUBLIC, ONE, "pip naive gives ours"),
    ("private-down", PIP, ONE, PUBLIC, "pip safe installs the stranger's"),
    ("private-401", PIP, ONE, PUBLIC, "pip safe installs the stranger's"),
    ("private-404", PIP, ONE, PUBLIC, "pip safe installs the stranger's"),
    ("private-404", UV, 'acme-lib = { index = "private" }', "", "uv safe tells the public index"),
    ("private-empty", PIP, ONE, PUBLIC, "pip safe installs the stranger's"),
    (
        "unnamed-dependency",
        UV,
        "explicit = true",
        "explicit = false",
        "uv binds unnamed ones: mend the page",
    ),
    ("locks", "check_lock.py", "strange = hashes - listed", "strange = hashes & listed", "naive"),
]


def test_every_safe_file_is_missed_once_its_naive_one_is_in_its_place(sabotage: Sabotage) -> None:
    safe = sorted((RECIPE / "safe").glob("*/*"))
    edit: dict[str, Edit | list[Edit]] = {}
    for file in safe:
        naive = RECIPE / "naive" / file.relative_to(RECIPE / "safe")
        edit[str(file.relative_to(RECIPE))] = (file.read_text(), naive.read_text())
    result = sabotage(recipe=RECIPE.name, drill="promise", edit=edit)
    assert result.holds is False
    for file in safe:
        assert f"{file.parent.name} safe: acme-lib is the stranger's" in str(result.reason)
        assert f"{file.parent.name} safe tells the public index of" in str(result.reason)


@pytest.mark.parametrize("script", ["check-names.sh", "one-index.sh", "check-lock.sh", "try.sh"])
def test_a_script_that_is_told_nothing_says_what_it_wants(script: str) -> None:
    done = _sh(script)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{script[:-3]}: say ")
    assert done.stdout == ""


@pytest.mark.parametrize("script", ["check-names.sh", "one-index.sh"])
def test_a_name_that_cannot_be_is_refused(script: str, tmp_path: Path) -> None:
    done = _sh(script, NAMES="acme/../lib", PUBLIC="http://127.0.0.1:9/", STATE=str(tmp_path))
    assert done.returncode == 2
    assert "acme/../lib" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("script", ["check-names.sh", "one-index.sh", "check-lock.sh"])
def test_blanks_are_no_names(script: str, tmp_path: Path) -> None:
    done = _sh(script, NAMES="  ", LOCK="uv.lock", STATE=str(tmp_path / "nginx"))
    assert done.returncode == 2
    assert done.stderr.startswith(f"{script[:-3]}: say ")
    assert list(tmp_path.iterdir()) == []


def test_names_cannot_be_told_without_an_index() -> None:
    done = _sh("check-names.sh", NAMES="Acme__Lib", PUBLIC="http://127.0.0.1:9/simple/")
    assert done.returncode == 3
    assert done.stderr.startswith("check-names: could not tell: ")


def test_names_are_asked_of_an_index_and_as_names() -> None:
    with Index(OURS) as index:
        here = f"{index.http_url}/simple"
        told = {
            ("Acme__Lib", here): 1,
            ("acme-other", here): 0,
            ("acme-*", here): 2,
            ("acme-other", f"{index.http_url}/simpel"): 3,
        }
        codes = {case: _sh("check-names.sh", NAMES=case[0], PUBLIC=case[1]) for case in told}
    assert {case: done.returncode for case, done in codes.items()} == told


@pytest.mark.parametrize("address", ["private.example", 'https://private.example/";evil'])
def test_what_is_no_address_does_not_get_into_the_settings_of_nginx(
    address: str, tmp_path: Path
) -> None:
    done = _sh("one-index.sh", NAMES="acme-*", PRIVATE=address, STATE=str(tmp_path / "nginx"))
    assert done.returncode == 2
    assert done.stderr == f"one-index: '{address}' is no address of an index\n"
    assert list(tmp_path.iterdir()) == []


def test_every_address_in_the_settings_is_one_that_is_replaced(tmp_path: Path) -> None:
    """Else a drill would pass by an index that it never asked."""
    given = {"PRIVATE": "http://a.test/p/", "PUBLIC": "http://a.test/q/", "ONE": "http://a.test/1/"}
    files = sorted([*RECIPE.glob("safe/*/*"), *RECIPE.glob("naive/*/*")])
    assert files
    for file in files:
        way, client, name = file.relative_to(RECIPE).parts
        _sh("try.sh", WAY=way, CLIENT=client, WORK=str(tmp_path / client), PYTHON="false", **given)
        urls = re.findall(r"https?://[^\s\"]+", (tmp_path / client / name).read_text())
        assert urls
        assert set(urls) <= set(given.values())


def test_a_folder_that_was_there_is_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    done = _sh("try.sh", CLIENT="pip", WORK=str(tmp_path))
    assert done.returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


OURS = Scenario(
    "ours", projects=(Project("acme-lib", releases=(Release("1.0", files=(File(),)),)),)
)
LOCKS = {
    "uv.lock": '[[package]]\nname = "acme-lib"\nsdist = { hash = "sha256:HASH" }\n',
    "poetry.lock": '[[package]]\nname = "acme-lib"\nfiles = [{ hash = "sha256:HASH" }]\n',
    "pdm.lock": '[[package]]\nname = "Acme_Lib"\nfiles = [{ hash = "sha256:HASH" }]\n',
    "pylock.toml": '[[packages]]\nname = "acme-lib"\nwheels = [{ hashes = { sha256 = "HASH" } }]\n',
    "Pipfile.lock": '{"_meta": {}, "default": {"acme-lib": {"hashes": ["sha256:HASH"]}}}',
    "requirements.txt": "acme-lib==1.0 \\\n    --hash=sha256:HASH\n",
}


@pytest.mark.parametrize("name", LOCKS)
def test_the_hash_of_every_kind_of_lock_is_compared(name: str, tmp_path: Path) -> None:
    lock = tmp_path / name
    with Index(OURS) as index:
        (ours,) = (file.hashes["sha256"] for file in index.files("acme-lib"))
        settings = {
            "PYTHON": sys.executable,
            "LOCK": str(lock),
            "NAMES": "acme-*",
            "PRIVATE": f"{index.http_url}/simple/",
        }
        for digest, code in ((ours, 0), ("b" * 64, 1)):
            lock.write_text(LOCKS[name].replace("HASH", digest))
            done = _sh("check-lock.sh", **settings)
            assert done.returncode == code, done.stdout + done.stderr
        index.fault("503")
        done = _sh("check-lock.sh", **settings)
        assert done.returncode == 3, done.stdout + done.stderr


def test_a_lock_is_held_against_an_index_that_answers_itself(tmp_path: Path) -> None:
    lock = tmp_path / "uv.lock"
    own = '[[package]]\nname = "acme-app"\nsource = { virtual = "." }\n'
    lock.write_text(own + LOCKS["uv.lock"].replace("HASH", "b" * 64))
    with Index(OURS) as index:
        here = f"{index.http_url}/simple/"
        told = {("acme-*", here): 1, ("acne-*", here): 2, ("acme-*", "no-address"): 3}
        done = {
            case: _sh(
                "check-lock.sh",
                PYTHON=sys.executable,
                LOCK=str(lock),
                NAMES=case[0],
                PRIVATE=case[1],
            )
            for case in told
        }
    assert {case: each.returncode for case, each in done.items()} == told
    assert all(len((each.stdout + each.stderr).splitlines()) == 1 for each in done.values())


def test_an_index_that_passes_the_question_on_is_no_witness(tmp_path: Path) -> None:
    lock = tmp_path / "uv.lock"
    with Index(OURS) as public, _Passing(f"{public.http_url}/simple/") as private:
        (theirs,) = (file.hashes["sha256"] for file in public.files("acme-lib"))
        lock.write_text(LOCKS["uv.lock"].replace("HASH", theirs))
        done = _sh("check-lock.sh", LOCK=str(lock), NAMES="acme-*", PRIVATE=private.address)
    assert done.returncode == 3
    assert "it passes the question on to" in done.stderr


class _Passing(http.server.HTTPServer):
    """An index that sends whoever asks to another one."""

    def __init__(self, other: str) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(302)
                self.send_header("Location", other + self.path.lstrip("/"))
                self.end_headers()

        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server_port}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


@pytest.mark.parametrize("text", ["", "{", "[[package]]\n"])
def test_what_is_no_lock_is_one_sentence(text: str, tmp_path: Path) -> None:
    lock = tmp_path / "uv.lock"
    lock.write_text(text)
    done = _sh("check-lock.sh", LOCK=str(lock), NAMES="acme-*")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "cannot be read as a lock" in done.stderr


def _sh(script: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **settings}
    command = ["sh", str(RECIPE / script)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
