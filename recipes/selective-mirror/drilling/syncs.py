"""Syncs that fail: killed, twice at once, with an upstream or a disk that is not well."""

from __future__ import annotations

import contextlib

from drilling.mirror import (
    bandersnatch,
    installs,
    mirror,
    projects,
    servers,
    sha256,
    strays,
    versions,
    whole,
)

from mirrorlab.runner import Run
from mirrorlab.scenario import File


def killed_mid_sync(run: Run) -> None:
    """Nothing half-copied is served; the next sync brings all, also what came in between."""
    run.index.publish("demo-dep", "3.0", files=[File(pad=500_000)])
    run.index.publish("demo-lib", "3.0", requires=["demo-dep>=2"])
    run.index.fault("slow", "/packages/*/demo_dep-3.0-py3-none-any.whl")
    sync = run.start("sync")
    run.wait(lambda: "3.0" in versions(run, "demo-lib"), "demo-lib 3.0")
    run.wait(lambda: strays(run), "a file that is half here")
    sync.kill()
    run.index.clear()
    run.index.publish("demo-name-mixed", "2.0")

    whole(run)
    assert "3.0" not in versions(run, "demo-dep"), "a page promises a file that is not there"
    installs(run, "uv", servers(run)[0], "demo-dep", "2.0")
    (stray,) = strays(run)
    for server in servers(run):
        path = stray.relative_to(mirror(run) / "web").as_posix()
        assert run.get(f"{server}/{path}").status == 404, "half a file is served"

    again = run.step("sync")
    assert again.exit_code == 0, f"the next sync is not healthy: {again.output}"
    assert "3.0" in versions(run, "demo-dep"), "what was interrupted did not come"
    assert "2.0" in versions(run, "demo-name-mixed"), "what came in between did not come"
    whole(run)
    assert not strays(run), "half a file stays for ever"


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
    assert "3.0" in versions(run, "demo-lib"), "one project held up another"
    installs(run, "uv", servers(run)[0], "demo-dep", "2.0")
    run.index.clear()
    assert run.step("sync").exit_code == 0, "the sync did not recover"
    installs(run, "uv", servers(run)[-1], "demo-dep", "3.0")


def corrupt_file(run: Run) -> None:
    """It never gets a name that is served, and comes once upstream is well again."""
    run.index.publish("demo-dep", "3.0")
    run.index.fault("corrupt", "/packages/*/demo_dep-3.0-py3-none-any.whl")
    assert run.step("sync").exit_code == 1, "the sync did not tell"
    assert not list(mirror(run).rglob("demo_dep-3.0-*.whl")), "the corrupt file was kept"
    assert "3.0" not in versions(run, "demo-dep"), "its page was published"
    run.index.clear()
    assert run.step("sync").exit_code == 0, "the sync did not recover"
    (wheel,) = mirror(run).rglob("demo_dep-3.0-*.whl")
    assert sha256(wheel) == run.index.sha256(wheel.name)


def frozen(run: Run) -> None:
    """bandersnatch alone freezes at exit 0; sync.sh tells, goes on, and can leave the file out."""
    run.index.publish("demo-dep", "3.0")
    run.index.publish("demo-lib", "3.0", requires=["demo-dep>=2"])
    run.index.fault("corrupt", "/packages/*/demo_dep-3.0-py3-none-any.whl")
    assert bandersnatch(run).exit_code == 0, "bandersnatch has learned to tell"
    run.index.publish("demo-name-mixed", "2.0")
    assert bandersnatch(run).exit_code == 0, "bandersnatch has learned to tell"
    assert "2.0" not in versions(run, "demo-name-mixed"), "bandersnatch alone does not freeze"

    sync = run.step("sync")
    assert sync.exit_code == 1, "the sync did not tell"
    assert "sync: behind: demo-dep" in sync.output, "the sync does not name the project"
    assert "2.0" in versions(run, "demo-name-mixed"), "the other updates are still frozen"

    cured = run.step("sync", BLOCKED="demo-dep==3.0")
    assert cured.exit_code == 0, f"leaving the release out is no cure: {cured.output}"
    installs(run, "uv", servers(run)[0], "demo-dep", "2.0")


def missing_for_good(run: Run) -> None:
    """bandersnatch alone never asks again; sync.sh sees it and asks by name."""
    run.index.publish("demo-dep", "3.0")
    run.index.fault("404", "/pypi/demo-dep/json", times=1)
    assert "demo-dep" in bandersnatch(run).output
    assert bandersnatch(run).exit_code == 0, "bandersnatch has learned to tell"
    assert "3.0" not in versions(run, "demo-dep"), "bandersnatch has learned to ask again"
    assert run.step("sync").exit_code == 0, "the sync is not healthy"
    assert "3.0" in versions(run, "demo-dep"), "the release is still missing"


def new_dependency(run: Run) -> None:
    """The list grows by itself, though upstream did not change the project that is new on it."""
    before = run.client("pip").install("demo-python", index=f"{servers(run)[0]}/simple/")
    assert before.exit_code == 1, "it was here before"
    needs = ["demo-dep>=2", "demo-python", "demo-platform; sys_platform == 'win32'"]
    run.index.publish("demo-lib", "3.0", requires=needs)
    assert run.step("sync").exit_code == 0, "the sync is not healthy"
    assert "demo-python" in projects(run), "the new dependency is not here"
    assert "demo-platform" in projects(run), "what only Windows needs is not here"
    for server in servers(run):
        installs(run, "uv", server, "demo-python", "1.0")


def disk_full(run: Run) -> None:
    """The sync tells, clients go on with what is here; with room again, a sync brings the rest."""
    run.small_disk(mirror(run), 1_000_000)
    assert run.step("sync").exit_code == 0
    ballast = mirror(run) / "ballast"
    with contextlib.suppress(OSError):  # it ends when the disk is full
        ballast.write_bytes(bytes(1_000_000))
    run.index.publish("demo-dep", "3.0")
    assert run.step("sync").exit_code == 1, "the sync did not tell"
    whole(run)
    for server in servers(run):
        installs(run, "uv", server, "demo-dep", "2.0")
    ballast.unlink()
    assert run.step("sync").exit_code == 0, "the sync did not recover"
    installs(run, "uv", servers(run)[0], "demo-dep", "3.0")
