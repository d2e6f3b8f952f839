"""What upstream withdraws: bandersnatch goes on serving it, until withdrawn.sh removes it."""

from __future__ import annotations

import re
from pathlib import Path

from drilling.mirror import JSON, bandersnatch, mirror, projects, servers, versions, whole

from mirrorlab.runner import Run


def quarantined(run: Run) -> None:
    """The sync names it, withdrawn.sh removes it, and then nobody is served it."""
    run.index.quarantine("demo-name-mixed")
    assert bandersnatch(run, "--force-check").exit_code == 0, "bandersnatch has learned to tell"
    assert "demo-name-mixed" in projects(run), "bandersnatch has learned to remove"

    assert "withdrawn upstream" in run.step("sync").output, "the sync did not tell"
    assert run.step("withdrawn").exit_code == 1, "withdrawn.sh did not tell"
    assert run.step("withdrawn", REMOVE="demo-name-mixed").exit_code == 0, "it was not removed"
    for server in servers(run):
        assert run.get(f"{server}/simple/demo-name-mixed/").status == 404, "its page is served"
        assert "demo-name-mixed" not in run.get(f"{server}/simple/").text, "it is still listed"
        assert "demo-name-mixed" not in run.get(f"{server}/simple/", JSON).text
    assert not list(mirror(run).rglob("*name_mixed*")), "its files are still here"
    assert run.step("sync", PROJECTS="demo-lib").exit_code == 0, "the mirror is not healthy again"


def release_deleted(run: Run) -> None:
    """A sync takes it from its page; its files, which lock files still name, go by withdrawn.sh."""
    run.index.delete("demo-dep", "1.0")
    assert run.step("sync").exit_code == 0
    assert "1.0" not in versions(run, "demo-dep"), "the page still offers it"
    listed = run.step("withdrawn")
    assert listed.exit_code == 1, "withdrawn.sh did not tell"
    files = re.findall(r"^unlinked (packages/\S*/demo_dep-1\.0\S*)$", listed.output, re.MULTILINE)
    names = {Path(file).name for file in files}
    assert names >= {"demo_dep-1.0-py3-none-any.whl", "demo_dep-1.0.tar.gz"}, f"only {names}"
    server = servers(run)[0]
    assert run.get(f"{server}/{files[0]}").status == 200, "bandersnatch has learned to remove"
    removed = run.step("withdrawn", REMOVE=" ".join(files))
    assert removed.exit_code == 0, "they were not removed"
    assert run.get(f"{server}/{files[0]}").status == 404, "the file is still served"
    assert not list(mirror(run).rglob("demo_dep-1.0*")), "something of it is left"
    whole(run)
