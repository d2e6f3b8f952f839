"""What the private index promises, and the ways in which it is broken.

carol reads; ci may upload to dev, alice pushes to staging too, bob to production.
`acme-lib` and `acme-tool` are private names, claimed by set-up.sh.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import json
import ssl
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from mirrorlab.clients import Attempt
from mirrorlab.distributions import Built, wheel
from mirrorlab.lab import Completed
from mirrorlab.runner import Answer, Run

JSON = "application/vnd.pypi.simple.v1+json"
READ = "acme/production acme/staging acme/dev root/pypi"
DROPPED = {
    *("core-metadata", "data-dist-info-metadata", "size", "upload-time", "provenance"),
    *("versions", "project-status"),
}
CLOSED = (  # what the index must not show without a login, besides its pages and files
    *(
        "/",
        "/acme",
        "/acme/production",
        "/acme/production/acme-lib",
        "/acme/production/acme-lib/1.0",
    ),
    *("/acme/production/acme-lib/1.0/+d/index.html", "/acme/production/+f/", "/root/pypi/+simple/"),
    *("/+status", "/+search?query=acme", "/+changelog/1", "/ci/+tokens"),
)
CUT = ("/acme/production#/+api", "/#/+api", "/#/acme/+api")
LIB = wheel("acme-lib", "1.0", requires=["demo-lib"])


def promise(run: Run) -> None:
    """A release goes from dev to production unaltered, and who has a login installs it."""
    _uploaded(run, LIB)
    assert _push(run, "alice", "acme-lib==1.0", "dev", "staging").exit_code == 0
    assert _files(run, "production", "acme-lib") == {}, "it is in production without approval"
    approved = _push(run, "bob", "acme-lib==1.0", "staging", "production")
    assert approved.exit_code == 0, f"bob cannot approve: {approved.output}"
    assert _files(run, "production", "acme-lib") == {LIB.filename: LIB.sha256}, "not what ci built"
    readable = [file.name for file in _secrets(run).iterdir() if file.stat().st_mode & 0o077]
    assert not readable, f"others can read {readable}"
    for public in ("demo-lib", "demo-dep"):
        page = _get(run, f"{_simple(run, 'production')}{public}/", "carol")
        offered = page.json()["files"] if page.status == 200 else []
        assert offered, f"production does not offer {public}: {page.status}"
    for client in ("pip", "uv"):
        done = _install(run, client, "acme-lib")
        assert done.installed.get("acme-lib") == "1.0", f"{client}: {done.output}"
        assert done.installed.get("demo-lib") == "2.0", "a public project does not come through"
    _devpi_client_uploads(run, wheel("acme-tool", "1.0"))
    _a_browser_shows(run, "/acme/production", "acme-lib")
    _what_is_dropped(run)
    _what_is_deleted_upstream_stays(run)
    _what_a_login_costs(run)
    again = run.step("set-up").output.strip()
    assert again == "set-up: all is as the settings say", f"a second set-up changes: {again}"
    secrets = [file.read_text().strip() for file in _secrets(run).iterdir()]
    logged = run.transcript + Path(run.settings["STATE"], "access.log").read_text()
    assert not [secret for secret in secrets if secret in logged], "a secret is in a log"


def upload_without_the_role(run: Run) -> None:
    """Nobody gets further than the role says, whether by upload, push or as an administrator."""
    _released(run)
    before = {stage: _files(run, stage, "acme-lib") for stage in ("dev", "staging", "production")}
    page = f"{_simple(run, 'production')}acme-lib/"
    (file,) = _get(run, page, "carol").json()["files"]
    path = urlsplit(urljoin(page, file["url"])).path.lstrip("/")
    status = _ask(run, "POST", path, "carol", {"testenvs": {}})
    assert status == 403, f"carol writes results of tests: {status}"
    evil = wheel("acme-lib", "6.6.6")
    for user, stage in (("carol", "dev"), ("ci", "staging"), ("alice", "production")):
        done = _twine(run, evil, stage, user, _password(run, user))
        assert done.exit_code == 1, f"{user} uploads to {stage}"
    pushed = _push(run, "alice", "acme-lib==1.0", "staging", "production")
    assert pushed.exit_code == 1, "alice approves her own release"
    after = {stage: _files(run, stage, "acme-lib") for stage in before}
    assert after == before, f"a stage has changed: {after}"
    for path, what in (("mallory", "a user"), ("carol/mine", "an index")):
        status = _ask(
            run, "PUT", path, "carol", {"password": "12345678"} if what == "a user" else {}
        )
        assert status == 403, f"carol makes {what}: {status}"


def anonymous_read(run: Run) -> None:
    """Without a login there is no page, no file and no upload; a browser is shown the form."""
    _released(run)
    page = f"{_simple(run, 'production')}acme-lib/"
    (file,) = _get(run, page, "carol").json()["files"]
    for url in (page, urljoin(page, file["url"])):
        assert _get(run, url).status == 401, f"anybody gets {url}"
    for url in CLOSED:
        status = _get(run, url, accept="*/*").status
        assert status == 401, f"anybody gets {url}: {status}"
    for path in CUT:  # on the wire with its `#`, as no browser sends it
        status, _ = _send(run, "GET", path, "", {"Accept": "application/json"})
        assert status == 400, f"anybody gets {path}: {status}"
    for path in ("acme/dev/", "acme/dev/acme-lib/1.0", "root/pypi/"):
        assert _ask(run, "POST", path, None, {}) == 401, f"anybody may write to {path}"
    browser = _get(run, "/acme/production", accept="text/html", agent="Mozilla/5.0")
    assert browser.status == 302, "a browser is not sent to the form"
    assert "/+login" in browser.headers["Location"]
    done = run.client("pip").install("acme-lib", index=_simple(run, "production"), env=_trust(run))
    assert done.exit_code == 1, "pip installs without a login"
    assert done.installed == {}
    uv = run.client("uv").install("acme-lib", index=_simple(run, "production"), env=_trust(run))
    assert uv.exit_code == 1, "uv installs without a login"


def token_out_of_bounds(run: Run) -> None:
    """A token is good for its indexes, projects, actions and days; but a push asks for none."""
    _released(run)
    token = _token(run, "alice", "acme/dev", TOKEN_PROJECTS="acme-lib")
    assert _twine(run, wheel("acme-lib", "1.1"), "dev", "alice", token).exit_code == 0
    for built, stage in ((wheel("acme-lib", "1.1"), "staging"), (wheel("acme-tool", "2.0"), "dev")):
        done = _twine(run, built, stage, "alice", token)
        assert done.exit_code == 1, f"the token uploads {built.filename} to {stage}"
    assert _status(run, "acme/staging/+simple/acme-lib/", "alice", token) == 403
    reader = _token(run, "alice", READ, TOKEN_ALLOWED="pkg_read")
    denied = _twine(run, wheel("acme-lib", "1.2"), "dev", "alice", reader)
    assert denied.exit_code == 1, "a token for reading uploads"
    assert _ask(run, "PATCH", "alice", "alice", {"password": "12345678"}, token) == 403
    brief = _token(run, "alice", "acme/dev", TOKEN_DAYS="0.00003")
    page = "acme/dev/+simple/acme-lib/"
    run.wait(lambda: _status(run, page, "alice", brief) == 403, "the end of a token")

    pushed = _push(run, "alice", "acme-lib==1.1", "dev", "staging", token)
    assert pushed.exit_code == 0, "devpi-tokens has learned to bound a push: tell it on the page"
    denied = _push(run, "ci", "acme-lib==1.1", "dev", "production", _token(run, "ci", "acme/dev"))
    assert denied.exit_code == 1, "the token of ci reaches production by a push"
    assert set(_files(run, "production", "acme-lib")) == {LIB.filename}


def overwrite(run: Run) -> None:
    """What is in production stays, byte for byte; in dev it may be replaced."""
    _released(run)
    other = wheel("acme-lib", "1.0", pad=100)
    for user, stage in (("bob", "production"), ("alice", "staging")):
        done = _twine(run, other, stage, user, _password(run, user))
        assert done.exit_code == 1, f"{user} overwrites a release in {stage}"
    assert _twine(run, other, "dev", "ci", _token(run, "ci", "acme/dev")).exit_code == 0
    again = _push(run, "bob", "acme-lib==1.0", "dev", "production")
    assert again.exit_code == 1, "bob pushes other bytes over a release"
    for path in ("acme/production/acme-lib/1.0", "acme/production/acme-lib", "acme/production"):
        assert _ask(run, "DELETE", path, "bob") == 403, f"bob deletes {path}"
    assert _files(run, "production", "acme-lib") == {LIB.filename: LIB.sha256}, "it has changed"
    assert _files(run, "dev", "acme-lib")[LIB.filename] == other.sha256, "dev keeps the old one"
    assert _twine(run, LIB, "dev", "ci", _token(run, "ci", "acme/dev")).exit_code == 0


def name_squatted(run: Run) -> None:
    """A stranger's higher version of a private name reaches nobody, nor is upstream asked."""
    _released(run)
    for project in ("acme-lib", "acme-tool", "acme-new"):
        run.index.publish(project, "99.0")
    for slip in ("acme/prod", "carol/dev"):
        status = _status(run, f"{slip}/+simple/acme-lib/", "carol", _password(run, "carol"))
        assert status == 404, (
            f"an index that there is not, {slip}, leads to the stranger's: {status}"
        )
    for client in ("pip", "uv"):
        got = _install(run, client, "acme-lib>=1").installed
        assert got.get("acme-lib") == "1.0", f"{client} installed acme-lib {got.get('acme-lib')}"
        none = _install(run, client, "acme-tool")
        assert none.installed == {}, (
            f"{client} got the stranger's acme-tool before our first release"
        )
        assert none.exit_code == 1, f"{client} ended with {none.exit_code}"
    asked = {request.path for request in run.index.requests("*acme*")}
    assert not asked, f"upstream was told of our names: {asked}"

    assert _install(run, "uv", "acme-new").installed == {"acme-new": "99.0"}, "no name is free"
    names = f"{run.settings['NAMES']} acme-new"
    assert "claimed the name acme-new" in run.step("set-up", NAMES=names).output
    assert _install(run, "uv", "acme-new").installed == {}, "the stranger's acme-new still comes"
    assert "is a private name" in run.step("why", PROJECT="acme-new").output


