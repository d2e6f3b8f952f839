"""Syncs that are disturbed: cut off, read under, overtaken, two at once, out of room."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from urllib.parse import urljoin

from drilling.levels import (
    JSON,
    copied_whole,
    fetched,
    first,
    generations,
    installs,
    server,
    tree,
    versions,
    wanted,
    web,
    without,
)
from drilling.readers import Readers, slow_download
from drilling.relay import HALF, Relay

from mirrorlab.runner import Run


def cut_half_way(run: Run) -> None:
    """Killed, cut off, hung: readers see the old tree whole, and the next sync fetches the rest."""
    with without(run, "demo-big"):
        assert run.step("sync", SHRINK=50, KEEP=0).exit_code == 0
    before = tree(web(run))
    with Relay(run) as relay, Readers(run) as readers:
        sync = run.start("sync", SOURCE=relay.source)
        run.wait(relay.reached.is_set, "the middle of demo-big")
        installs(run, "uv", max(versions(run, "demo-dep")))
        sync.kill()
        assert _half(run), "it was not killed half way"
        relay.cut()
        hung = run.step("sync", SOURCE=relay.source, PATIENCE=1)
        assert hung.exit_code == 3, f"a source that hangs ended with {hung.exit_code}"
        relay.cut()
        sync = run.start("sync", SOURCE=relay.source)
        run.wait(relay.reached.is_set, "the middle of demo-big")
        relay.cut()
        ended = sync.wait()
        assert ended.exit_code == 3, f"a cut connection ended with {ended.exit_code}"
        readers.go_round()
    assert tree(web(run)) == before, "another tree is served"
    readers.saw_nothing_wrong()
    run.measure("answers-checked", readers.answers, "answers")
    _fetches_the_rest(run)


def _fetches_the_rest(run: Run) -> None:
    """With the source back, a sync brings all that is missing, of demo-big the other half."""
    kept = _half(run)
    assert kept > HALF // 2, f"of what had come, {kept} bytes were kept"
    missing = wanted(run).keys() - tree(_unfinished(run)).keys()
    rest = run.step("sync")
    assert rest.exit_code == 0, f"the next sync does not finish: {rest.output}"
    files, literal = fetched(rest)
    assert files == len(missing), f"{files} files were fetched, and {len(missing)} were missing"
    least = _big(run).stat().st_size - kept
    assert literal <= least + HALF // 2, f"what had come was fetched again: {literal} bytes"
    run.measure("fetched-before-the-cut", kept, "bytes")
    run.measure("fetched-after-it", literal, "bytes")
    copied_whole(run)


def switched_under_readers(run: Run) -> None:
    """Not one request fails at a switch, and a download that is under way comes to its end."""
    page = f"{server(run)}/simple/demo-big/"
    file = run.get(page, JSON).json()["files"][0]
    with Readers(run) as readers, slow_download(urljoin(page, file["url"])) as slow:
        began = slow.recv(1000)
        old = generations(run)[-1]
        for _ in range(2):
            assert run.step("sync", KEEP=0).exit_code == 0
            readers.go_round()
        assert not old.exists(), "the generation of the download was not pruned"
        while block := slow.recv(1 << 20):
            began += block
    body = began.partition(b"\r\n\r\n")[2]
    assert hashlib.sha256(body).hexdigest() == file["hashes"]["sha256"], "the download was cut"
    readers.saw_nothing_wrong()
    assert generations(run) == [web(run).resolve()], "the current generation is not alone"


def source_changes(run: Run) -> None:
    """The first level syncs while we copy: what does not fit together is never served."""
    other = run.tmp / "other"
    with Relay(run) as relay, contextlib.ExitStack() as meanwhile:
        sync = run.start("sync", MIRROR=other, SOURCE=relay.source)
        run.wait(relay.reached.is_set, "the middle of demo-big")
        gone = meanwhile.enter_context(without(run, "demo-dep"))
        assert first(run) / max(gone) > _big(run), "demo-big does not come before"
        relay.resume()
        ended = sync.wait()
        assert ended.exit_code == 1, f"half a tree ended with {ended.exit_code}: {ended.output}"
        assert "is not there, and its page names it" in ended.output
        assert not (other / "web").exists(), "half a tree is served"
        again = run.step("sync", MIRROR=other)
        assert again.exit_code == 0, f"the next sync does not mend it: {again.output}"
        copied_whole(run, other)


def two_runs(run: Run) -> None:
    """The second does nothing; who comes as one too many is sent away by the first level."""
    dear = run.command("rsync", "--checksum", "--recursive", run.settings["SOURCE"])
    assert "to refuse --checksum" in dear.output, f"anybody can have all read: {dear.output}"
    mine, yours = run.tmp / "mine", run.tmp / "yours"
    with Relay(run) as relay:
        sync = run.start("sync", MIRROR=mine, SOURCE=relay.source)
        run.wait(relay.reached.is_set, "the middle of demo-big")
        second = run.command("sh", "sync.sh", MIRROR=mine)
        assert second.exit_code == 3, f"the second sync ended with {second.exit_code}"
        assert sync.running, "the first one was disturbed"
        assert run.step("rsyncd", MAX_CONNECTIONS=1).exit_code == 0
        many = run.command("sh", "sync.sh", MIRROR=yours)
        assert run.step("rsyncd").exit_code == 0
        assert many.exit_code == 3, f"one too many ended with {many.exit_code}: {many.output}"
        assert "max connections (1) reached" in many.output
        assert "sync: the source refused, as rsync says above" in many.output
        relay.resume()
        assert sync.wait().exit_code == 0, "the first one was disturbed"
    copied_whole(run, mine)


def disk_full(run: Run) -> None:
    """The old tree stays as it was and is served; with room again, a sync brings the rest."""
    small, room = run.tmp / "small", 3 * _big(run).stat().st_size
    run.small_disk(small, room)
    mirror, ballast = small / "mirror", small / "ballast"
    assert run.step("sync", MIRROR=mirror).exit_code == 0
    before = tree(mirror / "web")
    with contextlib.suppress(OSError):  # it ends when the disk is full
        ballast.write_bytes(bytes(room))
    with without(run, "demo-name-mixed"):
        _big(run).touch()  # as if it were new
        full = run.step("sync", MIRROR=mirror, SHRINK=50)
        assert full.exit_code == 1, f"a full disk ended with {full.exit_code}"
        assert tree(mirror / "web") == before, "the tree that is served was touched"
        ballast.unlink()
        assert run.step("sync", MIRROR=mirror, SHRINK=50).exit_code == 0, "no sync with room again"
        copied_whole(run, mirror)


def _big(run: Run) -> Path:
    """The wheel of demo-big on the first level."""
    (wheel,) = first(run).rglob("demo_big-9.0-py3-none-any.whl")
    return wheel


def _unfinished(run: Run) -> Path:
    """The generation that is not served yet."""
    return Path(run.settings["MIRROR"], "generations", ".new")


def _half(run: Run) -> int:
    """How many bytes of demo-big lie in the generation that is not served yet."""
    parts = (_unfinished(run) / "packages").rglob("*demo_big*")
    return max((path.stat().st_size for path in parts if "/." in str(path)), default=0)
