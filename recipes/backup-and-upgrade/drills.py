"""What backups promise, and the ways in which a restore or an upgrade goes wrong.

`emma` owns two indexes: dev, where she may overwrite, and prod, where nobody may.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import json
import re
import threading
import urllib.error
import urllib.request
import uuid
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from mirrorlab.runner import Run

JSON = "application/json"
EMMA = ("emma", "wonder")
FILES = Path("current", "data", "+files")
# As devpi-init makes it; what is missing here, an import adds.
MIRROR = {
    "type": "mirror",
    "title": "PyPI",
    "mirror_web_url_fmt": "https://pypi.org/project/{name}/",
}


def promise(run: Run) -> None:
    """Each of the three comes back from its backup: files, users, permissions, indexes."""
    _fill(run)
    _upload_to_pypiserver(run, "acme-tool", "1.0")
    run.index.publish("demo-dep", "3.0")
    assert run.step("mirror").exit_code == 0
    cached, content = _cache(run)
    skip = {"SKIP": "root/pypi"}
    for name in ("backup-devpi", "backup-pypiserver", "backup-mirror"):
        done = run.step(name, **skip)
        assert done.exit_code == 0, f"{name} failed: {done.output}"
    before = _everything(run, run.settings["PRIMARY"])
    assert len(before) >= 10, f"there is too little to lose: {before}"
    run.wait(lambda: run.step("check-replica").exit_code == 0, "a replica that has everything")

    second = run.tmp / "second"
    with _restored(run, second / "devpi") as restored:
        after = _everything(run, restored)
        again = run.get(restored + cached)
    assert after == before, f"not as before: {_difference(before, after)}"
    assert again.body == content, f"a mirror index does not work again: {again.status}"
    assert run.step("restore-pypiserver", PYPISERVER=second / "pypiserver").exit_code == 0
    here, there = Path(run.settings["PYPISERVER"]), second / "pypiserver"
    assert _hashes(there / "packages") == _hashes(here / "packages"), "pypiserver lost a file"
    assert (there / "htpasswd").read_text() == (here / "htpasswd").read_text(), "no password"
    assert run.step("restore-mirror", MIRROR=second / "mirror").exit_code == 0
    packages = Path("web", "packages")
    held = _hashes(Path(run.settings["MIRROR"]) / packages)
    assert _hashes(second / "mirror" / packages) == held, "the mirror lost a file"
    assert any("demo_dep-3.0" in name for name in held), "the mirror had nothing new"

    assert run.step("backup-pypiserver", KEEP="2").exit_code == 0
    kept = _backups(run, "pypiserver")
    assert len(kept) == 2, f"{len(kept)} backups are kept, not 2"


def upload_going_on(run: Run) -> None:
    """What was acknowledged before the backup is in it, whole, whatever comes meanwhile."""
    _fill(run)
    before = _everything(run, run.settings["PRIMARY"])
    stop = threading.Event()
    uploaded: list[str] = []

    def go_on() -> None:
        while not stop.wait(0.2):
            version = f"{len(uploaded)}.0"
            _upload(run, "emma/dev", "acme-flow", version)
            uploaded.append(version)

    uploader = threading.Thread(target=go_on)
    uploader.start()
    try:
        run.wait(lambda: uploaded, "an upload")
        done = run.step("backup-devpi")
    finally:
        stop.set()
        uploader.join()
    assert done.exit_code == 0, f"no backup while uploads go on: {done.output}"
    (needs,) = _backups(run, "devpi")[-1].glob("requirements.txt")
    serving = _status(run, "PRIMARY")["versioninfo"]["devpi-server"]
    assert f"devpi-server=={serving}" in needs.read_text().split(), "what served it is not noted"
    run.measure("backup", done.seconds, "s")
    run.measure("uploads-meanwhile", len(uploaded), "uploads")
    with _restored(run, run.tmp / "flow") as restored:
        after = _everything(run, restored)
    lost = {item: value for item, value in before.items() if after.get(item) != value}
    assert not lost, f"lost or altered: {sorted(lost)}"


def altered_backup(run: Run) -> None:
    """A damaged, truncated or completed backup is refused, named, before anything is touched."""
    backup = _a_backup(run)
    (wheel,) = backup.rglob("acme_app-1.0*.whl")
    honest = wheel.read_bytes()
    for what, content in {
        "altered": honest[:-1] + bytes([honest[-1] ^ 1]),
        "truncated": honest[: len(honest) // 2],
    }.items():
        wheel.write_bytes(content)
        _refused(run, what, f"{wheel} is damaged")
    wheel.unlink()
    _refused(run, "missing", f"{wheel} is missing")
    wheel.write_bytes(honest)
    stray = backup / "data" / "stray"
    stray.write_text("who put me here?")
    _refused(run, "added", f"{stray} is not in its SHA256SUMS")
    stray.unlink()
    sums = backup / "SHA256SUMS"
    lines = sums.read_text()
    sums.write_text(lines[: len(lines) // 2])
    _refused(run, "cut off in SHA256SUMS", "")
    sums.write_text(lines)
    assert run.command("sh", "verify-backup.sh", backup).exit_code == 0, "a whole backup is refused"
    with_other_sum = run.command("sh", "verify-backup.sh", backup, SUM="0" * 64)
    assert with_other_sum.exit_code == 1, "the sum kept elsewhere is not compared"


def backup_killed(run: Run) -> None:
    """The backup before stays whole, what is half done is no backup, and the next one succeeds."""
    _a_backup(run)
    before = _backups(run, "devpi")
    half = Path(run.settings["BACKUPS"], "devpi", ".new")
    backup = run.start("backup-devpi")
    run.wait(lambda: (half / "data" / ".sqlite").exists(), "half a backup")
    backup.kill()
    assert half.exists(), "it was not killed half way"
    assert _backups(run, "devpi") == before, "half a backup has a name"
    for whole in before:
        assert run.command("sh", "verify-backup.sh", whole).exit_code == 0, (
            "the one before is damaged"
        )
    done = run.step("backup-devpi")
    assert done.exit_code == 0, f"no backup after a killed one: {done.output}"
    assert not half.exists(), "half a backup stays for ever"
    assert len(_backups(run, "devpi")) == len(before) + 1


def disk_full(run: Run) -> None:
    """The backup says so and leaves nothing; with room again, the next one succeeds."""
    _fill(run)
    small = run.tmp / "small"
    run.small_disk(small, 2_000_000)
    assert run.step("backup-devpi", BACKUPS=small).exit_code == 0
    before = _hashes(small / "devpi")
    ballast = small / "ballast"
    with contextlib.suppress(OSError):  # it ends when the disk is full
        ballast.write_bytes(bytes(2_000_000))
    done = run.step("backup-devpi", BACKUPS=small)
    assert done.exit_code == 1, "the backup did not tell that the disk is full"
    assert _hashes(small / "devpi") == before, "the backups before were touched"
    warned = run.step("disk", BACKUPS=small, FULL="90")
    assert warned.exit_code == 1, "disk.sh did not tell"
    ballast.unlink()
    assert run.step("backup-devpi", BACKUPS=small).exit_code == 0, "no backup with room again"
    assert run.step("disk", BACKUPS=small).exit_code == 0


def upgraded_and_rolled_back(run: Run) -> None:
    """All of it is in the new release; a roll back names what came since, and keeps it."""
    _fill(run)
    old = _status(run, "PRIMARY")["versioninfo"]["devpi-server"]
    before = _everything(run, run.settings["PRIMARY"])
    here = {"DEVPI": run.settings["DEVPI"]}
    assert run.step("upgrade-devpi", **here).exit_code == 1, "it upgraded under a running server"
    run.process("devpi").stop()
    done = run.step("upgrade-devpi", **here)
    assert done.exit_code == 0, f"not upgraded: {done.output}"
    run.measure("upgrade", done.seconds, "s")
    assert run.step("devpi").exit_code == 0
    new = _status(run, "PRIMARY")["versioninfo"]["devpi-server"]
    assert new != old, f"it is still {old}"
    assert f"from devpi-server {old} to {new}: every item is there" in done.output
    after = _everything(run, run.settings["PRIMARY"])
    assert after == before, f"the upgrade lost or altered {_difference(before, after)}"

    wheel = _upload(run, "emma/prod", "acme-since", "1.0")
    run.process("devpi").stop()
    refused = run.step("roll-back", **here)
    assert refused.exit_code == 1, "the roll back lost an upload in silence"
    assert "acme_since-1.0-py3-none-any.whl" in refused.output, "it does not name what is lost"
    done = run.step("roll-back", ACCEPT_LOSS="yes", **here)
    assert done.exit_code == 0, f"not rolled back: {done.output}"
    (kept,) = Path(run.settings["DEVPI"]).glob("lost-*/**/acme_since-1.0*.whl")
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == wheel, "the upload was not kept"
    assert run.step("devpi").exit_code == 0
    assert _status(run, "PRIMARY")["versioninfo"]["devpi-server"] == old, "it is not rolled back"
    assert _everything(run, run.settings["PRIMARY"]) == before, "the old state is not as it was"


def replica_of_a_restored_primary(run: Run) -> None:
    """Copied back as it was, the primary and its replica diverge unseen; restored, they do not."""
    _fill(run)
    _catch_up(run)
    assert run.step("backup-devpi").exit_code == 0
    _upload(run, "emma/dev", "acme-lost", "1.0")
    _catch_up(run)
    assert run.step("check-replica").exit_code == 0, "the replica was not in order before"
    identity = _status(run, "PRIMARY")["uuid"]
    lost = "/emma/dev/+simple/acme-lost/"

    _restore_primary(run)
    node = Path(run.settings["DEVPI"], "current", "data", ".nodeinfo")
    ours = node.read_text()
    node.write_text(json.dumps(json.loads(ours) | {"uuid": identity}))  # as a plain copy has it
    run.step("devpi")
    run.wait(lambda: "404 Not Found" in _said(run), "a 404 for the replica")
    assert run.step("check-replica").exit_code == 1, "a replica that is ahead is not seen"
    for version in ("1.0", "2.0"):
        _upload(run, "emma/dev", "acme-other", version)
    run.wait(lambda: _serial(run, "REPLICA") == _serial(run, "PRIMARY"), "the same serial")
    assert not _status(run, "REPLICA")["replication-errors"], "devpi has learned to tell"
    assert run.get(run.settings["PRIMARY"] + lost).status == 404
    assert run.get(run.settings["REPLICA"] + lost).status == 200, "devpi has learned to converge"
    diverged = run.step("check-replica")
    assert diverged.exit_code == 1, "the silent divergence is not seen"
    for line in ("only the replica has file .*acme_lost-1.0", "only the primary has .*acme_other"):
        assert re.search(line, diverged.output), f"not seen: {line}"

    _restore_primary(run)
    run.step("devpi")
    serial, refused = _serial(run, "REPLICA"), "400 Bad Request: failed fetching"
    while _serial(run, "PRIMARY") <= serial:
        _upload(run, "emma/dev", "acme-new", f"{_serial(run, 'PRIMARY')}.0")
    said = _said(run).count(refused)
    run.wait(lambda: _said(run).count(refused) > said or _serial(run, "REPLICA") > serial, "a poll")
    assert _serial(run, "REPLICA") == serial, "the replica goes on with another primary"
    check = run.step("check-replica")
    assert check.exit_code == 1, "two different primaries are not seen"
    assert "the replica follows" in check.output, "it is not named"

    run.process("replica").stop()
    Path(run.tmp, "replica").rename(run.tmp / "replica-before")
    assert run.step("replica").exit_code == 0
    _catch_up(run)
    cured = run.step("check-replica")
    assert cured.exit_code == 0, f"making the replica anew is no cure: {cured.output}"
    assert run.get(run.settings["REPLICA"] + lost).status == 404


def half_an_upload(run: Run) -> None:
    """pypiserver leaves half a file where a disk was full; the backup leaves it out and says so."""
    small = run.tmp / "small"
    run.small_disk(small, 300_000)
    (small / "elsewhere").mkdir()
    (small / "packages").symlink_to("elsewhere")  # as on a server whose packages lie on a disk
    settings = {"PYPISERVER": small}
    assert run.step("pypiserver", **settings).exit_code == 0
    assert _upload_to_pypiserver(run, "acme-tool", "1.0", small) == 200
    assert _upload_to_pypiserver(run, "acme-tool", "2.0", small, pad=500_000) >= 500
    (half,) = small.glob("packages/acme_tool-2.0*")
    assert half.stat().st_size < 500_000, "pypiserver has learned to clean up"
    page = run.get(f"http://{run.settings['PYPISERVER_LISTEN']}/simple/acme-tool/").text
    assert half.name in page, "pypiserver has learned not to serve it"
    done = run.step("backup-pypiserver", **settings)
    held = _backups(run, "pypiserver")[-1]
    assert not (held / "packages").is_symlink(), "links were not followed"
    assert done.exit_code == 1, "the backup did not tell"
    assert half.name in done.output, "it does not name the half file"
    target = run.tmp / "again"
    assert run.step("restore-pypiserver", PYPISERVER=target).exit_code == 0
    names = sorted(_hashes(target / "packages"))
    assert names == ["acme_tool-1.0-py3-none-any.whl"], f"restored: {names}"


def withdrawn_upstream(run: Run) -> None:
    """Without the tree a restore names what upstream no longer has; with it nothing is lost."""
    kept = run.folder / "requirements.in"
    assert run.step("backup-mirror", ALSO=kept).exit_code == 0
    without = _backups(run, "mirror")[-1]
    assert run.step("backup-mirror", TREE="yes").exit_code == 0
    held = _hashes(Path(run.settings["MIRROR"], "web", "packages"))
    run.index.delete("demo-dep", "1.0")

    fresh = run.tmp / "fresh"
    done = run.step("restore-mirror", MIRROR=fresh, BACKUP=without)
    assert done.exit_code == 1, "the restore did not tell that a file is gone"
    assert (fresh / kept.name).read_text() == kept.read_text(), "what ALSO named did not come back"
    lost = set(re.findall(r"no longer has: .*/(\S+)$", done.output, re.MULTILINE))
    missing = {Path(name).name for name in held.keys() - _hashes(fresh / "web/packages").keys()}
    assert lost == missing, f"named {lost}, missing {missing}"
    assert "demo_dep-1.0-py3-none-any.whl" in lost

    whole = run.tmp / "whole"
    done = run.step("restore-mirror", MIRROR=whole)
    assert done.exit_code == 0, f"the tree was not restored: {done.output}"
    assert _hashes(whole / "web/packages") == held, "a file that only we have is lost"
    again = run.step("restore-mirror", MIRROR=whole)
    assert again.exit_code == 1, "it restored over a mirror"


def certificate_expires(run: Run) -> None:
    """It is told in time, by the days it has; one that cannot be read counts as no pass."""
    soon, late = run.tmp / "soon.pem", run.tmp / "late.pem"
    for path, days in ((soon, 10), (late, 90)):
        options = f"req -x509 -newkey rsa:2048 -nodes -subj /CN=x -keyout {run.tmp / 'key'}".split()
        assert run.command("openssl", *options, "-days", days, "-out", path).exit_code == 0
    server = run.settings["CERTIFICATES"]
    assert run.step("certificate", CERTIFICATES=f"{server} {late}", DAYS="21").exit_code == 0
    told = run.step("certificate", CERTIFICATES=f"{server} {late} {soon}", DAYS="21")
    assert told.exit_code == 1, "a certificate about to expire was not told"
    assert re.search(r"soon\.pem expires in (9|10) days", told.output), told.output
    closed = f"https://127.0.0.1:{run.port('closed')}"
    unread = run.step("certificate", CERTIFICATES=f"{closed} {late}", DAYS="21")
    assert unread.exit_code == 3, "a server that does not answer counts as well"


@contextlib.contextmanager
def _restored(run: Run, devpi: Path) -> Any:
    """Restore the newest backup into a new place, serve it beside the original, give its URL."""
    done = run.step("restore-devpi", DEVPI=devpi)
    assert done.exit_code == 0, f"not restored: {done.output}"
    if "replica" in run.processes():
        run.process("replica").stop()
    served = run.step("replica", DEVPI=devpi, PRIMARY_URL="")
    assert served.exit_code == 0, f"the restored devpi does not start: {served.output}"
    yield run.settings["REPLICA"]


def _restore_primary(run: Run) -> None:
    run.process("devpi").stop()
    backup = _backups(run, "devpi")[-1]
    done = run.step("restore-devpi", DEVPI=run.settings["DEVPI"], BACKUP=backup)
    assert done.exit_code == 0, f"not restored: {done.output}"


def _refused(run: Run, what: str, sentence: str) -> None:
    target = run.tmp / "refused"
    done = run.step("restore-devpi", DEVPI=target)
    assert done.exit_code == 1, f"a backup with something {what} was restored"
    assert sentence in done.output, f"{what}: not named: {done.output}"
    left = [path.name for path in target.iterdir() if path.name != "lock"]
    assert not left, f"{what}: something was touched: {left}"


def _fill(run: Run) -> None:
    """Two users, two indexes with different permissions, three files."""
    url = run.settings["PRIMARY"]
    password = Path(run.settings["DEVPI"], "root-password").read_text().strip()
    root = _logged_in(url, ("root", password))
    for path, body in {
        "/emma": {"password": EMMA[1], "email": "emma@example.org"},
        "/otto": {"password": "lighthouse"},
        "/root/pypi": MIRROR | {"mirror_url": f"{run.settings['UPSTREAM']}/simple/"},
        "/emma/prod": {"volatile": False, "acl_upload": ["emma"], "bases": []},
        "/emma/dev": {"volatile": True, "acl_upload": ["emma", "otto"], "bases": ["emma/prod"]},
    }.items():
        headers = {"Content-Type": JSON}
        status = _send("PUT", f"{url}{path}", json.dumps(body).encode(), headers, root)
        assert status in (200, 201, 409), f"{path}: {status}"
    if run.get(f"{url}/emma/prod/acme-app", JSON).status == 404:
        _upload(run, "emma/prod", "acme-app", "1.0")
        _upload(run, "emma/dev", "acme-app", "1.1")
        _upload(run, "emma/dev", "acme-lib", "2.0")


def _cache(run: Run) -> tuple[str, bytes]:
    """Make devpi's mirror index fetch one file, as its last change; give its path and content."""
    page = "/root/pypi/+simple/demo-lib/"
    (link, *_) = re.findall(
        r'href="\.\./\.\.([^"#]+)', run.get(run.settings["PRIMARY"] + page).text
    )
    path = f"/root/pypi{link}"
    return path, run.get(run.settings["PRIMARY"] + path).body


