"""``mirrorlab which``: its exit codes, its two forms, and that it connects only where asked."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mirrorlab.cli.group import mirrorlab
from mirrorlab.index import Index
from mirrorlab.scenario import builtin
from mirrorlab.which import Origin, Source, Verdict, here
from mirrorlab.which.connecting import ask


@pytest.fixture(scope="module")
def index() -> Iterator[Index]:
    with Index(builtin("default")) as running:
        yield running


def which(project: Path, *options: str, **variables: str | None) -> Result:
    environ: dict[str, str | None] = {
        name: None for name in os.environ if name.startswith(("PIP_", "UV_", "PDM_"))
    }
    environ |= {"HOME": str(project), "XDG_CONFIG_HOME": str(project)}
    environ |= {"PIP_CONFIG_FILE": os.devnull, "NO_PROXY": "127.0.0.1", **variables}
    arguments = ["which", "--project", str(project), *options]
    return CliRunner().invoke(mirrorlab, arguments, env=environ)


def test_it_ends_with_0_where_all_is_safe(tmp_path: Path) -> None:
    done = which(tmp_path, "--client", "pip", "--client", "buildout")
    assert done.exit_code == 0
    assert done.stdout == (
        "pip\thttps://pypi.org/simple/\tonly\tbuilt-in default\tsafe\n"
        "buildout\t-\t-\tno buildout.cfg\tnot used here\n"
        "there is no netrc\n"
    )


def test_it_ends_with_1_where_something_is_risky(tmp_path: Path) -> None:
    url = "https://private.example/simple/"
    done = which(tmp_path, "--client", "pip", PIP_EXTRA_INDEX_URL=url)
    assert done.exit_code == 1
    assert f"pip\t{url}\t2nd\tPIP_EXTRA_INDEX_URL\trisky\n" in done.stdout
    assert "(recipe: dependency-confusion)\n" in done.stdout


def test_wrong_use_is_an_error_that_says_so(tmp_path: Path) -> None:
    done = which(tmp_path / "no")
    assert done.exit_code == 2
    assert done.stderr.startswith(f"mirrorlab: {tmp_path}/no is no folder")
    done = which(tmp_path, "--client", "pipp")
    assert done.exit_code == 2
    assert done.stderr == "mirrorlab: there is no installer 'pipp'; did you mean 'pip'?\n"


def test_a_script_gets_json(tmp_path: Path) -> None:
    (tmp_path / "uv.toml").write_text('[[index]]\nurl = "https://mirror.example/simple/"\n')
    done = which(tmp_path, "--client", "uv", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert (told["verdict"], told["could_not_read"]) == ("risky", [])
    [uv] = told["installers"]
    assert [source["role"] for source in uv["sources"]] == ["1st", "2nd"]
    assert uv["sources"][0]["set_by"] == f"{tmp_path}/uv.toml:2"
    assert "reachable" not in uv["sources"][0]


def test_it_connects_only_where_it_is_asked_to(tmp_path: Path, index: Index) -> None:
    url = f"{index.http_url}/simple/"
    index.forget_requests()
    assert which(tmp_path, "--client", "pip", PIP_INDEX_URL=url).exit_code == 0
    assert index.requests() == ()
    done = which(tmp_path, "--client", "pip", "--connect", PIP_INDEX_URL=url)
    assert "safe, reachable, status 404" in done.stdout
    assert [request.path for request in index.requests()] == ["/simple/pip/"]


def asked(tmp_path: Path, url: str) -> str:
    return str(ask(here(tmp_path, {"HOME": str(tmp_path)}), Source(url, Origin())))


def test_an_index_is_reachable_or_it_is_said_why_not(tmp_path: Path, index: Index) -> None:
    index.publish("pip", "1.0")
    assert asked(tmp_path, f"{index.http_url}/simple/") == "reachable, status 200, Simple API 1.4"
    index.fault("503", "/simple/pip/")
    assert asked(tmp_path, f"{index.http_url}/simple/") == "reachable, status 503"
    index.clear()
    assert "certificate is not trusted" in asked(tmp_path, f"{index.url}/simple/")
    secret = asked(tmp_path, "http://me:hunter2@127.0.0.1:1/simple/")
    assert secret == "not reachable: Connection refused"
    assert asked(tmp_path, "no URL at all") == "not reachable: there is no such folder"
    assert asked(tmp_path, "ftp://x/") == "not reachable: this is no URL"
    assert asked(tmp_path, "http://[::1/") == "not reachable: this is no URL"


def test_a_narrow_terminal_gets_lines_and_no_colour_is_obeyed(tmp_path: Path) -> None:
    """On a real terminal: script(1) is not everywhere, Python's pty is."""
    url = "https://private.example/simple/"
    wide, narrow = (shown_on_a_terminal(tmp_path, columns, url) for columns in (150, 50))
    assert [f"{url}   2nd" in text for text in (wide, narrow)] == [True, False]
    assert f"pip: {url}\r\n  2nd, PIP_EXTRA_INDEX_URL: \x1b[33mrisky\x1b[0m\r\n" in narrow
    plain = shown_on_a_terminal(tmp_path, 50, url, NO_COLOR="1")
    assert "2nd, PIP_EXTRA_INDEX_URL: risky\r\n" in plain
    assert "\x1b[3" not in plain


