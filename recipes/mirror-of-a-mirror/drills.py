"""What a mirror of a mirror promises, and the ways in which a copy goes wrong.

bandersnatch makes the first level, rsync's daemon gives it away. Where a drill needs a copy that is
half way, a relay stands between the two and stops in the middle of demo-big.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from mirrorlab.runner import Run
from mirrorlab.scenario import File

JSON = "application/vnd.pypi.simple.v1+json"
FORMS = ("index.v1_json", "index.html", "index.v1_html")
BIG = 8_000_000
HALF = 1_000_000
PAUSE = 0.2
"""Seconds between two rounds of a reader; the sabotage takes the tree away for longer."""


def promise(run: Run) -> None:
    """The second level is the first, byte by byte; it follows, and asks for what is new only."""
    first, server = _first(run), _server(run)
    (first / "packages" / ".half.whl.abcdef").write_bytes(b"half a download")
    (first / "packages" / "passwd").symlink_to("/etc/passwd")
    (first / "todo").write_text("1\n")
    (first / "simple" / "demo-lib" / "more.html").write_text("no page that is looked at")
    local = run.step("sync", SOURCE=first)
    assert local.exit_code == 0, f"a local path is no source: {local.output}"
    for copied in (
        "packages/.half.whl.abcdef",
        "packages/passwd",
        "todo",
        "simple/demo-lib/more.html",
    ):
        assert not os.path.lexists(_web(run) / copied), f"{copied} was copied"
    (first / "simple" / "demo-lib" / "more.html").unlink()
    assert _fetched(local.output, "files") == (0, 0), "what is here was fetched again"
    assert "0 of them read" in local.output, "what was read before is read again"
    assert _tree(_web(run)) == _wanted(first), "the second level is not the first"
    for accept, kind in (("*/*", "text/html; charset=utf-8"), (JSON, JSON)):
        answer = run.get(f"{server}/simple/demo-lib/", accept)
        assert answer.headers["Content-Type"] == kind, f"{accept} got another form"
        assert answer.headers["Vary"] == "Accept", "there is no Vary: Accept"

    run.index.publish("demo-dep", "3.0")
    assert run.step("sync").exit_code == 0
    assert "3.0" not in _versions(run, "demo-dep"), "it came before the first level had it"
    assert run.step("try-first-level").exit_code == 0
    again = run.step("sync", KEEP=1)
    assert again.exit_code == 0, f"it does not follow: {again.output}"
    assert "3.0" in _versions(run, "demo-dep"), "the release did not come"
    new = len(list(first.rglob("demo_dep-3.0*")))
    assert _fetched(again.output, "files")[0] == new, "more than what is new was fetched"
    assert len(_generations(run)) == 2, f"not one beside the current: {_generations(run)}"
    _checked(run, exit_code=0)
    for client in ("pip", "uv"):
        _installs(run, client, "3.0")

    now, then = _web(run).resolve(), _generations(run)[0]
    turn = f'ln -s generations/{then.name} "$MIRROR/.web" && mv -T "$MIRROR/.web" "$MIRROR/web"'
    assert run.command("sh", "-c", turn).exit_code == 0
    assert _web(run).resolve() == then != now, "it does not go back to an older generation"
    assert run.step("sync").exit_code == 0, "it does not go on from an older generation"
    assert _tree(_web(run)) == _wanted(first), "the second level is not the first"


def cut_half_way(run: Run) -> None:
    """Killed, cut off, hung: readers see the old tree whole, and the next sync fetches the rest."""
    before = _served(run)
    run.index.publish("demo-dep", "3.1")
    _with_big(run)
    with _Relay(run) as relay, _Readers(run) as readers:
        sync = run.start("sync", SOURCE=relay.source)
        run.wait(relay.reached.is_set, "the middle of demo-big")
        _installs(run, "uv", before["demo-dep"])
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
        assert _served(run) == before, "another tree is served"
    kept = _half(run)
    assert kept > HALF // 2, f"of what had come, {kept} bytes were kept"
    readers.saw_nothing_wrong()
    run.measure("answers-checked", readers.answers, "answers")

    missing = _wanted(_first(run)).keys() - _tree(_generations(run, ".new")[0]).keys()
    rest = run.step("sync")
    assert rest.exit_code == 0, f"the next sync does not finish: {rest.output}"
    files, literal = _fetched(rest.output, "files")
    assert files == len(missing), f"{files} files were fetched, and {len(missing)} were missing"
    assert literal <= BIG - kept + HALF // 2, f"what had come was fetched again: {literal} bytes"
    run.measure("fetched-before-the-cut", kept, "bytes")
    run.measure("fetched-after-it", literal, "bytes")
    assert _tree(_web(run)) == _wanted(_first(run)), "the second level is not the first"
    _installs(run, "uv", "3.1")


def switched_under_readers(run: Run) -> None:
    """Not one request fails at a switch, and a download that is under way comes to its end."""
    _with_big(run)
    assert run.step("sync").exit_code == 0
    page = f"{_server(run)}/simple/demo-big/"
    file = run.get(page, JSON).json()["files"][0]
    with _Readers(run) as readers, _download(urljoin(page, file["url"])) as slow:
        began = slow.recv(1000)
        old = _generations(run)[-1]
        for _ in range(2):
            assert run.step("sync", KEEP=0).exit_code == 0
            readers.go_round()
        assert not old.exists(), "the generation of the download was not pruned"
        while block := slow.recv(1 << 20):
            began += block
    body = began.partition(b"\r\n\r\n")[2]
    assert hashlib.sha256(body).hexdigest() == file["hashes"]["sha256"], "the download was cut"
    readers.saw_nothing_wrong()
    assert _generations(run) == [_web(run).resolve()], "the current generation is not alone"


def source_changes(run: Run) -> None:
    """The first level syncs while we copy: what does not fit together is never served."""
    _with_big(run)
    other = run.tmp / "other"
    with _Relay(run) as relay:
        sync = run.start("sync", MIRROR=other, SOURCE=relay.source)
        run.wait(relay.reached.is_set, "the middle of demo-big")
        run.index.publish("demo-dep", "3.4")
        gone = list(_first(run).rglob("demo_dep-1.0*"))
        assert min(gone) > max(_first(run).rglob("demo_big*")), "demo-big does not come before"
        run.index.delete("demo-dep", "1.0")
        assert run.step("try-first-level").exit_code == 0
        for path in gone:
            path.unlink()  # bandersnatch has only taken it from the page
        relay.resume()
        ended = sync.wait()
    assert ended.exit_code == 1, f"half a tree ended with {ended.exit_code}: {ended.output}"
    assert "is not there, and its page names it" in ended.output
    assert not (other / "web").exists(), "half a tree is served"
    again = run.step("sync", MIRROR=other)
    assert again.exit_code == 0, f"the next sync does not mend it: {again.output}"
    assert _tree(other / "web") == _wanted(_first(run)), "the second level is not the first"


def altered(run: Run) -> None:
    """Named before the switch, and not served; mended there, it comes; the others need not wait."""
    before = _tree(_web(run))
    (wheel,) = _first(run).rglob("demo_dep-2.0-py3-none-any.whl")
    honest = wheel.read_bytes()
    wheel.write_bytes(honest[:-1] + bytes([honest[-1] ^ 1]))
    moment = wheel.stat().st_mtime_ns
    refused = run.step("sync")
    assert refused.exit_code == 1, "an altered file was taken"
    assert re.search(r"demo-dep: packages/\S+/demo_dep-2.0\S+ has SHA-256 ", refused.output)
    assert _tree(_web(run)) == before, "it is served"
    page = _first(run) / "simple" / "demo-lib" / "index.v1_json"
    whole = page.read_bytes()
    page.write_bytes(whole[: len(whole) // 2])
    assert run.step("sync", EXCEPT="demo-dep").exit_code == 1, "half a page was taken"
    assert _tree(_web(run)) == before, "half a page is served"
    page.write_bytes(whole)
    said = (_first(run) / "last-modified").read_text()
    (_first(run) / "last-modified").write_text("20300101T00:00:00\n")
    excepted = run.step("sync", EXCEPT="demo-dep")
    assert excepted.exit_code == 0, f"one file holds up all others: {excepted.output}"
    assert "excepted: packages/" in excepted.output, "it is excepted in silence"
    assert "2030" in run.get(f"{_server(run)}/last-modified").text, "nothing else came"
    gone = run.get(f"{_server(run)}/{wheel.relative_to(_first(run))}").status
    assert gone == 404, f"the altered file is answered with {gone}"
    wheel.write_bytes(honest)
    _touch(wheel, moment)
    (_first(run) / "last-modified").write_text(said)
    assert run.step("sync", SHRINK=100).exit_code == 0, "it is not whole again"
    assert _tree(_web(run)) == _wanted(_first(run)), "the altered file stays for ever"

    (rotten,) = _web(run).resolve().rglob("demo_dep-2.0-py3-none-any.whl")
    moment = rotten.stat().st_mtime_ns
    rotten.write_bytes(honest[:-1] + b"?")  # through all hard links, as a bad disk does it
    _touch(rotten, moment)
    assert run.step("sync").exit_code == 0, "verify.py has learned to see a disk that forgets"
    assert "altered" in _checked(run, exit_code=1), "the check does not name it"
    remove = f'find "$MIRROR/generations" -name {rotten.name} -delete'
    assert run.command("sh", "-c", remove).exit_code == 0
    assert run.step("sync").exit_code == 0, "a file that is gone here does not come again"
    assert _tree(_web(run)) == _wanted(_first(run)), "what the disk forgot stays forgotten"


def emptied_source(run: Run) -> None:
    """A source that lost all or a part, or went back, is refused until you say that it is right."""
    before = _tree(_web(run))
    first = _first(run)
    (first / "simple").rename(first / "aside")
    emptied = run.step("sync")
    (first / "aside").rename(first / "simple")
    assert emptied.exit_code == 1, f"an emptied source ended with {emptied.exit_code}"
    assert "the source has no project" in emptied.output
    (first / "last-modified").rename(first / "aside")
    (first / "last-modified").write_text("20200101T00:00:00\n")
    older = run.step("sync")
    (first / "last-modified").write_text("")
    silent = run.step("sync")
    (first / "last-modified").write_text("20300101T00:00:00\n")
    (first / "last-modified").chmod(0)
    unreadable = run.step("sync")
    (first / "aside").replace(first / "last-modified")
    assert older.exit_code == 1, f"a source that went back ended with {older.exit_code}"
    assert "older than what is served" in older.output
    assert silent.exit_code == 1, f"a source that lost its date ended with {silent.exit_code}"
    assert "the source does not say of when it is" in silent.output
    assert unreadable.exit_code == 1, f"an unreadable file ended with {unreadable.exit_code}"
    assert "(code 23)" in unreadable.output, unreadable.output
    assert "rsync names above what it could not read" in unreadable.output
    with _without(run, "demo-name-mixed"):
        shrunk = run.step("sync")
        assert shrunk.exit_code == 1, f"a shrunken source ended with {shrunk.exit_code}"
        assert "percent are gone" in shrunk.output, "it is not seen before the files are fetched"
        assert _tree(_web(run)) == before, "a shrunken tree is served"
        assert run.step("sync", SHRINK=100).exit_code == 0, "it cannot be told that this is right"
        assert run.get(f"{_server(run)}/simple/demo-name-mixed/").status == 404
    assert run.step("sync").exit_code == 0
    assert _tree(_web(run)) == before, "it did not come back"


def two_runs(run: Run) -> None:
    """The second does nothing; who comes as one too many is sent away by the first level."""
    dear = run.command("rsync", "--checksum", "--recursive", run.settings["SOURCE"])
    assert "to refuse --checksum" in dear.output, f"anybody can have all read: {dear.output}"
    _with_big(run)
    mine, yours = run.tmp / "mine", run.tmp / "yours"
    with _Relay(run) as relay:
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
    assert _tree(mine / "web") == _wanted(_first(run)), "the second level is not the first"


def disk_full(run: Run) -> None:
    """The old tree stays as it was and is served; with room again, a sync brings the rest."""
    _with_big(run)
    small = run.tmp / "small"
    run.small_disk(small, 3 * BIG)
    mirror = small / "mirror"
    assert run.step("sync", MIRROR=mirror).exit_code == 0
    before = _tree(mirror / "web")
    ballast = small / "ballast"
    with contextlib.suppress(OSError):  # it ends when the disk is full
        ballast.write_bytes(bytes(3 * BIG))
    with _without(run, "demo-name-mixed"):
        (big,) = _first(run).rglob("demo_big-9.0-py3-none-any.whl")
        big.touch()  # as if it were new
        full = run.step("sync", MIRROR=mirror, SHRINK=50)
        assert full.exit_code == 1, f"a full disk ended with {full.exit_code}"
        assert _tree(mirror / "web") == before, "the tree that is served was touched"
        ballast.unlink()
        assert run.step("sync", MIRROR=mirror, SHRINK=50).exit_code == 0, "no sync with room again"
        assert _tree(mirror / "web") == _wanted(_first(run)), "the second level is not the first"


def removed_upstream(run: Run) -> None:
    """A removal follows once the first level made it; until then only a comparison shows it."""
    run.index.quarantine("demo-name-mixed")
    assert run.step("sync").exit_code == 0
    assert run.get(f"{_server(run)}/simple/demo-name-mixed/").status == 200
    found = _checked(run, exit_code=1)
    assert "demo-name-mixed" in found, "the check does not name it"
    with _without(run, "demo-name-mixed"):
        files = list(_first(run).rglob("demo_name_mixed*"))
        for file in files:
            file.unlink()
        assert run.step("sync", SHRINK=50, KEEP=0).exit_code == 0
        assert run.get(f"{_server(run)}/simple/demo-name-mixed/").status == 404
        assert "demo-name-mixed" not in run.get(f"{_server(run)}/simple/", JSON).text
        for file in files:
            status = run.get(f"{_server(run)}/{file.relative_to(_first(run))}").status
            assert status == 404, f"{file.name} is still served"
        left = list(Path(run.settings["MIRROR"]).rglob("demo_name_mixed*"))
        assert not left, f"it lies in an old generation: {left}"
    run.index.set_status("demo-name-mixed", "active")


def _first(run: Run) -> Path:
    return Path(run.settings["TREE"])


def _web(run: Run) -> Path:
    return Path(run.settings["MIRROR"], "web")


def _server(run: Run) -> str:
    return f"http://{run.settings['LISTEN']}"


def _generations(run: Run, names: str = "2*") -> list[Path]:
    return sorted(Path(run.settings["MIRROR"], "generations").glob(names))


def _tree(root: Path) -> dict[str, str]:
    """Each file of a tree, with the hash of its bytes."""
    root = root.resolve()
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


def _wanted(first: Path) -> dict[str, str]:
    """What is to be copied of the first level."""
    tree = _tree(first)
    parts = ("simple/", "packages/", "last-modified")
    return {
        name: digest
        for name, digest in tree.items()
        if name.startswith(parts) and "/." not in name and name != "packages/passwd"
    }


def _with_big(run: Run) -> None:
    """The first level has demo-big, which takes a while and whose path is among the first."""
    if "demo-big" not in run.index.projects():
        run.index.publish("demo-big", "9.0", files=[File(pad=BIG)])
        assert run.step("try-first-level").exit_code == 0


def _versions(run: Run, project: str) -> set[str]:
    page = run.get(f"{_server(run)}/simple/{project}/", JSON)
    return set(page.json()["versions"])


def _served(run: Run) -> dict[str, str]:
    """The newest version of each project that is served."""
    return {project: max(_versions(run, project) - {"2.1"}) for project in ("demo-dep", "demo-lib")}


def _half(run: Run) -> int:
    """How many bytes of demo-big lie in the generation that is not served yet."""
    new = Path(run.settings["MIRROR"], "generations", ".new", "packages")
    return max((p.stat().st_size for p in new.rglob("*demo_big*") if "/." in str(p)), default=0)


def _fetched(output: str, what: str) -> tuple[int, int]:
    """How many files rsync says that it fetched, and how many bytes of them."""
    found = re.search(rf"fetched (\d+) {what}, (\d+) bytes", output)
    assert found, f"the sync does not say what it fetched: {output}"
    return int(found[1]), int(found[2])


def _installs(run: Run, client: str, version: str) -> None:
    done = run.client(client).install("demo-lib", index=f"{_server(run)}/simple/", expect=0)
    got = done.installed.get("demo-dep")
    assert got == version, f"{client} got demo-dep {got}, not {version}"


def _checked(run: Run, exit_code: int) -> str:
    """What the kit's check says of the second level."""
    done = run.step("check")
    assert done.exit_code == exit_code, f"check.sh ended with {done.exit_code}: {done.output}"
    return done.output


