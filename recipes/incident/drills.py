"""What the runbook promises, and the ways in which a purge goes wrong.

`demo-lib` 2.0 is the malicious release; its other versions and `demo-dep` are its neighbours.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import http.client
import json
import re
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

JSON = "application/vnd.pypi.simple.v1+json"
RELEASE = "demo-lib==2.0"
WHEEL, SDIST = "demo_lib-2.0-py3-none-any.whl", "demo_lib-2.0.tar.gz"
KILLER = """\
import os, signal, sys
left = int(os.environ.get("KILL_AT", "0"))
def heard(event, arguments):
    global left
    if event in ("os.rename", "os.remove", "os.chmod"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(heard)
"""


def promise(run: Run) -> None:
    """The runbook is followed line by line; then nothing serves the release, and all else does."""
    _prepare(run)
    before = _others(run)
    assert before, "there is nothing else that could be hurt"
    _follow_the_runbook(run)
    _nothing_serves_it(run)
    after = _others(run)
    hurt = sorted(path for path in before if after.get(path) != before[path])
    assert not hurt, f"something else was touched: {hurt}"
    for step in ("front-bandersnatch", "front-copy"):
        done = run.step(step, GENERATION="3")
        assert done.exit_code == 0, done.output
    _nothing_serves_it(run)
    old = run.client("pip-22.1").install(RELEASE, "--no-deps", index=_served(run)[0])
    assert not old.installed, f"an old pip, which reads HTML only, gets it: {old.output}"
    _a_constraint_helps(run)
    _the_block_is_undone(run)
    _the_check_says(run)


def _a_constraint_helps(run: Run) -> None:
    """Behind the cache, whose page still names it, uv ends with 403, and with a constraint not."""
    index, options = _served(run)[2], ("--constraint", run.folder / "constraints.txt")
    refused = run.client("uv").install("demo-lib", "--no-deps", index=index)
    assert not refused.installed, f"without a constraint uv gets {refused.installed}"
    for name in ("pip", "uv"):
        done = run.client(name).install("demo-lib", "--no-deps", *options, index=index, expect=0)
        assert done.installed == {"demo-lib": "1.0"}, f"{name} gets {done.installed}"


def _the_block_is_undone(run: Run) -> None:
    """As the page says: without the file nginx asks upstream again, which still has it."""
    url = _files_of(run, _served(run)[2])[SDIST]
    assert run.get(url).status == 403
    Path(run.settings["BLOCKED"], f"{RELEASE}.conf").unlink()
    done = run.command("sh", "-c", f"{run.settings['NGINX_COMMAND']} -s reload")
    assert done.exit_code == 0, done.output
    run.wait(lambda: run.get(url).status == 200, "the release, without the block")


def _prepare(run: Run) -> None:
    """Two generations of the copy; devpi with a mirror and two stages; all have the release."""
    done = run.step("front-copy", GENERATION="2")
    assert done.exit_code == 0, done.output
    token = _indexes(run)
    body = {"name": "demo-lib", "version": "2.0", "targetindex": "acme/team"}
    status, said = _devpi(run, "POST", "root/pypi", body, token)
    assert status == 200, f"it cannot be pushed: {status} {said}"
    for index in _served(run):
        for name, digest in _files_of(run, index).items():
            if "-2.0" in name:
                assert run.get(digest).status == 200, f"{index} has no {name}"


def _indexes(run: Run) -> str:
    """Make devpi's indexes, where they are not there: a mirror, a stage on it, and one alone."""
    token = _login(run)
    mirror = {"type": "mirror", "mirror_url": run.settings["UPSTREAM"], "volatile": False}
    stage = {"type": "stage", "volatile": False, "acl_upload": ["root"]}
    for path, body in (
        ("root/pypi", mirror),
        ("acme", {"password": "none-needed"}),
        ("acme/team", {**stage, "bases": []}),
        ("acme/production", {**stage, "bases": ["root/pypi"]}),
    ):
        status, said = _devpi(run, "PUT", path, body, token)
        assert status in (200, 201, 409), f"{path}: {status} {said}"
    return token


def _follow_the_runbook(run: Run) -> str:
    """Run each line of the runbook as it stands there; each must end with 0."""
    machine = _machine(run)
    exported = said = ""
    lines = (run.folder / "runbook.txt").read_text().splitlines()
    for line in [line for line in lines if not line.startswith("#")]:
        if line.startswith("export "):
            exported += f"{line}; "
            continue
        if "purge-" in line:
            _the_proof_names(run, line)
        done = run.command("sh", "-c", exported + line, timeout=200, **machine)
        assert done.exit_code == 0, f"{line} ended with {done.exit_code}: {done.output}"
        said += done.output
    return said


def _the_proof_names(run: Run, line: str) -> None:
    """What this line is to purge is still here, and the proof says so: a step left out is seen."""
    done = run.command("sh", "prove.sh", RELEASE=RELEASE)
    assert done.exit_code == 1, f"before {line} all is proven: {done.output}"
    setting = {"purge-tree": "TREES", "purge-devpi": "DEVPI", "purge-cache": "CACHES"}
    for folder in run.settings[setting[line.split()[1].removesuffix(".sh")]].split():
        assert f"{folder} still holds" in done.output, f"the proof does not name {folder}"


def _machine(run: Run) -> dict[str, Any]:
    """Settings of the machine on which the runbook is typed: its pip and its uv."""
    (run.tmp / "machines").mkdir(exist_ok=True)
    pip, uv = run.client("pip"), run.client("uv")
    return {
        "PIP": f"{pip.python_path} -m pip",
        "UV": f"{uv._tools.bin}/uv",
        "PIP_CACHE_DIR": str(run.tmp / "pip-cache"),
        "UV_CACHE_DIR": str(run.tmp / "uv-cache"),
        "VIRTUAL_ENV": str(uv.venv),
    }


def _nothing_serves_it(run: Run) -> None:
    """Evidence of our own: no bytes of it on any disk, no page, no address, no installer."""
    digests = {run.index.sha256(name) for name in (WHEEL, SDIST)}
    for path in Path(run.settings["STATE"]).rglob("*"):
        if path.is_file():
            assert "demo_lib-2.0" not in path.name, f"{path} is still there"
            body = path.read_bytes()
            assert hashlib.sha256(body).hexdigest() not in digests, f"{path} still has its bytes"
    for index in _served(run):
        for name, url in _files_of(run, index).items():
            assert "-2.0" not in name or run.get(url).status == 403, f"{index} serves {name}"


def _the_check_says(run: Run) -> None:
    """Beside upstream: missing while upstream has it, healthy once it is withdrawn there."""
    tree, upstream = run.settings["TREES"].split()[0], run.settings["UPSTREAM"]
    words = (run.settings["MIRRORLAB"], "check", tree, "--upstream", upstream)
    checked = run.command(*words, "--project", "demo-lib", "--json")
    (check,) = json.loads(checked.output)["checks"]
    found = {(finding["kind"], finding["file"]) for finding in check["findings"]}
    assert found == {("missing", WHEEL), ("missing", SDIST)}, f"the check says {found}"
    assert checked.exit_code == 1
    run.index.delete("demo-lib", "2.0")
    run.step("front-bandersnatch")
    checked = run.command(*words, "--project", "demo-lib", "--json")
    assert checked.exit_code == 0, f"upstream has withdrawn it: {checked.output}"


def _served(run: Run) -> list[str]:
    return run.settings["SERVED"].split()


def _files_of(run: Run, index: str) -> dict[str, str]:
    """The files on the page of demo-lib: name -> address."""
    url = f"{index}demo-lib/"
    page = run.get(url, JSON)
    assert page.status == 200, f"{url} answers {page.status}: {page.text}"
    return {f["filename"]: urljoin(url, f["url"]).partition("#")[0] for f in page.json()["files"]}


def _others(run: Run) -> dict[str, str]:
    """Every file of the trees and of devpi that is not of the release, nor a page of demo-lib."""
    state = Path(run.settings["STATE"])
    roots = [*map(Path, run.settings["TREES"].split()), state / "devpi" / "+files"]
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for root in roots
        for path in root.rglob("*")
        if path.is_file() and "demo_lib-2.0" not in path.name and "demo-lib" not in path.parts
    }


