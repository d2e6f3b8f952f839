"""What is served when all is well: all that is needed, to every installer, and an alarm."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from urllib.parse import urljoin

from drilling.mirror import JSON, installs, mirror, projects, servers, whole

from mirrorlab.runner import Answer, Run


def promise(run: Run) -> None:
    """Old and new installers get everything from both servers, and nothing else is there."""
    assert projects(run) == {"demo-dep", "demo-lib", "demo-name-mixed"}, "not just what is needed"
    whole(run)
    last_modified = mirror(run) / "web" / "last-modified"
    assert last_modified.stat().st_mode & 0o004, "the web server cannot read last-modified"
    for server in servers(run):
        _serves_as_it_should(run, server)
        for client in ("pip", "uv", "pip-22.1"):
            installs(run, client, server, "demo-dep", "2.0")
    for server, given in _pages_given(run).items():
        assert ("pip/22.1", "text/html; charset=utf-8") in given, f"{server}: pip 22.1 got no HTML"
        assert ("pip", JSON) in given, f"{server}: pip got no JSON"
        assert ("uv", JSON) in given, f"{server}: uv got no JSON"
    _the_cron_line_works(run)


def _serves_as_it_should(run: Run, server: str) -> None:
    """HTML and JSON by what the client prefers, always with Vary; 404 for all that is not asked."""
    page = f"{server}/simple/demo-lib/"
    for accept, kind in {
        "text/html": "text/html; charset=utf-8",
        "*/*": "text/html; charset=utf-8",
        JSON: JSON,
        f"{JSON}, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01": JSON,
        f"text/html, {JSON};q=0.5": "text/html; charset=utf-8",
        f"{JSON};q=0, text/html": "text/html; charset=utf-8",
        "application/vnd.pypi.simple.latest+json": JSON,
        "application/vnd.pypi.simple.v1+html": "application/vnd.pypi.simple.v1+html",
    }.items():
        answer = run.get(page, accept)
        assert answer.status == 200, f"{page} answers {answer.status}"
        got = answer.headers["Content-Type"]
        assert got == kind, f"{accept} got {got}"
        assert "Accept" in _varies_by(answer), f"{server} sends no Vary: Accept"
        assert answer.headers["Cache-Control"] == "no-cache"
    file = run.get(page, JSON).json()["files"][0]
    answer = run.get(urljoin(page, file["url"]))
    assert hashlib.sha256(answer.body).hexdigest() == file["hashes"]["sha256"]
    assert "immutable" in answer.headers["Cache-Control"]
    slashless = run.get(page.removesuffix("/"))
    assert (slashless.status, urljoin(page, slashless.headers["Location"])) == (301, page)
    assert run.get(f"{server}/last-modified").status == 200
    for absent in ("simple/demo-platform/", "simple/pip/", "status", "allowlist.txt", "sync.lock"):
        assert run.get(f"{server}/{absent}").status == 404, f"{server} serves {absent}"


def _pages_given(run: Run) -> dict[str, set[tuple[str, str]]]:
    """What the servers' own logs say: each one's pairs of an installer and a content type."""
    given: dict[str, set[tuple[str, str]]] = {}
    nginx = Path(run.settings["STATE"], "access.log")
    if nginx.exists():
        lines = map(json.loads, nginx.read_text().splitlines())
        given["nginx"] = {(_short(line["agent"]), line["type"]) for line in lines}
    lines = map(json.loads, Path(run.settings["CADDY_LOG"]).read_text().splitlines())
    given["Caddy"] = {
        (_short(agent), kind)
        for line in lines
        for agent in line["request"]["headers"].get("User-Agent", [])
        for kind in line["resp_headers"].get("Content-Type", [])
    }
    return given


def _short(agent: str) -> str:
    """pip/22.1.2 {...} -> pip/22.1, any other pip/26.3 {...} -> pip."""
    return "pip/22.1" if agent.startswith("pip/22.1") else agent.partition("/")[0]


def _varies_by(answer: Answer) -> list[str]:
    """Return the words of all Vary headers; Accept-Encoding is another one than Accept."""
    return [word.strip() for line in answer.headers.get_all("Vary", []) for word in line.split(",")]


def _the_cron_line_works(run: Run) -> None:
    """The line of the cron file, run by sh as cron does it: an alarm if need be, and only then."""
    lines = (run.folder / "cron.d" / "selective-mirror").read_text().splitlines()
    (line,) = [line for line in lines if not line.startswith("#")]
    *_, command = line.split(maxsplit=6)
    command = command.replace("/srv/selective-mirror/", f"{run.folder}/")
    told = run.tmp / "told"
    run.command("sh", "-c", command, ALARM=f"cat >{told}")
    assert not told.exists(), "an alarm though all is well"
    run.index.publish("demo-dep", "2.2")
    run.index.fault("500", "/pypi/demo-dep/json")
    run.command("sh", "-c", command, ALARM=f"cat >{told}")
    assert told.exists(), "no alarm though a project is behind"
    assert "sync: behind: demo-dep" in told.read_text(), "the alarm does not say what is behind"
