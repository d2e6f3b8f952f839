"""What a mirror of everything promises, and the ways in which it is broken.

Where a drill needs a mirror that is new, or set otherwise, it makes one beside the recipe's own.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread
from typing import Any

from mirrorlab.clients import Attempt
from mirrorlab.lab import Completed
from mirrorlab.runner import Run
from mirrorlab.scenario import File

Value = str | int | Path
Settings = dict[str, Value]
JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
ABUSER = "127.0.0.9"
EVERYTHING = {
    "demo-backend",
    "demo-dep",
    "demo-lib",
    "demo-name-mixed",
    "demo-platform",
    "demo-python",
    "demo-sdist",
}


def promise(run: Run) -> None:
    """All that upstream has is here, unaltered, and served in each form to pip and uv."""
    mirror = _own(run)
    assert _projects(mirror) == EVERYTHING, f"not everything is here: {_projects(mirror)}"
    _whole(run, mirror)
    for accept, kind in {
        "text/html": "text/html; charset=utf-8",
        f"{JSON}, {HTML}; q=0.1": JSON,
        f"{JSON};q=0, text/html": "text/html; charset=utf-8",
        f"text/html, {JSON};q=0.1": "text/html; charset=utf-8",
        f"{JSON};q=0.1": JSON,
        HTML: HTML,
    }.items():
        page = run.get(f"{_server(run)}/simple/demo-lib/", accept)
        assert (page.status, page.headers["Content-Type"]) == (200, kind), f"{accept}: {page}"
        assert page.headers["Vary"] == "Accept", "a cache would mix HTML and JSON"
    for hidden in ("json/demo-lib", "pypi/demo-lib/json", "status", "sync.lock", "packages/"):
        assert run.get(f"{_server(run)}/{hidden}").status == 404, f"{hidden} is served"
    assert run.get(f"{_server(run)}/last-modified").status == 200
    for client in ("pip", "uv"):
        done = _install(run, client)
        assert done.installed == {"demo-lib": "2.0", "demo-dep": "2.0"}, f"{client}: {done}"
    checked = _script(run, "repair.sh", SAMPLE=5)
    assert checked.exit_code == 0, f"the check finds something: {checked.output}"


def disk_too_small(run: Run) -> None:
    """Nothing is asked of upstream and nothing is written where the space would not do."""
    small = run.tmp / "small"
    run.small_disk(small, 1_000_000)
    before = len(run.index.requests())
    for settings, code, said in (
        ({"NEED": "2M"}, 1, "needs 2000000 bytes (NEED)"),
        ({"NEED": "500K", "SPARE": "2M"}, 1, "and 2000000 must be (SPARE)"),
        ({"NEED": ""}, 2, "say how much the mirror will take"),
        ({"NEED": "2 TB"}, 2, "is no size"),
        ({"NEED": "-1"}, 2, "is no size"),
    ):
        done = _script(run, "sync.sh", MIRROR=small, **settings)
        assert done.exit_code == code, f"{settings}: exit {done.exit_code}: {done.output}"
        assert said in done.output, f"{settings}: {done.output}"
    assert len(run.index.requests()) == before, "upstream was asked"
    assert {path.name for path in small.iterdir()} == {"sync.lock"}, "something was written"
    enough = _script(run, "preflight.sh", MIRROR=small, NEED="900K")
    assert enough.exit_code == 0, f"there is room, and yet: {enough.output}"


def left_out(run: Run) -> None:
    """What is on the list or too large is absent, all else is there, and both are known."""
    names = run.tmp / "left-out.txt"
    names.write_text("Demo_Platform  # huge\n\n# a remark\n")
    size = _size(run, "demo-lib")
    mirror = run.tmp / "without"
    settings: Settings = {"MIRROR": mirror, "LEFT_OUT": names, "MAX_SIZE": size - 1}
    done = _script(run, "sync.sh", **settings)
    assert done.exit_code == 0, f"what is left out is taken for missing: {done.output}"
    large = {project for project in EVERYTHING - {"demo-platform"} if _size(run, project) >= size}
    assert "demo-lib" in large
    assert _projects(mirror) == EVERYTHING - {"demo-platform"} - large, "not what was asked for"
    _whole(run, mirror)
    checked = _script(run, "repair.sh", **settings)
    assert checked.exit_code == 0, f"the check takes it for missing: {checked.output}"

    names.write_text("demo-platform\ndemo-dep\n")
    frozen = _script(run, "sync.sh", **settings)
    assert frozen.exit_code == 1, "nobody is told that it is served as it was"
    assert "left out, and still served as it was: demo-dep" in frozen.output, frozen.output
    _bandersnatch(run, mirror, "delete", "demo-dep")
    asked = len(run.index.requests("/simple/demo-lib/"))
    again = _script(run, "sync.sh", **settings)
    assert again.exit_code == 0, f"it is not healthy again: {again.output}"
    assert f"{len(large)} too large" in again.output, again.output
    assert len(run.index.requests("/simple/demo-lib/")) == asked, "it is asked for at each sync"
    assert "demo-dep" not in (mirror / "web/simple/index.html").read_text(), "it is listed"

    names.write_text("demo-dep\nno/name\n")
    refused = _script(run, "sync.sh", **settings)
    assert refused.exit_code == 2, f"a line that is no name does nothing: {refused.output}"


def index_only(run: Run) -> None:
    """Pages from here, files from upstream's file host; a file altered there is refused."""
    mirror = run.tmp / "pages"
    run.index.forget_requests()
    done = _script(run, "sync.sh", MIRROR=mirror, FILES="no", NEED="100K")
    assert done.exit_code == 0, f"not healthy: {done.output}"
    assert not run.index.requests("/packages/*"), "files were fetched"
    assert _projects(mirror) == EVERYTHING
    page = mirror / "web/simple/demo-lib/index.html"
    assert 'href="../../packages/' in page.read_text(), "the links leave the mirror"
    _files_are_wanted_after_all(run, mirror)
    run.step("serve", MIRROR=mirror, FILE_HOST=run.index.url)
    for client in ("pip", "uv"):
        since = run.index.requests()[-1].number
        attempt = _install(run, client)
        assert attempt.installed == {"demo-lib": "2.0", "demo-dep": "2.0"}, attempt.output
        agents = {each.user_agent.partition("/")[0] for each in run.index.requests(since=since)}
        assert agents == {client}, f"the files did not come from upstream: {agents}"
    run.index.fault("altered-file", "/packages/*/demo_dep-2.0-py3-none-any.whl")
    for client, says in (("pip", "DO NOT MATCH THE HASHES"), ("uv", "Hash mismatch")):
        attempt = _install(run, client)
        assert attempt.exit_code == 1, f"{client} took an altered file: {attempt.output}"
        assert says in attempt.output, f"{client} failed for another reason: {attempt.output}"
        assert attempt.installed == {}, f"{client} installed {attempt.installed}"
    run.index.clear()
    run.step("serve")

    conf = mirror / "bandersnatch.conf"
    conf.write_text(conf.read_text().replace("root_uri = ../..\n", ""))
    _bandersnatch(run, mirror, "sync", "demo-lib")
    default = 'href="https://files.pythonhosted.org/packages/'
    assert default in page.read_text(), "bandersnatch's default has changed"


