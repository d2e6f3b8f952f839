"""devpi-server mirrors the test index: asks it once, and goes on without it."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

from mirrorlab import clients
from mirrorlab.lab import Lab, Tools, wait_for_url
from mirrorlab.scenario import Fault

# Argon2 as weak as it can be: devpi starts in seconds. For tests only.
QUICK = ("--argon2-memory-cost", "8", "--argon2-parallelism", "1", "--argon2-time-cost", "1")


def test_a_devpi_mirror_gives_what_the_index_has_also_when_that_is_gone(
    own_lab: Lab, tool: Callable[[str], Tools], tmp_path: Path
) -> None:
    index = own_lab.index
    programs = tool("devpi-server").bin
    folder = tmp_path / "devpi"
    init = (programs / "devpi-init", "--no-root-pypi", "--root-passwd", "secret")
    made = own_lab.run([*init, "--serverdir", folder])
    assert made.exit_code == 0, made.output
    port = own_lab.port("devpi")
    url = f"http://127.0.0.1:{port}"
    options = ("--serverdir", folder, "--port", str(port), *QUICK)
    server = own_lab.spawn([programs / "devpi-server", *options])
    wait_for_url(f"{url}/+api", within=60)
    _make_mirror(url, f"{index.url}/simple/")

    mirror = f"{url}/root/mirror/+simple/"
    first = clients.make(own_lab, clients.prepare("pip", "3.11"), "pip")
    assert first.install("demo-sdist", index=mirror, expect=0).installed == {
        "demo-sdist": "1.0",
        "demo-dep": "2.0",
    }
    asked = index.requests()
    assert asked
    assert all("devpi-server" in request.user_agent for request in asked)
    assert all(request.tls for request in asked)
    page = next(request for request in asked if request.path == "/simple/demo-dep/")
    assert "application/vnd.pypi.simple.v1+json" in page.accept

    index.fault(Fault.REFUSED)
    second = clients.make(own_lab, clients.prepare("uv", "3.11"), "uv")
    attempt = second.install("demo-sdist", index=mirror)
    assert attempt.exit_code == 0, attempt.output + server.output()
    assert attempt.installed == {"demo-sdist": "1.0", "demo-dep": "2.0"}
    assert index.requests("/packages/*", since=asked[-1].number) == ()
    assert own_lab.escapes == ()


def _make_mirror(url: str, upstream: str) -> None:
    login = _ask("POST", f"{url}/+login", {"user": "root", "password": "secret"})
    token = f"root:{login['result']['password']}"
    settings = {"type": "mirror", "mirror_url": upstream, "mirror_cache_expiry": 1800}
    _ask("PUT", f"{url}/root/mirror", settings, base64.b64encode(token.encode()).decode())


def _ask(method: str, url: str, data: object, auth: str = "") -> dict[str, dict[str, str]]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if auth:
        headers["X-Devpi-Auth"] = auth
    request = urllib.request.Request(url, json.dumps(data).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, dict[str, str]] = json.load(answer)
    return found
