"""Client settings: take a line of a snippet away, and see the drill that runs it fail."""

from __future__ import annotations

import base64
import gzip
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.recipes.conftest import Case

from mirrorlab.index import Index
from mirrorlab.scenario import Project, Release, Scenario

RECIPE = Path(__file__).parents[2] / "recipes" / "client-settings"
SECRET = "a+secret/of=32%bytes"
OURS = Scenario("ours", projects=(Project("acme-lib", releases=(Release("1.0"),)),))

SABOTAGE: list[Case] = [
    ("promise", "pip/mirror/pip.conf", "index-url", "find-links", "pip: "),
    ("environment", "pip/environment/requirements.txt", ":${PRIVATE_PASSWORD}", "", "pip ("),
    ("starters", "hatch/mirror/pyproject.toml", "PIP_INDEX_URL", "PIP_OTHER_URL", "hatch: "),
    ("netrc", "netrc/netrc", "YOUR-PASSWORD", "another", "pip ("),
    ("keyring", "pip/keyring/pip.conf", "keyring-provider = subprocess", "", "pip ("),
    ("find-links", "uv/find-links/uv.toml", "find-links", "# find-links", "uv: "),
    ("authority", "try.sh", "*_CA_BUNDLE)", "nothing)", "trusts anybody"),
    ("leaks", "find_secret.py", "    yield data\n", '    yield b""\n', "mend the page"),
]


def _sh(script: str, **settings: object) -> subprocess.CompletedProcess[str]:
    own = {"PATH": "/usr/bin:/bin", "PYTHON": sys.executable}
    env = {**own, **{name: str(value) for name, value in settings.items()}}
    command = ["sh", str(RECIPE / script)]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret.txt"
    file.write_text(f"{SECRET}\n")
    return file


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "place"
    folder.mkdir()
    (folder / "clean").write_text("nothing of note\n")
    return folder


def test_a_secret_that_is_nowhere_is_not_found(secret: Path, place: Path) -> None:
    done = _sh("find-secret.sh", SECRET_FILE=secret, PLACES=place)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "find-secret: it is in none of 1 files\n"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("as-it-is", SECRET.encode()),
        ("percent", quote(SECRET, safe="").encode()),
        ("percent-small", quote(SECRET, safe="").lower().replace("bytes", "bytes").encode()),
        ("login", base64.b64encode(f"build:{SECRET}".encode())),
        ("login-7", base64.b64encode(f"builder:{SECRET}".encode())),
        ("login-8", base64.b64encode(f"builders:{SECRET}!".encode())),
        ("url-safe", base64.urlsafe_b64encode(f"u:{SECRET}".encode())),
        ("utf-16", SECRET.encode("utf-16")),
        ("gzip", gzip.compress(SECRET.encode())),
        ("gzip-twice", gzip.compress(gzip.compress(SECRET.encode()))),
    ],
)
def test_a_secret_is_found_however_it_is_written(
    name: str, written: bytes, secret: Path, place: Path
) -> None:
    (place / name).write_bytes(b"before " + written if written[:2] != b"\x1f\x8b" else written)
    done = _sh("find-secret.sh", SECRET_FILE=secret, PLACES=place)
    assert done.returncode == 1, done.stdout
    assert f"{place / name} HAS IT" in done.stdout
    assert SECRET not in done.stdout + done.stderr


def test_a_secret_in_a_wheel_is_found(secret: Path, place: Path) -> None:
    with zipfile.ZipFile(place / "a.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr("pip.conf", SECRET)
    assert _sh("find-secret.sh", SECRET_FILE=secret, PLACES=place).returncode == 1


def test_your_own_file_may_have_it_and_no_other(secret: Path, place: Path) -> None:
    (place / "netrc").write_text(SECRET)
    may = {"SECRET_FILE": secret, "MAY_HAVE": place / "netrc"}
    assert _sh("find-secret.sh", PLACES=place, **may).returncode == 0
    (place / "copy").write_text(SECRET)
    assert _sh("find-secret.sh", PLACES=place, **may).returncode == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("zstd", b"\x28\xb5\x2f\xfd\0"),
        ("cut.gz", gzip.compress(b"x" * 999)[:-9]),
        ("a.zip", b"PK\x03\x04"),
    ],
)
def test_what_cannot_be_looked_into_is_not_clean(
    name: str, content: bytes, secret: Path, place: Path
) -> None:
    (place / name).write_bytes(content)
    done = _sh("find-secret.sh", SECRET_FILE=secret, PLACES=place)
    assert done.returncode == 3
    assert done.stderr.startswith("find-secret: could not tell: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"short\n", b"  blank-before-it\n", b"\xff\xfe\xfd"]
)
def test_what_is_no_secret_is_refused(content: bytes, secret: Path, place: Path) -> None:
    secret.write_bytes(content)
    done = _sh("find-secret.sh", SECRET_FILE=secret, PLACES=place)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_nothing_to_search_is_not_clean(secret: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for places in ("empty", "not-there"):
        done = _sh("find-secret.sh", SECRET_FILE=secret, PLACES=tmp_path / places)
        assert done.returncode == 3, places
    assert _sh("find-secret.sh", SECRET_FILE=secret, PLACES="  ").returncode == 2
    assert _sh("find-secret.sh").stderr.startswith("find-secret: say ")


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"INDEX": "mirror.example"}, 2),
        ({"INDEX": "https://build:word@private.example/simple/"}, 2),
        ({"PROJECT": "../acme"}, 2),
        ({"AUTHORITY": "/not/there.pem"}, 2),
        ({"INDEX": "http://127.0.0.1:9/simple/"}, 3),
    ],
)
def test_ask_says_what_it_cannot_ask(settings: dict[str, str], code: int) -> None:
    done = _sh("ask.sh", **settings)
    assert done.returncode == code
    assert done.stderr.startswith("ask: ")
    assert "word" not in done.stderr


def test_ask_tells_an_index_from_one_that_lacks_the_project() -> None:
    with Index(OURS) as index:
        here = f"{index.http_url}/simple"
        assert _sh("ask.sh", INDEX=here, PROJECT="Acme__Lib").returncode == 0
        assert _sh("ask.sh", INDEX=here, PROJECT="acme-other").returncode == 1
        index.fault("503")
        assert _sh("ask.sh", INDEX=here, PROJECT="acme-lib").returncode == 3


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"CLIENT": "cargo"},
        {"CLIENT": "pip", "WAYS": "mirror private"},
        {"CLIENT": "pip", "WAYS": "../x"},
    ],
)
def test_try_says_what_it_wants_and_leaves_what_was_there(
    settings: dict[str, str], tmp_path: Path
) -> None:
    done = _sh("try.sh", WORK=tmp_path / "tried", **settings)
    assert done.returncode == 2
    assert done.stderr.startswith("try: ")
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    assert _sh("try.sh", CLIENT="pip", WORK=theirs).returncode == 2
    assert theirs.is_dir()