def _devpi(
    run: Run, method: str, path: str, body: dict[str, Any], token: str = ""
) -> tuple[int, Any]:
    """Ask devpi itself, as root."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        headers["X-Devpi-Auth"] = base64.b64encode(f"root:{token}".encode()).decode()
    host = http.client.HTTPConnection(run.settings["DEVPI_LISTEN"], timeout=30)
    host.request(method, f"/{path}", json.dumps(body), headers)
    answer = host.getresponse()
    text = answer.read()
    host.close()
    return answer.status, json.loads(text) if text else {}


def killed_half_way(run: Run) -> None:
    """Killed after any of its changes, the purge leaves pages that hold, and can be run again."""
    _listed(run)
    whole = _copies(run, "whole")[:1]
    done = _purge(run, whole)
    assert done.exit_code == 0, done.output
    wanted = _contents(whole)
    for kills in range(1, 100, 3):
        trees = _copies(run, f"killed-{kills}")[:1]
        done = _purge(run, trees, KILL_AT=str(kills))
        if done.exit_code == 0:
            break
        assert done.exit_code == 128 + 9, f"it was not killed: {done.exit_code} {done.output}"
        for tree in trees:
            for file in json.loads((tree / "simple/demo-lib/index.v1_json").read_text())["files"]:
                path = tree / "simple/demo-lib" / file["url"].partition("#")[0]
                assert path.exists(), f"killed at {kills}: a page names {path.name}, which is gone"
        done = _purge(run, trees)
        assert done.exit_code == 0, f"killed at {kills}, it cannot be finished: {done.output}"
        assert _contents(trees) == wanted, f"killed at {kills}, something else came of it"
    assert kills > 10, f"it was killed {kills - 1} times only"


def linked_elsewhere(run: Run) -> None:
    """A generation that nobody named holds the file on; the purge says so, and where to look."""
    _listed(run)
    trees = _copies(run, "linked")
    other = run.tmp / "linked" / "forgotten"
    run.command("cp", "-al", trees[0], other)
    done = _purge(run, trees)
    assert done.exit_code == 1, f"a file lives on under another name: {done.output}"
    (wheel,) = other.rglob(WHEEL)
    assert f"-inum {wheel.stat().st_ino}" in done.output, done.output
    assert _purge(run, [*trees, other]).exit_code == 0
    assert not list(other.rglob(f"{WHEEL}*"))


def wrong_name(run: Run) -> None:
    """A slip in the name, a list of another release or half a list: nothing is touched."""
    list_ = Path(run.settings["LIST"])
    list_.unlink(missing_ok=True)
    before = _contents(_trees(run))
    for slip in ("demo-lbi==2.0", "demo-lib==2.0.1", "demo-lib==3", "demo==2.0", "demo-dep==2.2"):
        done = run.command("sh", "find-files.sh", **_here(run, RELEASE=slip))
        assert done.exit_code == 1, f"{slip}: {done.output}"
        assert "is it spelled right?" in done.output, done.output
        assert not list_.exists(), f"{slip} made a list"
        assert _purge(run, _trees(run), RELEASE=slip).exit_code == 2, f"{slip} was purged"
    for wrong in ("demo-lib", "demo-lib>=2.0", "*"):
        assert run.command("sh", "find-files.sh", **_here(run, RELEASE=wrong)).exit_code == 2
    _listed(run)
    done = _purge(run, _trees(run), RELEASE="demo-lib==1.0")
    assert done.exit_code == 2, f"the list of another release was taken: {done.output}"
    list_.write_text(list_.read_text().removesuffix("end\n"))
    assert _purge(run, _trees(run)).exit_code == 2, "half a list was taken"
    list_.unlink()
    assert _contents(_trees(run)) == before, "something was touched"


def comes_back(run: Run) -> None:
    """Purged and not kept out, the next sync brings it back; kept out, it stays away."""
    _listed(run)
    tree = _trees(run)[:1]
    conf = Path(run.settings["BANDERSNATCH_CONF"])
    before = conf.read_text()
    assert _purge(run, tree).exit_code == 0
    assert run.step("front-bandersnatch").exit_code == 0
    assert _versions(tree[0]) == ["1.0", "1.1", "2.0", "2.1b1"], "bandersnatch does not bring it"
    conf.write_text(before.replace("enabled =\n    allowlist_project", "enabled = a b"))
    done = run.command("sh", "keep-out.sh", RELEASE=RELEASE)
    assert done.exit_code == 1, f"a configuration that enables nothing is taken: {done.output}"
    conf.write_text(before)
    for _ in range(2):
        done = run.command("sh", "keep-out.sh", RELEASE=RELEASE)
        assert done.exit_code == 0, done.output
    assert conf.read_text().count(RELEASE) == 1, "it was added twice"
    assert _purge(run, tree).exit_code == 0
    assert run.step("front-bandersnatch").exit_code == 0
    assert _versions(tree[0]) == ["1.0", "1.1", "2.1b1"], "the sync brings it back"
    assert not list(tree[0].rglob(f"{WHEEL}*")), "the sync brings its files back"
    told = json.loads((tree[0] / "json/demo-lib").read_text())
    assert "2.0" in told["releases"], "bandersnatch has learned to filter its JSON: mend the page"
    checked = run.command(run.settings["MIRRORLAB"], "check", tree[0])
    assert checked.exit_code == 0, f"the tree is not whole: {checked.output}"


def _listed(run: Run) -> None:
    """Make the list from what lies on the disk and upstream's page."""
    done = run.command("sh", "find-files.sh", **_here(run, RELEASE=RELEASE))
    assert done.exit_code == 0, done.output


