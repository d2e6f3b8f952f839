"""Mirror health: take each safeguard of the watch away, and see the drill fail for that reason.

And the rules of its alerts, and the lines for cron.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.recipes.conftest import Case
from tests.recipes.one_world import World

from mirrorlab.check import Kind

RECIPE = Path(__file__).parents[2] / "recipes" / "mirror-health"
RULES = "alerts.yml.in"

SABOTAGE: list[Case] = []
WORLDS = [
    World(
        after="alerts",
        cases=[
            ("stale", "check.sh", '--max-age "$MAX_AGE"', "--max-age 2d", "the check ended with 0"),
            ("missing", RULES, 'kind="missing"', 'kind="mising"', "other alerts than"),
            ("altered", RULES, "altered|truncated", "altered", "other alerts than"),
            ("could-not-tell", RULES, "exit_code == 3", "exit_code == 2", "other alerts than"),
            ("check-dies", RULES, "last_over_time(", "min_over_time(", "other alerts than"),
            ("withdrawn", "check.sh", '--upstream "$UPSTREAM"', "", "the check ended with 0"),
            ("frozen", "check.sh", '--max-age "$MAX_AGE"', "--max-age 5h", "ended with 0"),
            ("promise", "check.sh", '--prometheus "$METRICS"', "", "wrote no metrics"),
            ("prune-dry-run", "prune.py", "lines & before", "lines", "it ended with 0"),
            ("prune-refuses", "prune.py", "100 * removed >", "0 * removed >", "it ended with"),
            ("prune", "prune.py", "lines & before", "lines if delete else set()", "what is new"),
        ],
        again={RULES: "alerts"},
    )
]


def test_each_kind_of_finding_has_an_alert() -> None:
    rules = (RECIPE / "alerts.yml.in").read_text()
    named = {kind for one in re.findall(r'kind=~?"([^"]+)"', rules) for kind in one.split("|")}
    assert named == {str(kind) for kind in Kind}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SILENT", ""),
        ("SILENT", "0"),
        ("PATIENCE", "75m"),
        ("PATIENCE", "-1"),
        ("BEHIND", "1d"),
        ("BEHIND", "86400.5"),
        ("BEHIND", "1\n2"),
        ("BEHIND", "123456789"),
    ],
)
def test_a_threshold_that_is_no_number_of_seconds_is_refused(
    tmp_path: Path, name: str, value: str
) -> None:
    done = _alerts(tmp_path, {name: value} if value else {name: " "})
    assert (done.returncode, list(tmp_path.glob("alerts*"))) == (2, [])
    assert f"alerts: {name} is a number of seconds" in done.stderr


def test_rules_that_promtool_refuses_do_not_replace_the_old_ones(tmp_path: Path) -> None:
    folder = shutil.copytree(RECIPE, tmp_path / "recipe")
    rules = folder / "alerts.yml.in"
    rules.write_text(rules.read_text().replace("absent(", "absnt("))
    old = tmp_path / "alerts.yml"
    old.write_text("old")
    done = _alerts(tmp_path, {}, folder)
    assert (done.returncode, old.read_text()) == (1, "old")
    assert list(tmp_path.glob("*.new")) == []


def test_rules_that_cannot_be_written_are_a_wrong_setting(tmp_path: Path) -> None:
    done = _alerts(tmp_path, {"ALERTS": "/nowhere/alerts.yml"})
    assert (done.returncode, done.stdout) == (2, "")
    assert "alerts: ALERTS: cannot write /nowhere/alerts.yml.new" in done.stderr


def test_without_promtool_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("dirname", "sed", "mv", "rm"):
        program = shutil.which(name)
        assert program is not None
        (tmp_path / "bin" / name).symlink_to(program)
    done = _alerts(tmp_path, {"PATH": str(tmp_path / "bin")})
    assert (done.returncode, list(tmp_path.glob("alerts*"))) == (3, [])
    assert "there is no promtool" in done.stderr


def test_the_cron_lines_have_five_fields_and_a_user() -> None:
    lines = (RECIPE / "cron.d" / "mirror-health").read_text().splitlines()
    jobs = [line for line in lines if line[0].isdigit()]
    assert len(jobs) == 2
    for line in jobs:
        minute, hour, *stars, user, command = line.split(maxsplit=6)[:7]
        assert 0 < int(minute) < 60
        assert hour == "*" or 0 <= int(hour) < 24
        assert (stars, user) == (["*"] * 3, "mirror")
        started = re.match(r"/bin/sh /srv/mirror-health/(\S+\.sh) ", command)
        assert started is not None
        assert (RECIPE / started[1]).is_file()
        assert "%" not in command, "cron ends a command at %"


def _alerts(
    tmp_path: Path, settings: dict[str, str], folder: Path = RECIPE
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "ALERTS": str(tmp_path / "alerts.yml"), **settings}
    return subprocess.run(
        ["/bin/sh", folder / "alerts.sh"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
