"""The runbook, typed line by line, and how what it did is undone."""

from __future__ import annotations

import json
from pathlib import Path

from drilling import devpi, served, trees
from drilling.machines import Machine
from drilling.served import METADATA, RELEASE, SDIST, WHEEL

from mirrorlab.runner import Run


def follow(run: Run, machine: Machine) -> None:
    """Run each line of the runbook as it stands there; each must end with 0."""
    (run.tmp / "machines").mkdir()
    lines = (run.folder / "runbook.txt").read_text().splitlines()
    exported, first_purge = "", next(line for line in lines if "purge-" in line)
    for line in [line for line in lines if not line.startswith("#")]:
        if line.startswith("export "):
            exported += f"{line}; "
            continue
        if line == first_purge:
            _the_proof_names_all(run)
        done = run.command("sh", "-c", exported + line, timeout=200, **machine.settings)
        assert done.exit_code == 0, f"{line} ended with {done.exit_code}: {done.output}"


def _the_proof_names_all(run: Run) -> None:
    """All that is to be purged is still here, and the proof says so: a line left out is seen."""
    done = run.command("sh", "prove.sh", RELEASE=RELEASE)
    assert done.exit_code == 1, f"before the first purge all is proven: {done.output}"
    files = {"TREES": WHEEL, "DEVPI": WHEEL, "CACHES": f"{WHEEL} {METADATA} {SDIST}"}
    for setting, names in files.items():
        for folder in run.settings[setting].split():
            said = f"{folder} still holds {names}"
            assert said in done.output, f"the proof does not say {said}: {done.output}"


def the_hold_is_undone(run: Run) -> None:
    """The project is removed from the stage, which then shows again what upstream has."""
    held = set(served.files_of(run, served.stage(run)))
    assert all("-1.0" in name for name in held), f"the stage shows {held}"
    token = devpi.indexes(run)
    status, said = devpi.ask(run, "DELETE", "acme/production/demo-lib?force", {}, token)
    assert status == 200, f"it cannot be removed: {status} {said}"
    assert WHEEL in served.files_of(run, served.stage(run)), "the stage still hides the others"


def the_block_is_undone(run: Run) -> None:
    """As the page says: without the file nginx asks upstream again, which still has it."""
    url = served.files_of(run, served.cache(run))[SDIST]
    assert run.get(url).status == 403
    Path(run.settings["BLOCKED"], f"{RELEASE}.conf").unlink()
    done = run.command("sh", "-c", f"{run.settings['NGINX_COMMAND']} -s reload")
    assert done.exit_code == 0, done.output
    run.wait(lambda: run.get(url).status == 200, "the release, without the block")


def the_check_says(run: Run) -> None:
    """Beside upstream: missing while upstream has it, healthy once it is withdrawn there."""
    tree, upstream = run.settings["TREES"].split()[0], run.settings["UPSTREAM"]
    words = (run.settings["MIRRORLAB"], "check", tree, "--upstream", upstream)
    checked = run.command(*words, "--project", "demo-lib", "--json")
    (check,) = json.loads(checked.output)["checks"]
    found = {(finding["kind"], finding["file"]) for finding in check["findings"]}
    assert found == {("missing", WHEEL), ("missing", SDIST)}, f"the check says {found}"
    assert checked.exit_code == 1
    run.index.delete("demo-lib", "2.0")
    trees.sync(run)
    checked = run.command(*words, "--project", "demo-lib", "--json")
    assert checked.exit_code == 0, f"upstream has withdrawn it: {checked.output}"