def _here(run: Run, **settings: str) -> dict[str, Any]:
    """Settings for a world in which nothing but the trees is there."""
    trees = " ".join(str(tree) for tree in _trees(run))
    return {"SERVED": "", "TREES": trees, "CACHES": "", "DEVPI": "", **settings}


def _trees(run: Run) -> list[Path]:
    return [tree for tree in map(Path, run.settings["TREES"].split()) if tree.is_dir()]


def _copies(run: Run, name: str) -> list[Path]:
    """Copies of the trees, linked to one another as these are, and to nothing else."""
    folder = run.tmp / name
    folder.mkdir()
    for tree in _trees(run):
        copied = run.command("cp", "-a", tree, folder / tree.name)
        assert copied.exit_code == 0, copied.output
    return [folder / tree.name for tree in _trees(run)]


def _purge(run: Run, trees: list[Path], **settings: Any) -> Completed:
    """Purge these trees; with KILL_AT, end it with SIGKILL at its nth change on the disk."""
    killer = run.tmp / "killer"
    killer.mkdir(exist_ok=True)
    (killer / "sitecustomize.py").write_text(KILLER)
    where = " ".join(str(tree) for tree in trees)
    settings = {"RELEASE": RELEASE, "TREES": where, "PYTHONPATH": str(killer), **settings}
    return run.command("sh", "purge-tree.sh", **settings)