def first_sync_broken_off(run: Run) -> None:
    """A first sync of days goes on where it was killed, and one project holds up no other."""
    mirror = run.tmp / "first"
    run.index.fault("slow", "/packages/*/demo_backend-1.0-py3-none-any.whl")
    sync = run.start("sync", MIRROR=mirror)
    run.wait(lambda: _left(mirror) == {"demo-backend"}, "all but one")
    sync.kill()
    run.index.clear()
    run.index.forget_requests()
    run.index.fault("500", "/pypi/demo-backend/json")
    many = _script(run, "sync.sh", MIRROR=mirror, RETRY_AT_MOST=0)
    assert "1 projects failed: the next sync goes on there" in many.output, many.output
    resumed = _script(run, "sync.sh", MIRROR=mirror)
    asked = {request.path for request in run.index.requests("/pypi/*")}
    assert asked == {"/pypi/demo-backend/json"}, f"it began anew: {asked}"
    assert resumed.exit_code == 1, f"a project is missing: {resumed.output}"
    assert (mirror / "status").exists(), "the next sync would begin anew"
    assert "missing or behind: demo-backend" in resumed.output, resumed.output
    assert not (mirror / "todo").exists(), "the next sync would work on nothing else"
    run.index.clear()
    healed = _script(run, "sync.sh", MIRROR=mirror)
    assert healed.exit_code == 0, f"not healed: {healed.output}"
    _whole(run, mirror)

    empty = run.tmp / "empty"
    run.index.fault("500", "/pypi/*/json")
    nothing = _script(run, "sync.sh", MIRROR=empty)
    assert nothing.exit_code == 1, f"nothing is here, and that is healthy: {nothing.output}"
    assert not (empty / "status").exists(), "the next sync would look at changes alone"


