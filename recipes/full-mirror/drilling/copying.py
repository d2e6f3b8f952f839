"""The copy: begun where there is room, without what is left out, gone on with when killed."""

from __future__ import annotations

from drilling.trees import EVERYTHING, Mirror, Value, beside

from mirrorlab.runner import Run


def disk_too_small(run: Run) -> None:
    """Nothing is asked of upstream and nothing is written where the space would not do."""
    small = beside(run, "small")
    run.small_disk(small.path, 1_000_000)
    before = len(run.index.requests())
    for settings, code, said in (
        ({"NEED": "2M"}, 1, "needs 2000000 bytes (NEED)"),
        ({"NEED": "500K", "SPARE": "2M"}, 1, "and 2000000 must be (SPARE)"),
        ({"NEED": ""}, 2, "say how much the mirror will take"),
        ({"NEED": "2 TB"}, 2, "is no size"),
        ({"NEED": "-1"}, 2, "is no size"),
    ):
        done = small.sync(**settings)
        assert done.exit_code == code, f"{settings}: exit {done.exit_code}: {done.output}"
        assert said in done.output, f"{settings}: {done.output}"
    assert len(run.index.requests()) == before, "upstream was asked"
    assert {path.name for path in small.path.iterdir()} == {"sync.lock"}, "something was written"
    enough = small.script("preflight.sh", NEED="900K")
    assert enough.exit_code == 0, f"there is room, and yet: {enough.output}"


def left_out(run: Run) -> None:
    """What is on the list or too large is absent, all else is there, and both are known."""
    names = run.tmp / "left-out.txt"
    names.write_text("Demo_Platform  # huge\n\n# a remark\n")
    size = _size(run, "demo-lib")
    large = {project for project in EVERYTHING - {"demo-platform"} if _size(run, project) >= size}
    assert "demo-lib" in large
    mirror = beside(run, "without")
    settings: dict[str, Value] = {"LEFT_OUT": names, "MAX_SIZE": size - 1}
    run.index.fault("500", "/pypi/demo-dep/json", times=1)
    done = mirror.sync(RETRY_AT_MOST=len(large), **settings)
    assert "projects failed" not in done.output, f"too large is taken for failed: {done.output}"
    assert done.exit_code == 0, f"what is left out is taken for missing: {done.output}"
    assert mirror.projects() == EVERYTHING - {"demo-platform"} - large, "not what was asked for"
    mirror.must_be_whole()
    checked = mirror.script("repair.sh", **settings)
    assert checked.exit_code == 0, f"the check takes it for missing: {checked.output}"

    names.write_text("demo-platform\ndemo-dep\n")
    frozen = mirror.sync(**settings)
    assert frozen.exit_code == 1, "nobody is told that it is served as it was"
    assert "left out, and still served as it was: demo-dep" in frozen.output, frozen.output
    mirror.bandersnatch("delete", "demo-dep")
    asked = len(run.index.requests("/simple/demo-lib/"))
    again = mirror.sync(**settings)
    assert again.exit_code == 0, f"it is not healthy again: {again.output}"
    assert f"{len(large)} too large" in again.output, again.output
    assert len(run.index.requests("/simple/demo-lib/")) == asked, "it is asked for at each sync"
    listed = (mirror.path / "web/simple/index.html").read_text()
    assert "demo-dep" not in listed, "it is listed"

    names.write_text("demo-dep\nno/name\n")
    refused = mirror.sync(**settings)
    assert refused.exit_code == 2, f"a line that is no name does nothing: {refused.output}"


def first_sync_broken_off(run: Run) -> None:
    """A first sync of days goes on where it was killed, and one project holds up no other."""
    mirror = beside(run, "first")
    _killed_before_its_end(run, mirror)
    run.index.fault("500", "/pypi/demo-backend/json")
    many = mirror.sync(RETRY_AT_MOST=0)
    said = "more than 0 projects failed (RETRY_AT_MOST): the next sync goes on there"
    assert said in many.output, many.output
    resumed = mirror.sync()
    asked = {request.path for request in run.index.requests("/pypi/*")}
    assert asked == {"/pypi/demo-backend/json"}, f"it began anew: {asked}"
    assert resumed.exit_code == 1, f"a project is missing: {resumed.output}"
    assert (mirror.path / "status").exists(), "the next sync would begin anew"
    assert "missing or behind: demo-backend" in resumed.output, resumed.output
    assert not (mirror.path / "todo").exists(), "the next sync would work on nothing else"
    run.index.clear()
    healed = mirror.sync()
    assert healed.exit_code == 0, f"not healed: {healed.output}"
    mirror.must_be_whole()

    empty = beside(run, "empty")
    run.index.fault("500", "/pypi/*/json")
    nothing = empty.sync()
    assert nothing.exit_code == 1, f"nothing is here, and that is healthy: {nothing.output}"
    assert not (empty.path / "status").exists(), "the next sync would look at changes alone"


def _killed_before_its_end(run: Run, mirror: Mirror) -> None:
    """A first sync is killed when one project is left to copy."""
    run.index.fault("slow", "/packages/*/demo_backend-1.0-py3-none-any.whl")
    sync = run.start("sync", MIRROR=mirror.path)
    run.wait(lambda: mirror.left_to_copy() == {"demo-backend"}, "all but one")
    sync.kill()
    run.index.clear()
    run.index.forget_requests()


def _size(run: Run, project: str) -> int:
    """The bytes of all its files together."""
    return sum(file.size or 0 for file in run.index.files(project))