def _contents(trees: list[Path]) -> dict[str, str]:
    """Every file of the trees, with its hash."""
    return {
        f"{tree.name}/{path.relative_to(tree)}": hashlib.sha256(path.read_bytes()).hexdigest()
        for tree in trees
        for path in sorted(tree.rglob("*"))
        if path.is_file()
    }


def _versions(tree: Path) -> list[str]:
    return sorted(json.loads((tree / "simple/demo-lib/index.v1_json").read_text())["versions"])


def who_has_it(run: Run) -> None:
    """The table has what was done and nothing else, though logs are rotated, packed and cut."""
    nginx = Path(run.settings["STATE"])
    done = run.command("sh", "find-files.sh", RELEASE=RELEASE, DEVPI="", SERVED=_first(run))
    assert done.exit_code == 3, "the second copy is not there yet"
    truth: set[tuple[str, str, str]] = set()
    size = (nginx / "mirror/web" / _path(run, WHEEL)).stat().st_size

    def does(
        address: str, outcome: str, name: str = WHEEL, *, port: str = "mirror", **more: str
    ) -> Asked:
        """Ask from an address, and note what the table must have of it."""
        method = more.pop("method", "GET")
        asked = _ask(run, port, address, method, _path(run, name), more)
        if outcome:
            truth.add((address, outcome, name))
        return asked

    does("127.0.0.14", "whole")
    _rotate(run, "mirror-access.log", packed=True)
    does("127.0.0.13", "whole", SDIST)
    _rotate(run, "mirror-access.log", packed=False)
    etag = does("127.0.0.2", "whole").headers["ETag"]
    does("127.0.0.3", "looked", method="HEAD")
    does("127.0.0.4", "part", Range="bytes=0-99")
    does("127.0.0.5", "part", Range="bytes=0-99")
    does("127.0.0.5", "in parts", Range=f"bytes=100-{size - 1}")
    assert does("127.0.0.6", "had it", If_None_Match=etag).status == 304
    does("127.0.0.7", "metadata", f"{WHEEL}.metadata", port="cache")
    assert does("127.0.0.8", "", "demo_lib-1.0-py3-none-any.whl").status == 200
    does("127.0.0.9", "whole", port="copy", User_Agent='a "quoted" agent')
    does("127.0.0.10", "whole", port="cache", X_Forwarded_For="198.51.100.1")
    does("127.0.0.11", "", port="cache", X_Forwarded_For="203.0.113.9, 198.51.100.7, 127.0.0.11")
    truth.add(("198.51.100.7", "whole", WHEEL))
    spelled = _path(run, WHEEL).replace("demo_lib", "%64emo_lib")
    _ask(run, "mirror", "127.0.0.12", "GET", spelled, {})
    truth.add(("127.0.0.12", "whole", WHEEL))
    for client in ("pip", "uv"):
        index = f"http://127.0.0.1:{run.port('cache')}/simple/"
        installed = run.client(client).install(RELEASE, "--no-deps", index=index, expect=0)
        assert installed.installed["demo-lib"] == "2.0"
    truth |= {("127.0.0.1", "whole", WHEEL), ("127.0.0.1", "metadata", f"{WHEEL}.metadata")}

    logs: dict[str, Any] = {
        "RELEASE": RELEASE,
        "TRUSTED": "127.0.0.11",
        "LOGS": f"{nginx}/*access.log*",
    }
    done = run.command("sh", "who.sh", **logs)
    assert done.exit_code == 0, done.output
    table = list(csv.DictReader(Path(run.settings["WHO"]).read_text().splitlines()))
    found = {(row["address"], row["outcome"], row["file"]) for row in table}
    assert found == truth, f"too many: {found - truth}, too few: {truth - found}"
    agents = {row["agent"].partition("/")[0] for row in table if row["address"] == "127.0.0.1"}
    assert agents == {"pip", "uv"}, f"installed by {agents}"
    assert 'a "quoted" agent' in {row["agent"] for row in table}, "an agent is lost"
    has = re.search(r"(\d+) addresses have or may have .*: (.*)", done.output)
    assert has, done.output
    marked = ("whole", "had it", "in parts")
    wanted = {address for address, outcome, _ in truth if outcome in marked}
    assert set(has[2].split()) == wanted, f"named: {has[2]}"

    with (nginx / "copy-access.log").open("a") as log:
        log.write(f'127.0.0.15 - - [21/Nov/2026:20:20:20 +0000] "GET /{_path(run, WHEEL)} HTTP/1')
    done = run.command("sh", "who.sh", **logs)
    assert done.exit_code == 3, f"half a line is taken for nothing: {done.output}"
    assert re.search(r"look yourself: \S+copy-access\.log:\d+: 127\.0\.0\.15", done.output), (
        f"the cut line is not shown: {done.output}"
    )
    (packed,) = nginx.glob("mirror-access.log*.gz")
    packed.write_bytes(packed.read_bytes()[:-12])
    done = run.command("sh", "who.sh", **logs)
    assert f"not read to its end: {packed}" in done.output, done.output
    for nothing in (str(run.tmp / "none.log"), "/dev/null"):
        done = run.command("sh", "who.sh", **{**logs, "LOGS": nothing})
        assert done.exit_code == 3, f"{nothing} tells that nobody has it: {done.output}"


