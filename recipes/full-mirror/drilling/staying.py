"""What becomes of a mirror that was whole: files are lost here, projects are deleted upstream."""

from __future__ import annotations

import shutil
from pathlib import Path

from drilling.trees import EVERYTHING, JSON, Mirror, install, own, server

from mirrorlab.runner import Run
from mirrorlab.scenario import File


def missing_at_exit_0(run: Run) -> None:
    """bandersnatch is content with a tree that lost files; repair.sh is not, and mends it."""
    mirror = own(run)
    lost, bad = _lose_and_damage(mirror)
    page = mirror.page("demo-sdist").parent
    shutil.rmtree(page)
    run.index.publish("demo-python", "1.5")
    run.index.fault("404", "/pypi/demo-python/json", times=1)
    assert mirror.bandersnatch().exit_code == 0, "bandersnatch has learned to tell"
    assert "1.5" not in mirror.versions("demo-python"), "bandersnatch has learned to ask again"
    assert not page.is_dir(), "bandersnatch has learned to look"
    synced = run.step("sync")
    assert synced.exit_code == 0, f"not healed: {synced.output}"
    assert "1.5" in mirror.versions("demo-python"), "a release is missing for good"
    assert page.is_dir(), "a project is missing for good"

    failed = install(run, "uv")
    assert failed.exit_code != 0, "a sync has learned to look at files that did not change"
    shutil.rmtree(page)  # so that nothing names its files
    repaired = mirror.script("repair.sh", SAMPLE="all")
    assert f"missing: {lost.name}" in repaired.output, f"not found: {repaired.output}"
    assert f"altered: {bad.name}" in repaired.output, f"not found: {repaired.output}"
    assert "orphaned: the mirror: packages/" in repaired.output, f"not found: {repaired.output}"
    assert repaired.exit_code == 0, f"not mended: {repaired.output}"
    mirror.must_be_whole()


def removed_upstream(run: Run) -> None:
    """Deleted or quarantined upstream: gone here with the next sync, unless too much is at once."""
    mirror = own(run)
    before = (mirror.path / "web/last-modified").read_text()
    run.index.delete("demo-platform")
    run.index.quarantine("demo-name-mixed")
    few = run.step("sync", REMOVE_AT_MOST=1)
    assert few.exit_code == 1, f"two are withdrawn, one is allowed: {few.output}"
    assert mirror.projects() == EVERYTHING, "bandersnatch has learned to delete, or too much was"
    run.index.publish("demo-sdist", "1.1", files=[File()])
    run.index.fault("404", "/pypi/demo-sdist/json")
    gone = run.step("sync", REMOVE_AT_MOST=2)
    run.index.clear()
    assert "missing or behind: demo-sdist" in gone.output, gone.output
    assert "demo-sdist" in mirror.projects(), "a 404 deleted what upstream lists"
    assert "deleted, as upstream has it no more: demo-platform" in gone.output, gone.output
    assert mirror.projects() == EVERYTHING - {"demo-platform", "demo-name-mixed"}
    _nothing_is_left_of_them(mirror)
    assert (mirror.path / "web/last-modified").read_text() >= before
    healthy = run.step("sync")
    assert healthy.exit_code == 0, f"the mirror is not healthy again: {healthy.output}"

    for fault in ("empty", "truncated", "500"):
        run.index.fault(fault, "/simple/")
        blind = run.step("sync", REMOVE_AT_MOST=0)
        run.index.clear()
        assert blind.exit_code in (1, 3), f"{fault}: exit {blind.exit_code}: {blind.output}"
        left = len(mirror.projects())
        assert left == len(EVERYTHING) - 2, f"{fault}: projects were deleted"


def _lose_and_damage(mirror: Mirror) -> tuple[Path, Path]:
    """Lose a file and change the last bit of another one; return both."""
    lost = mirror.file("demo_dep-2.0-py3-none-any.whl")
    bad = mirror.file("demo_lib-2.0.tar.gz")
    content = bad.read_bytes()
    lost.unlink()
    bad.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    return lost, bad


def _nothing_is_left_of_them(mirror: Mirror) -> None:
    """No file of a deleted project is left, and no list names it; the others stand."""
    run, tree = mirror.run, mirror.path
    assert not [*tree.rglob("demo_platform*"), *tree.rglob("demo_name_mixed*")], "files stay"
    for accept in ("text/html", JSON):
        listed = run.get(f"{server(run)}/simple/", accept).text
        assert "demo-platform" not in listed, "it is still listed"
        assert "demo-dep" in listed, "too little is listed"
        assert run.get(f"{server(run)}/simple/demo-platform/", accept).status == 404