def neighbour_stale(run: Run) -> None:
    """A stale, damaged neighbour is told; what it lacks or altered comes from upstream."""
    neighbour = Path(run.settings["MIRROR"]).with_name("neighbour")
    shutil.copytree(_own(run), neighbour, dirs_exist_ok=True)
    run.index.publish("demo-dep", "3.0")
    bad = _file(neighbour, "demo_lib-1.0.tar.gz")
    known = bad.stat()
    bad.write_bytes(bytes(known.st_size))
    os.utime(bad, ns=(known.st_atime_ns, known.st_mtime_ns))
    run.step("serve-neighbour")
    url = f"http://127.0.0.1:{run.port('neighbour')}"
    upstream = f"{run.settings['UPSTREAM']}/simple/"
    told = run.command(
        run.settings["MIRRORLAB"], "check", f"{url}/simple/", "--upstream", upstream,
        "--max-age", "0s", "--deep",
    )  # fmt: skip
    assert told.exit_code == 1, f"nobody is told: {told.output}"
    assert "stale: demo-dep: expected demo_dep-3.0" in told.output, f"nobody is told: {told.output}"
    assert "altered: demo-lib: demo_lib-1.0.tar.gz" in told.output, told.output

    lacking = {file.filename for file in run.index.files("demo-dep") if "-3.0" in file.filename}
    owed = lacking | {bad.name} | {f"{name}.metadata" for name in lacking if name.endswith(".whl")}
    by_rsync = run.tmp / "by-rsync"
    files = neighbour / "web/packages"
    copied = _script(run, "neighbour.sh", MIRROR=by_rsync, NEIGHBOUR_FILES=files)
    assert copied.exit_code == 0, copied.output
    for mirror, settings in ((by_rsync, {}), (run.tmp / "by-http", {"NEIGHBOUR": f"{url}/"})):
        run.index.forget_requests()
        done = _script(run, "sync.sh", MIRROR=mirror, **settings)
        assert done.exit_code == 0, f"{mirror.name}: not healthy: {done.output}"
        asked = {each.path.rpartition("/")[2] for each in run.index.requests("/packages/*")}
        assert asked == owed, f"{mirror.name}: upstream was asked for {asked}, not {owed}"
        _whole(run, mirror)
        run.measure(f"files-asked-of-upstream-{mirror.name}", len(asked), "files")

    late = _script(run, "neighbour.sh", MIRROR=by_rsync, NEIGHBOUR_FILES=files)
    assert late.exit_code == 2, f"what comes after a first sync is not verified: {late.output}"
    _whole(run, by_rsync)

    copy = run.tmp / "of-a-mirror"
    copy.mkdir()
    master = f"[mirror]\ndirectory = {copy}\nmaster = {url}\nallow-non-https = true\n"
    (copy / "bandersnatch.conf").write_text(master)
    followed = _bandersnatch(run, copy)
    assert followed.exit_code == 0, f"bandersnatch has learned to tell: {followed.output}"
    assert _projects(copy) == set(), "a mirror's list has learned to have serials"

    for wrong, code, said in (
        ({"UPSTREAM": url}, 3, "so it is a mirror itself: make it NEIGHBOUR"),
        ({"NEIGHBOUR": f"{url}/simple/"}, 2, "write it without /simple"),
        ({"NEIGHBOUR": "public.example"}, 2, "is no address of a mirror"),
    ):
        done = _script(run, "sync.sh", MIRROR=by_rsync, **wrong)
        assert done.exit_code == code, f"{wrong}: exit {done.exit_code}: {done.output}"
        assert said in done.output, f"{wrong}: {done.output}"