class Asked(NamedTuple):
    """What came back."""

    status: int
    headers: Message


def _ask(run: Run, port: str, address: str, method: str, path: str, more: dict[str, str]) -> Asked:
    """One request from an address of this machine."""
    source = (address, 0)
    host = http.client.HTTPConnection("127.0.0.1", run.port(port), 10, source_address=source)
    headers = {name.replace("_", "-"): value for name, value in more.items()}
    host.request(method, f"/{path}", headers=headers)
    answer = host.getresponse()
    answer.read()
    host.close()
    assert answer.status < 400, f"{method} {path}: {answer.status}"
    return Asked(answer.status, answer.headers)


def _rotate(run: Run, name: str, *, packed: bool) -> None:
    """Rotate a log of nginx, as logrotate does: move it, let nginx open a new one, pack the old."""
    log = Path(run.settings["STATE"], name)
    old = log.with_name(f"{name}.{2 if packed else 1}")
    log.rename(old)
    done = run.command("sh", "-c", f"{run.settings['NGINX_COMMAND']} -s reopen")
    assert done.exit_code == 0, done.output
    run.wait(log.exists, "a new log")
    if packed:
        assert run.command("gzip", old).exit_code == 0


def _path(run: Run, name: str) -> str:
    """Where a file lies, in the mirror and on each server alike; bandersnatch 6 has no metadata."""
    web, bare = _trees(run)[0], name.removesuffix(".metadata")
    (path,) = (web / "packages").rglob(bare)
    return f"{path.relative_to(web)}{name.removeprefix(bare)}"


