"""Client settings: take a line of a snippet away, and see the drill that runs it fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.recipes.conftest import Case
from tests.recipes.one_world import World

from mirrorlab.index import Index
from mirrorlab.scenario import Project, Release, Scenario

RECIPE = Path(__file__).parents[2] / "recipes" / "client-settings"
OURS = Scenario("ours", projects=(Project("acme-lib", releases=(Release("1.0"),)),))

SABOTAGE: list[Case] = [  # each of these asks the public index, which ends its world
    ("promise", "pip/mirror/pip.conf", "index-url", "find-links", "pip: "),
    ("starters", "hatch/mirror/pyproject.toml", "PIP_INDEX_URL", "PIP_OTHER_URL", "hatch: "),
]
WORLDS = [
    World(
        "ask",
        [
            (
                "environment",
                "pip/environment/requirements.txt",
                ":${PRIVATE_PASSWORD}",
                "",
                "pip (",
            ),
            ("netrc", "netrc/netrc", "YOUR-PASSWORD", "another", "pip ("),
            ("keyring", "pip/keyring/pip.conf", "keyring-provider = subprocess", "", "pip ("),
            ("find-links", "uv/find-links/uv.toml", "find-links", "# find-links", "uv: "),
            ("authority", "try.sh", "*_CA_BUNDLE)", "nothing)", "trusts anybody"),
            ("leaks", "tox/in-tox-ini/tox.ini", "{env:PRIVATE_PASSWORD}", "", "tox: "),
        ],
    ),
]


def _sh(script: str, **settings: object) -> subprocess.CompletedProcess[str]:
    own = {"PATH": "/usr/bin:/bin", "PYTHON": sys.executable}
    env = {**own, **{name: str(value) for name, value in settings.items()}}
    command = ["sh", str(RECIPE / script)]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


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
        {"CLIENT": "pip", "MIRROR": "https://build:word@mirror.example/simple/"},
        {"CLIENT": "pip", "WHEELS": "/srv/R&D"},
        {"CLIENT": "pip", "ANY": "demo|lib"},
        {"CLIENT": "pip", "ANY": "demo\\lib"},
    ],
)
def test_try_says_what_it_wants_and_leaves_what_was_there(
    settings: dict[str, str], tmp_path: Path
) -> None:
    done = _sh("try.sh", WORK=tmp_path / "tried", **settings)
    assert done.returncode == 2
    assert done.stderr.startswith("try: ")
    assert done.stderr.count("\n") == 1
    assert "word@" not in done.stderr
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    assert _sh("try.sh", CLIENT="pip", WORK=theirs).returncode == 2
    assert theirs.is_dir()
