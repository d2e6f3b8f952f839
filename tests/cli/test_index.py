"""``mirrorlab index``: its URL first, a clean end, and no door open by mistake."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import sys
import urllib.request
from http.client import HTTPException
from pathlib import Path

import pytest

from mirrorlab.index import remote
from mirrorlab.scenario import Fault, FaultRule

from .conftest import Invoke, Started, error_of

AGENT = f"Python-urllib/{sys.version_info.major}.{sys.version_info.minor}"
JSON = "application/vnd.pypi.simple.v1+json"


def projects(url: str, ca: Path | None = None) -> list[str]:
    return [project["name"] for project in json.loads(page(f"{url}/simple/", ca))["projects"]]


def page(url: str, ca: Path | None = None) -> bytes:
    request = urllib.request.Request(url, headers={"Accept": JSON})
    context = ssl.create_default_context(cafile=ca) if ca else None
    direct = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    with direct.open(request, timeout=10) as answer:
        content: bytes = answer.read()
    return content


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_url_comes_first_and_a_signal_ends_it(started: Started, number: int) -> None:
    process = started("index")
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url.startswith("http://127.0.0.1:")
    assert "demo-lib" in projects(url)
    process.send_signal(number)
    assert process.wait(timeout=10) == 0
    assert process.stderr is not None
    out, err = process.stdout.read(), process.stderr.read()
    assert err == ""
    assert f"--index-url {url}/simple/" in out
    with pytest.raises(OSError, match="refused"):
        projects(url)


def test_over_tls_it_names_its_ca(started: Started) -> None:
    process = started("index", "--tls")
    assert process.stdout is not None
    url, ca = (process.stdout.readline().strip() for _ in range(2))
    assert url.startswith("https://127.0.0.1:")
    assert "demo-lib" in projects(url, Path(ca.removeprefix("its CA: ")))


def test_a_folder_of_wheels_is_served_as_it_is(started: Started, tmp_path: Path) -> None:
    from mirrorlab.distributions import wheel

    built = wheel("only-this", "1.0")
    (tmp_path / built.filename).write_bytes(built.content)
    process = started("index", "--wheels", tmp_path)
    assert process.stdout is not None
    assert projects(process.stdout.readline().strip()) == ["only-this"]


def test_it_prints_each_request_where_asked(started: Started) -> None:
    process = started("index", "--log")
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    projects(url)
    remote.set_fault(url, FaultRule(Fault.named("503"), "/simple/demo-lib/"))
    remote.set_fault(url, FaultRule(Fault.named("refused"), "/simple/demo-dep/"))
    for name in ("demo-lib", "demo-dep"):
        with pytest.raises((OSError, HTTPException)):
            page(f"{url}/simple/{name}/")
    process.terminate()
    assert process.stdout.read().splitlines()[2:] == [
        f"GET /simple/ 200 {AGENT}",
        f"GET /simple/demo-lib/ 503 {AGENT} (fault: 503)",
        f"GET /simple/demo-dep/ no answer {AGENT} (fault: refused)",
    ]


def test_a_scenario_of_your_own_is_served(started: Started, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('schema = 1\n[[projects.my-own.releases]]\nversion = "1.0"\n')
    process = started("index", "--scenario", path)
    assert process.stdout is not None
    assert projects(process.stdout.readline().strip()) == ["my-own"]


def test_a_port_in_use_is_a_sentence(invoke: Invoke) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = error_of(invoke("index", "--port", str(port)), 3)
    assert said.startswith(f"cannot listen on 127.0.0.1, port {port}: it is in use")


def test_a_scenario_that_is_none_is_a_sentence(invoke: Invoke, tmp_path: Path) -> None:
    said = error_of(invoke("index", "--scenario", "defualt"), 2)
    assert said.endswith("'defualt'; did you mean 'default'?")
    path = tmp_path / "mine.toml"
    path.write_text("schema = 1\n[[projects.my-own.releases]]\nversoin = '1.0'\n")
    said = error_of(invoke("index", "--scenario", path), 2)
    assert said.startswith(f"{path}: projects.my-own.releases[0]")


def test_wheels_that_are_none_are_a_sentence(invoke: Invoke, tmp_path: Path) -> None:
    said = error_of(invoke("index", "--wheels", tmp_path / "nowhere"), 3)
    assert said == f"cannot read the folder {tmp_path / 'nowhere'}: there is no such folder"
    (tmp_path / "file").write_text("")
    said = error_of(invoke("index", "--wheels", tmp_path / "file"), 3)
    assert said.endswith("file: it is no folder")


def test_other_machines_are_let_in_only_if_you_say_so(invoke: Invoke, started: Started) -> None:
    said = error_of(invoke("index", "--host", "0.0.0.0"), 2)
    assert said.startswith("other machines could reach an index on 0.0.0.0; add --expose")
    process = started("index", "--host", "0.0.0.0", "--expose")
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert "demo-lib" in projects(url)
    process.terminate()
    _, err = process.communicate(timeout=10)
    assert err.startswith("mirrorlab: warning: every machine that reaches 0.0.0.0 can read")
    assert err.count("\n") == 1


def test_a_host_that_is_not_ours_is_a_sentence(invoke: Invoke) -> None:
    result = invoke("index", "--host", "192.0.2.1", "--expose")
    assert result.exit_code == 3
    assert "cannot listen on 192.0.2.1" in result.stderr.splitlines()[-1]
