"""Backup and upgrade: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

from tests.recipes.conftest import Case
from tests.recipes.one_world import World

LOSE = 'find "$new/data/+files" -name "acme_lib*" -exec truncate -s 0 {} +\n# The proof'

SABOTAGE: list[Case] = [
    (
        "replica-of-a-restored-primary",
        "restore-devpi.sh",
        'node.pop("uuid", None)',
        "pass",
        "goes on with another primary",
    ),
    (
        "half-an-upload",
        "broken_files.py",
        "if not is_whole(file)",
        "if False",
        "the backup did not tell",
    ),
    ("half-an-upload", "backup-pypiserver.sh", "cp -RLp", "cp -Rp", "links were not followed"),
    (
        "half-an-upload",
        "backup-pypiserver.sh",
        'cp -p "$PYPISERVER/htpasswd" "$new/htpasswd"',
        ': >"$new/htpasswd"',
        "no password",
    ),
    ("withdrawn-upstream", "backup-mirror.sh", '"$TREE" = yes', "x = y", "was not restored"),
    ("withdrawn-upstream", "restore-mirror.sh", "&& ! compare", "&& false", "did not tell"),
    ("certificate-expires", "certificate.sh", '-le "$DAYS"', "-le 0", "was not told"),
    ("certificate-expires", "certificate.sh", "|| health=3", "|| :", "counts as well"),
]

WORLDS = [
    World(
        "replica",
        [
            (
                "promise",
                "snapshot_devpi.py",
                'last_change(copy / ".sqlite")',
                'b""',
                "backup-devpi failed",
            ),
            (
                "replica-of-a-restored-primary",
                "compare_replica.py",
                "wanted, held = releases(primary), releases(replica)",
                "wanted, held = releases(primary), releases(primary)",
                "the silent divergence is not seen",
            ),
        ],
    ),
    World(
        "devpi",
        [
            ("disk-full", "backup-devpi.sh", '    rm -rf "$new"\n    echo', "    echo", "touched"),
            ("backup-killed", "backup-devpi.sh", 'rm -rf "$new"  #', ":  #", "after a killed one"),
            (
                "upload-going-on",
                "snapshot_devpi.py",
                'copy_files(serverdir / "+files", copy / "+files", left_out, wanted)',
                "pass",
                "no backup while uploads go on",
            ),
            (
                "altered-backup",
                "verify-backup.sh",
                '[ -z "$added" ] ||',
                "true ||",
                "something added was",
            ),
            (  # a restore does not trust a backup that was not checked
                "upload-going-on",
                "backup-devpi.sh",
                'if said=$("$state/bin/devpi-fsck"',
                'rm -r "$new/data/+files"; if said=$(true',
                "not restored",
            ),
            (
                "upgraded-and-rolled-back",
                "upgrade-devpi.sh",
                "# The proof",
                LOSE,
                "~ file emma/dev/acme-lib",
            ),
            (
                "upgraded-and-rolled-back",
                "upgrade-devpi.sh",
                "grep -q",
                "false",
                "- index root/pypi",
            ),
            (
                "upgraded-and-rolled-back",
                "roll-back.sh",
                '"$ACCEPT_LOSS" != yes',
                "x = y",
                "in silence",
            ),
        ],
    ),
]
