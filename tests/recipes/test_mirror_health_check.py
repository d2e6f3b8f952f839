"""check.sh of mirror-health: what it makes of each way in which a check can end."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

RECIPE = Path(__file__).parents[2] / "recipes" / "mirror-health"


def _check(tmp_path: Path, kit: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Check with a kit of these shell commands, which have METRICS in $metrics."""
    command = tmp_path / "kit"
    command.write_text(f"#!/bin/sh\nmetrics={tmp_path}/metrics\n{kit}\n")
    command.chmod(0o755)
    environment = {
        "PATH": "/usr/bin:/bin",
        "MIRRORLAB": str(command),
        "STATE": str(tmp_path / "state"),
        "METRICS": str(tmp_path / "metrics"),
        "STATUS": str(tmp_path / "status"),
        "ALARM": f"cat >>{tmp_path}/alarm",
        **settings,
    }
    script = ["/bin/sh", str(RECIPE / "check.sh")]
    return subprocess.run(script, env=environment, capture_output=True, text=True, check=False)


WRITE = "true >$metrics.new; mv $metrics.new $metrics; "


@pytest.mark.parametrize(
    ("kit", "code"),
    [
        (f"{WRITE} exit 0", 0),
        (f"{WRITE} exit 1", 1),
        ("exit 2", 2),
        ("exit 3", 3),
        ("exit 0", 3),  # it has not checked
        ("exit 1", 3),  # an interpreter that finds no module
        ("exit 126", 3),
        ("kill -9 $$", 3),
        (f"{WRITE} kill -15 $$", 3),
    ],
)
def test_a_check_that_did_not_end_could_not_tell(tmp_path: Path, kit: str, code: int) -> None:
    (tmp_path / "metrics").write_text("of the check before")
    done = _check(tmp_path, f"echo told; {kit}")
    assert done.returncode == code, done.stderr
    assert done.stdout.startswith("told\n")
    assert (tmp_path / "alarm").exists() is (code != 0)
    if code != 0:
        assert (tmp_path / "alarm").read_text() == done.stdout


@pytest.mark.parametrize(("kit", "code"), [(f"{WRITE} exit 1", 1), ("exit 2", 2), ("exit 3", 3)])
def test_an_alarm_that_fails_does_not_replace_the_verdict(
    tmp_path: Path, kit: str, code: int
) -> None:
    done = _check(tmp_path, kit, ALARM="no-such-command")
    assert done.returncode == code
    assert "check: ALARM ended with 127, so perhaps nobody was told: no-such-comm" in done.stderr


def test_what_an_alarm_leaves_at_work_does_not_stop_the_next_check(tmp_path: Path) -> None:
    alarm = f"sleep 60 >/dev/null 2>&1 & echo $! >{tmp_path}/pid"
    try:
        assert _check(tmp_path, "exit 3", ALARM=alarm).returncode == 3
        assert _check(tmp_path, f"{WRITE} exit 0").returncode == 0
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


@pytest.mark.parametrize("setting", ["STATE", "METRICS", "STATUS"])
def test_a_check_that_can_write_nothing_could_not_tell(tmp_path: Path, setting: str) -> None:
    (tmp_path / "file").write_text("")
    place = tmp_path / "file" / "below" / "it"
    done = _check(tmp_path, f"{WRITE} exit 0", **{setting: str(place)})
    assert done.returncode == 3
    assert "check: STATE, METRICS or STATUS: cannot write to" in done.stderr
    assert "nothing was checked" in (tmp_path / "alarm").read_text()


@pytest.mark.parametrize("name", ["check.lock", "report.new"])
def test_a_report_that_cannot_be_written_could_not_tell(tmp_path: Path, name: str) -> None:
    (tmp_path / "state" / name).mkdir(parents=True)
    done = _check(tmp_path, f"{WRITE} exit 0")
    assert done.returncode == 3
    assert f"{name}: nothing was checked" in done.stderr


@pytest.mark.parametrize("mirrorlab", ["no-such-command", "/nowhere/mirrorlab"])
def test_a_kit_that_is_not_there_is_a_wrong_setting(tmp_path: Path, mirrorlab: str) -> None:
    done = _check(tmp_path, "exit 0", MIRRORLAB=mirrorlab)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"check: MIRRORLAB: there is no command {mirrorlab}\n"
    assert (tmp_path / "alarm").read_text() == done.stderr


def test_without_flock_no_other_is_said_to_be_at_work(tmp_path: Path) -> None:
    flock = tmp_path / "bin" / "flock"
    flock.parent.mkdir()
    flock.write_text("#!/bin/sh\nexit 64\n")
    flock.chmod(0o755)
    done = _check(tmp_path, "exit 0", PATH=f"{flock.parent}:/usr/bin:/bin")
    assert done.returncode == 3
    assert "flock ended with 64" in done.stderr