def _first(run: Run) -> str:
    """Those of the indexes that need no devpi."""
    return " ".join(_served(run)[:3])


def devpi_holds_on(run: Run) -> None:
    """What devpi does when a release is deleted by its version; what purge and hold do instead."""
    release, wheel_ = "demo-dep==2.0", "demo_dep-2.0-py3-none-any.whl"
    token = _indexes(run)
    direct = f"http://{run.settings['DEVPI_LISTEN']}/root/pypi/+simple/demo-dep/"
    page = run.get(direct, JSON).json()
    url = next(urljoin(direct, f["url"]) for f in page["files"] if f["filename"] == wheel_)
    assert run.get(url).status == 200, "devpi does not have it"
    run.wait(lambda: _kept(run, wheel_), "the file on devpi's disk")  # written after it is sent
    status, _ = _devpi(run, "DELETE", "root/pypi/demo-dep/2.0?force", {}, token)
    assert status == 200, f"a version of a mirror cannot be deleted any more: {status}"
    assert not _kept(run, wheel_), "its file is still there"
    assert run.get(url).status == 200, "devpi has learned not to fetch it again: mend the page"
    run.wait(lambda: _kept(run, wheel_), "the file on devpi's disk")

    body = {"type": "constrained", "bases": ["root/pypi"], "constraints": ["demo-dep!=2.0"]}
    assert _devpi(run, "PUT", "acme/constrained", body, token)[0] == 200
    shown = run.get(direct.replace("root/pypi", "acme/constrained"), JSON).json()["files"]
    assert wheel_ in {f["filename"] for f in shown}, "devpi-constrained holds: mend the page"

    list_ = str(run.tmp / "demo-dep.txt")
    ours: dict[str, Any] = {"RELEASE": release, "LIST": list_}
    index = direct.removesuffix("demo-dep/")
    done = run.command("sh", "find-files.sh", **_here(run, **ours, SERVED=index))
    assert done.exit_code == 0, done.output
    done = run.command("sh", "purge-devpi.sh", **ours)
    assert done.exit_code == 0, done.output
    assert not _kept(run, wheel_), "its file is still there"
    after = run.get(direct, JSON)
    assert "demo_dep-1.0-py3-none-any.whl" in after.text, f"the whole project is gone: {after.text}"

    hold: dict[str, Any] = {**ours, "STAGE": "acme/production", "GOOD": "1.0"}
    done = run.command("sh", "hold-devpi.sh", **{**hold, "GOOD": "2.0.0"})
    assert done.exit_code == 2, f"the bad version is held: {done.output}"
    for names, code in ((["demo-dep"], 1), ([], 0), ([], 0)):
        stage = {"type": "stage", "bases": ["root/pypi"], "mirror_whitelist": names}
        assert _devpi(run, "PATCH", "acme/production", stage, token)[0] == 200
        done = run.command("sh", "hold-devpi.sh", **hold)
        assert done.exit_code == code, f"mirror_whitelist {names}: {done.output}"
    shown = run.get(direct.replace("root/pypi", "acme/production"), JSON).json()["files"]
    assert {f["filename"] for f in shown} == {
        "demo_dep-1.0-py3-none-any.whl",
        "demo_dep-1.0.tar.gz",
    }, f"the stage shows {shown}"


