"""A backup of devpi: taken while uploads go on, damaged afterwards, killed half way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drilling.devpi import fill, restored, status, upload
from drilling.inventory import backups, everything

from mirrorlab.runner import Run


def upload_going_on(run: Run) -> None:
    """What was acknowledged before the backup is in it, whole, whatever comes meanwhile."""
    fill(run)
    before = everything(run, run.settings["PRIMARY"])
    with _uploads_going_on(run) as uploaded:
        run.wait(lambda: uploaded, "an upload")
        done = run.step("backup-devpi")
    assert done.exit_code == 0, f"no backup while uploads go on: {done.output}"
    (needs,) = backups(run, "devpi")[-1].glob("requirements.txt")
    serving = status(run, "PRIMARY")["versioninfo"]["devpi-server"]
    assert f"devpi-server=={serving}" in needs.read_text().split(), "what served it is not noted"
    run.measure("backup", done.seconds, "s")
    run.measure("uploads-meanwhile", len(uploaded), "uploads")
    after = everything(run, restored(run, run.tmp / "flow"))
    lost = {item: value for item, value in before.items() if after.get(item) != value}
    assert not lost, f"lost or altered: {sorted(lost)}"


def altered_backup(run: Run) -> None:
    """A damaged, truncated or completed backup is refused, named, before anything is touched."""
    backup = _a_backup(run)
    (wheel,) = backup.rglob("acme_app-1.0*.whl")
    honest = wheel.read_bytes()
    for what, content in {
        "altered": honest[:-1] + bytes([honest[-1] ^ 1]),
        "truncated": honest[: len(honest) // 2],
    }.items():
        wheel.write_bytes(content)
        _refused(run, what, f"{wheel} is damaged")
    wheel.unlink()
    _refused(run, "missing", f"{wheel} is missing")
    wheel.write_bytes(honest)
    stray = backup / "data" / "stray"
    stray.write_text("who put me here?")
    _refused(run, "added", f"{stray} is not in its SHA256SUMS")
    stray.unlink()
    sums = backup / "SHA256SUMS"
    lines = sums.read_text()
    sums.write_text(lines[: len(lines) // 2])
    _refused(run, "cut off in SHA256SUMS", "")
    sums.write_text(lines)
    assert run.command("sh", "verify-backup.sh", backup).exit_code == 0, "a whole backup is refused"
    with_other_sum = run.command("sh", "verify-backup.sh", backup, SUM="0" * 64)
    assert with_other_sum.exit_code == 1, "the sum kept elsewhere is not compared"


def backup_killed(run: Run) -> None:
    """The backup before stays whole, what is half done is no backup, and the next one succeeds."""
    _a_backup(run)
    before = backups(run, "devpi")
    half = Path(run.settings["BACKUPS"], "devpi", ".new")
    backup = run.start("backup-devpi")
    run.wait(lambda: (half / "data" / ".sqlite").exists(), "half a backup")
    backup.kill()
    assert half.exists(), "it was not killed half way"
    assert backups(run, "devpi") == before, "half a backup has a name"
    for whole in before:
        verified = run.command("sh", "verify-backup.sh", whole)
        assert verified.exit_code == 0, "the one before is damaged"
    done = run.step("backup-devpi")
    assert done.exit_code == 0, f"no backup after a killed one: {done.output}"
    assert not half.exists(), "half a backup stays for ever"
    assert len(backups(run, "devpi")) == len(before) + 1


@contextmanager
def _uploads_going_on(run: Run) -> Iterator[list[str]]:
    """Upload one release after another meanwhile; give the versions that were acknowledged."""
    stop = threading.Event()
    uploaded: list[str] = []

    def go_on() -> None:
        while not stop.wait(0.2):
            version = f"{len(uploaded)}.0"
            upload(run, "emma/dev", "acme-flow", version)
            uploaded.append(version)

    uploader = threading.Thread(target=go_on)
    uploader.start()
    try:
        yield uploaded
    finally:
        stop.set()
        uploader.join()


def _a_backup(run: Run) -> Path:
    """The newest backup of this world's devpi; made if there is none yet."""
    if not backups(run, "devpi"):
        fill(run)
        assert run.step("backup-devpi").exit_code == 0
    return backups(run, "devpi")[-1]


def _refused(run: Run, what: str, sentence: str) -> None:
    target = run.tmp / "refused"
    done = run.step("restore-devpi", DEVPI=target)
    assert done.exit_code == 1, f"a backup with something {what} was restored"
    assert sentence in done.output, f"{what}: not named: {done.output}"
    left = [path.name for path in target.iterdir() if path.name != "lock"]
    assert not left, f"{what}: something was touched: {left}"