def upstream_down(run: Run) -> None:
    """What is private, or was fetched before, goes on; the rest is an error, not a wrong 404."""
    _outage(run, "refused", ("pip", "uv"))


def upstream_500(run: Run) -> None:
    """The same while upstream answers, with errors."""
    _outage(run, "500", ("uv",))


def corrupt_file(run: Run) -> None:
    """Wrong bytes are installed by nobody and kept by nobody."""
    _released(run)
    run.index.publish("demo-new", "1.0")
    run.index.fault("corrupt", "/packages/*demo_new*")
    for client in ("pip", "uv"):
        done = _install(run, client, "demo-new")
        assert done.exit_code, f"{client} ended with 0"
        assert done.installed == {}, f"{client} installed wrong bytes"
    kept = list(Path(run.settings["DATA"]).rglob("demo_new-1.0*"))
    assert not kept, f"devpi has kept wrong bytes: {kept}"
    run.index.clear()
    done = _install(run, "pip", "demo-new")
    kept = list(Path(run.settings["DATA"]).rglob("demo_new-1.0-*.whl"))
    assert kept, "the good file is not kept"
    assert done.installed == {"demo-new": "1.0"}, "it does not recover"
    assert run.index.sha256(kept[0].name) == _sha256(kept[0])


def disk_full(run: Run) -> None:
    """An upload fails and leaves nothing; reading goes on; with room again, it comes in."""
    data = Path(run.settings["DATA"])
    run.small_disk(data, 8_000_000)
    (data / ".new").mkdir()
    (data / ".new" / ".nodeinfo").touch()  # as a first start that was cut short leaves it
    for step in ("devpi", "set-up", "nginx"):
        done = run.step(step)
        assert done.exit_code == 0, f"{step} does not begin again: {done.output}"
    _released(run)
    before = _install(run, "uv", "acme-lib")
    assert before.exit_code == 0, before.output
    ballast = data / "ballast"
    with contextlib.suppress(OSError):  # it ends when the disk is full
        ballast.write_bytes(bytes(8_000_000))
    big = wheel("acme-lib", "2.0", pad=1_200_000)
    done = _twine(run, big, "dev", "ci", _token(run, "ci", "acme/dev"))
    assert done.exit_code == 1, "the upload did not tell"
    assert _install(run, "uv", "acme-lib").installed == before.installed, "reading stops"
    assert big.filename not in _files(run, "dev", "acme-lib"), "half an upload is offered"
    ballast.unlink()
    again = _twine(run, big, "dev", "ci", _token(run, "ci", "acme/dev"))
    assert again.exit_code == 0, f"with room again it does not come in: {again.output}"
    assert _files(run, "dev", "acme-lib")[big.filename] == big.sha256


