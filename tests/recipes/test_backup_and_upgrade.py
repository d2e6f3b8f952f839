"""Backup and upgrade: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

from pathlib import Path

from tests.recipes.conftest import Case, Sabotage

RECIPE = Path(__file__).parents[2] / "recipes" / "backup-and-upgrade"
COPY_THE_HTPASSWD = 'cp -p "$PYPISERVER/htpasswd" "$new/htpasswd"'
COPY_THE_FILES = 'copy_files(serverdir / "+files", copy / "+files", left_out, wanted)'

SABOTAGE: list[Case] = [
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
