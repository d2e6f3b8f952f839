"""What each snippet promises, and where a password is found that was not put there.

`acme-lib` is on the private index, which wants a login and has the public `demo-dep` too. The
mirror has `demo-lib` and `demo-dep`. Each index has an authority of its own that no system trusts.
"""

from __future__ import annotations

import base64
import http.server
import re
import ssl
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme

from mirrorlab import recipe as recipes
from mirrorlab.index import Index
from mirrorlab.lab import Completed
from mirrorlab.runner import Run
from mirrorlab.scenario import File, Project, Release, Scenario

USER, SECRET = "build", "horse~Battery-staple_9"
OURS = Scenario(
    "ours",
    projects=(
        Project("acme-lib", releases=(Release("1.0", requires=("demo-dep",), files=(File(),)),)),
        Project("demo-dep", releases=(Release("2.0", files=(File(),)),)),
    ),
)
STARTERS = (
    ("hatch", "mirror"),
    ("tox", "mirror"),
    ("nox", "plain", "pip/mirror"),
    ("pip-tools", "plain", "pip/mirror"),
)  # of pip: they read what pip reads
SYSTEM_STORE = {"pip": (), "uv": ("system-store",), "poetry": ("system-store",), "pdm": ()}
"""What makes each trust what the system trusts; to trust nobody else is what ``ca`` is for."""
NAIVE = {
    "config": "pip config list",
    "pip": "pip -vvv --no-cache-dir download --dest DIR acme-lib",
    "compile": "pip-compile -o DIR/requirements.txt DIR/requirements.in",
    "lock": "pip lock -o DIR/pylock.toml acme-lib",
    "uv": "uv -v pip compile -o DIR/uv.txt DIR/requirements.in",
    "poetry": "poetry --directory DIR lock",
    "uv-emit": "uv pip compile --emit-index-url -o DIR/uv-emit.txt DIR/requirements.in",
}
NAIVE_LEAKS = {
    "config.output",
    "compile.output",
    "poetry.lock",
    "pyproject.toml",
    "requirements.txt",
    "uv-emit.output",
    "uv-emit.txt",
}
RING = """
import os
from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential

class Ring(KeyringBackend):
    priority = 1

    def get_password(self, service, username):
        known = service in os.environ["DRILL_SERVICES"].split() and username == "build"
        return os.environ["DRILL_SECRET"] if known else None

    def set_password(self, service, username, password):
        raise NotImplementedError

class Knowing(Ring):
    def get_credential(self, service, username):
        found = self.get_password(service, "build")
        return SimpleCredential("build", found) if found else None
"""  # Ring finds nothing without the name of a user, as that of macOS; Knowing does
QUICK: dict[str, Any] = {
    "PIP_RETRIES": "0",
    "UV_HTTP_RETRIES": "0",
    "POETRY_REQUESTS_MAX_RETRIES": "0",
}


class Login(http.server.ThreadingHTTPServer):
    """The private index over https, for those who log in. It keeps who asked for what."""

    daemon_threads = True

    def __init__(self, port: int, behind: Index) -> None:
        """Listen on a port; what is asked for with the login is fetched from ``behind``."""
        super().__init__(("127.0.0.1", port), _Visit)
        self.behind = behind
        self.asked: list[tuple[str, str]] = []
        authority = trustme.CA(organization_name="private.example")
        self.ca_pem = authority.cert_pem.bytes()
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1").configure_cert(self._tls)

    def get_request(self) -> tuple[ssl.SSLSocket, Any]:
        """Take a connection; its handshake comes in the thread that answers it."""
        connection, address = super().get_request()
        lazily = self._tls.wrap_socket(connection, True, do_handshake_on_connect=False)
        return lazily, address

    def handle_error(self, *_: Any) -> None:
        """Who distrusts the certificate hangs up; that is not worth a word."""


