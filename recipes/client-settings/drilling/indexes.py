"""The private index, over https and behind a login, beside a public one of another authority.

`acme-lib` is on the private index, which has the public `demo-dep` too. The mirror, which is the
lab's own index, has `demo-lib` and `demo-dep`. No system trusts the authority of any of them.
"""

from __future__ import annotations

import base64
import http.server
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme

from mirrorlab.index import Index
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

    def users(self) -> set[str]:
        """As whom it was asked, but for those who did not say."""
        return {who for _, who in self.asked if who != "nobody"}


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


@contextmanager
def serving(run: Run) -> Iterator[Login]:
    """The private index and the public one; the file of `authorities` has those of all three."""
    with Index(OURS) as behind, Index(run.index.scenario, tls_port=run.port("public")) as public:
        private = Login(run.port("private"), behind)
        authorities(run).write_bytes(run.index.ca_pem + public.ca_pem + private.ca_pem)
        thread = threading.Thread(target=private.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield private
        finally:
            private.shutdown()
            thread.join()
            private.server_close()


def authorities(run: Run) -> Path:
    """Where the certificates of the authorities are."""
    return run.tmp / "private-ca.pem"


def system_store(run: Run) -> tuple[str, ...]:
    """What starts a command where the system's own store has the authorities, and no others."""
    store = run.tmp / "certs"
    store.mkdir()
    bundle = authorities(run).read_text()
    (store / "ca-certificates.crt").write_text(bundle)
    for number, one in enumerate(bundle.split("-----BEGIN CERTIFICATE-----")[1:]):
        (store / f"{number}.pem").write_text(f"-----BEGIN CERTIFICATE-----{one}")
    assert run.command("openssl", "rehash", store).exit_code == 0
    mounted = f'mount --bind {store} /etc/ssl/certs && exec "$@"'
    return ("unshare", "-rm", "sh", "-c", mounted, "sh")
