"""devpi moves: to another release and back, and to an older backup while it has a replica."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from drilling.devpi import FILES, fill, serial, status, upload
from drilling.inventory import backups, difference, everything, hashes

from mirrorlab.runner import Run

LOST = "/emma/dev/+simple/acme-lost/"


def upgraded_and_rolled_back(run: Run) -> None:
    """All of it is in the new release; a roll back names what came since, and keeps it."""
    fill(run)
    old = status(run, "PRIMARY")["versioninfo"]["devpi-server"]
    before = everything(run, run.settings["PRIMARY"])
    here = {"DEVPI": run.settings["DEVPI"]}
    assert run.step("upgrade-devpi", **here).exit_code == 1, "it upgraded under a running server"
    run.process("devpi").stop()
    done = run.step("upgrade-devpi", **here)
    assert done.exit_code == 0, f"not upgraded: {done.output}"
    run.measure("upgrade", done.seconds, "s")
    assert run.step("devpi").exit_code == 0
    new = status(run, "PRIMARY")["versioninfo"]["devpi-server"]
    assert new != old, f"it is still {old}"
    assert f"from devpi-server {old} to {new}: every item is there" in done.output
    after = everything(run, run.settings["PRIMARY"])
    assert after == before, f"the upgrade lost or altered {difference(before, after)}"

    wheel = upload(run, "emma/prod", "acme-since", "1.0")
    run.process("devpi").stop()
    refused = run.step("roll-back", **here)
    assert refused.exit_code == 1, "the roll back lost an upload in silence"
    assert "acme_since-1.0-py3-none-any.whl" in refused.output, "it does not name what is lost"
    done = run.step("roll-back", ACCEPT_LOSS="yes", **here)
    assert done.exit_code == 0, f"not rolled back: {done.output}"
    (kept,) = Path(run.settings["DEVPI"]).glob("lost-*/**/acme_since-1.0*.whl")
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == wheel, "the upload was not kept"
    assert run.step("devpi").exit_code == 0
    assert status(run, "PRIMARY")["versioninfo"]["devpi-server"] == old, "it is not rolled back"
    assert everything(run, run.settings["PRIMARY"]) == before, "the old state is not as it was"


def replica_of_a_restored_primary(run: Run) -> None:
    """Copied back as it was, the primary and its replica diverge unseen; restored, they do not."""
    fill(run)
    _caught_up(run)
    assert run.step("backup-devpi").exit_code == 0
    upload(run, "emma/dev", "acme-lost", "1.0")
    _caught_up(run)
    assert run.step("check-replica").exit_code == 0, "the replica was not in order before"
    _copied_back_they_diverge(run)
    _restored_the_replica_is_refused(run)
    _made_anew_the_replica_follows(run)


def _copied_back_they_diverge(run: Run) -> None:
    identity = status(run, "PRIMARY")["uuid"]
    _restore_primary(run)
    node = Path(run.settings["DEVPI"], "current", "data", ".nodeinfo")
    node.write_text(json.dumps(json.loads(node.read_text()) | {"uuid": identity}))
    run.step("devpi")
    assert "404 Not Found" in _next_poll(run), "no 404 for the replica"
    assert run.step("check-replica").exit_code == 1, "a replica that is ahead is not seen"
    for version in ("1.0", "2.0"):
        upload(run, "emma/dev", "acme-other", version)
    _next_poll(run)
    run.wait(lambda: serial(run, "REPLICA") == serial(run, "PRIMARY"), "the same serial")
    assert not status(run, "REPLICA")["replication-errors"], "devpi has learned to tell"
    assert run.get(run.settings["PRIMARY"] + LOST).status == 404
    assert run.get(run.settings["REPLICA"] + LOST).status == 200, "devpi has learned to converge"
    diverged = run.step("check-replica")
    assert diverged.exit_code == 1, "the silent divergence is not seen"
    for line in ("only the replica has file .*acme_lost-1.0", "only the primary has .*acme_other"):
        assert re.search(line, diverged.output), f"not seen: {line}"


def _restored_the_replica_is_refused(run: Run) -> None:
    _restore_primary(run)
    run.step("devpi")
    held = serial(run, "REPLICA")
    while serial(run, "PRIMARY") <= held:
        upload(run, "emma/dev", "acme-new", f"{serial(run, 'PRIMARY')}.0")
    said = _next_poll(run)
    assert serial(run, "REPLICA") == held, "the replica goes on with another primary"
    assert "400 Bad Request" in said, "the replica was not refused"
    check = run.step("check-replica")
    assert check.exit_code == 1, "two different primaries are not seen"
    assert "the replica follows" in check.output, "it is not named"


def _made_anew_the_replica_follows(run: Run) -> None:
    run.process("replica").stop()
    Path(run.tmp, "replica").rename(run.tmp / "replica-before")
    assert run.step("replica").exit_code == 0
    _caught_up(run)
    cured = run.step("check-replica")
    assert cured.exit_code == 0, f"making the replica anew is no cure: {cured.output}"
    assert run.get(run.settings["REPLICA"] + LOST).status == 404


def _restore_primary(run: Run) -> None:
    run.process("devpi").stop()
    backup = backups(run, "devpi")[-1]
    done = run.step("restore-devpi", DEVPI=run.settings["DEVPI"], BACKUP=backup)
    assert done.exit_code == 0, f"not restored: {done.output}"


def _next_poll(run: Run) -> str:
    """Start the replica again, which waits after an error, and give what its first poll says."""
    held = serial(run, "REPLICA")
    assert run.step("replica").exit_code == 0
    replica = run.process("replica")
    run.wait(
        lambda: "failed fetching" in replica.output() or serial(run, "REPLICA") > held, "a poll"
    )
    return replica.output()


def _caught_up(run: Run) -> None:
    """Wait until the replica has the primary's serial, and its files on the disk."""

    def same() -> bool:
        there, here = Path(run.settings["DEVPI"]), run.tmp / "replica"
        missing = hashes(there / FILES).items() - hashes(here / FILES).items()
        return serial(run, "REPLICA") == serial(run, "PRIMARY") and not missing

    run.wait(same, "the primary's serial and files at the replica")