class _Visit(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Login

    def do_GET(self) -> None:
        given = self.headers["Authorization"]
        proof = base64.b64encode(f"{USER}:{SECRET}".encode()).decode()
        who = USER if given == f"Basic {proof}" else "nobody" if given is None else "a stranger"
        self.server.asked.append((self.path, who))
        status, body, kind = 401, b"log in\n", "text/plain"
        if who == USER:
            status, body, kind = self._fetch()
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="private"')
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def _fetch(self) -> tuple[int, bytes, str]:
        accept = {"Accept": self.headers["Accept"] or "*/*"}
        asked = urllib.request.Request(self.server.behind.http_url + self.path, headers=accept)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(asked) as answer:
                return answer.status, answer.read(), answer.headers["Content-Type"]
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read(), "text/plain"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def promise(run: Run) -> None:
    """Each installer logs in at the index that it is told of, trusts the system, asks nobody else.

    pipenv trusts the authority of a file, for it is not tried with the store of the system.
    """
    with _indexes(run) as private:
        trusting = ("unshare", "-rm", "sh", "-c", _system_store(run), "sh")
        for client, ways in SYSTEM_STORE.items():
            kept = {"home/.cache/pdm/http/http-cache.db"} if client == "pdm" else set()
            there = {"home/.netrc", *kept}
            _as_mirror(run, private, client, "mirror", *ways, leaks=there, before=trusting)
        _as_mirror(run, private, "pipenv", "mirror", "ca", leaks={"home/.netrc"})
        run.index.fault("503")
        done = _try(run, "pip", "fallback", "ca")
        assert "demo-lib" in _installed(run), f"the public index is no fallback: {done.output}"


def starters(run: Run) -> None:
    """What starts pip hands on the index, the authority and the login, and writes none down."""
    with _indexes(run) as private:
        shared = run.tmp / "virtualenv"
        for client, *ways in STARTERS:
            own = {"VIRTUALENV_OVERRIDE_APP_DATA": shared}
            _as_mirror(run, private, client, *ways, "pip/ca", leaks={"home/.netrc"}, **own)
        assert not _found(run, shared), "the cache of virtualenv has the password"


def environment(run: Run) -> None:
    """A login from variables gets in; no lock, no cache and no word of the installer has it."""
    ways = {
        "pip": ("environment", "ca"),
        "uv": ("private", "environment", "ca"),
        "poetry": ("private", "environment", "ca"),
        "pdm": ("environment", "ca"),
        "pipenv": ("environment", "ca"),
    }
    with _indexes(run) as private:
        for client, folders in ways.items():
            _logged_in(run, private, client, *folders)


def netrc(run: Run) -> None:
    """Beside a mirror without one, a login from ~/.netrc gets in. PDM keeps it in its cache."""
    own, kept = "home/.netrc", "home/.cache/pdm/http/http-cache.db"
    with _indexes(run) as private:
        _logged_in(run, private, "pip", "private", "netrc", "ca", leaks={own})
        _logged_in(run, private, "uv", "private", "netrc", "ca", leaks={own})
        _logged_in(run, private, "pdm", "private", "netrc", "ca", leaks={own, kept})
        _asked_first(run)


def keyring(run: Run) -> None:
    """A login from the keyring gets in, and is written nowhere."""
    ways = {
        "pip": ("keyring", "ca"),
        "uv": ("private", "keyring", "ca"),
        "poetry": ("private", "keyring", "ca"),
        "pdm": ("keyring", "ca"),
    }
    with _indexes(run) as private:
        ring = _ring(run)
        for client, folders in ways.items():
            _logged_in(run, private, client, *folders, **ring)
        knowing = {**ring, "PYTHON_KEYRING_BACKEND": "drill_ring.Knowing"}
        _logged_in(run, private, "pipenv", "private", "keyring", "ca", **knowing)


def find_links(run: Run) -> None:
    """A folder is enough, and no index is asked."""
    wheels = Path(run.settings["WHEELS"])
    wheels.mkdir(exist_ok=True)
    for entry in (*run.index.files("demo-lib"), *run.index.files("demo-dep")):
        if entry.filename.endswith(".whl") and "-2.0-" in entry.filename:
            (wheels / entry.filename).write_bytes(run.get(run.index.url + entry.url).body)
    run.index.forget_requests()
    with _indexes(run):
        for client in ("pip", "uv", "pdm"):
            done = _try(run, client, "find-links")
            assert _installed(run) == {"demo-lib", "demo-dep"}, f"{client}: {done.output[-500:]}"
    assert not run.index.requests(), "an index was asked"


def authority(run: Run) -> None:
    """Nobody trusts an index whose authority nobody knows, and nothing is installed."""
    with _indexes(run):
        for client in ("pip", "uv"):
            done = _try(run, client, "mirror")
            assert not _installed(run), f"{client} trusts anybody"
            assert done.exit_code != 0, f"{client} says nothing: {done.output[-500:]}"


def leaks(run: Run) -> None:
    """A password in the address of an index: who writes it down, and where."""
    with _indexes(run) as private:
        done = _try(run, "tox", "in-tox-ini", "pip/ca", VERBOSE="yes")
        assert "acme-lib" in _installed(run), f"tox: {done.output[-500:]}"
        there = {Path(path).name for path in _leaks(run)}
        assert ".tox-info.json" in there, f"tox no longer writes it down: {there}"
        address = run.settings["PRIVATE"].replace("//", f"//{USER}:{SECRET}@")
        own: dict[str, Any] = {"PIP_INDEX_URL": address, "UV_DEFAULT_INDEX": address}
        own |= dict.fromkeys(
            ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), run.tmp / "private-ca.pem"
        )
        folder = run.tmp / "leaks"
        folder.mkdir(exist_ok=True)
        (folder / "requirements.in").write_text("acme-lib\n")
        project = (run.folder / "poetry/mirror/pyproject.toml").read_text()
        project = project.replace("https://mirror.example/simple/", address)
        (folder / "pyproject.toml").write_text(project.replace("demo-lib", "acme-lib"))
        for name, command in NAIVE.items():
            argv = command.replace("DIR", str(folder)).split()
            done = run.command(*argv, **own, **QUICK)
            assert done.exit_code == 0, f"{command}: {done.output}"
            (folder / f"{name}.output").write_text(done.output)
        where = {path.removeprefix(f"{folder}/") for path in _found(run, folder)}
        assert where == NAIVE_LEAKS, f"it is in {sorted(where)}: mend the page"
        assert _logins(private) == {USER}


