"""Backup and upgrade: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from mirrorlab.runner import DrillResult

Sabotage = Callable[..., DrillResult]

RECIPE = Path(__file__).parents[2] / "recipes" / "backup-and-upgrade"
UNITS = sorted((RECIPE / "systemd").iterdir())
COPY_THE_HTPASSWD = 'cp -p "$PYPISERVER/htpasswd" "$new/htpasswd"'
COPY_THE_FILES = 'copy_files(serverdir / "+files", copy / "+files", left_out, wanted)'

SABOTAGE = [
    ("promise", "backup-pypiserver.sh", COPY_THE_HTPASSWD, ': >"$new/htpasswd"', "no password"),
    (
        "upload-going-on",
        "snapshot_devpi.py",
        COPY_THE_FILES,
        "pass",
        "no backup while uploads go on",
    ),
    ("promise", "snapshot_devpi.py", 'last_change(copy / ".sqlite")', 'b""', "backup-devpi failed"),
    ("altered-backup", "verify-backup.sh", '[ -z "$added" ] ||', "true ||", "something added was"),
    ("backup-killed", "backup-devpi.sh", 'rm -rf "$new"  #', ":  #", "after a killed one"),
    ("disk-full", "backup-devpi.sh", '    rm -rf "$new"\n    echo', "    echo", "were touched"),
    ("upgraded-and-rolled-back", "roll-back.sh", '"$ACCEPT_LOSS" != yes', "x = y", "in silence"),
    ("upgraded-and-rolled-back", "upgrade-devpi.sh", "grep -q", "false", "- index root/pypi"),
    (
        "replica-of-a-restored-primary",
        "restore-devpi.sh",
        'node.pop("uuid", None)',
        "pass",
        "goes on with another primary",
    ),
    (
        "replica-of-a-restored-primary",
        "compare_replica.py",
        "wanted, held = releases(primary), releases(replica)",
        "wanted, held = releases(primary), releases(primary)",
        "the silent divergence is not seen",
    ),
    (
        "half-an-upload",
        "broken_files.py",
        "if not is_whole(file)",
        "if False",
        "the backup did not tell",
    ),
    ("half-an-upload", "backup-pypiserver.sh", "cp -RLp", "cp -Rp", "links were not followed"),
    ("withdrawn-upstream", "backup-mirror.sh", '"$TREE" = yes', "x = y", "was not restored"),
    ("withdrawn-upstream", "restore-mirror.sh", "&& ! compare", "&& false", "did not tell"),
    ("certificate-expires", "certificate.sh", '-le "$DAYS"', "-le 0", "was not told"),
    ("certificate-expires", "certificate.sh", "|| health=3", "|| :", "counts as well"),
]


@pytest.mark.parametrize(
    ("drill", "file", "old", "new", "reason"),
    SABOTAGE,
    ids=[f"{drill}: {reason}" for drill, *_, reason in SABOTAGE],
)
def test_without_its_safeguard_the_drill_does_not_hold(
    sabotage: Sabotage, drill: str, file: str, old: str, new: str, reason: str
) -> None:
    result = sabotage(recipe=RECIPE.name, drill=drill, edit={file: (old, new)})
    assert result.holds is False, result.reason
    assert reason in str(result.reason)


def test_a_restore_does_not_trust_an_unchecked_backup(sabotage: Sabotage) -> None:
    edit = {
        "snapshot_devpi.py": (COPY_THE_FILES, "pass"),
        "backup-devpi.sh": ('"$state/bin/devpi-fsck" --serverdir', "true --serverdir"),
    }
    result = sabotage(recipe=RECIPE.name, drill="upload-going-on", edit=edit)
    assert result.holds is False, result.reason
    assert "not restored" in str(result.reason)


def test_an_upgrade_that_loses_a_file_is_not_switched_to(sabotage: Sabotage) -> None:
    lose = 'find "$new/data/+files" -name "acme_lib*" -exec truncate -s 0 {} +\n# The proof'
    edit = {"upgrade-devpi.sh": ("# The proof", lose)}
    result = sabotage(recipe=RECIPE.name, drill="upgraded-and-rolled-back", edit=edit)
    assert result.holds is False, result.reason
    assert "not upgraded" in str(result.reason)
    assert "~ file emma/dev/acme-lib" in str(result.reason)


def test_every_drill_is_sabotaged(
    every_story_is_sabotaged: Callable[[str, Iterable[str]], None],
) -> None:
    every_story_is_sabotaged(RECIPE.name, [drill for drill, *_ in SABOTAGE])


def test_the_units_have_no_fault(tmp_path: Path) -> None:
    assert len(UNITS) == 7
    done = _verify(*_instances(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_a_fault_in_a_unit_would_be_found(tmp_path: Path) -> None:
    for unit in _instances(tmp_path):
        unit.write_text(unit.read_text().replace("ProtectHome=", "ProtectHouse="))
    done = _verify(*sorted(tmp_path.iterdir()))
    assert done.returncode == 1
    assert "Unknown key 'ProtectHouse'" in done.stderr


def test_units_start_scripts_of_the_recipe() -> None:
    started = {
        script
        for path in UNITS
        for script in re.findall(r"/bin/sh /srv/backup-and-upgrade/(\S+)", path.read_text())
    }
    assert started == {"devpi.sh", "pypiserver.sh", "backup-%i.sh", "%i.sh", "alarm.sh"}
    names = {"backup-%i.sh": ("devpi", "pypiserver", "mirror"), "%i.sh": ("disk", "certificate")}
    for script in started:
        for name in names.get(script, ("",)):
            assert (RECIPE / script.replace("%i", name)).is_file()


def _instances(folder: Path) -> list[Path]:
    """Copy the units, a template as its instance for devpi, as systemd would start it."""
    for unit in UNITS:
        (folder / unit.name.replace("@.", "@devpi.")).write_text(unit.read_text())
    return sorted(folder.iterdir())


def _verify(*units: Path) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", "verify", "--recursive-errors=yes", *map(str, units)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