def _outage(run: Run, fault: str, clients: Iterable[str]) -> None:
    _released(run)
    first = _install(run, "uv", "acme-lib")
    assert first.installed.get("demo-lib") == "2.0", first.output
    new = f"demo-{fault}"
    run.index.publish(new, "1.0")
    run.index.fault(fault)
    run.measure("stage", _direct(run, f"acme/production/+simple/{new}/"), "")
    page = _get(run, f"{_simple(run, 'production')}{new}/", "carol")
    assert page.status == 307, f"upstream is down, and the page says {page.status}"
    honest = _get(run, page.headers["Location"], "carol")
    assert honest.status == 502, f"upstream is down, and the mirror says {honest.status}"
    for client in clients:
        done = _install(run, client, "acme-lib")
        assert done.installed.get("demo-lib") == "2.0", f"{client}: {done.output}"
    assert _install(run, "pip", new).exit_code == 1, "pip ended with 0"
    told = _install(run, "uv", new)
    assert told.exit_code, "uv ended with 0"
    assert "502" in told.output, f"uv does not say that upstream is down: {told.output}"
    assert run.step("why", PROJECT=new).exit_code == 3, "why.sh takes an outage for an answer"
    run.index.clear()
    run.wait(lambda: _install(run, "uv", new).installed == {new: "1.0"}, "the recovery")