def _as_mirror(
    run: Run, private: Login, client: str, *ways: str, leaks: Set[str], **more: Any
) -> None:
    """Install with the index that has a login as the mirror; the password is in ``leaks``."""
    private.asked.clear()
    mirror: dict[str, Any] = {"MIRROR": run.settings["PRIVATE"], "ANY": "acme-lib"}
    done = _try(run, client, *ways, "netrc", VERBOSE="yes", **mirror, **more)
    assert _installed(run) >= {"acme-lib", "demo-dep"}, f"{client}: {done.output[-500:]}"
    assert _logins(private) == {USER}, f"{client} asks as {_logins(private)}"
    found = _leaks(run)
    assert found == leaks, f"{client}: the password is in {sorted(found)}"


def _logged_in(
    run: Run, private: Login, client: str, *ways: str, leaks: Set[str] = frozenset(), **more: Any
) -> None:
    """Install with a login: it comes from the private index, and the password is in `leaks`."""
    run.index.forget_requests()
    private.asked.clear()
    done = _try(run, client, *ways, VERBOSE="yes", **more)
    names = _installed(run)
    assert names == {"acme-lib", "demo-dep"}, f"{client} {ways}: {names}: {done.output[-500:]}"
    assert USER in _logins(private), f"{client} {ways} did not log in"
    told = {request.path for request in run.index.requests("*acme*")}
    assert not told, f"{client} {ways} tells the mirror of {told}"
    found = _leaks(run)
    assert found == leaks, f"{client} {ways}: the password is in {sorted(found)}"


def _asked_first(run: Run) -> None:
    """ask.sh tells a good index from one without a login, and from one that is not trusted."""
    login = run.tmp / "netrc"
    login.write_text(f"machine 127.0.0.1 login {USER} password {SECRET}\n")
    here: dict[str, Any] = {"INDEX": run.settings["PRIVATE"], "PROJECT": "acme-lib"}
    ca = run.tmp / "private-ca.pem"
    cases: list[tuple[int, dict[str, Any]]] = [
        (0, {**here, "AUTHORITY": ca, "LOGIN": login}),
        (1, {**here, "LOGIN": login}),
        (1, {**here, "AUTHORITY": ca}),
        (1, {"LOGIN": login}),
        (3, {"INDEX": "http://127.0.0.1:9/simple/"}),
    ]
    for code, settings in cases:
        done = run.step("ask", **settings)
        assert done.exit_code == code, f"ask.sh {settings}: {done.output}"


