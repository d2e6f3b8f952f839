"""What runs out: the room on the backup's disk, the days of a certificate."""

from __future__ import annotations

import contextlib
import re

from drilling.devpi import fill
from drilling.inventory import hashes

from mirrorlab.runner import Run


def disk_full(run: Run) -> None:
    """The backup says so and leaves nothing; with room again, the next one succeeds."""
    fill(run)
    small = run.tmp / "small"
    run.small_disk(small, 2_000_000)
    assert run.step("backup-devpi", BACKUPS=small).exit_code == 0
    before = hashes(small / "devpi")
    ballast = small / "ballast"
    with contextlib.suppress(OSError):  # it ends when the disk is full
        ballast.write_bytes(bytes(2_000_000))
    done = run.step("backup-devpi", BACKUPS=small)
    assert done.exit_code == 1, "the backup did not tell that the disk is full"
    assert hashes(small / "devpi") == before, "the backups before were touched"
    warned = run.step("disk", BACKUPS=small, FULL="90")
    assert warned.exit_code == 1, "disk.sh did not tell"
    ballast.unlink()
    assert run.step("backup-devpi", BACKUPS=small).exit_code == 0, "no backup with room again"
    assert run.step("disk", BACKUPS=small).exit_code == 0


def certificate_expires(run: Run) -> None:
    """It is told in time, by the days it has; one that cannot be read counts as no pass."""
    soon, late = run.tmp / "soon.pem", run.tmp / "late.pem"
    for path, days in ((soon, 10), (late, 90)):
        options = f"req -x509 -newkey rsa:2048 -nodes -subj /CN=x -keyout {run.tmp / 'key'}".split()
        assert run.command("openssl", *options, "-days", days, "-out", path).exit_code == 0
    server = run.settings["CERTIFICATES"]
    assert run.step("certificate", CERTIFICATES=f"{server} {late}", DAYS="21").exit_code == 0
    told = run.step("certificate", CERTIFICATES=f"{server} {late} {soon}", DAYS="21")
    assert told.exit_code == 1, "a certificate about to expire was not told"
    assert re.search(r"soon\.pem expires in (9|10) days", told.output), told.output
    closed = f"https://127.0.0.1:{run.port('closed')}"
    unread = run.step("certificate", CERTIFICATES=f"{closed} {late}", DAYS="21")
    assert unread.exit_code == 3, "a server that does not answer counts as well"