def _everything(run: Run, url: str) -> dict[str, str]:
    """Every user, who may log in, every index with all its settings, every file by its bytes."""
    found: dict[str, str] = {}
    for user, about in run.get(f"{url}/", JSON).json()["result"].items():
        indexes = about.pop("indexes", {})
        found[f"user {user}"] = json.dumps(about, sort_keys=True)
        for name, config in indexes.items():
            index = f"{user}/{name}"
            found[f"index {index}"] = json.dumps(config, sort_keys=True)
            if config["type"] == "mirror":
                continue
            for project in run.get(f"{url}/{index}", JSON).json()["result"]["projects"]:
                page = run.get(f"{url}/{index}/{project}?ignore_bases=", JSON).json()["result"]
                for release in page.values():
                    for link in release["+links"]:
                        path = link["href"].removeprefix(url)
                        body = run.get(url + path).body
                        found[f"file {path}"] = hashlib.sha256(body).hexdigest()
    for user, password in (EMMA, ("otto", "lighthouse")):
        body = json.dumps({"user": user, "password": password}).encode()
        found[f"login {user}"] = str(_send("POST", f"{url}/+login", body, {"Content-Type": JSON}))
    return found


def _difference(before: dict[str, str], after: dict[str, str]) -> list[str]:
    keys = before.keys() | after.keys()
    return sorted(key for key in keys if before.get(key) != after.get(key))