def abuser_limited(run: Run) -> None:
    """Who goes on and on is told to wait; installs of many files beside it never are."""
    many = [f"many-{number:02d}" for number in range(20)]
    for name in many:
        run.index.publish(name, "1.0", files=[File()])
    run.index.publish("many", "1.0", requires=many, files=[File()])
    assert run.step("sync").exit_code == 0
    begin = len(_log(run))
    with _abuser(run) as statuses:
        run.wait(lambda: statuses.total() > 1500, "1500 answers for the abuser")
        assert 429 in statuses, f"the abuser is not limited: {statuses}"
        for client in ("pip", "uv"):
            attempt = _install(run, client, project="many")
            assert len(attempt.installed) == 21, f"{client} did not install all: {attempt.output}"
    log = _log(run)[begin:]
    limited = {entry["from"] for entry in log if entry["status"] == 429}
    assert limited == {ABUSER}, f"limited was {limited}"
    for client in ("pip", "uv"):
        asked = [each for each in log if each["agent"].startswith(f"{client}/")]
        run.measure(f"requests-of-{client}-for-21-projects", len(asked), "requests")


def too_many_requests(run: Run) -> None:
    """pip and uv wait and go on; a mirror that copies from here gets the rest from upstream."""
    _connections_are_limited(run)
    run.step("serve", RATE="1r/s", BURST=3, RETRY_AFTER=1)
    begin = len(_log(run))
    for client in ("pip", "uv"):
        attempt = _install(run, client)
        assert attempt.exit_code == 0, f"{client} gave up: {attempt.output}"
        answers = [e["status"] for e in _log(run)[begin:] if e["agent"].startswith(f"{client}/")]
        assert 429 in answers, f"{client} was not limited, so nothing is shown"
    refused = run.get(f"{_server(run)}/simple/demo-lib/")
    while refused.status == 200:
        refused = run.get(f"{_server(run)}/simple/demo-lib/")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1"), refused
    run.step("serve", RATE="1r/s", BURST=1, UNLIMITED="192.0.2.0/24 127.0.0.0/8")
    given = {run.get(f"{_server(run)}/simple/").status for _ in range(9)}
    assert given == {200}, f"who is named as unlimited got {given}"

    run.step("serve", RATE="1r/s", BURST=3, RETRY_AFTER=1)
    begin = len(_log(run))
    copy = run.tmp / "copy"
    done = _script(run, "sync.sh", MIRROR=copy, NEIGHBOUR=_server(run))
    answers = [e["status"] for e in _log(run)[begin:] if e["agent"].startswith("bandersnatch")]
    assert answers.count(429) > answers.count(200), f"bandersnatch got {answers}"
    assert done.exit_code == 0, f"it does not get the rest from upstream: {done.output}"
    run.step("serve")


def missing_at_exit_0(run: Run) -> None:
    """bandersnatch is content with a tree that lost files; repair.sh is not, and mends it."""
    mirror = _own(run)
    lost = _file(mirror, "demo_dep-2.0-py3-none-any.whl")
    bad = _file(mirror, "demo_lib-2.0.tar.gz")
    content = bad.read_bytes()
    lost.unlink()
    bad.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    page = mirror / "web/simple/demo-sdist"
    shutil.rmtree(page)
    run.index.publish("demo-python", "1.5")
    run.index.fault("404", "/pypi/demo-python/json", times=1)
    assert _bandersnatch(run, mirror).exit_code == 0, "bandersnatch has learned to tell"
    assert "1.5" not in _versions(mirror, "demo-python"), "bandersnatch has learned to ask again"
    assert not page.is_dir(), "bandersnatch has learned to look"
    synced = run.step("sync")
    assert synced.exit_code == 0, f"not healed: {synced.output}"
    assert "1.5" in _versions(mirror, "demo-python"), "a release is missing for good"
    assert page.is_dir(), "a project is missing for good"

    failed = _install(run, "uv")
    assert failed.exit_code != 0, "a sync has learned to look at files that did not change"
    shutil.rmtree(page)  # so that nothing names its files
    repaired = _script(run, "repair.sh", SAMPLE="all")
    assert f"missing: {lost.name}" in repaired.output, f"not found: {repaired.output}"
    assert f"altered: {bad.name}" in repaired.output, f"not found: {repaired.output}"
    assert "orphaned: the mirror: packages/" in repaired.output, f"not found: {repaired.output}"
    assert repaired.exit_code == 0, f"not mended: {repaired.output}"
    _whole(run, mirror)