def _released(run: Run) -> None:
    """See to it that acme-lib 1.0 is in every stage, as the promise leaves it."""
    if _files(run, "production", "acme-lib"):
        return
    _uploaded(run, LIB)
    release = {"name": "acme-lib", "version": "1.0"}
    for user, source, target in (("alice", "dev", "staging"), ("bob", "staging", "production")):
        status = _ask(
            run, "PUSH", f"acme/{source}", user, {**release, "targetindex": f"acme/{target}"}
        )
        assert status == 200, f"{user} cannot push to {target}: {status}"


def _uploaded(run: Run, built: Built) -> None:
    done = _twine(run, built, "dev", "ci", _token(run, "ci", "acme/dev"))
    assert done.exit_code == 0, f"ci cannot upload to dev: {done.output}"


def _twine(run: Run, built: Built, stage: str, user: str, secret: Path) -> Completed:
    """Upload a wheel to a stage, as whoever has the password or token in this file."""
    return run.command(
        *("twine", "upload", "--non-interactive", "--disable-progress-bar"),
        *("--repository-url", f"{run.settings['INDEX']}/acme/{stage}/", _dist(run, built)),
        TWINE_USERNAME=user,
        TWINE_PASSWORD=secret.read_text().strip(),
        REQUESTS_CA_BUNDLE=_ca(run),
    )