@contextmanager
def _indexes(run: Run) -> Iterator[Login]:
    """The private index, the public one, and a file with the authorities of all three."""
    with Index(OURS) as behind, Index(run.index.scenario, tls_port=run.port("public")) as public:
        private = Login(run.port("private"), behind)
        bundle = run.index.ca_pem + public.ca_pem + private.ca_pem
        (run.tmp / "private-ca.pem").write_bytes(bundle)
        thread = threading.Thread(target=private.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield private
        finally:
            private.shutdown()
            thread.join()
            private.server_close()


def _try(run: Run, client: str, *ways: str, before: tuple[str, ...] = (), **more: Any) -> Completed:
    settings: dict[str, Any] = {"CLIENT": client, "WAYS": " ".join(ways)}
    settings |= {"CA": run.tmp / "private-ca.pem", "PRIVATE_PASSWORD": SECRET, **QUICK, **more}
    return run.command(*before, "sh", "try.sh", **settings)


def _system_store(run: Run) -> str:
    """Give a script that starts a command where the system's own store has the authorities."""
    store = run.tmp / "certs"
    store.mkdir()
    bundle = (run.tmp / "private-ca.pem").read_text()
    (store / "ca-certificates.crt").write_text(bundle)
    for number, one in enumerate(bundle.split("-----BEGIN CERTIFICATE-----")[1:]):
        (store / f"{number}.pem").write_text(f"-----BEGIN CERTIFICATE-----{one}")
    assert run.command("openssl", "rehash", store).exit_code == 0
    return f'mount --bind {store} /etc/ssl/certs && exec "$@"'


def _ring(run: Run) -> dict[str, Any]:
    """A program keyring apart from the installers', and what it needs to log in."""
    folder = run.tmp / "ring"
    folder.mkdir()
    (folder / "drill_ring.py").write_text(RING)
    path = run.command("sh", "-c", 'echo "$PATH"').output.strip()
    program = run.command("sh", "-c", "command -v keyring").output.strip()
    (folder / "keyring").write_text(f'#!/bin/sh\nexec {program} "$@"\n')
    (folder / "keyring").chmod(0o755)
    host = urllib.parse.urlsplit(run.settings["PRIVATE"]).netloc
    return {
        "PATH": f"{folder}:{path}",
        "PYTHONPATH": folder,
        "PYTHON_KEYRING_BACKEND": "drill_ring.Ring",
        "DRILL_SECRET": SECRET,
        "DRILL_SERVICES": f"{host} poetry-repository-private",
        "PRIVATE_PASSWORD": "",
        "PIP_NO_INPUT": "1",
    }


def _installed(run: Run) -> set[str]:
    """The projects in the environment that was made, but for pip."""
    found = Path(run.settings["WORK"]).rglob("site-packages/*.dist-info")
    names = {path.name.partition("-")[0].replace("_", "-") for path in found}
    return names - {"pip"}


def _logins(private: Login) -> set[str]:
    """As whom the private index was asked, where it answered."""
    return {who for _, who in private.asked if who != "nobody"}


def _leaks(run: Run) -> set[str]:
    """The files below WORK that have the password: what the installer said is one of them."""
    work = run.settings["WORK"]
    return {path.removeprefix(f"{work}/") for path in _found(run, Path(work))}


def _found(run: Run, place: Path) -> set[str]:
    """The files in ``place`` that have the password, as find-secret.sh of another recipe sees."""
    looking, secret = run.tmp / "looking", run.tmp / "secret.txt"
    if not looking.exists():
        secret.write_text(SECRET)
        recipes.copy(recipes.load(recipes.folder_of("ci-and-containers")), looking)
    done = run.command("sh", looking / "find-secret.sh", SECRET_FILE=secret, LOOK_IN=place)
    assert done.exit_code in (0, 1), done.output
    found = re.findall(r"^FOUND: ([^\n]+?)(?:: [^\n]*)? \([^()]*\)$", done.output, re.MULTILINE)
    assert bool(found) == bool(done.exit_code), done.output
    return set(found)
