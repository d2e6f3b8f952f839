"""What the watch over a mirror promises, and the ways in which the mirror and the watch break.

The index is watched as a second, healthy mirror beside the tree, so that each alarm is seen to be
about the tree alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from mirrorlab.lab import Completed
from mirrorlab.runner import Run
from mirrorlab.scenario import File

JSON = "application/vnd.pypi.simple.v1+json"
SAMPLE = re.compile(r"(\w+)\{(.*)\} (\S+)")
HOUR = 3600


def promise(run: Run) -> None:
    """Healthy mirrors give exit code 0, metrics that Prometheus takes, no alert, and a page."""
    tree = _fresh_tree(run)
    told = _check(run, 0)
    assert told.kinds == {}, f"healthy mirrors have {told.kinds}"
    assert told.values("healthy") == {str(tree): 1.0, _index(run): 1.0}
    assert told.values("completeness_ratio") == {str(tree): 1.0, _index(run): 1.0}
    metrics = run.settings["METRICS"]
    taken = run.command("sh", "-c", f"promtool check metrics <{metrics}")
    assert taken.exit_code == 0, f"Prometheus does not take the metrics: {taken.output}"
    _fire(run, told.series(), set())
    _fire(run, told.series(checked_on=True), set(), at="20h")
    own = run.command("promtool", "test", "rules", "alerts-test.yml")
    assert own.exit_code == 0, f"the rules do not do what alerts-test.yml says: {own.output}"
    _is_served(run)
    conf = run.folder / "prometheus.yml"
    conf.write_text(conf.read_text().replace("/srv/mirror-health", str(run.folder)))
    config = run.command("promtool", "check", "config", conf)
    assert config.exit_code == 0, f"Prometheus does not take prometheus.yml: {config.output}"
    _the_cron_lines_work(run)


def stale(run: Run) -> None:
    """Five hours behind is a ticket; a day behind wakes somebody; two hours are what syncs take."""
    fires = {5: {"MirrorStale"}, 30: {"MirrorStale", "MirrorFarBehind"}}
    for hours, alerts in fires.items():
        _fresh_tree(run)
        uploaded = datetime.now(UTC) - timedelta(hours=hours)
        run.index.publish("demo-dep", f"3.{hours}", uploaded=uploaded)
        _found(run, {"stale"}, f"demo_dep-3.{hours}", alerts)
        run.index.delete("demo-dep", f"3.{hours}")
    run.index.publish("demo-dep", "3.2", uploaded=datetime.now(UTC) - timedelta(hours=2))
    _check(run, 0)
    run.index.delete("demo-dep", "3.2")


def missing(run: Run) -> None:
    """A file that a page names, a form of a page, a project; but not one that nobody wants here."""
    tree = _fresh_tree(run)
    _file(tree, "demo_dep-1.0-py3-none-any.whl").unlink()
    (tree / "web" / "simple" / "demo-lib" / "index.v1_json").unlink()
    _found(run, {"missing"}, "demo_dep-1.0-py3-none-any.whl", {"MirrorMissing"})
    assert "missing: demo-lib: index.v1_json" in _report(run), "it names the file alone"
    _fresh_tree(run)
    run.index.publish("demo-new", "1.0")
    _found(run, {"missing"}, "demo-new", {"MirrorMissing", "MirrorFarBehind"})
    wanted = run.tmp / "our projects.txt"
    wanted.write_text("demo-lib\ndemo-dep\n")
    _check(run, 0, PROJECTS=str(wanted))
    run.index.delete("demo-new")


def altered(run: Run) -> None:
    """One byte, and one byte less."""
    for damage, kind in ((_flip, "altered"), (_cut, "truncated")):
        tree = _fresh_tree(run)
        damage(_file(tree, "demo_dep-1.0.tar.gz"))
        _found(run, {kind}, "demo_dep-1.0.tar.gz", {"MirrorAltered"})


def withdrawn(run: Run) -> None:
    """A quarantined project; a deleted release, on its page and, after a sync, off it."""
    tree = _fresh_tree(run)
    run.index.quarantine("demo-name-mixed")
    _found(run, {"extra"}, "demo-name-mixed: expected nothing of it", {"MirrorServesWithdrawn"})
    run.index.set_status("demo-name-mixed", "active")
    run.index.publish("demo-dep", "4.0")
    _sync(run, tree)
    run.index.delete("demo-dep", "4.0")
    _found(run, {"extra"}, "demo_dep-4.0-py3-none-any.whl", {"MirrorServesWithdrawn"})
    _sync(run, tree)
    _found(run, {"orphaned"}, "demo_dep-4.0-py3-none-any.whl", {"MirrorKeepsOrphans"})


def frozen(run: Run) -> None:
    """bandersnatch ends with 0 and works on nothing but its todo: once that is old, it is told."""
    tree = _fresh_tree(run)
    for project in ("demo-dep", "demo-python"):
        run.index.publish(project, "5.0", files=[File()], uploaded=datetime.now(UTC))
    run.index.fault("corrupt", "/packages/*/demo_dep-5.0-py3-none-any.whl")
    assert _sync(run, tree).exit_code == 0, "bandersnatch has learned to tell"
    run.index.clear()
    todo = tree / "todo"
    assert "demo-dep" in todo.read_text(), "bandersnatch left no todo"
    assert _check(run, 0).kinds == {}, "a sync that is at work is no alarm"
    before = time.time() - 4 * HOUR
    os.utime(todo, (before, before))
    _found(run, {"frozen"}, "has not moved for 4 hours: demo-dep", {"MirrorFrozen"})
    run.index.delete("demo-dep", "5.0")
    run.index.delete("demo-python", "5.0")


def could_not_tell(run: Run) -> None:
    """It is never taken for health; somebody is woken once two checks have failed of it."""
    tree = _fresh_tree(run)
    targets = (tree, _index(run))

    def unanswered(upstream: str) -> Told:
        told = _check(run, 3, UPSTREAM=upstream)
        assert told.values("healthy") == dict.fromkeys(map(str, targets), 0.0)
        assert told.values("exit_code") == dict.fromkeys(map(str, targets), 3.0)
        assert "could not tell" in _row(run, tree), "the status page does not say so"
        return told

    told = unanswered(f"http://127.0.0.1:{run.port('nobody')}/simple/")
    _fire(run, told.series(), {("MirrorCouldNotTell", str(one)) for one in targets})
    _fire(run, told.series(), set(), at="70m")
    unanswered(f"{_index(run)}nothing/")
    run.index.fault("malformed", "/simple/demo-lib/")
    assert _check(run, 3).values("healthy")[str(tree)] == 0.0, "healthy, though a page was not seen"


def check_dies(run: Run) -> None:
    """What it wrote before stays whole, and its age is told: from the file, or from its absence."""
    tree = _fresh_tree(run)
    told = _check(run, 0)
    targets = {str(tree), _index(run)}
    _fire(run, told.series(), set(), at="170m")
    _fire(run, told.series(), {("MirrorCheckSilent", one) for one in targets}, at="4h")
    gone = told.series(checked_on=True, gone=str(tree))
    _fire(run, gone, set(), at="4h")
    _fire(run, gone, {("MirrorCheckSilent", str(tree))}, at="5h")
    _fire(run, told.series(ahead=HOUR * 9), {("MirrorCheckSilent", one) for one in targets})
    _fire(run, [], {("MirrorCheckAbsent", "")})

    metrics = Path(run.settings["METRICS"])
    before = metrics.read_bytes(), metrics.stat().st_ino
    run.index.fault("hang", "/simple/demo-lib/")
    run.index.forget_requests()
    check = run.start("check", TARGETS=_targets(run))
    run.wait(lambda: run.index.requests("/simple/demo-lib/"), "the check's question")
    busy = run.step("check")
    assert (busy.exit_code, "another check is at work" in busy.output) == (3, True)
    check.kill()
    run.index.clear()
    assert (metrics.read_bytes(), metrics.stat().st_ino) == before, "a killed check has written"
    assert sorted(metrics.parent.iterdir()) == [metrics], "a killed check has left something"
    assert _check(run, 0).kinds == {}, "the next check does not work"

    alarm = run.tmp / "alarm"
    wrong = run.step("check", TARGETS=f"{run.tmp}/nothing", ALARM=f"cat >{alarm}")
    assert wrong.exit_code == 2, f"a tree that is not there gives {wrong.exit_code}"
    assert "nothing" in alarm.read_text(), "nobody was told why"


def prune_dry_run(run: Run) -> None:
    """All that is withdrawn is listed, each thing once, and no file is touched.

    A file that no page names and upstream has is not on the list, however upstream is written.
    """
    tree = _withdrawn_tree(run)
    shutil.copy(_file(tree, "demo_dep-1.0.tar.gz"), tree / "web" / "packages")
    before = _state(tree)
    for upstream in (run.index.url, _index(run)):
        listed = _prune(run, UPSTREAM=upstream)
        assert listed.exit_code == 1, f"it ended with {listed.exit_code}: {listed.output}"
        assert _lines(listed, "would remove") == _expected(run), "it lists something else"
        assert _state(tree) == before, "the dry run has changed the tree"


def prune(run: Run) -> None:
    """Who reads meanwhile gets old or new pages, all of them whole, and all forms agree after."""
    tree = _withdrawn_tree(run)
    expected = _expected(run)
    assert _lines(_prune(run), "would remove") == expected
    run.index.delete("demo-python", "3.0")  # after the list was made
    before = _state(tree)
    kept = _hold_on(tree)
    with _reading(tree) as seen:
        done = _prune(run, DELETE="yes")
        run.wait(lambda: len(seen) > 50, "readers")
    assert not [one for one in seen if one], f"a reader met {[one for one in seen if one][:3]}"
    assert done.exit_code == 1, f"it does not tell what is new: {done.output}"
    assert _lines(done, "removed") == expected, f"it removed something else: {done.output}"
    new = {f"file demo-python {name}" for name in _names("demo_python", "3.0")}
    assert _lines(done, "new, not removed") == new
    for copy, content in kept.items():
        assert copy.read_bytes() == content, f"{copy.name} was written into while it was served"
        copy.unlink()

    gone = {Path(one).name for one in before.keys() - _state(tree).keys()}
    pages = {"index.html", "index.v1_html", "index.v1_json"}
    files = {Path(line.split()[-1]).name for line in expected if not line.startswith("project")}
    files |= {*_names("demo_name_mixed", "1.0"), *_names("demo_gone", "1.0")}
    files |= {f"{name}.metadata" for name in files} & {Path(one).name for one in before}
    files |= {"json", "demo-gone", "demo-name-mixed"}  # what json = true has made
    assert gone == files | pages, f"removed or left: {gone ^ (files | pages)}"
    after = _state(tree)
    changed = {one for one in before.keys() & after.keys() if before[one] != after[one]}
    lists = {f"simple/{form}" for form in pages}
    assert changed == lists | {f"simple/demo-dep/{form}" for form in pages}
    again = _prune(run, DELETE="yes")
    assert (again.exit_code, _lines(again, "removed")) == (0, new), again.output
    healthy = _check(run, 0)
    assert healthy.kinds == {}, f"the pages, their forms and the list disagree: {healthy.kinds}"
    assert _prune(run).exit_code == 0


def prune_refuses(run: Run) -> None:
    """Nothing is removed while upstream is in doubt, nor outside of the tree."""
    tree = _withdrawn_tree(run)
    _prune(run)
    before = _state(tree)

    def refused(because: str, **settings: str) -> None:
        done = _prune(run, **{"DELETE": "yes", **settings})
        assert done.exit_code == 3, f"{because}: it ended with {done.exit_code}: {done.output}"
        assert because in done.output, f"it does not say {because!r}: {done.output}"
        assert _state(tree) == before, f"{because}: it has changed the tree"

    refused("more than MOST=5 percent", MOST="5")
    run.index.fault("refused", "/simple/")
    refused("the check could not tell: upstream's list of projects")
    run.index.clear()
    run.index.fault("empty", "/simple/")
    refused("the check could not tell: upstream")
    run.index.clear()
    run.index.fault("malformed", "/simple/demo-lib/")
    refused("the check could not tell: upstream's page of demo-lib")
    run.index.clear()
    run.index.fault("404", "/simple/*/")
    refused("shows no file of any project that should be there", MOST="100")
    run.index.clear()
    refused("is the list of another mirror", UPSTREAM=f"{run.index.http_url}/simple/")
    with (tree / "sync.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused("a sync is at work")
    precious = run.tmp / "precious-1.0.tar.gz"
    precious.write_text("not of the tree")
    for page in (tree / "web" / "simple" / "demo-name-mixed").iterdir():
        text = page.read_text()
        page.write_text(
            re.sub(r"\.\./\.\./packages/[^\"#]*\.whl", f"../../../../{precious.name}", text)
        )
    before = _state(tree)
    refused("which is outside of packages/")
    assert precious.exists(), "it removed a file outside of the tree"


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


def _fire(
    run: Run, series: list[dict[str, str]], alerts: set[tuple[str, str]], at: str = "2h"
) -> None:
    """Let promtool say that at this time these alerts fire, each with its target, and no others."""
    firing = [
        {"labels": f'{{alertname="{alert}", target="{target}"}}', "value": 1}
        if target
        else {"labels": f'{{alertname="{alert}"}}', "value": 1}
        for alert, target in sorted(alerts)
    ]
    asked = {
        "expr": 'count by (alertname, target) (ALERTS{alertstate="firing"})',
        "eval_time": at,
        "exp_samples": firing,
    }
    test = {"interval": "5m", "input_series": series, "promql_expr_test": [asked]}
    path = run.tmp / "fires.yml"
    rules = {"rule_files": [str(run.folder / "alerts.yml")], "evaluation_interval": "5m"}
    path.write_text(json.dumps({**rules, "tests": [test]}))
    done = run.command("promtool", "test", "rules", path)
    assert done.exit_code == 0, f"at {at}, other alerts than {alerts} fire: {done.output[-1500:]}"


def _check(run: Run, code: int, **settings: str) -> Told:
    """Check the tree and the index side by side."""
    done = run.step("check", TARGETS=_targets(run), **settings)
    assert done.exit_code == code, f"the check ended with {done.exit_code}: {done.output}"
    lines = Path(run.settings["METRICS"]).read_text().splitlines()
    samples = [SAMPLE.fullmatch(line) for line in lines if not line.startswith("#")]
    assert all(samples), "a line of the metrics is not understood"
    return Told(tuple((one[1], one[2], float(one[3])) for one in samples if one))


def _found(run: Run, kinds: set[str], named: str, alerts: set[str]) -> None:
    """The tree has these kinds of findings and the index none; each of the four outputs says so."""
    told, tree = _check(run, 1), str(_tree(run))
    page = Path(run.settings["STATUS"]).read_text()
    assert "<title>1 of 2 mirrors healthy</title>" in page
    assert set(told.kinds) == {(tree, kind) for kind in kinds}, f"{told.kinds}"
    assert told.values("healthy") == {tree: 0.0, _index(run): 1.0}
    report = _report(run)
    for kind in kinds:
        assert re.search(rf"^\w+: {kind}: .*{re.escape(named)}", report, re.MULTILINE), report
        assert f">{kind}<" in page, "not on the status page"
    assert "not healthy" in _row(run, tree), "the status page calls it healthy"
    _fire(run, told.series(), {(alert, tree) for alert in alerts})


def _report(run: Run) -> str:
    return Path(run.settings["STATE"], "report.txt").read_text()


def _row(run: Run, target: object) -> str:
    """The row of a target on the status page."""
    page = Path(run.settings["STATUS"]).read_text()
    (row,) = re.findall(rf"<tr>.*?>{re.escape(str(target))}<.*?</tr>", page)
    return str(row)


def _is_served(run: Run) -> None:
    """nginx gives the page and the metrics from where check.sh writes them."""
    folder = run.tmp / "nginx"
    folder.mkdir()
    text = (run.folder / "nginx-health.conf.in").read_text().replace("@FOLDER@", str(run.tmp))
    (folder / "health.conf").write_text(text)
    listen = f"127.0.0.1:{run.port('nginx')}"
    (folder / "nginx.conf").write_text(
        f"pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off;\n"
        + "".join(
            f"{one}_temp_path {folder}/{one};\n"
            for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + f"server {{ listen {listen}; include {folder}/health.conf; }} }}\n"
    )
    nginx = ("nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr")
    started = run.command(*nginx)
    assert started.exit_code == 0, started.output
    for path, file, kind in (
        ("", "STATUS", "text/html; charset=utf-8"),
        ("/metrics", "METRICS", "text/plain; version=0.0.4"),
    ):
        answer = run.get(f"http://{listen}/health{path}")
        assert (answer.status, answer.headers["Content-Type"]) == (200, kind), f"/health{path}"
        assert answer.body == Path(run.settings[file]).read_bytes()
        assert answer.headers["Cache-Control"] == "no-cache"
    assert run.command(*nginx, "-s", "stop").exit_code == 0


def _the_cron_lines_work(run: Run) -> None:
    """The lines of the cron file, run by sh as cron does it."""
    text = (run.folder / "cron.d" / "mirror-health").read_text()
    text = text.replace("/srv/mirror-health/", f"{run.folder}/")
    lines = [line for line in text.splitlines() if line[0].isdigit()]
    check, prune_ = (line.split(maxsplit=6)[-1] for line in lines)
    report = Path(run.settings["STATE"], "report.txt")
    report.unlink()
    assert run.command("sh", "-c", check).exit_code == 0
    assert "healthy" in report.read_text()
    assert run.command("sh", "-c", prune_).exit_code == 0
    assert (run.folder / "prune.log").read_text() == "prune: nothing is left to remove\n"


def _index(run: Run) -> str:
    return f"{run.index.url}/simple/"


def _tree(run: Run) -> Path:
    return Path(run.settings["MIRROR"])


def _targets(run: Run) -> str:
    return f"{_tree(run)} {_index(run)}"


def _sync(run: Run, tree: Path) -> Completed:
    """bandersnatch alone, as many run it from cron."""
    conf = run.tmp / "bandersnatch.conf"
    conf.write_text(
        f"[mirror]\ndirectory = {tree}\nmaster = {run.index.url}\nworkers = 10\njson = true\n"
    )
    argv = ("bandersnatch", "-c", conf, "mirror")
    return run.command(*argv, http_proxy="", https_proxy="", all_proxy="")  # it ignores no_proxy


def _fresh_tree(run: Run) -> Path:
    """A mirror of the index as it was at first."""
    base, tree = run.tmp / "base", _tree(run)
    if not base.exists():
        _sync(run, base)
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(base, tree)  # copy2 keeps the times
    return tree


def _withdrawn_tree(run: Run) -> Path:
    """A mirror of which upstream has withdrawn projects, a release before a sync and one after."""
    base = run.tmp / "base"
    if not base.exists():
        run.index.publish("demo-gone", "1.0")
        run.index.publish("demo-dep", "3.0")
        run.index.publish("demo-lib", "3.0")
        run.index.publish("demo-python", "3.0")
        _sync(run, base)
        run.index.delete("demo-lib", "3.0")
        _sync(run, base)
        run.index.delete("demo-dep", "3.0")
        run.index.delete("demo-gone")
        run.index.quarantine("demo-name-mixed")
    return _fresh_tree(run)


def _expected(run: Run) -> set[str]:
    """The lines of the list for that tree."""
    web = _tree(run) / "web"
    left = list(web.rglob("demo_lib-3.0*"))
    assert {one.name for one in left} >= set(_names("demo_lib", "3.0")), "they should be left over"
    leftovers = {f"leftover {one.relative_to(web)}" for one in left}
    files = {f"file demo-dep {name}" for name in _names("demo_dep", "3.0")}
    return {"project demo-gone", "project demo-name-mixed"} | files | leftovers


def _names(project: str, version: str) -> tuple[str, str]:
    return f"{project}-{version}-py3-none-any.whl", f"{project}-{version}.tar.gz"


def _prune(run: Run, **settings: str) -> Completed:
    return run.command("sh", "prune.sh", timeout=30, **{"MOST": "60", **settings})


def _lines(done: Completed, kind: str) -> set[str]:
    return set(re.findall(rf"^prune: {kind}: (.*)$", done.output, re.MULTILINE))


def _state(tree: Path) -> dict[str, tuple[str, int, int]]:
    """Of each file that is served: its bytes, when it was written, and its inode."""
    web = tree / "web"
    files = [path for path in web.rglob("*") if path.is_file()]
    assert files, "the tree is empty"
    return {
        str(path.relative_to(web)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
            path.stat().st_ino,
        )
        for path in files
    }


def _hold_on(tree: Path) -> dict[Path, bytes]:
    """A second name for each page, under which a reader that had opened it goes on reading."""
    held = {}
    for number, page in enumerate((tree / "web" / "simple").rglob("index.*")):
        copy = tree / f"held-{number}"
        copy.hardlink_to(page)
        held[copy] = page.read_bytes()
    return held


@contextmanager
def _reading(tree: Path) -> Iterator[list[str]]:
    """Readers of the list and of pages; what is yielded gets a line each time, empty for well."""
    simple = tree / "web" / "simple"
    seen: list[str] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            for page in (simple, simple / "demo-dep", simple / "demo-name-mixed"):
                seen.append(_half(page))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield seen
    finally:
        over.set()
        reader.join()


def _half(page: Path) -> str:
    """What is half of a page, in words; nothing where it is whole or, withdrawn, not there."""
    try:
        text = (page / "index.html").read_text()
        data = (page / "index.v1_json").read_text()
    except FileNotFoundError:
        return "" if page.name == "demo-name-mixed" else f"{page.name} is not there"
    if "</html>" not in text:
        return f"{page.name}/index.html is cut"
    try:
        json.loads(data)
    except ValueError:
        return f"{page.name}/index.v1_json is cut"
    return ""


def _file(tree: Path, name: str) -> Path:
    (path,) = (tree / "web" / "packages").rglob(name)
    return path


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x20
    path.write_bytes(content)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])
