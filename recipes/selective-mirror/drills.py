"""What the selective mirror promises, and the ways in which it is broken.

`demo-lib` and `Demo.Name_Mixed` are asked for; `demo-dep` comes along because demo-lib needs it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from pathlib import Path
from urllib.parse import urljoin

from mirrorlab.lab import Completed
from mirrorlab.runner import Answer, Run
from mirrorlab.scenario import File

JSON = "application/vnd.pypi.simple.v1+json"


def promise(run: Run) -> None:
    """Old and new installers get everything from both servers, and nothing else is there."""
    assert _projects(run) == {"demo-dep", "demo-lib", "demo-name-mixed"}, "not just what is needed"
    _whole(run)
    last_modified = _mirror(run) / "web" / "last-modified"
    assert last_modified.stat().st_mode & 0o004, "the web server cannot read last-modified"
    for server in _servers(run):
        _serves_as_it_should(run, server)
        for client in ("pip", "uv", "pip-22.1"):
            _installs(run, client, server, "demo-dep", "2.0")
    for server, given in _pages_given(run).items():
        assert ("pip/22.1", "text/html; charset=utf-8") in given, f"{server}: pip 22.1 got no HTML"
        assert ("pip", JSON) in given, f"{server}: pip got no JSON"
        assert ("uv", JSON) in given, f"{server}: uv got no JSON"
    _the_cron_line_works(run)


def killed_mid_sync(run: Run) -> None:
    """Nothing half-copied is served; the next sync brings all, also what came in between."""
    run.index.publish("demo-dep", "3.0", files=[File(pad=500_000)])
    run.index.publish("demo-lib", "3.0", requires=["demo-dep>=2"])
    run.index.fault("slow", "/packages/*/demo_dep-3.0-py3-none-any.whl")
    sync = run.start("sync")
    run.wait(lambda: "3.0" in _versions(run, "demo-lib"), "demo-lib 3.0")
    run.wait(lambda: _strays(run), "a file that is half here")
    sync.kill()
    run.index.clear()
    run.index.publish("demo-name-mixed", "2.0")

    _whole(run)
    assert "3.0" not in _versions(run, "demo-dep"), "a page promises a file that is not there"
    _installs(run, "uv", _servers(run)[0], "demo-dep", "2.0")
    (stray,) = _strays(run)
    for server in _servers(run):
        path = stray.relative_to(_mirror(run) / "web").as_posix()
        assert run.get(f"{server}/{path}").status == 404, "half a file is served"

    again = run.step("sync")
    assert again.exit_code == 0, f"the next sync is not healthy: {again.output}"
    assert "3.0" in _versions(run, "demo-dep"), "what was interrupted did not come"
    assert "2.0" in _versions(run, "demo-name-mixed"), "what came in between did not come"
    _whole(run)
    assert not _strays(run), "half a file stays for ever"


def two_syncs(run: Run) -> None:
    """The second does nothing, and says so."""
    run.index.publish("demo-dep", "3.0")
    run.index.fault("slow", "/packages/*/demo_dep-3.0-py3-none-any.whl")
    first = run.start("sync")
    run.wait(lambda: run.index.requests("/packages/*/demo_dep-3.0*"), "the first download")
    before = len(run.index.requests())
    second = run.command("sh", "sync.sh")
    assert second.exit_code == 3, f"the second sync ended with {second.exit_code}"
    assert len(run.index.requests()) == before, "the second sync asked upstream"
    assert first.running, "the first sync was disturbed"


def upstream_500(run: Run) -> None:
    """The sync tells; clients go on with what is here; the next healthy sync brings it."""
    run.index.publish("demo-dep", "3.0")
    run.index.publish("demo-lib", "3.0", requires=["demo-dep>=2"])
    run.index.fault("500", "/pypi/demo-dep/json")
    assert run.step("sync").exit_code == 1, "the sync did not tell"
    assert "3.0" in _versions(run, "demo-lib"), "one project held up another"
    _installs(run, "uv", _servers(run)[0], "demo-dep", "2.0")
    run.index.clear()
    assert run.step("sync").exit_code == 0, "the sync did not recover"
    _installs(run, "uv", _servers(run)[-1], "demo-dep", "3.0")


def corrupt_file(run: Run) -> None:
    """It never gets a name that is served, and comes once upstream is well again."""
    run.index.publish("demo-dep", "3.0")
    run.index.fault("corrupt", "/packages/*/demo_dep-3.0-py3-none-any.whl")
    assert run.step("sync").exit_code == 1, "the sync did not tell"
    assert not list(_mirror(run).rglob("demo_dep-3.0-*.whl")), "the corrupt file was kept"
    assert "3.0" not in _versions(run, "demo-dep"), "its page was published"
    run.index.clear()
    assert run.step("sync").exit_code == 0, "the sync did not recover"
    (wheel,) = _mirror(run).rglob("demo_dep-3.0-*.whl")
    assert _sha256(wheel) == run.index.sha256(wheel.name)


def frozen(run: Run) -> None:
    """bandersnatch alone freezes at exit 0; sync.sh tells, goes on, and can leave the file out."""
    run.index.publish("demo-dep", "3.0")
    run.index.publish("demo-lib", "3.0", requires=["demo-dep>=2"])
    run.index.fault("corrupt", "/packages/*/demo_dep-3.0-py3-none-any.whl")
    assert _bandersnatch(run).exit_code == 0, "bandersnatch has learned to tell"
    run.index.publish("demo-name-mixed", "2.0")
    assert _bandersnatch(run).exit_code == 0, "bandersnatch has learned to tell"
    assert "2.0" not in _versions(run, "demo-name-mixed"), "bandersnatch alone does not freeze"

    sync = run.step("sync")
    assert sync.exit_code == 1, "the sync did not tell"
    assert "sync: behind: demo-dep" in sync.output, "the sync does not name the project"
    assert "2.0" in _versions(run, "demo-name-mixed"), "the other updates are still frozen"

    cured = run.step("sync", BLOCKED="demo-dep==3.0")
    assert cured.exit_code == 0, f"leaving the release out is no cure: {cured.output}"
    _installs(run, "uv", _servers(run)[0], "demo-dep", "2.0")


def missing_for_good(run: Run) -> None:
    """bandersnatch alone never asks again; sync.sh sees it and asks by name."""
    run.index.publish("demo-dep", "3.0")
    run.index.fault("404", "/pypi/demo-dep/json", times=1)
    assert "demo-dep" in _bandersnatch(run).output
    assert _bandersnatch(run).exit_code == 0, "bandersnatch has learned to tell"
    assert "3.0" not in _versions(run, "demo-dep"), "bandersnatch has learned to ask again"
    assert run.step("sync").exit_code == 0, "the sync is not healthy"
    assert "3.0" in _versions(run, "demo-dep"), "the release is still missing"


def new_dependency(run: Run) -> None:
    """The list grows by itself, though upstream did not change the project that is new on it."""
    before = run.client("pip").install("demo-python", index=f"{_servers(run)[0]}/simple/")
    assert before.exit_code == 1, "it was here before"
    needs = ["demo-dep>=2", "demo-python", "demo-platform; sys_platform == 'win32'"]
    run.index.publish("demo-lib", "3.0", requires=needs)
    assert run.step("sync").exit_code == 0, "the sync is not healthy"
    assert "demo-python" in _projects(run), "the new dependency is not here"
    assert "demo-platform" in _projects(run), "what only Windows needs is not here"
    for server in _servers(run):
        _installs(run, "uv", server, "demo-python", "1.0")


def quarantined(run: Run) -> None:
    """The sync names it, withdrawn.sh removes it, and then nobody is served it."""
    run.index.quarantine("demo-name-mixed")
    assert _bandersnatch(run, "--force-check").exit_code == 0, "bandersnatch has learned to tell"
    assert "demo-name-mixed" in _projects(run), "bandersnatch has learned to remove"

    assert "withdrawn upstream" in run.step("sync").output, "the sync did not tell"
    assert run.step("withdrawn").exit_code == 1, "withdrawn.sh did not tell"
    assert run.step("withdrawn", REMOVE="demo-name-mixed").exit_code == 0, "it was not removed"
    for server in _servers(run):
        assert run.get(f"{server}/simple/demo-name-mixed/").status == 404, "its page is served"
        assert "demo-name-mixed" not in run.get(f"{server}/simple/").text, "it is still listed"
        assert "demo-name-mixed" not in run.get(f"{server}/simple/", JSON).text
    assert not list(_mirror(run).rglob("*name_mixed*")), "its files are still here"
    assert run.step("sync", PROJECTS="demo-lib").exit_code == 0, "the mirror is not healthy again"


def release_deleted(run: Run) -> None:
    """A sync takes it from its page; its files, which lock files still name, go by withdrawn.sh."""
    run.index.delete("demo-dep", "1.0")
    assert run.step("sync").exit_code == 0
    assert "1.0" not in _versions(run, "demo-dep"), "the page still offers it"
    listed = run.step("withdrawn")
    assert listed.exit_code == 1, "withdrawn.sh did not tell"
    files = re.findall(r"^unlinked (packages/\S*/demo_dep-1\.0\S*)$", listed.output, re.MULTILINE)
    names = {Path(file).name for file in files}
    assert names >= {"demo_dep-1.0-py3-none-any.whl", "demo_dep-1.0.tar.gz"}, f"only {names}"
    server = _servers(run)[0]
    assert run.get(f"{server}/{files[0]}").status == 200, "bandersnatch has learned to remove"
    removed = run.step("withdrawn", REMOVE=" ".join(files))
    assert removed.exit_code == 0, "they were not removed"
    assert run.get(f"{server}/{files[0]}").status == 404, "the file is still served"
    assert not list(_mirror(run).rglob("demo_dep-1.0*")), "something of it is left"
    _whole(run)


def disk_full(run: Run) -> None:
    """The sync tells, clients go on with what is here; with room again, a sync brings the rest."""
    run.small_disk(_mirror(run), 1_000_000)
    assert run.step("sync").exit_code == 0
    ballast = _mirror(run) / "ballast"
    with contextlib.suppress(OSError):  # it ends when the disk is full
        ballast.write_bytes(bytes(1_000_000))
    run.index.publish("demo-dep", "3.0")
    assert run.step("sync").exit_code == 1, "the sync did not tell"
    _whole(run)
    for server in _servers(run):
        _installs(run, "uv", server, "demo-dep", "2.0")
    ballast.unlink()
    assert run.step("sync").exit_code == 0, "the sync did not recover"
    _installs(run, "uv", _servers(run)[0], "demo-dep", "3.0")


def _servers(run: Run) -> list[str]:
    """The URLs of the web servers that run here: Caddy always, nginx first where there is one."""
    urls = {
        "serve-nginx": f"http://{run.settings['LISTEN']}",
        "serve-caddy": run.settings["ADDRESS"],
    }
    return [url for step, url in urls.items() if step in run.processes()]


def _mirror(run: Run) -> Path:
    return Path(run.settings["MIRROR"])


def _bandersnatch(run: Run, *options: str) -> Completed:
    """bandersnatch alone, as many run it from cron."""
    conf = _mirror(run) / "bandersnatch.conf"
    argv: tuple[str | Path, ...] = ("bandersnatch", "-c", conf, "mirror", *options)
    return run.command(*argv, http_proxy="", https_proxy="", all_proxy="")  # it ignores no_proxy


def _projects(run: Run) -> set[str]:
    return {page.parent.name for page in (_mirror(run) / "web" / "simple").glob("*/index.html")}


def _versions(run: Run, project: str) -> set[str]:
    page = _mirror(run) / "web" / "simple" / project / "index.v1_json"
    return set(json.loads(page.read_text())["versions"])


def _strays(run: Run) -> list[Path]:
    """What bandersnatch has begun to download and not yet given its name."""
    return [
        p
        for p in (_mirror(run) / "web" / "packages").rglob(".*")
        if p.is_file() and p.stat().st_size
    ]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _whole(run: Run) -> None:
    """Every file that a page names is on disk, with the hash that the page and upstream give."""
    pages = list((_mirror(run) / "web" / "simple").glob("*/index.v1_json"))
    assert pages, "the mirror has no page"
    for page in pages:
        for file in json.loads(page.read_text())["files"]:
            name, path = file["filename"], (page.parent / file["url"]).resolve()
            assert path.is_file(), f"{page.parent.name} names {name}, which is not there"
            assert _sha256(path) == file["hashes"]["sha256"], f"{name} is not what its page says"
            assert _sha256(path) == run.index.sha256(name), f"{name} is not what upstream has"


def _installs(run: Run, client: str, server: str, project: str, version: str) -> None:
    """A fresh client installs demo-lib from a server, and gets this version of what it needs."""
    done = run.client(client).install("demo-lib", index=f"{server}/simple/", expect=0)
    got = done.installed.get(project)
    assert got == version, f"{client} got {project} {got} from {server}, not {version}"


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
        assert answer.headers["Content-Type"] == kind, (
            f"{accept} got {answer.headers['Content-Type']}"
        )
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
