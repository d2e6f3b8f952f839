"""What goes wrong in a mirror: each is told by the exit code, the report, the page and an alert."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from drilling.outcomes import HOUR, check, found, report
from drilling.trees import cut, file_in, flip, fresh_tree, published, sync

from mirrorlab.runner import Run
from mirrorlab.scenario import File


def stale(run: Run) -> None:
    """Five hours behind is a ticket; a day behind wakes somebody; two hours are what syncs take."""
    fires = {5: {"MirrorStale"}, 30: {"MirrorStale", "MirrorFarBehind"}}
    fresh_tree(run)
    for hours, alerts in fires.items():
        with published(run, "demo-dep", f"3.{hours}", uploaded=_ago(hours)):
            found(run, {"stale"}, {f"demo_dep-3.{hours}"}, alerts)
    with published(run, "demo-dep", "3.2", uploaded=_ago(2)):
        check(run, 0)


def missing(run: Run) -> None:
    """A file that a page names, a form of a page, a project; but not one that nobody wants here."""
    tree = fresh_tree(run)
    file_in(tree, "demo_dep-1.0-py3-none-any.whl").unlink()
    (tree / "web" / "simple" / "demo-lib" / "index.v1_json").unlink()
    found(run, {"missing"}, {"demo_dep-1.0-py3-none-any.whl"}, {"MirrorMissing"})
    assert "missing: demo-lib: index.v1_json" in report(run), "it names the file alone"
    fresh_tree(run)
    run.index.publish("demo-new", "1.0")
    found(run, {"missing"}, {"demo-new"}, {"MirrorMissing", "MirrorFarBehind"})
    wanted = run.tmp / "our projects.txt"
    wanted.write_text("demo-lib\ndemo-dep\n")
    check(run, 0, PROJECTS=str(wanted))
    run.index.delete("demo-new")


def altered(run: Run) -> None:
    """One byte, and one byte less."""
    for damage, kind in ((flip, "altered"), (cut, "truncated")):
        tree = fresh_tree(run)
        damage(file_in(tree, "demo_dep-1.0.tar.gz"))
        found(run, {kind}, {"demo_dep-1.0.tar.gz"}, {"MirrorAltered"})


def withdrawn(run: Run) -> None:
    """A quarantined project; a deleted release, on its page and, after a sync, off it."""
    tree = fresh_tree(run)
    with published(run, "demo-dep", "4.0"):
        sync(run, tree)
    wheel = "demo_dep-4.0-py3-none-any.whl"
    quarantined = "demo-name-mixed: expected nothing of it"
    run.index.quarantine("demo-name-mixed")
    try:
        found(run, {"extra"}, {quarantined, wheel}, {"MirrorServesWithdrawn"})
    finally:
        run.index.set_status("demo-name-mixed", "active")
    sync(run, tree)
    found(run, {"orphaned"}, {wheel}, {"MirrorKeepsOrphans"})


def frozen(run: Run) -> None:
    """bandersnatch ends with 0 and works on nothing but its todo: once that is old, it is told."""
    tree = fresh_tree(run)
    new: dict[str, Any] = {"files": [File()], "uploaded": datetime.now(UTC)}
    with published(run, "demo-dep", "5.0", **new), published(run, "demo-python", "5.0", **new):
        run.index.fault("corrupt", "/packages/*/demo_dep-5.0-py3-none-any.whl")
        assert sync(run, tree).exit_code == 0, "bandersnatch has learned to tell"
        run.index.clear()
        todo = tree / "todo"
        assert "demo-dep" in todo.read_text(), "bandersnatch left no todo"
        assert check(run, 0).kinds == {}, "a sync that is at work is no alarm"
        before = time.time() - 4 * HOUR
        os.utime(todo, (before, before))
        found(run, {"frozen"}, {"has not moved for 4 hours: demo-dep"}, {"MirrorFrozen"})


def _ago(hours: float) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)