def _touch(path: Path, moment: int) -> None:
    """Set the time at which a file was changed, in nanoseconds."""
    os.utime(path, ns=(moment, moment))


@contextlib.contextmanager
def _without(run: Run, project: str) -> Iterator[None]:
    """The first level has removed a project: its page, and its name in every form of the list."""
    simple = _first(run) / "simple"
    kept = {form: (simple / form).read_text() for form in FORMS}
    shutil.move(simple / project, run.tmp / "aside")
    listed = json.loads(kept["index.v1_json"])
    listed["projects"] = [each for each in listed["projects"] if each["name"] != project]
    (simple / "index.v1_json").write_text(json.dumps(listed))
    for form in FORMS[1:]:
        lines = kept[form].splitlines(keepends=True)
        (simple / form).write_text("".join(line for line in lines if f"{project}/" not in line))
    try:
        yield
    finally:
        shutil.move(run.tmp / "aside", simple / project)
        for form, text in kept.items():
            (simple / form).write_text(text)


@contextlib.contextmanager
def _download(url: str) -> Iterator[socket.socket]:
    """A connection that has asked for a file, and takes little at a time."""
    host, _, path = url.removeprefix("http://").partition("/")
    address, port = host.split(":")
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(30)
        connection.connect((address, int(port)))
        connection.sendall(f"GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        yield connection


class _Readers:
    """Somebody who reads every page and every file, again and again, and looks at each hash."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._wrong: list[str] = []
        self._rounds = 0
        self.answers = 0

    def __enter__(self) -> _Readers:
        self._thread.start()
        self.go_round()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def go_round(self) -> None:
        """Wait until everything was read once more from its beginning."""
        after = self._rounds + 2
        self._run.wait(lambda: self._rounds >= after or self._wrong, "a round of the reader")

    def saw_nothing_wrong(self) -> None:
        """Nothing was wrong, and there was something to see."""
        assert not self._wrong, f"a reader got: {self._wrong[:3]}"
        assert self.answers > 50, f"the reader saw {self.answers} answers only"

    def _read(self) -> None:
        while not self._stop.is_set() and not self._wrong:
            self._read_all(_server(self._run))
            self._rounds += 1
            self._stop.wait(PAUSE)

    def _read_all(self, server: str) -> None:
        for project in self._json(f"{server}/simple/").get("projects", []):
            page = f"{server}/simple/{project['name']}/"
            self._body(page, "text/html")
            for file in self._json(page).get("files", []):
                body = self._body(urljoin(page, file["url"]), "*/*")
                if hashlib.sha256(body).hexdigest() != file["hashes"]["sha256"]:
                    self._wrong.append(f"other bytes of {file['filename']}")

    def _json(self, url: str) -> dict[str, Any]:
        page: dict[str, Any] = {}
        try:
            page = json.loads(self._body(url, JSON))
        except ValueError:
            self._wrong.append(f"no JSON of {url}")
        return page

    def _body(self, url: str, accept: str) -> bytes:
        answer = self._run.get(url, accept)
        self.answers += 1
        if answer.status != 200:
            self._wrong.append(f"{answer.status} of {url}")
        return answer.body


class _Relay:
    """It stands between rsync and its daemon, and stops after HALF bytes of a connection."""

    def __init__(self, run: Run) -> None:
        self._port = int(run.settings["RSYNC_LISTEN"].rpartition(":")[2])
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._go = threading.Event()
        self._open: list[socket.socket] = []
        self.reached = threading.Event()
        self.source = f"rsync://127.0.0.1:{self._listening.getsockname()[1]}/pypi/"

    def __enter__(self) -> _Relay:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()
        self.cut()

    def resume(self) -> None:
        """Let everything pass."""
        self._go.set()

    def cut(self) -> None:
        """Close all connections at once."""
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()
        self.reached.clear()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                daemon = socket.socket()
                daemon.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
                daemon.connect(("127.0.0.1", self._port))
                self._open += [client, daemon]
                for ends, stops in (((client, daemon), False), ((daemon, client), True)):
                    pump = threading.Thread(target=self._pump, args=(*ends, stops), daemon=True)
                    pump.start()

    def _pump(self, source: socket.socket, sink: socket.socket, stops: bool) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while block := source.recv(65536):
                passed += len(block)
                if stops and passed > HALF and not self._go.is_set():
                    self.reached.set()
                    self._go.wait()
                sink.sendall(block)
            sink.shutdown(socket.SHUT_WR)
