"""Who may do what: without a role, without a login, beyond the bounds of a token, to a release."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from drilling.answers import ask, files, get, send, simple, status
from drilling.logins import bounded, password, token
from drilling.tools import LIB, push, released, trust, twine

from mirrorlab.distributions import wheel
from mirrorlab.runner import Run

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


def upload_without_the_role(run: Run) -> None:
    """Nobody gets further than the role says, whether by upload, push or as an administrator."""
    released(run)
    before = {stage: files(run, stage, "acme-lib") for stage in ("dev", "staging", "production")}
    page = f"{simple(run, 'production')}acme-lib/"
    file, *_ = get(run, page, "carol").json()["files"]
    path = urlsplit(urljoin(page, file["url"])).path.lstrip("/")
    answer = ask(run, "POST", path, "carol", {"testenvs": {}})
    assert answer == 403, f"carol writes results of tests: {answer}"
    for path, what, body in (
        ("mallory", "a user", {"password": "12345678"}),
        ("carol/mine", "an index", {}),
    ):
        answer = ask(run, "PUT", path, "carol", body)
        assert answer == 403, f"carol makes {what}: {answer}"
    evil = wheel("acme-lib", "6.6.6")
    for user, stage in (("carol", "dev"), ("ci", "staging"), ("alice", "production")):
        done = twine(run, evil, stage, user, password(run, user))
        assert done.exit_code == 1, f"{user} uploads to {stage}"
    pushed = push(run, "alice", "acme-lib==1.0", "staging", "production")
    assert pushed.exit_code == 1, "alice approves her own release"
    after = {stage: files(run, stage, "acme-lib") for stage in before}
    assert after == before, f"a stage has changed: {after}"


def anonymous_read(run: Run) -> None:
    """Without a login there is no page, no file and no upload; a browser is shown the form."""
    released(run)
    page = f"{simple(run, 'production')}acme-lib/"
    file, *_ = get(run, page, "carol").json()["files"]
    for url in (page, urljoin(page, file["url"])):
        answer = get(run, url).status
        assert answer == 401, f"anybody gets {url}: {answer}"
    for url in CLOSED:
        answer = get(run, url, accept="*/*").status
        assert answer == 401, f"anybody gets {url}: {answer}"
    for path in CUT:  # on the wire with its `#`, as no browser sends it
        answer = send(run, "GET", path, "", {"Accept": "application/json"}).status
        assert answer == 400, f"anybody gets {path}: {answer}"
    for path in ("acme/dev/", "acme/dev/acme-lib/1.0", "root/pypi/"):
        assert ask(run, "POST", path, None, {}) == 401, f"anybody may write to {path}"
    browser = get(run, "/acme/production", accept="text/html", agent="Mozilla/5.0")
    assert browser.status == 302, "a browser is not sent to the form"
    assert "/+login" in browser.headers["Location"]
    for client in ("pip", "uv"):
        index = simple(run, "production")
        done = run.client(client).install("acme-lib", index=index, env=trust(run))
        assert done.exit_code == 1, f"{client} installs without a login"
        assert done.installed == {}


def token_out_of_bounds(run: Run) -> None:
    """A token is good for its indexes, projects, actions and days; but a push asks for none."""
    released(run)
    narrow = bounded(run, "alice", "acme/dev", TOKEN_PROJECTS="acme-lib")
    assert twine(run, wheel("acme-lib", "1.1"), "dev", "alice", narrow).exit_code == 0
    for built, stage in ((wheel("acme-lib", "1.1"), "staging"), (wheel("acme-tool", "2.0"), "dev")):
        done = twine(run, built, stage, "alice", narrow)
        assert done.exit_code == 1, f"the token uploads {built.filename} to {stage}"
    assert status(run, "acme/staging/+simple/acme-lib/", "alice", narrow) == 403
    reader = bounded(run, "alice", "acme/dev", TOKEN_ALLOWED="pkg_read")
    denied = twine(run, wheel("acme-lib", "1.2"), "dev", "alice", reader)
    assert denied.exit_code == 1, "a token for reading uploads"
    assert ask(run, "PATCH", "alice", "alice", {"password": "12345678"}, narrow) == 403
    brief = bounded(run, "alice", "acme/dev", TOKEN_DAYS="0.00003")
    page = "acme/dev/+simple/acme-lib/"
    run.wait(lambda: status(run, page, "alice", brief) == 403, "the end of a token")

    pushed = push(run, "alice", "acme-lib==1.1", "dev", "staging", narrow)
    assert pushed.exit_code == 0, "devpi-tokens has learned to bound a push: tell it on the page"
    ci = token(run, "ci", "acme/dev")
    denied = push(run, "ci", "acme-lib==1.1", "dev", "production", ci)
    assert denied.exit_code == 1, "the token of ci reaches production by a push"
    assert set(files(run, "production", "acme-lib")) == {LIB.filename}


def overwrite(run: Run) -> None:
    """What is in production stays, byte for byte; in dev it may be replaced."""
    released(run)
    other = wheel("acme-lib", "1.0", pad=100)
    for user, stage in (("bob", "production"), ("alice", "staging")):
        done = twine(run, other, stage, user, password(run, user))
        assert done.exit_code == 1, f"{user} overwrites a release in {stage}"
    ci = token(run, "ci", "acme/dev")
    assert twine(run, other, "dev", "ci", ci).exit_code == 0
    again = push(run, "bob", "acme-lib==1.0", "dev", "production")
    assert again.exit_code == 1, "bob pushes other bytes over a release"
    for path in ("acme/production/acme-lib/1.0", "acme/production/acme-lib", "acme/production"):
        assert ask(run, "DELETE", path, "bob") == 403, f"bob deletes {path}"
    assert files(run, "production", "acme-lib") == {LIB.filename: LIB.sha256}, "it has changed"
    assert files(run, "dev", "acme-lib")[LIB.filename] == other.sha256, "dev keeps the old one"
    assert twine(run, LIB, "dev", "ci", ci).exit_code == 0
