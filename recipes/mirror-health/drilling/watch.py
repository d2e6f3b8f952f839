"""The watch itself: a healthy mirror raises no alarm, and nobody's watching raises one."""

from __future__ import annotations

from pathlib import Path

from drilling.outcomes import HOUR, Alarm, Told, check, fire, index_of, row, targets
from drilling.running import is_served, the_cron_lines_work
from drilling.trees import fresh_tree, tree_of

from mirrorlab.runner import Run


def promise(run: Run) -> None:
    """Healthy mirrors give exit code 0, metrics that Prometheus takes, no alert, and a page."""
    tree = fresh_tree(run)
    told = check(run, 0)
    assert told.kinds == {}, f"healthy mirrors have {told.kinds}"
    assert told.values("healthy") == {str(tree): 1.0, index_of(run): 1.0}
    assert told.values("completeness_ratio") == {str(tree): 1.0, index_of(run): 1.0}
    taken = run.command("sh", "-c", f"promtool check metrics <{run.settings['METRICS']}")
    assert taken.exit_code == 0, f"Prometheus does not take the metrics: {taken.output}"
    fire(run, Alarm(told.series(), set()), Alarm(told.series(checked_on=True), set(), at="20h"))
    own = run.command("promtool", "test", "rules", "alerts-test.yml")
    assert own.exit_code == 0, f"the rules do not do what alerts-test.yml says: {own.output}"
    is_served(run)
    conf = run.folder / "prometheus.yml"
    conf.write_text(conf.read_text().replace("/srv/mirror-health", str(run.folder)))
    config = run.command("promtool", "check", "config", conf)
    assert config.exit_code == 0, f"Prometheus does not take prometheus.yml: {config.output}"
    the_cron_lines_work(run)


def could_not_tell(run: Run) -> None:
    """It is never taken for health; somebody is woken once two checks have failed of it."""
    tree = fresh_tree(run)
    both = (str(tree), index_of(run))

    def unanswered(upstream: str) -> Told:
        told = check(run, 3, UPSTREAM=upstream)
        assert told.values("healthy") == dict.fromkeys(both, 0.0)
        assert told.values("exit_code") == dict.fromkeys(both, 3.0)
        assert "could not tell" in row(run, tree), "the status page does not say so"
        return told

    told = unanswered(f"http://127.0.0.1:{run.port('nobody')}/simple/")
    woken = {("MirrorCouldNotTell", one) for one in both}
    fire(run, Alarm(told.series(), woken), Alarm(told.series(), set(), at="70m"))
    unanswered(f"{run.index.url}/simple/nothing/")
    run.index.fault("malformed", "/simple/demo-lib/")
    assert check(run, 3).values("healthy")[str(tree)] == 0.0, "healthy, though a page was not seen"


def check_dies(run: Run) -> None:
    """What it wrote before stays whole, and its age is told: from the file, or from its absence."""
    fresh_tree(run)
    told = check(run, 0)
    _its_silence_is_told(run, told)

    metrics = Path(run.settings["METRICS"])
    before = metrics.read_bytes(), metrics.stat().st_ino
    run.index.fault("hang", "/simple/demo-lib/")
    run.index.forget_requests()
    at_work = run.start("check", TARGETS=targets(run))
    run.wait(lambda: run.index.requests("/simple/demo-lib/"), "the check's question")
    busy = run.step("check")
    assert (busy.exit_code, "another check is at work" in busy.output) == (3, True)
    at_work.kill()
    run.index.clear()
    assert (metrics.read_bytes(), metrics.stat().st_ino) == before, "a killed check has written"
    assert sorted(metrics.parent.iterdir()) == [metrics], "a killed check has left something"
    assert check(run, 0).kinds == {}, "the next check does not work"

    alarm = run.tmp / "alarm"
    wrong = run.step("check", TARGETS=f"{run.tmp}/nothing", ALARM=f"cat >{alarm}")
    assert wrong.exit_code == 2, f"a tree that is not there gives {wrong.exit_code}"
    assert "nothing" in alarm.read_text(), "nobody was told why"


def _its_silence_is_told(run: Run, told: Told) -> None:
    """No check ends any more, one target is no longer checked, the clock was wrong, no metrics."""
    tree = str(tree_of(run))
    silent = {("MirrorCheckSilent", one) for one in (tree, index_of(run))}
    gone = told.series(checked_on=True, gone=tree)
    fire(
        run,
        Alarm(told.series(), set(), at="170m"),
        Alarm(told.series(), silent, at="4h"),
        Alarm(gone, set(), at="4h"),
        Alarm(gone, {("MirrorCheckSilent", tree)}, at="5h"),
        Alarm(told.series(ahead=HOUR * 9), silent),
        Alarm([], {("MirrorCheckAbsent", "")}),
    )