def _devpi_client_uploads(run: Run, built: Built) -> None:
    """Log in with a token, and upload, with `devpi` as the page says it."""
    env: dict[str, Any] = {
        "DEVPI_CLIENTDIR": run.tmp / "devpi-client",
        "DEVPI_INDEX": f"{run.settings['INDEX']}/acme/dev",
        "REQUESTS_CA_BUNDLE": _ca(run),
    }
    token = _token(run, "ci", "acme/dev")
    for argv in (("token-login", "--file", token), ("upload", _dist(run, built))):
        done = run.command("devpi", *argv, **env)
        assert done.exit_code == 0, f"devpi {argv[0]}: {done.output}"
    assert _files(run, "dev", built.metadata.split(b"Name: ")[1].split()[0].decode()) == {
        built.filename: built.sha256
    }


def _dist(run: Run, built: Built) -> Path:
    file = run.tmp / "dist" / built.filename
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(built.content)
    return file


def _push(
    run: Run, user: str, release: str, source: str, target: str, token: Path | None = None
) -> Completed:
    """Push a release, as release.sh does it, with a token of this user."""
    return run.command(
        *("sh", "release.sh"),
        RELEASE=release,
        FROM=f"acme/{source}",
        TO=f"acme/{target}",
        TOKEN_FILE=token or _token(run, user, f"acme/{source} acme/{target}"),
    )


def _token(run: Run, user: str, indexes: str = READ, **settings: str) -> Path:
    """The file of a token with these bounds; made where there is none yet."""
    name = "-".join([user, *f"{indexes} {' '.join(settings.values())}".replace("/", "-").split()])
    file = _secrets(run) / f"{name}.token"
    if not file.exists():
        given = {"TOKEN": name, "TOKEN_USER": user, "TOKEN_INDEXES": indexes, **settings}
        made = run.step("token", **given)
        assert made.exit_code == 0, made.output
    return file


def _install(run: Run, client: str, *what: str) -> Attempt:
    """Install from production in a fresh environment as carol, whose token a netrc file has."""
    netrc = run.tmp / "netrc"
    secret = _token(run, "carol").read_text().strip()
    netrc.write_text(f"machine 127.0.0.1 login carol password {secret}\n")
    netrc.chmod(0o600)
    env = {**_trust(run), "NETRC": str(netrc)}
    return run.client(client).install(*what, index=_simple(run, "production"), env=env)


def _trust(run: Run) -> dict[str, str]:
    """What makes pip and uv trust the CA, and give up at once where an index has errors."""
    ca = str(_ca(run))
    return {"PIP_CERT": ca, "SSL_CERT_FILE": ca, "PIP_RETRIES": "0", "UV_HTTP_RETRIES": "0"}


def _files(run: Run, stage: str, project: str) -> dict[str, str]:
    """The files that a stage offers of a project, with their sha256."""
    answer = _get(run, f"{_simple(run, stage)}{project}/", "carol")
    assert answer.status == 200, f"{answer.url} answers {answer.status}"
    return {file["filename"]: file["hashes"]["sha256"] for file in answer.json()["files"]}


def _get(
    run: Run, url: str, user: str | None = None, accept: str = JSON, agent: str = "drill"
) -> Answer:
    """What nginx answers, to somebody with a token for reading, or to anybody."""
    login = (user, _token(run, user).read_text().strip()) if user else None
    whole = urljoin(run.settings["INDEX"], url)
    return run.get(whole, accept, {"User-Agent": agent}, login, ca=_ca(run), timeout=30)


def _status(run: Run, path: str, user: str, token: Path) -> int:
    """The status of a page for whoever has a token."""
    login = (user, token.read_text().strip())
    return run.get(f"{run.settings['INDEX']}/{path}", JSON, user=login, ca=_ca(run)).status


def _direct(run: Run, path: str) -> int:
    """The status of a page of devpi itself, without nginx."""
    return run.get(f"http://{run.settings['DEVPI_LISTEN']}/{path}", JSON, timeout=30).status


