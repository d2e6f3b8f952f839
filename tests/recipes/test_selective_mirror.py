"""The selective mirror: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from mirrorlab import runner
from mirrorlab.runner import DrillResult

Sabotage = Callable[..., DrillResult]

RECIPE = Path(__file__).parents[2] / "recipes" / "selective-mirror"
UNITS = sorted((RECIPE / "systemd").iterdir())

SABOTAGE = [
    ("promise", "allowlist.sh", "--universal", "--universal --no-deps", "not just what is needed"),
    ("promise", "sync.sh", 'chmod 0644 "$MIRROR', ': "$MIRROR', "cannot read last-modified"),
    ("promise", "nginx-mirror.conf.in", "add_header Vary Accept;", "", "sends no Vary: Accept"),
    ("promise", "Caddyfile", "header +Vary Accept", "", "sends no Vary: Accept"),
    ("promise", "cron.d/selective-mirror", "|| /bin/sh", "# /bin/sh", "no alarm though"),
    ("killed-mid-sync", "sync.sh", "-exec rm -f {} +", "", "half a file stays for ever"),
    ("killed-mid-sync", "nginx-mirror.conf.in", r"location ~ /\.", "location = /x", "is served"),
    ("killed-mid-sync", "Caddyfile", r"not path_regexp /\.", "", "half a file is served"),
    ("two-syncs", "sync.sh", "if ! flock -n 9", "if false", "the second sync ended with"),
    ("upstream-500", "sync.sh", 'exit "$health"', "exit 0", "the sync did not tell"),
    ("upstream-500", "sync.sh", 'if [ -f "$MIRROR/todo" ]', "if false", "left in todo"),
    ("corrupt-file", "sync.sh", "python3 compare.py", ":", "the sync did not tell"),
    ("frozen", "sync.sh", 'rm -f "$MIRROR/todo"\n# Each', "# Each", "are still frozen"),
    ("frozen", "bandersnatch.conf.in", "    blocklist_release\n", "", "is no cure"),
    ("missing-for-good", "sync.sh", "python3 compare.py", ":", "is still missing"),
    ("new-dependency", "allowlist.sh", " --universal", "", "what only Windows needs"),
    ("new-dependency", "sync.sh", "sh ./allowlist.sh", ":", "is not here"),
    ("new-dependency", "sync.sh", 'if [ -n "$lagging" ]', "if false", "is not healthy"),
    ("quarantined", "compare.py", "if project in here else None", "if 0 else None", "did not tell"),
    (
        "quarantined",
        "withdrawn.py",
        "shutil.rmtree(simple / project)",
        "pass",
        "it was not removed",
    ),
    ("release-deleted", "withdrawn.py", "(web / name).unlink()", "pass", "they were not removed"),
    ("disk-full", "sync.sh", 'exit "$health"', "exit 0", "the sync did not tell"),
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


def test_every_drill_is_sabotaged(
    every_story_is_sabotaged: Callable[[str, Iterable[str]], None],
) -> None:
    every_story_is_sabotaged(RECIPE.name, (drill for drill, *_ in SABOTAGE))


def test_flask_comes_through_the_mirror_and_works(tmp_path: Path) -> None:
    folder = shutil.copytree(RECIPE, tmp_path / RECIPE.name)
    manifest = (RECIPE / "recipe.toml").read_text().partition("[[drill]]")[0]
    for old, new in {'"default"': '"real"', '"demo-lib Demo.Name_Mixed"': '"flask"'}.items():
        assert manifest.count(old) == 1
        manifest = manifest.replace(old, new)
    (folder / "recipe.toml").write_text(manifest)
    shutil.copyfile(Path(__file__).with_name("real_flask.py"), folder / "drills.py")
    result = runner.run(folder)
    assert result.holds, result.drill("promise").reason


def test_an_empty_list_is_refused_as_bandersnatch_would_take_it_for_everything(
    tmp_path: Path,
) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("uv", "bandersnatch"):
        program = tmp_path / "bin" / name
        program.write_text(f"#!/bin/sh\necho {name} >>{tmp_path}/called\n")
        program.chmod(0o755)
    (tmp_path / "empty.in").touch()
    environment = {
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
        "MIRROR": str(tmp_path / "mirror"),
        "PROJECTS": str(tmp_path / "empty.in"),
    }
    done = subprocess.run(
        ["sh", RECIPE / "sync.sh"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "the allowlist is empty" in done.stderr
    assert (tmp_path / "called").read_text() == "uv\n"


def test_the_units_have_no_fault() -> None:
    assert len(UNITS) == 5
    done = _verify(*UNITS)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_a_fault_in_a_unit_would_be_found(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text().replace("ProtectHome=", "ProtectHouse=")
        (tmp_path / unit.name).write_text(text)
    done = _verify(*sorted(tmp_path.iterdir()))
    assert done.returncode == 1
    assert "Unknown key 'ProtectHouse'" in done.stderr


def test_units_and_cron_start_scripts_of_the_recipe() -> None:
    started = {
        script
        for path in (*UNITS, RECIPE / "cron.d" / "selective-mirror")
        for script in re.findall(r"/bin/sh /srv/selective-mirror/(\S+)", path.read_text())
    }
    assert "sync.sh" in started
    assert started <= {script.name for script in RECIPE.glob("*.sh")}


def test_the_cron_line_has_five_fields_and_a_user() -> None:
    lines = (RECIPE / "cron.d" / "selective-mirror").read_text().splitlines()
    (line,) = [line for line in lines if not line.startswith("#")]
    minute, *stars, user, command = line.split(maxsplit=6)[:7]
    assert 0 < int(minute) < 60
    assert stars == ["*"] * 4
    assert user == "mirror"
    assert command.startswith("/bin/sh ")
    assert "%" not in command, "cron ends a command at %"


def _verify(*units: Path) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", "verify", "--recursive-errors=yes", *map(str, units)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
