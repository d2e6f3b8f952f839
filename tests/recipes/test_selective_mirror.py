"""The selective mirror: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.recipes.conftest import Case
from tests.recipes.one_world import World

from mirrorlab import runner

RECIPE = Path(__file__).parents[2] / "recipes" / "selective-mirror"

WORLDS = [
    World(
        "serve-caddy",
        [
            ("promise", "allowlist.sh", "--universal", "--universal --no-deps", "not just what"),
            ("promise", "nginx-mirror.conf.in", "add_header Vary Accept;", "", "no Vary: Accept"),
            ("promise", "Caddyfile", "header +Vary Accept", "", "sends no Vary: Accept"),
            ("promise", "cron.d/selective-mirror", "|| /bin/sh", "# /bin/sh", "no alarm though"),
        ],
        again={
            "allowlist.sh": "sync",
            "nginx-mirror.conf.in": "serve-nginx",
            "Caddyfile": "serve-caddy",
        },
    )
]
SABOTAGE: list[Case] = [
    ("promise", "sync.sh", 'chmod 0644 "$MIRROR', ': "$MIRROR', "cannot read last-modified"),
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


def test_flask_comes_through_the_mirror_and_works(tmp_path: Path) -> None:
    own = shutil.ignore_patterns("drills")
    folder = shutil.copytree(RECIPE, tmp_path / RECIPE.name, ignore=own)
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


def test_cron_starts_scripts_of_the_recipe() -> None:
    text = (RECIPE / "cron.d" / "selective-mirror").read_text()
    started = set(re.findall(r"/bin/sh /srv/selective-mirror/(\S+)", text))
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
