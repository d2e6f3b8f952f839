"""A release goes from dev to production and to who installs it; or the disk is full."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from drilling.answers import JSON, ca, files, get, send, simple
from drilling.logins import READ, password, secrets, token
from drilling.tools import LIB, dist, install, push, released, twine, uploaded

from mirrorlab.distributions import Built, wheel
from mirrorlab.runner import Run

DROPPED = {
    *("core-metadata", "data-dist-info-metadata", "size", "upload-time", "provenance"),
    *("versions", "project-status"),
}


def promise(run: Run) -> None:
    """A release goes from dev to production unaltered, and who has a login installs it."""
    _secrets_are_for_one_user(run)
    uploaded(run, LIB)
    assert push(run, "alice", "acme-lib==1.0", "dev", "staging").exit_code == 0
    assert files(run, "production", "acme-lib") == {}, "it is in production without approval"
    approved = push(run, "bob", "acme-lib==1.0", "staging", "production")
    assert approved.exit_code == 0, f"bob cannot approve: {approved.output}"
    assert files(run, "production", "acme-lib") == {LIB.filename: LIB.sha256}, "not what ci built"
    _public_projects_come_through(run)
    for client in ("pip", "uv"):
        done = install(run, client, "acme-lib")
        assert done.installed.get("acme-lib") == "1.0", f"{client}: {done.output}"
        assert done.installed.get("demo-lib") == "2.0", "a public project does not come through"
    _devpi_client_uploads(run, wheel("acme-tool", "1.0"))
    _a_browser_shows(run, "/acme/production", "acme-lib")
    _what_is_dropped(run)
    _what_is_deleted_upstream_stays(run)
    _what_a_login_costs(run)
    again = run.step("set-up").output.strip()
    assert again == "set-up: all is as the settings say", f"a second set-up changes: {again}"
    logged = run.transcript + Path(run.settings["STATE"], "access.log").read_text()
    told = [file.name for file in secrets(run).iterdir() if file.read_text().strip() in logged]
    assert not told, f"a secret is in a log: {told}"


def disk_full(run: Run) -> None:
    """An upload fails and leaves nothing; reading goes on; with room again, it comes in."""
    data = Path(run.settings["DATA"])
    run.small_disk(data, 8_000_000)
    (data / ".new").mkdir()
    (data / ".new" / ".nodeinfo").touch()  # as a first start that was cut short leaves it
    for step in ("devpi", "set-up", "nginx"):
        done = run.step(step)
        assert done.exit_code == 0, f"{step} does not begin again: {done.output}"
    released(run)
    before = install(run, "uv", "acme-lib")
    assert before.exit_code == 0, before.output
    ballast = data / "ballast"
    with contextlib.suppress(OSError):  # it ends when the disk is full
        ballast.write_bytes(bytes(8_000_000))
    big = wheel("acme-lib", "2.0", pad=1_200_000)
    ci = token(run, "ci", "acme/dev")
    assert twine(run, big, "dev", "ci", ci).exit_code == 1, "the upload did not tell"
    assert install(run, "uv", "acme-lib").installed == before.installed, "reading stops"
    assert big.filename not in files(run, "dev", "acme-lib"), "half an upload is offered"
    ballast.unlink()
    again = twine(run, big, "dev", "ci", ci)
    assert again.exit_code == 0, f"with room again it does not come in: {again.output}"
    assert files(run, "dev", "acme-lib")[big.filename] == big.sha256


def _secrets_are_for_one_user(run: Run) -> None:
    assert run.step("token").exit_code == 0
    readable = [file.name for file in secrets(run).iterdir() if file.stat().st_mode & 0o077]
    assert not readable, f"others can read {readable}"


def _public_projects_come_through(run: Run) -> None:
    for public in ("demo-lib", "demo-dep"):
        page = get(run, f"{simple(run, 'production')}{public}/", "carol")
        offered = page.json()["files"] if page.status == 200 else []
        assert offered, f"production does not offer {public}: {page.status}"


def _devpi_client_uploads(run: Run, built: Built) -> None:
    """Log in with a token, and upload, with `devpi` as the page says it."""
    env: dict[str, Any] = {
        "DEVPI_CLIENTDIR": run.tmp / "devpi-client",
        "DEVPI_INDEX": f"{run.settings['INDEX']}/acme/dev",
        "REQUESTS_CA_BUNDLE": ca(run),
    }
    ci = token(run, "ci", "acme/dev")
    for argv in (("token-login", "--file", ci), ("upload", dist(run, built))):
        done = run.command("devpi", *argv, **env)
        assert done.exit_code == 0, f"devpi {argv[0]}: {done.output}"
    assert files(run, "dev", built.metadata.split(b"Name: ")[1].split()[0].decode()) == {
        built.filename: built.sha256
    }


def _a_browser_shows(run: Run, path: str, project: str) -> None:
    """Fill in the form, and see the page of a stage."""
    given = password(run, "carol").read_text().strip()
    form = urlencode({"username": "carol", "password": given, "submit": "Login"})
    headers = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
    answer = send(run, "POST", "/+login?goto_url=/", form, headers)
    cookie = answer.headers["Set-Cookie"]
    assert (answer.status, bool(cookie)) == (302, True), f"no form lets carol in: {answer.status}"
    sent = {"Cookie": cookie.partition(";")[0], "User-Agent": "Mozilla/5.0"}
    page = run.get(f"{run.settings['INDEX']}{path}", "text/html", sent, ca=ca(run))
    assert (page.status, project in page.text) == (200, True), f"{page.url}: {page.status}"


def _what_is_dropped(run: Run) -> None:
    """Compare a public project's page with the same page upstream."""
    theirs = run.get(f"{run.index.url}/simple/demo-lib/", JSON).json()
    ours = get(run, f"{simple(run, 'production')}demo-lib/", "carol").json()
    fields = [{key for file in page["files"] for key in file} for page in (theirs, ours)]
    lost = (fields[0] - fields[1]) | (theirs.keys() - ours.keys())
    assert lost == DROPPED, f"what is dropped is now {sorted(lost)}: tell it on the page"
    run.measure("fields-upstream", len(fields[0]), "")
    run.measure("fields-here", len(fields[1]), "")


def _what_is_deleted_upstream_stays(run: Run) -> None:
    """A page that devpi has is served on, after upstream was asked again and has said 404."""
    run.index.publish("demo-gone", "1.0")
    before = files(run, "production", "demo-gone")
    assert before, "demo-gone does not come through"
    run.index.delete("demo-gone")

    def denied() -> bool:
        files(run, "production", "demo-gone")
        return run.index.requests("/simple/demo-gone/")[-1].status == 404

    run.wait(denied, "upstream's 404")
    after = files(run, "production", "demo-gone")
    assert after == before, "devpi has learned that a project is deleted: tell it on the page"


def _what_a_login_costs(run: Run) -> None:
    """Measure a small page, asked for with a password and with a token."""
    url = f"{simple(run, 'production')}acme-lib/"
    for name, file in (
        ("password", password(run, "carol")),
        ("token", token(run, "carol", READ)),
    ):
        login = ("carol", file.read_text().strip())
        began = time.monotonic()
        assert run.get(url, JSON, user=login, ca=ca(run), timeout=60).status == 200
        run.measure(f"page-with-a-{name}", 1000 * (time.monotonic() - began), "ms")