def _status(run: Run, server: str) -> Any:
    return run.get(run.settings[server] + "/+status", JSON).json()["result"]


def _serial(run: Run, server: str) -> int:
    return int(_status(run, server)["serial"])


def _said(run: Run) -> str:
    return run.process("replica").output()


def _catch_up(run: Run) -> None:
    """Wait until the replica has the primary's serial, and its files on the disk."""

    def same() -> bool:
        there, here = Path(run.settings["DEVPI"]), run.tmp / "replica"
        missing = _hashes(there / FILES).items() - _hashes(here / FILES).items()
        return _serial(run, "REPLICA") == _serial(run, "PRIMARY") and not missing

    run.wait(same, "the primary's serial and files at the replica")


def _a_backup(run: Run) -> Path:
    """The newest backup of this world's devpi; made if there is none yet."""
    if not _backups(run, "devpi"):
        _fill(run)
        assert run.step("backup-devpi").exit_code == 0
    return _backups(run, "devpi")[-1]


def _backups(run: Run, kind: str) -> list[Path]:
    """The finished backups, oldest first."""
    return sorted(Path(run.settings["BACKUPS"], kind).glob("[0-9]*Z"))


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def _upload(run: Run, index: str, project: str, version: str) -> str:
    """Upload a wheel to devpi as emma, give its sha256; not done unless devpi says 200."""
    wheel, body, kind = _form(project, version)
    url = f"{run.settings['PRIMARY']}/{index}/"
    user = _logged_in(run.settings["PRIMARY"], EMMA)
    status = _send("POST", url, body, {"Content-Type": kind}, user)
    assert status == 200, f"devpi answers {status} to the upload of {project} {version}"
    return hashlib.sha256(wheel).hexdigest()


