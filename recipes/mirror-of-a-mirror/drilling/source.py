"""What the first level may give away: altered files, less than before, what upstream withdrew."""

from __future__ import annotations

import os
import re
from pathlib import Path

from drilling.levels import (
    JSON,
    copied_whole,
    first,
    found_by_the_check,
    server,
    tree,
    web,
    without,
)

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

WHEEL = "demo_dep-2.0-py3-none-any.whl"


def altered(run: Run) -> None:
    """Named before the switch, and not served; mended there, it comes; the others need not wait."""
    before = tree(web(run))
    (wheel,) = first(run).rglob(WHEEL)
    honest, moment = wheel.read_bytes(), wheel.stat().st_mtime_ns
    wheel.write_bytes(honest[:-1] + bytes([honest[-1] ^ 1]))
    refused = run.step("sync")
    assert refused.exit_code == 1, "an altered file was taken"
    assert re.search(r"demo-dep: packages/\S+/demo_dep-2.0\S+ has SHA-256 ", refused.output)
    assert tree(web(run)) == before, "it is served"
    _half_a_page_is_refused(run, before)
    _the_others_need_not_wait(run, wheel)
    _put_back(wheel, honest, moment)
    assert run.step("sync", SHRINK=100).exit_code == 0, "it is not whole again"
    copied_whole(run)
    _a_disk_that_forgets_is_seen_by_the_check(run)


def _half_a_page_is_refused(run: Run, before: dict[str, str]) -> None:
    """Where its project is not the one that is excepted."""
    page = first(run) / "simple" / "demo-lib" / "index.v1_json"
    whole = page.read_bytes()
    page.write_bytes(whole[: len(whole) // 2])
    assert run.step("sync", EXCEPT="demo-dep").exit_code == 1, "half a page was taken"
    assert tree(web(run)) == before, "half a page is served"
    page.write_bytes(whole)


def _the_others_need_not_wait(run: Run, wheel: Path) -> None:
    """With its project excepted, all but the altered file comes, and that is told."""
    date = first(run) / "last-modified"
    said = date.read_text()
    date.write_text("20300101T00:00:00\n")
    excepted = run.step("sync", EXCEPT="demo-dep")
    assert excepted.exit_code == 0, f"one file holds up all others: {excepted.output}"
    assert "excepted: packages/" in excepted.output, "it is excepted in silence"
    assert "2030" in run.get(f"{server(run)}/last-modified").text, "nothing else came"
    gone = run.get(f"{server(run)}/{wheel.relative_to(first(run))}").status
    assert gone == 404, f"the altered file is answered with {gone}"
    date.write_text(said)


def _a_disk_that_forgets_is_seen_by_the_check(run: Run) -> None:
    """By that alone; the commands of the page bring the file again."""
    (rotten,) = web(run).resolve().rglob(WHEEL)
    # through all hard links and at no time, as a bad disk does it
    _put_back(rotten, rotten.read_bytes()[:-1] + b"?", rotten.stat().st_mtime_ns)
    assert run.step("sync").exit_code == 0, "verify.py has learned to see a disk that forgets"
    assert "altered" in found_by_the_check(run), "the check does not name it"
    remove = f'find "$MIRROR/generations" -name {WHEEL} -delete'
    assert run.command("sh", "-c", remove).exit_code == 0
    assert run.step("sync").exit_code == 0, "a file that is gone here does not come again"
    copied_whole(run)


def emptied_source(run: Run) -> None:
    """A source that lost all or a part, or went back, is refused until you say that it is right."""
    before = tree(web(run))
    simple = first(run) / "simple"
    simple.rename(first(run) / "aside")
    emptied = run.step("sync")
    (first(run) / "aside").rename(simple)
    assert emptied.exit_code == 1, f"an emptied source ended with {emptied.exit_code}"
    assert "the source has no project" in emptied.output
    older = _synced_with_the_date(run, "20200101T00:00:00\n")
    assert older.exit_code == 1, f"a source that went back ended with {older.exit_code}"
    assert "older than what is served" in older.output
    silent = _synced_with_the_date(run, "")
    assert silent.exit_code == 1, f"a source that lost its date ended with {silent.exit_code}"
    assert "the source does not say of when it is" in silent.output
    unreadable = _synced_with_the_date(run, "20300101T00:00:00\n", mode=0)
    assert unreadable.exit_code == 1, f"an unreadable file ended with {unreadable.exit_code}"
    assert "(code 23)" in unreadable.output, unreadable.output
    assert "rsync names above what it could not read" in unreadable.output
    with without(run, "demo-name-mixed"):
        shrunk = run.step("sync")
        assert shrunk.exit_code == 1, f"a shrunken source ended with {shrunk.exit_code}"
        assert "percent are gone" in shrunk.output, "it is not seen before the files are fetched"
        assert tree(web(run)) == before, "a shrunken tree is served"
        assert run.step("sync", SHRINK=100).exit_code == 0, "it cannot be told that this is right"
        assert run.get(f"{server(run)}/simple/demo-name-mixed/").status == 404
    assert run.step("sync").exit_code == 0
    assert tree(web(run)) == before, "it did not come back"


def removed_upstream(run: Run) -> None:
    """A removal follows once the first level made it; until then only a comparison shows it."""
    run.index.quarantine("demo-name-mixed")
    assert run.step("sync").exit_code == 0
    assert run.get(f"{server(run)}/simple/demo-name-mixed/").status == 200
    assert "demo-name-mixed" in found_by_the_check(run), "the check does not name it"
    with without(run, "demo-name-mixed") as files:
        assert run.step("sync", SHRINK=50, KEEP=0).exit_code == 0
        assert run.get(f"{server(run)}/simple/demo-name-mixed/").status == 404
        assert "demo-name-mixed" not in run.get(f"{server(run)}/simple/", JSON).text
        for file in files:
            status = run.get(f"{server(run)}/{file}").status
            assert status == 404, f"{file} is still served"
        left = list(Path(run.settings["MIRROR"]).rglob("demo_name_mixed*"))
        assert not left, f"it lies in an old generation: {left}"
    run.index.set_status("demo-name-mixed", "active")


def _synced_with_the_date(run: Run, text: str, mode: int = 0o644) -> Completed:
    """Sync while the first level says that it is of another time, or lets nobody read of when."""
    date = first(run) / "last-modified"
    date.rename(first(run) / "aside")
    date.write_text(text)
    date.chmod(mode)
    done = run.step("sync")
    (first(run) / "aside").replace(date)
    return done


def _put_back(file: Path, content: bytes, moment: int) -> None:
    """Write a file as if it had never been touched since that moment, in nanoseconds."""
    file.write_bytes(content)
    os.utime(file, ns=(moment, moment))
