"""What a check has told: by its exit code, in its metrics, its report and its page, as alerts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from drilling.trees import tree_of

from mirrorlab.runner import Run

SAMPLE = re.compile(r"(\w+)\{(.*)\} (\S+)")
HOUR = 3600


class Told(NamedTuple):
    """What a check has written into its metrics."""

    samples: tuple[tuple[str, str, float], ...]
    """Name, labels, value."""

    @property
    def kinds(self) -> dict[tuple[str, str], float]:
        """How much was found of each kind at each target, notes left out."""
        counted = [
            (dict(re.findall(r'(\w+)="([^"]*)"', labels)), value)
            for name, labels, value in self.samples
            if name == "mirrorlab_check_findings" and value
        ]
        return {
            (one["target"], one["kind"]): value
            for one, value in counted
            if one["severity"] != "note"
        }

    def values(self, name: str) -> dict[str, float]:
        """One metric, by target."""
        return {
            labels.removeprefix('target="').removesuffix('"'): value
            for one, labels, value in self.samples
            if one == f"mirrorlab_check_{name}"
        }

    def series(
        self, *, checked_on: bool = False, gone: str = "", ahead: int = 0
    ) -> list[dict[str, str]]:
        """The metrics as Prometheus would scrape them for 25 hours, five minutes apart.

        The check ended at minute 0, ``ahead`` seconds later by its own clock; ``checked_on``: it
        ends each time again. ``gone`` is a target that is no longer there after an hour.
        """
        series = []
        for name, labels, value in self.samples:
            begin, step = f"{value:.15g}", "+0"
            if name == "mirrorlab_check_finished_timestamp_seconds":
                begin, step = str(ahead), "+300" if checked_on else "+0"
            long = f"{begin}{step}x12 _x288" if f'"{gone}"' in labels else f"{begin}{step}x300"
            series.append({"series": f"{name}{{{labels}}}", "values": long})
        return series


class Alarm(NamedTuple):
    """Of these metrics, at this time, these alerts fire, each with its target, and no others."""

    series: list[dict[str, str]]
    alerts: set[tuple[str, str]]
    at: str = "2h"

    def test(self) -> dict[str, Any]:
        """The same, as promtool asks for it."""
        firing = [
            {"labels": f'{{alertname="{alert}", target="{target}"}}', "value": 1}
            if target
            else {"labels": f'{{alertname="{alert}"}}', "value": 1}
            for alert, target in sorted(self.alerts)
        ]
        asked = {
            "expr": 'count by (alertname, target) (ALERTS{alertstate="firing"})',
            "eval_time": self.at,
            "exp_samples": firing,
        }
        return {"interval": "5m", "input_series": self.series, "promql_expr_test": [asked]}


def fire(run: Run, *alarms: Alarm) -> None:
    """Let promtool say whether the alerts fire."""
    path = run.tmp / "fires.yml"
    rules = {"rule_files": [str(run.folder / "alerts.yml")], "evaluation_interval": "5m"}
    path.write_text(json.dumps({**rules, "tests": [alarm.test() for alarm in alarms]}))
    done = run.command("promtool", "test", "rules", path)
    wanted = [(alarm.at, alarm.alerts) for alarm in alarms]
    assert done.exit_code == 0, f"other alerts than {wanted} fire: {done.output[-1500:]}"


def check(run: Run, code: int, **settings: str) -> Told:
    """Check the tree and the index side by side."""
    done = run.step("check", TARGETS=targets(run), **settings)
    assert done.exit_code == code, f"the check ended with {done.exit_code}: {done.output}"
    lines = Path(run.settings["METRICS"]).read_text().splitlines()
    samples = [SAMPLE.fullmatch(line) for line in lines if not line.startswith("#")]
    assert all(samples), "a line of the metrics is not understood"
    return Told(tuple((one[1], one[2], float(one[3])) for one in samples if one))


def found(run: Run, kinds: set[str], named: set[str], alerts: set[str]) -> None:
    """The tree has these kinds of findings and the index none; each of the four outputs says so."""
    told, tree = check(run, 1), str(tree_of(run))
    page = Path(run.settings["STATUS"]).read_text()
    assert "<title>1 of 2 mirrors healthy</title>" in page
    assert set(told.kinds) == {(tree, kind) for kind in kinds}, f"{told.kinds}"
    assert told.values("healthy") == {tree: 0.0, index_of(run): 1.0}
    text = report(run)
    for kind in kinds:
        for name in named:
            assert re.search(rf"^\w+: {kind}: .*{re.escape(name)}", text, re.MULTILINE), text
        assert f">{kind}<" in page, "not on the status page"
    assert "not healthy" in row(run, tree), "the status page calls it healthy"
    fire(run, Alarm(told.series(), {(alert, tree) for alert in alerts}))


def report(run: Run) -> str:
    """The text of the last check."""
    return Path(run.settings["STATE"], "report.txt").read_text()


def row(run: Run, target: object) -> str:
    """The row of a target on the status page."""
    page = Path(run.settings["STATUS"]).read_text()
    (one,) = re.findall(rf"<tr>.*?>{re.escape(str(target))}<.*?</tr>", page)
    return str(one)


def index_of(run: Run) -> str:
    """The index, as a mirror that is checked."""
    return run.settings["TARGETS"]


def targets(run: Run) -> str:
    """Both mirrors."""
    return f"{tree_of(run)} {index_of(run)}"