def shown_on_a_terminal(project: Path, columns: int, url: str, **variables: str) -> str:
    environ = {"HOME": str(project), "TERM": "xterm", "COLUMNS": str(columns)}
    environ |= {"PIP_CONFIG_FILE": os.devnull, "PIP_EXTRA_INDEX_URL": url, **variables}
    command = [sys.executable, "-m", "mirrorlab", "which", "--client", "pip"]
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, cwd=project, env=environ, stdout=theirs) as process:
        os.close(theirs)
        shown = b""
        while piece := _read(ours):
            shown += piece
    os.close(ours)
    assert process.returncode == 1
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux ends the reading of a terminal so
        return b""


@pytest.mark.parametrize(
    ("number", "role"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (22, "22nd")],
)
def test_the_order_is_numbered_alike(tmp_path: Path, number: int, role: str) -> None:
    urls = " ".join(f"https://private.example/{each}/simple/" for each in range(2, 25))
    done = which(tmp_path, "--client", "pip", PIP_EXTRA_INDEX_URL=urls)
    assert done.stdout.split("\n")[number - 1].split("\t")[2] == role


def test_a_folder_that_is_none_is_said_without_a_secret(tmp_path: Path) -> None:
    done = which(tmp_path / "https://me:hunter2@private.example")
    assert done.exit_code == 2
    assert "hunter2" not in done.stderr
    assert done.stderr.endswith(" is no folder; name the one in which you would install\n")


def test_the_page_names_every_key_and_every_verdict(
    tmp_path: Path, index: Index, root: Path
) -> None:
    (tmp_path / "uv.toml").write_text("index = [")
    done = which(tmp_path, "--connect", "--json", PIP_EXTRA_INDEX_URL=f"{index.http_url}/simple/")
    page = (root / "docs/reference/cli.rst").read_text().partition("``--json`` writes")[2]
    keys = set(keys_of(json.loads(done.stdout)))
    assert {"could_not_read", "line", "recipe", "api_version"} <= keys
    assert keys == {key for key in keys if f"``{key}``" in page}
    whole = (root / "docs/reference/cli.rst").read_text()
    assert all(f"* - ``{verdict}``" in whole for verdict in Verdict)


def keys_of(told: object) -> Iterator[str]:
    for key, value in told.items() if isinstance(told, dict) else ():
        yield key
        yield from keys_of(value)
    for value in told if isinstance(told, list) else ():
        yield from keys_of(value)
