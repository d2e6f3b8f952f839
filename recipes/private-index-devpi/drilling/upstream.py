"""What comes from upstream: a stranger's release of a private name, an outage, wrong bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from drilling.answers import direct, get, simple, status
from drilling.tools import install, released

from mirrorlab.runner import Run


def name_squatted(run: Run) -> None:
    """A stranger's higher version of a private name reaches nobody, nor is upstream asked."""
    released(run)
    for project in {"acme-lib", "acme-tool", "acme-new"}.difference(run.index.projects()):
        run.index.publish(project, "99.0")
    for slip in ("acme/prod", "carol/dev"):
        answer = status(run, f"{slip}/+simple/acme-lib/", "carol")
        assert answer == 404, (
            f"an index that there is not, {slip}, leads to the stranger's: {answer}"
        )
    for client in ("pip", "uv"):
        got = install(run, client, "acme-lib>=1").installed
        assert got.get("acme-lib") == "1.0", f"{client} installed acme-lib {got.get('acme-lib')}"
        none = install(run, client, "acme-tool")
        assert none.installed == {}, (
            f"{client} got the stranger's acme-tool before our first release"
        )
        assert none.exit_code == 1, f"{client} ended with {none.exit_code}"
    asked = {request.path for request in run.index.requests("*acme*")}
    assert not asked, f"upstream was told of our names: {asked}"

    assert install(run, "uv", "acme-new").installed == {"acme-new": "99.0"}, "no name is free"
    names = f"{run.settings['NAMES']} acme-new"
    assert "claimed the name acme-new" in run.step("set-up", NAMES=names).output
    assert install(run, "uv", "acme-new").installed == {}, "the stranger's acme-new still comes"
    assert "is a private name" in run.step("why", PROJECT="acme-new").output


def upstream_down(run: Run) -> None:
    """What is private, or was fetched before, goes on; the rest is an error, not a wrong 404."""
    _outage(run, "refused", ("pip", "uv"))


def upstream_500(run: Run) -> None:
    """The same while upstream answers, with errors."""
    _outage(run, "500", ("uv",))


def _outage(run: Run, fault: str, clients: Iterable[str]) -> None:
    released(run)
    first = install(run, "uv", "acme-lib")
    assert first.installed.get("demo-lib") == "2.0", first.output
    new = f"demo-{fault}"
    run.index.publish(new, "1.0")
    run.index.fault(fault)
    run.measure("stage", direct(run, f"acme/production/+simple/{new}/"), "")
    page = get(run, f"{simple(run, 'production')}{new}/", "carol")
    assert page.status == 307, f"upstream is down, and the page says {page.status}"
    honest = get(run, page.headers["Location"], "carol")
    assert honest.status == 502, f"upstream is down, and the mirror says {honest.status}"
    for client in clients:
        done = install(run, client, "acme-lib")
        assert done.installed.get("demo-lib") == "2.0", f"{client}: {done.output}"
    assert install(run, "pip", new).exit_code == 1, "pip ended with 0"
    told = install(run, "uv", new)
    assert told.exit_code, "uv ended with 0"
    assert "502" in told.output, f"uv does not say that upstream is down: {told.output}"
    assert run.step("why", PROJECT=new).exit_code == 3, "why.sh takes an outage for an answer"
    run.index.clear()
    run.wait(lambda: install(run, "uv", new).installed == {new: "1.0"}, "the recovery")


def corrupt_file(run: Run) -> None:
    """Wrong bytes are installed by nobody and kept by nobody."""
    released(run)
    run.index.publish("demo-new", "1.0")
    run.index.fault("corrupt", "/packages/*demo_new*")
    for client in ("pip", "uv"):
        done = install(run, client, "demo-new")
        assert done.exit_code, f"{client} ended with 0"
        assert done.installed == {}, f"{client} installed wrong bytes"
    data = Path(run.settings["DATA"])
    kept = list(data.rglob("demo_new-1.0*"))
    assert not kept, f"devpi has kept wrong bytes: {kept}"
    run.index.clear()
    done = install(run, "pip", "demo-new")
    kept = list(data.rglob("demo_new-1.0-*.whl"))
    assert kept, "the good file is not kept"
    assert done.installed == {"demo-new": "1.0"}, "it does not recover"
    digest = hashlib.sha256(kept[0].read_bytes()).hexdigest()
    assert run.index.sha256(kept[0].name) == digest