def removed_upstream(run: Run) -> None:
    """Deleted or quarantined upstream: gone here with the next sync, unless too much is at once."""
    mirror = _own(run)
    before = (mirror / "web/last-modified").read_text()
    run.index.delete("demo-platform")
    run.index.quarantine("demo-name-mixed")
    few = run.step("sync", REMOVE_AT_MOST=1)
    assert few.exit_code == 1, f"two are withdrawn, one is allowed: {few.output}"
    assert _projects(mirror) == EVERYTHING, "bandersnatch has learned to delete, or too much was"
    run.index.publish("demo-sdist", "1.1", files=[File()])
    run.index.fault("404", "/pypi/demo-sdist/json")
    gone = run.step("sync", REMOVE_AT_MOST=2)
    run.index.clear()
    assert "missing or behind: demo-sdist" in gone.output, gone.output
    assert "demo-sdist" in _projects(mirror), "a 404 deleted what upstream lists"
    assert "deleted, as upstream has it no more: demo-platform" in gone.output, gone.output
    assert _projects(mirror) == EVERYTHING - {"demo-platform", "demo-name-mixed"}
    assert not [*mirror.rglob("demo_platform*"), *mirror.rglob("demo_name_mixed*")], "files stay"
    for accept in ("text/html", JSON):
        listed = run.get(f"{_server(run)}/simple/", accept).text
        assert "demo-platform" not in listed, "it is still listed"
        assert "demo-dep" in listed, "too little is listed"
        assert run.get(f"{_server(run)}/simple/demo-platform/", accept).status == 404
    assert (mirror / "web/last-modified").read_text() >= before
    healthy = run.step("sync")
    assert healthy.exit_code == 0, f"the mirror is not healthy again: {healthy.output}"

    for fault in ("empty", "truncated", "500"):
        run.index.fault(fault, "/simple/")
        blind = run.step("sync", REMOVE_AT_MOST=0)
        run.index.clear()
        assert blind.exit_code in (1, 3), f"{fault}: exit {blind.exit_code}: {blind.output}"
        assert len(_projects(mirror)) == len(EVERYTHING) - 2, f"{fault}: projects were deleted"


def _server(run: Run) -> str:
    return f"http://{run.settings['LISTEN']}"


def _own(run: Run) -> Path:
    return Path(run.settings["MIRROR"])


def _script(run: Run, script: str, **settings: Value) -> Completed:
    """Run a script of the recipe with other settings than the steps have."""
    return run.command(
        "env", *(f"{name}={value}" for name, value in settings.items()), "sh", script
    )


def _bandersnatch(run: Run, mirror: Path, *command: str) -> Completed:
    """bandersnatch alone, as many run it from cron."""
    argv = ("-c", str(mirror / "bandersnatch.conf"), *(command or ("mirror",)))
    # It ignores no_proxy.
    return run.command("env", "http_proxy=", "https_proxy=", "all_proxy=", "bandersnatch", *argv)


