"""The first sync with the help of a neighbour that is stale, and has damaged a file."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from drilling.trees import Mirror, beside, own

from mirrorlab.runner import Run


def neighbour_stale(run: Run) -> None:
    """A stale, damaged neighbour is told; what it lacks or altered comes from upstream."""
    neighbour = Mirror(run, Path(run.settings["MIRROR"]).with_name("neighbour"))
    shutil.copytree(own(run).path, neighbour.path, dirs_exist_ok=True)
    run.index.publish("demo-dep", "3.0")
    bad = neighbour.file("demo_lib-1.0.tar.gz")
    _damage(bad)
    run.step("serve-neighbour")
    url = f"http://127.0.0.1:{run.port('neighbour')}"
    _the_check_tells(run, url)

    lacking = {file.filename for file in run.index.files("demo-dep") if "-3.0" in file.filename}
    owed = lacking | {bad.name} | {f"{name}.metadata" for name in lacking if name.endswith(".whl")}
    by_rsync = beside(run, "by-rsync")
    files = neighbour.path / "web/packages"
    copied = by_rsync.script("neighbour.sh", NEIGHBOUR_FILES=files)
    assert copied.exit_code == 0, copied.output
    _upstream_gives_the_rest(by_rsync, owed, "")
    _upstream_gives_the_rest(beside(run, "by-http"), owed, f"{url}/")

    late = by_rsync.script("neighbour.sh", NEIGHBOUR_FILES=files)
    assert late.exit_code == 2, f"what comes after a first sync is not verified: {late.output}"
    by_rsync.must_be_whole()
    _as_a_master_it_gives_nothing(run, url)
    _wrong_addresses_are_refused(by_rsync, url)


def _damage(path: Path) -> None:
    """Fill a file with zeros; size and times stay."""
    known = path.stat()
    path.write_bytes(bytes(known.st_size))
    os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))


def _the_check_tells(run: Run, url: str) -> None:
    upstream = f"{run.settings['UPSTREAM']}/simple/"
    told = run.command(
        run.settings["MIRRORLAB"], "check", f"{url}/simple/", "--upstream", upstream,
        "--max-age", "0s", "--deep",
    )  # fmt: skip
    assert told.exit_code == 1, f"nobody is told: {told.output}"
    assert "stale: demo-dep: expected demo_dep-3.0" in told.output, f"nobody is told: {told.output}"
    assert "altered: demo-lib: demo_lib-1.0.tar.gz" in told.output, told.output


def _upstream_gives_the_rest(mirror: Mirror, owed: set[str], neighbour: str) -> None:
    """A sync asks upstream for these files and for no other, and is whole."""
    run = mirror.run
    run.index.forget_requests()
    done = mirror.sync(NEIGHBOUR=neighbour)
    assert done.exit_code == 0, f"{mirror.path.name}: not healthy: {done.output}"
    asked = {each.path.rpartition("/")[2] for each in run.index.requests("/packages/*")}
    assert asked == owed, f"{mirror.path.name}: upstream was asked for {asked}, not {owed}"
    mirror.must_be_whole()
    run.measure(f"files-asked-of-upstream-{mirror.path.name}", len(asked), "files")


def _as_a_master_it_gives_nothing(run: Run, url: str) -> None:
    """bandersnatch alone, with a mirror as its master, copies nothing at exit 0."""
    copy = beside(run, "of-a-mirror")
    copy.path.mkdir()
    master = f"[mirror]\ndirectory = {copy.path}\nmaster = {url}\nallow-non-https = true\n"
    (copy.path / "bandersnatch.conf").write_text(master)
    followed = copy.bandersnatch()
    assert followed.exit_code == 0, f"bandersnatch has learned to tell: {followed.output}"
    assert copy.projects() == set(), "a mirror's list has learned to have serials"


def _wrong_addresses_are_refused(mirror: Mirror, url: str) -> None:
    for wrong, code, said in (
        ({"UPSTREAM": url}, 3, "so it is a mirror itself: make it NEIGHBOUR"),
        ({"NEIGHBOUR": f"{url}/simple/"}, 2, "write it without /simple"),
        ({"NEIGHBOUR": "public.example"}, 2, "is no address of a mirror"),
    ):
        done = mirror.sync(**wrong)
        assert done.exit_code == code, f"{wrong}: exit {done.exit_code}: {done.output}"
        assert said in done.output, f"{wrong}: {done.output}"
