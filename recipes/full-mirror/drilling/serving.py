"""Readers and their limits: pages alone with files from elsewhere, abusers, and who meets a 429."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread
from typing import Any

from drilling.trees import EVERYTHING, Mirror, beside, install, own, server

from mirrorlab.runner import Run
from mirrorlab.scenario import File

ABUSER = "127.0.0.9"


def index_only(run: Run) -> None:
    """Pages from here, files from upstream's file host; a file altered there is refused."""
    pages = beside(run, "pages")
    run.index.forget_requests()
    done = pages.sync(FILES="no", NEED="100K")
    assert done.exit_code == 0, f"not healthy: {done.output}"
    assert not run.index.requests("/packages/*"), "files were fetched"
    assert pages.projects() == EVERYTHING
    page = pages.page("demo-lib")
    assert 'href="../../packages/' in page.read_text(), "the links leave the mirror"
    _files_are_wanted_after_all(run, pages)
    run.step("serve", MIRROR=pages.path, FILE_HOST=run.index.url)
    _files_come_from_elsewhere(run)
    _an_altered_one_is_refused(run)
    run.step("serve")

    conf = pages.path / "bandersnatch.conf"
    conf.write_text(conf.read_text().replace("root_uri = ../..\n", ""))
    pages.bandersnatch("sync", "demo-lib")
    default = 'href="https://files.pythonhosted.org/packages/'
    assert default in page.read_text(), "bandersnatch's default has changed"


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
            attempt = install(run, client, "many")
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
        attempt = install(run, client)
        assert attempt.exit_code == 0, f"{client} gave up: {attempt.output}"
        answers = _answers(run, begin, f"{client}/")
        assert 429 in answers, f"{client} was not limited, so nothing is shown"
    refused = run.get(f"{server(run)}/simple/demo-lib/")
    while refused.status == 200:
        refused = run.get(f"{server(run)}/simple/demo-lib/")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1"), refused
    run.step("serve", RATE="1r/s", BURST=1, UNLIMITED="192.0.2.0/24 127.0.0.0/8")
    given = {run.get(f"{server(run)}/simple/").status for _ in range(9)}
    assert given == {200}, f"who is named as unlimited got {given}"

    run.step("serve", RATE="1r/s", BURST=3, RETRY_AFTER=1)
    begin = len(_log(run))
    done = beside(run, "copy").sync(NEIGHBOUR=server(run))
    answers = _answers(run, begin, "bandersnatch")
    assert answers.count(429) > answers.count(200), f"bandersnatch got {answers}"
    assert done.exit_code == 0, f"it does not get the rest from upstream: {done.output}"
    run.step("serve")


def _files_are_wanted_after_all(run: Run, pages: Mirror) -> None:
    """FILES=yes where pages alone were: all files come, or those that do not are named."""
    mirror = beside(run, "whole")
    shutil.copytree(pages.path, mirror.path)
    run.index.fault("404", "/pypi/demo-sdist/json")  # for which bandersnatch is content
    run.index.fault("500", "/packages/*/demo_backend-1.0-py3-none-any.whl")
    most = mirror.sync(FILES="yes")
    for name in ("demo-backend", "demo-sdist"):
        assert f"missing or behind: {name}" in most.output, f"files are missing: {most.output}"
    assert most.exit_code == 1, f"files are missing: {most.output}"
    run.index.clear()
    whole = mirror.sync()
    assert whole.exit_code == 0, f"not healthy: {whole.output}"
    mirror.must_be_whole()


def _files_come_from_elsewhere(run: Run) -> None:
    """pip and uv install, and fetch files themselves from upstream."""
    for client in ("pip", "uv"):
        since = run.index.requests()[-1].number
        attempt = install(run, client)
        assert attempt.installed == {"demo-lib": "2.0", "demo-dep": "2.0"}, attempt.output
        agents = {each.user_agent.partition("/")[0] for each in run.index.requests(since=since)}
        assert agents == {client}, f"the files did not come from upstream: {agents}"


def _an_altered_one_is_refused(run: Run) -> None:
    run.index.fault("altered-file", "/packages/*/demo_dep-2.0-py3-none-any.whl")
    for client, says in (("pip", "DO NOT MATCH THE HASHES"), ("uv", "Hash mismatch")):
        attempt = install(run, client)
        assert attempt.exit_code == 1, f"{client} took an altered file: {attempt.output}"
        assert says in attempt.output, f"{client} failed for another reason: {attempt.output}"
        assert attempt.installed == {}, f"{client} installed {attempt.installed}"
    run.index.clear()


def _connections_are_limited(run: Run) -> None:
    """While an address takes one big file, it gets no second answer; afterwards it does."""
    run.step("serve", CONNECTIONS=1)
    big = own(run).path / "web/packages/big.bin"
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
        second = run.get(f"{server(run)}/simple/")
        assert second.status == 429, f"a second answer at a time: {second.status}"
    finally:
        slow.close()
        big.unlink()
    run.wait(lambda: run.get(f"{server(run)}/simple/").status == 200, "an answer afterwards")


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


def _log(run: Run) -> list[dict[str, Any]]:
    """What nginx has noted since it was first started."""
    lines = Path(run.settings["STATE"], "access.log").read_text().splitlines()
    return [json.loads(line) for line in lines]


def _answers(run: Run, begin: int, agent: str) -> list[int]:
    """The statuses that an agent got since the log had so many lines."""
    return [each["status"] for each in _log(run)[begin:] if each["agent"].startswith(agent)]