@contextmanager
def _abuser(run: Run) -> Iterator[Counter[int]]:
    """Ask for a page without a pause, from an address of its own; give the statuses it gets."""
    statuses: Counter[int] = Counter()
    enough = Event()
    host, _, port = run.settings["LISTEN"].partition(":")

    def ask() -> None:
        connection = HTTPConnection(host, int(port), source_address=(ABUSER, 0))
        while not enough.is_set():
            connection.request("GET", "/simple/demo-lib/")
            answer = connection.getresponse()
            answer.read()
            statuses[answer.status] += 1
            if statuses.total() > 1500:
                enough.wait(0.005)  # leave the others some of the processor

    thread = Thread(target=ask)
    thread.start()
    try:
        yield statuses
    finally:
        enough.set()
        thread.join()


def _connections_are_limited(run: Run) -> None:
    """While an address takes one big file, it gets no second answer; afterwards it does."""
    run.step("serve", CONNECTIONS=1)
    big = _own(run) / "web/packages/big.bin"
    with big.open("wb") as file:
        file.truncate(50_000_000)
    slow = HTTPConnection(run.settings["LISTEN"])

    def begun() -> bool:
        """Whether it is sent: the one that saw nginx ready may still be counted."""
        slow.close()
        slow.request("GET", "/packages/big.bin")
        return slow.getresponse().read(9) == bytes(9)

    try:
        run.wait(begun, "the big file")
        second = run.get(f"{_server(run)}/simple/")
        assert second.status == 429, f"a second answer at a time: {second.status}"
    finally:
        slow.close()
        big.unlink()
    run.wait(lambda: run.get(f"{_server(run)}/simple/").status == 200, "an answer afterwards")


def _files_are_wanted_after_all(run: Run, pages: Path) -> None:
    """FILES=yes where pages alone were: all files come, or those that do not are named."""
    mirror = run.tmp / "whole"
    shutil.copytree(pages, mirror)
    run.index.fault("404", "/pypi/demo-sdist/json")  # for which bandersnatch is content
    run.index.fault("500", "/packages/*/demo_backend-1.0-py3-none-any.whl")
    most = _script(run, "sync.sh", MIRROR=mirror, FILES="yes")
    for name in ("demo-backend", "demo-sdist"):
        assert f"missing or behind: {name}" in most.output, f"files are missing: {most.output}"
    assert most.exit_code == 1, f"files are missing: {most.output}"
    run.index.clear()
    whole = _script(run, "sync.sh", MIRROR=mirror)
    assert whole.exit_code == 0, f"not healthy: {whole.output}"
    _whole(run, mirror)


def _log(run: Run) -> list[dict[str, Any]]:
    """What nginx has noted since it was first started."""
    lines = Path(run.settings["STATE"], "access.log").read_text().splitlines()
    return [json.loads(line) for line in lines]


def _install(run: Run, client: str, server: str = "", project: str = "demo-lib") -> Attempt:
    return run.client(client).install(project, index=f"{server or _server(run)}/simple/")


def _size(run: Run, project: str) -> int:
    """The bytes of all its files together."""
    return sum(file.size or 0 for file in run.index.files(project))


def _projects(mirror: Path) -> set[str]:
    return {page.parent.name for page in (mirror / "web/simple").glob("*/index.html")}


def _left(mirror: Path) -> set[str]:
    """The projects that bandersnatch has yet to copy; none where there is no todo."""
    todo = mirror / "todo"
    lines = todo.read_text().splitlines()[1:] if todo.exists() else []
    return {line.split()[0] for line in lines}


def _versions(mirror: Path, project: str) -> set[str]:
    return set(json.loads((mirror / f"web/simple/{project}/index.v1_json").read_text())["versions"])


def _file(mirror: Path, name: str) -> Path:
    (path,) = (mirror / "web/packages").rglob(name)
    return path


def _whole(run: Run, mirror: Path) -> None:
    """Every file that a page names is on disk, and is upstream's."""
    count = 0
    for page in (mirror / "web/simple").glob("*/index.v1_json"):
        for file in json.loads(page.read_text())["files"]:
            path = (page.parent / file["url"]).resolve()
            assert path.is_file(), f"{page.parent.name} names {path.name}, which is not there"
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            assert digest == run.index.sha256(path.name), f"{path.name} is not upstream's"
            count += 1
    assert count, "the mirror has no file"