def _ask(
    run: Run,
    method: str,
    path: str,
    user: str | None,
    body: Mapping[str, object] | None = None,
    token: Path | None = None,
) -> int:
    """The status of a request that would change something, with a password or a token."""
    secret = token or _password(run, user or "")
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if user:
        login = f"{user}:{secret.read_text().strip()}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(login).decode()}"
    status, _ = _send(run, method, f"/{path}", json.dumps(body or {}), headers)
    return status


def _send(
    run: Run, method: str, path: str, body: str, headers: Mapping[str, str]
) -> tuple[int, str]:
    """The status of an answer, and the cookie in it."""
    context = ssl.create_default_context(cafile=str(_ca(run)))
    place = urlsplit(run.settings["INDEX"]).netloc
    with contextlib.closing(
        http.client.HTTPSConnection(place, timeout=30, context=context)
    ) as connection:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, (answer.getheader("Set-Cookie") or "").partition(";")[0]


def _a_browser_shows(run: Run, path: str, project: str) -> None:
    """Fill in the form, and see the page of a stage."""
    password = _password(run, "carol").read_text().strip()
    form = urlencode({"username": "carol", "password": password, "submit": "Login"})
    headers = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
    status, cookie = _send(run, "POST", "/+login?goto_url=/", form, headers)
    assert (status, bool(cookie)) == (302, True), f"the form does not let carol in: {status}"
    sent = {"Cookie": cookie, "User-Agent": "Mozilla/5.0"}
    page = run.get(f"{run.settings['INDEX']}{path}", "text/html", sent, ca=_ca(run))
    assert (page.status, project in page.text) == (200, True), f"{page.url}: {page.status}"


def _what_is_dropped(run: Run) -> None:
    """Compare a public project's page with the same page upstream."""
    theirs = run.get(f"{run.index.url}/simple/demo-lib/", JSON).json()
    ours = _get(run, f"{_simple(run, 'production')}demo-lib/", "carol").json()
    fields = [{key for file in page["files"] for key in file} for page in (theirs, ours)]
    lost = (fields[0] - fields[1]) | (theirs.keys() - ours.keys())
    assert lost == DROPPED, f"what is dropped is now {sorted(lost)}: tell it on the page"
    run.measure("fields-upstream", len(fields[0]), "")
    run.measure("fields-here", len(fields[1]), "")


def _what_is_deleted_upstream_stays(run: Run) -> None:
    """A page that devpi has is served on, after upstream was asked again and has said 404."""
    run.index.publish("demo-gone", "1.0")
    before = _files(run, "production", "demo-gone")
    assert before, "demo-gone does not come through"
    run.index.delete("demo-gone")

    def denied() -> bool:
        _files(run, "production", "demo-gone")
        return run.index.requests("/simple/demo-gone/")[-1].status == 404

    run.wait(denied, "upstream's 404")
    after = _files(run, "production", "demo-gone")
    assert after == before, "devpi has learned that a project is deleted: tell it on the page"


def _what_a_login_costs(run: Run) -> None:
    """Measure a small page, asked for with a password and with a token."""
    url = f"{_simple(run, 'production')}acme-lib/"
    for name, file in (
        ("password", _password(run, "carol")),
        ("token", _token(run, "carol")),
    ):
        login = ("carol", file.read_text().strip())
        began = time.monotonic()
        assert run.get(url, JSON, user=login, ca=_ca(run), timeout=60).status == 200
        run.measure(f"page-with-a-{name}", 1000 * (time.monotonic() - began), "ms")


def _simple(run: Run, stage: str) -> str:
    return f"{run.settings['INDEX']}/acme/{stage}/+simple/"


def _secrets(run: Run) -> Path:
    return Path(run.settings["SECRETS"])


def _password(run: Run, user: str) -> Path:
    return _secrets(run) / f"{user}.password"


def _ca(run: Run) -> Path:
    return Path(run.settings["TLS"], "ca.pem")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