def client_caches(run: Run) -> None:
    """Nothing serves it any more, and both install it; clean-client.sh finds and empties."""
    _listed(run)
    index = run.settings["UPSTREAM"]
    pip, uv = run.client("pip"), run.client("uv")
    caches = {"PIP_CACHE_DIR": run.tmp / "pip-cache", "UV_CACHE_DIR": run.tmp / "uv-cache"}
    for client in (pip, uv):
        client.install(RELEASE, "--no-deps", index=index, env=caches, expect=0)
    run.index.fault("403", "/packages/*/demo_lib-2.0*")
    again = {client.name: client for client in (run.client("pip"), run.client("uv"))}
    removed = again["pip"].follow("pip cache remove demo_lib", env=caches)
    assert "No matching packages" in removed.output, removed.output
    for name, client in again.items():
        attempt = client.install(RELEASE, "--no-deps", index=index, env=caches)
        assert attempt.installed == {"demo-lib": "2.0"}, f"{name} asks again: mend the page"
    ours: dict[str, Any] = {
        "RELEASE": RELEASE,
        "PIP": f"{pip.python_path} -m pip",
        "UV": f"{uv._tools.bin}/uv",
        "SEARCH": str(uv.venv),
        **caches,
    }
    done = run.command("sh", "clean-client.sh", **ours)
    assert done.exit_code == 1, f"it is installed: {done.output}"
    assert f"is here: {uv.site_packages}/demo_lib-2.0.dist-info" in done.output, done.output
    uv.follow("uv pip uninstall demo-lib", env=caches)
    done = run.command("sh", "clean-client.sh", **ours)
    assert done.exit_code == 0, f"it is still there: {done.output}"
    for name in ("pip", "uv"):
        attempt = run.client(name).install(RELEASE, "--no-deps", index=index, env=caches)
        assert not attempt.installed, f"{name} still has it in its cache"
    done = run.command("sh", "clean-client.sh", **{**ours, "PIP": "false", "SEARCH": "nowhere"})
    assert done.exit_code == 2, f"nothing was looked at: {done.output}"


def _kept(run: Run, name: str) -> list[Path]:
    return list((Path(run.settings["STATE"]) / "devpi" / "+files").rglob(name))


def _login(run: Run) -> str:
    said = _devpi(run, "POST", "+login", {"user": "root", "password": ""})[1]
    return str(said["result"]["password"])
