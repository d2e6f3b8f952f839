"""The private index: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from tests.recipes.conftest import Case
from tests.recipes.one_world import World

RECIPE = Path(__file__).parents[2] / "recipes" / "private-index-devpi"
NGINX = "nginx-index.conf.in"

AGAIN = {NGINX: "nginx", "set_up.py": "set-up", "devpi.sh": "devpi"}

SABOTAGE: list[Case] = []  # none has a world of its own, as devpi starts for seconds

WORLDS = [
    World(
        "nginx",
        [
            (
                "promise",
                "set_up.py",
                '"mirror_no_project_list": True',
                "**{}",
                "production does not offer demo-",
            ),
            ("promise", "api.py", "touch(mode=0o600)", "touch(mode=0o644)", "others can read ["),
            ("anonymous-read", NGINX, "auth_request /+authcheck;", "", "/acme-lib/: 200"),
            ("anonymous-read", NGINX, "if ($person = yes)", "if ($person != x)", "/acme-lib/: 302"),
            (
                "anonymous-read",
                NGINX,
                'uri ~ "#"',
                'uri ~ "^#"',
                "anybody gets /acme/production#/+api: 200",
            ),
            (
                "upload-without-the-role",
                "set_up.py",
                '"acl_toxresult_upload": upload',
                '"acl_toxresult_upload": [":ANONYMOUS:"]',
                "carol writes results of tests: 200",
            ),
            (
                "upload-without-the-role",
                "devpi.sh",
                "--restrict-modify root",
                "",
                "carol makes a user",
            ),
            (
                "token-out-of-bounds",
                "make_token.py",
                '"projects", ',
                "",
                "the token uploads acme_tool",
            ),
            (
                "upload-without-the-role",
                "set_up.py",
                "names, approvers)",
                "names, approvers + releasers)",
                "alice uploads to production",
            ),
            (
                "token-out-of-bounds",
                "set_up.py",
                "names, approvers)",
                "names, approvers + uploaders)",
                "the token of ci reaches production by a push",
            ),
            (
                "overwrite",
                "set_up.py",
                "volatile: bool = False",
                "volatile: bool = True",
                "overwrites",
            ),
        ],
        AGAIN,
    ),
    World(
        "nginx",
        [
            (
                "name-squatted",
                "set_up.py",
                '/names", names)',
                '/names", names[:1])',
                "the stranger's acme-tool before our first release",
            ),
            (
                "name-squatted",
                NGINX,
                "@COMPANY@/(?:dev|staging|production)",
                "[^/]+/[^/]+",
                "leads to the stranger's: 307",
            ),
            (
                "name-squatted",
                "set_up.py",
                '"mirror_whitelist": []',
                '"mirror_whitelist": ["*"]',
                "99.0",
            ),
            (
                "upstream-down",
                NGINX,
                "error_page 404 = @mirror;",
                "",
                "upstream is down, and the page says",
            ),
            (
                "upstream-500",
                NGINX,
                "error_page 404 = @mirror;",
                "",
                "upstream is down, and the page says",
            ),
            (
                "corrupt-file",
                "set_up.py",
                '"mirror_no',
                '"mirror_use_external_urls": True, "mirror_no',
                "the good file is not kept",
            ),
        ],
        AGAIN,
    ),
    World(
        "certificate",
        [
            ("disk-full", NGINX, "client_max_body_size 1g;", "", "413 Request Entity Too Large"),
            ("disk-full", "devpi.sh", 'rm -rf "$DATA/.new"\n', "true\n", "already contains"),
        ],
    ),
]


@pytest.mark.parametrize("script", ["why.sh", "release.sh"])
def test_a_script_that_is_told_nothing_says_what_it_wants(script: str) -> None:
    done = _sh(script)
    assert done.returncode == 2
    assert done.stderr.startswith(f"{script[:-3]}: say ")
    assert done.stdout == ""


@pytest.mark.parametrize("script", ["set-up.sh", "token.sh", "why.sh"])
def test_without_devpi_there_is_one_sentence(script: str, tmp_path: Path) -> None:
    (tmp_path / "root.password").write_text("secret\n")
    done = _sh(script, DEVPI_LISTEN="127.0.0.1:9", SECRETS=str(tmp_path), PROJECT="acme-lib")
    assert done.returncode == (3 if script == "why.sh" else 1)
    said = (done.stdout + done.stderr).strip().splitlines()
    assert len(said) == 1, said
    assert "refused" in said[0]


@pytest.mark.parametrize(
    ("script", "setting", "value"),
    [
        ("set-up.sh", "NAMES", "acme-lib acme@tool"),
        ("set-up.sh", "READERS", "carol x/y"),
        ("set-up.sh", "COMPANY", "acme corp"),
        ("set-up.sh", "CACHE_EXPIRY", "1h"),
        ("token.sh", "TOKEN_DAYS", "soon"),
    ],
)
def test_a_setting_that_cannot_be_is_named_before_anything_is_done(
    script: str, setting: str, value: str, tmp_path: Path
) -> None:
    done = _sh(script, DEVPI_LISTEN="127.0.0.1:9", SECRETS=str(tmp_path), **{setting: value})
    assert done.returncode == 1
    assert re.fullmatch(rf"(set-up|token): {setting}: '.*\n", done.stderr), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_certificate_that_is_there_is_never_touched(tmp_path: Path) -> None:
    for name in ("server.pem", "server.key"):
        (tmp_path / name).write_text("from a real CA")
    done = _sh("certificate.sh", TLS=str(tmp_path))
    assert done.returncode == 0
    assert "nothing done" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"server.pem", "server.key"}
    assert (tmp_path / "server.pem").read_text() == "from a real CA"


def _sh(script: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **settings}
    command = ["sh", str(RECIPE / script)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
