"""What the runbook promises, and the ways in which a purge goes wrong.

`demo-lib` 2.0 is the malicious release; its other versions and `demo-dep` are its neighbours.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from drilling import devpi, logs, machines, runbook, served, trees

from mirrorlab.runner import Run

RELEASE, WHEEL = served.RELEASE, served.WHEEL


def promise(run: Run) -> None:
    """The runbook is followed line by line; then nothing serves the release, and all else does."""
    assert run.step("front-copy", GENERATION="2").exit_code == 0
    devpi.has_it_twice(run)
    served.all_have_it(run)
    before = served.others(run)
    assert before, "there is nothing else that could be hurt"
    machine = machines.machine(run)

    runbook.follow(run, machine)
    served.nothing_serves_it(run)
    after = served.others(run)
    hurt = sorted(path for path in before if after.get(path) != before[path])
    assert not hurt, f"something else was touched: {hurt}"

    trees.sync(run)
    assert run.step("front-copy", GENERATION="3").exit_code == 0
    served.nothing_serves_it(run)
    machines.installs_go_on(run, machine)
    runbook.the_hold_is_undone(run)
    runbook.the_block_is_undone(run)
    runbook.the_check_says(run)


def killed_half_way(run: Run) -> None:
    """Killed after any of its changes, the purge leaves pages that hold, and can be run again."""
    trees.listed(run)
    whole = trees.copy(run, "whole")
    done = trees.purge(run, whole)
    assert done.exit_code == 0, done.output
    wanted = trees.contents(whole)
    for kills in range(1, 100, 3):
        tree = trees.copy(run, f"killed-{kills}")
        done = trees.purge(run, tree, KILL_AT=str(kills))
        if done.exit_code == 0:
            break
        assert done.exit_code == 128 + 9, f"it was not killed: {done.exit_code} {done.output}"
        gone = trees.lacking(tree)
        assert not gone, f"killed at {kills}: a page names {gone[0].name}, which is gone"
        done = trees.purge(run, tree)
        assert done.exit_code == 0, f"killed at {kills}, it cannot be finished: {done.output}"
        assert trees.contents(tree) == wanted, f"killed at {kills}, something else came of it"
    assert kills > 10, f"it was killed {kills - 1} times only"


def linked_elsewhere(run: Run) -> None:
    """A generation that nobody named holds the file on; the purge says so, and where to look."""
    trees.listed(run)
    tree = trees.copy(run, "linked")
    other = tree.with_name("forgotten")
    run.command("cp", "-al", tree, other)
    done = trees.purge(run, tree)
    assert done.exit_code == 1, f"a file lives on under another name: {done.output}"
    (wheel,) = other.rglob(WHEEL)
    assert f"-inum {wheel.stat().st_ino}" in done.output, done.output
    assert trees.purge(run, tree, other).exit_code == 0
    assert not list(other.rglob(f"{WHEEL}*"))


def wrong_name(run: Run) -> None:
    """A slip in the name, a list of another release or half a list: nothing is touched."""
    list_, all_trees = Path(run.settings["LIST"]), trees.there(run)
    list_.unlink(missing_ok=True)
    before = trees.contents(*all_trees)
    for slip in ("demo-lbi==2.0", "demo-lib==2.0.1", "demo-lib==3", "demo==2.0"):
        done = run.command("sh", "find-files.sh", **trees.alone(run, RELEASE=slip))
        assert done.exit_code == 1, f"{slip}: {done.output}"
        assert "is it spelled right?" in done.output, done.output
        assert not list_.exists(), f"{slip} made a list"
    assert trees.purge(run, *all_trees).exit_code == 2, "without a list something was purged"
    done = run.command("sh", "find-files.sh", **trees.alone(run, RELEASE="demo-lib>=2.0"))
    assert done.exit_code == 2, f"many versions are taken for one: {done.output}"
    trees.listed(run)
    done = trees.purge(run, *all_trees, RELEASE="demo-lib==1.0")
    assert done.exit_code == 2, f"the list of another release was taken: {done.output}"
    list_.write_text(list_.read_text().removesuffix("end\n"))
    assert trees.purge(run, *all_trees).exit_code == 2, "half a list was taken"
    list_.unlink()
    assert trees.contents(*all_trees) == before, "something was touched"


def comes_back(run: Run) -> None:
    """Purged and not kept out, the next sync brings it back; kept out, it stays away."""
    trees.listed(run)
    tree, conf = trees.there(run)[0], Path(run.settings["BANDERSNATCH_CONF"])
    assert trees.purge(run, tree).exit_code == 0
    trees.sync(run)
    assert trees.versions(tree) == ["1.0", "1.1", "2.0", "2.1b1"], "bandersnatch does not bring it"

    before = conf.read_text()
    conf.write_text(before.replace("enabled =\n    allowlist_project", "enabled = a b"))
    done = run.command("sh", "keep-out.sh", RELEASE=RELEASE)
    conf.write_text(before)
    assert done.exit_code == 1, f"a configuration that enables nothing is taken: {done.output}"
    for _ in range(2):
        done = run.command("sh", "keep-out.sh", RELEASE=RELEASE)
        assert done.exit_code == 0, done.output
    assert conf.read_text().count(RELEASE) == 1, "it was added twice"

    assert trees.purge(run, tree).exit_code == 0
    trees.sync(run)
    assert trees.versions(tree) == ["1.0", "1.1", "2.1b1"], "the sync brings it back"
    assert not list(tree.rglob(f"{WHEEL}*")), "the sync brings its files back"
    told = json.loads((tree / "json/demo-lib").read_text())
    assert "2.0" in told["releases"], "bandersnatch has learned to filter its JSON: mend the page"
    checked = run.command(run.settings["MIRRORLAB"], "check", tree)
    assert checked.exit_code == 0, f"the tree is not whole: {checked.output}"


def who_has_it(run: Run) -> None:
    """The table has what was done and nothing else, though logs are rotated, packed and cut."""
    without_devpi = " ".join(served.indexes(run)[:3])
    done = run.command("sh", "find-files.sh", RELEASE=RELEASE, DEVPI="", SERVED=without_devpi)
    assert done.exit_code == 3, "the second copy is not there yet"
    visits = logs.Visits(run)
    visits.rotated()
    visits.asked()
    visits.forwarded()
    visits.installed()
    done = logs.who(run)
    assert done.exit_code == 0, done.output
    _the_table_is_true(run, visits.truth)
    named = re.search(r"\d+ addresses have or may have .*: (.*)", done.output)
    assert named, done.output
    have_it = {who for who, outcome, _ in visits.truth if outcome in logs.MEANS_IT_IS_THERE}
    assert set(named[1].split()) == have_it, f"named: {named[1]}"

    logs.cut(run)
    done = logs.who(run)
    assert done.exit_code == 3, f"half a line is taken for nothing: {done.output}"
    line = r"look yourself: \S+copy-access\.log:\d+: 127\.0\.0\.15"
    assert re.search(line, done.output), f"the cut line is not shown: {done.output}"
    assert re.search(r"not read to its end: \S+\.gz", done.output), done.output
    for nothing in (str(run.tmp / "none.log"), "/dev/null"):
        done = logs.who(run, LOGS=nothing)
        assert done.exit_code == 3, f"{nothing} tells that nobody has it: {done.output}"


def _the_table_is_true(run: Run, truth: set[logs.Row]) -> None:
    rows = logs.table(run)
    found = {(row["address"], row["outcome"], row["file"]) for row in rows}
    assert found == truth, f"too many: {found - truth}, too few: {truth - found}"
    agents = {row["agent"].partition("/")[0] for row in rows if row["address"] == "127.0.0.1"}
    assert agents == {"pip", "uv"}, f"installed by {agents}"
    assert 'a "quoted" agent' in {row["agent"] for row in rows}, "an agent is lost"


def devpi_holds_on(run: Run) -> None:
    """What devpi does when a release is deleted by its version; what purge and hold do instead."""
    release, wheel = "demo-dep==2.0", "demo_dep-2.0-py3-none-any.whl"
    token = devpi.indexes(run)
    direct = f"http://{run.settings['DEVPI_LISTEN']}/root/pypi/+simple/demo-dep/"
    files = run.get(direct, served.JSON).json()["files"]
    url = next(urljoin(direct, f["url"]) for f in files if f["filename"] == wheel)
    assert run.get(url).status == 200, "devpi does not have it"
    run.wait(lambda: devpi.kept(run, wheel), "the file on its disk")  # written after it is sent
    status, _ = devpi.ask(run, "DELETE", "root/pypi/demo-dep/2.0?force", {}, token)
    assert status == 200, f"a version of a mirror cannot be deleted any more: {status}"
    assert not devpi.kept(run, wheel), "its file is still there"
    assert run.get(url).status == 200, "devpi has learned not to fetch it again: mend the page"
    run.wait(lambda: devpi.kept(run, wheel), "the file on its disk")

    body = {"type": "constrained", "bases": ["root/pypi"], "constraints": ["demo-dep!=2.0"]}
    assert devpi.ask(run, "PUT", "acme/constrained", body, token)[0] == 200
    shown = run.get(direct.replace("root/pypi", "acme/constrained"), served.JSON).json()["files"]
    assert wheel in {f["filename"] for f in shown}, "devpi-constrained holds: mend the page"

    ours: dict[str, Any] = {"RELEASE": release, "LIST": str(run.tmp / "demo-dep.txt")}
    index = direct.removesuffix("demo-dep/")
    done = run.command("sh", "find-files.sh", **trees.alone(run, **ours, SERVED=index))
    assert done.exit_code == 0, done.output
    done = run.command("sh", "purge-devpi.sh", **ours)
    assert done.exit_code == 0, done.output
    assert not devpi.kept(run, wheel), "its file is still there"
    after = run.get(direct, served.JSON)
    assert "demo_dep-1.0-py3-none-any.whl" in after.text, f"the whole project is gone: {after.text}"
    _held_only_by_a_stage(run, token, ours)
    shown = run.get(direct.replace("root/pypi", "acme/production"), served.JSON).json()["files"]
    held = {"demo_dep-1.0-py3-none-any.whl", "demo_dep-1.0.tar.gz"}
    assert {f["filename"] for f in shown} == held, f"the stage shows {shown}"


def _held_only_by_a_stage(run: Run, token: str, ours: dict[str, Any]) -> None:
    """The bad version is no good one, and a stage that looks upstream hides nothing."""
    hold: dict[str, Any] = {**ours, "STAGE": "acme/production", "GOOD": "1.0"}
    done = run.command("sh", "hold-devpi.sh", **{**hold, "GOOD": "2.0.0"})
    assert done.exit_code == 2, f"the bad version is held: {done.output}"
    for names, code in ((["demo-dep"], 1), ([], 0), ([], 0)):
        stage = {"type": "stage", "bases": ["root/pypi"], "mirror_whitelist": names}
        assert devpi.ask(run, "PATCH", "acme/production", stage, token)[0] == 200
        done = run.command("sh", "hold-devpi.sh", **hold)
        assert done.exit_code == code, f"mirror_whitelist {names}: {done.output}"


def client_caches(run: Run) -> None:
    """Nothing serves it any more, and both install it; clean-client.sh finds and empties."""
    trees.listed(run)
    machine, index = machines.machine(run), run.settings["UPSTREAM"]
    caches, uv = machine.caches, machine.uv
    for client in (machine.pip, uv):
        client.install(RELEASE, "--no-deps", index=index, env=caches, expect=0)
    run.index.fault("403", "/packages/*/demo_lib-2.0*")
    removed = machine.pip.follow("pip cache remove demo_lib", env=caches)
    assert "No matching packages" in removed.output, removed.output
    uv.follow("uv pip uninstall demo-lib", env=caches)
    for client in (run.client("pip"), uv):
        attempt = client.install(RELEASE, "--no-deps", index=index, env=caches)
        assert attempt.installed == {"demo-lib": "2.0"}, f"{client.name} asks again: mend the page"

    ours: dict[str, Any] = {"RELEASE": RELEASE, **machine.settings, "SEARCH": str(uv.venv)}
    done = run.command("sh", "clean-client.sh", **ours)
    assert done.exit_code == 1, f"it is installed: {done.output}"
    assert f"is here: {uv.site_packages}/demo_lib-2.0.dist-info" in done.output, done.output
    uv.follow("uv pip uninstall demo-lib", env=caches)
    done = run.command("sh", "clean-client.sh", **ours)
    assert done.exit_code == 0, f"it is still there: {done.output}"
    for client in (run.client("pip"), uv):
        attempt = client.install(RELEASE, "--no-deps", index=index, env=caches)
        assert not attempt.installed, f"{client.name} still has it in its cache"
    done = run.command("sh", "clean-client.sh", **{**ours, "PIP": "false", "SEARCH": "nowhere"})
    assert done.exit_code == 2, f"nothing was looked at: {done.output}"