@functools.cache
def _logged_in(url: str, user: tuple[str, str]) -> tuple[str, str]:
    """Log in once: devpi takes the token for the password, and need not hash it each time."""
    name, password = user
    body = json.dumps({"user": name, "password": password}).encode()
    request = urllib.request.Request(f"{url}/+login", body, {"Content-Type": JSON})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return name, json.load(answer)["result"]["password"]


def _upload_to_pypiserver(
    run: Run, project: str, version: str, folder: Path | None = None, pad: int = 0
) -> int:
    """Upload a wheel to pypiserver, give the status."""
    here = folder or Path(run.settings["PYPISERVER"])
    user = ("uploader", (here / "uploader-password").read_text().strip())
    _, body, kind = _form(project, version, pad)
    url = f"http://{run.settings['PYPISERVER_LISTEN']}/"
    return _send("POST", url, body, {"Content-Type": kind}, user)


def _form(project: str, version: str, pad: int = 0) -> tuple[bytes, bytes, str]:
    """A wheel, the body that uploads it (the legacy API), and the body's content type."""
    name = project.replace("-", "_")
    stream = BytesIO()
    with ZipFile(stream, "w") as archive:
        info = f"{name}-{version}.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n"
        archive.writestr(f"{name}.py", f"version = {version!r}\n" + "#" * pad)
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    wheel = stream.getvalue()
    boundary = uuid.uuid4().hex
    fields = {":action": "file_upload", "name": project, "version": version}
    fields |= {"filetype": "bdist_wheel", "pyversion": "py3", "metadata_version": "2.1"}
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="'
    parts = [f'{head}{key}"\r\n\r\n{value}\r\n'.encode() for key, value in fields.items()]
    file = f'{head}content"; filename="{name}-{version}-py3-none-any.whl"\r\n'
    file += "Content-Type: application/octet-stream\r\n\r\n"
    body = b"".join(parts) + file.encode() + wheel + f"\r\n--{boundary}--\r\n".encode()
    return wheel, body, f"multipart/form-data; boundary={boundary}"


def _send(
    method: str,
    url: str,
    body: bytes,
    headers: dict[str, str],
    user: tuple[str, str] | None = None,
) -> int:
    """Send a body, give the status of the answer; no proxy, no redirect is followed."""
    request = urllib.request.Request(url, body, headers, method=method)
    if user:
        token = base64.b64encode(":".join(user).encode()).decode()
        request.add_header("Authorization", f"Basic {token}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
