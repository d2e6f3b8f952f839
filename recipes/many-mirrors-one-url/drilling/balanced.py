"""The mirrors behind the one URL, which are test indexes of their own, asked by https."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path

import trustme

from mirrorlab.index import Index
from mirrorlab.lab import Completed, Process
from mirrorlab.runner import Answer, Run

PROJECT = "demo-lib"


@dataclass(frozen=True)
class Pool:
    """The mirrors, the balancer before them, and their verdicts."""

    run: Run
    mirrors: dict[str, Index]
    ca: Path
    """Who trusts it trusts the balancer."""

    @property
    def trusted(self) -> dict[str, Path]:
        """The environment of who trusts the balancer."""
        return dict.fromkeys(("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"), self.ca)

    @property
    def url(self) -> str:
        """The one URL."""
        return f"https://127.0.0.1:{self.run.port('balancer')}/simple/"

    def get(self, path: str, accept: str | None = None) -> Answer:
        """Ask the balancer."""
        return self.run.get(self.url.replace("/simple/", path), accept, ca=self.ca)

    def check(self, *names: str, **settings: str) -> Completed:
        """Check these mirrors once, or all."""
        return self.run.step("check", **self._given(names, settings))

    def start_check(self, *names: str, **settings: str) -> Process:
        """Begin to check these mirrors, or all."""
        return self.run.start("check", **self._given(names, settings))

    def _given(self, names: tuple[str, ...], settings: dict[str, str]) -> dict[str, str]:
        return {"MIRRORS": self.words(*names), "CA": self.run.settings["CA"], **settings}

    def words(self, *names: str) -> str:
        """``NAME=URL`` of these mirrors, or of all."""
        chosen = names or tuple(self.mirrors)
        ports = ((name, self.run.port(name)) for name in chosen)
        return " ".join(f"{name}=https://localhost:{port}/simple/" for name, port in ports)

    def verdict_file(self, name: str) -> Path:
        """Where the verdict of a mirror lies."""
        return Path(self.run.settings["VERDICTS"], name)

    def verdict(self, name: str) -> str:
        """What is written of a mirror, without its times."""
        word, _, _, text = self.verdict_file(name).read_text().split(" ", 3)
        return f"{word} {text.strip()}"

    def must_be(self, name: str, verdict: str) -> None:
        """Assert how the verdict of a mirror begins."""
        said = self.verdict(name)
        assert said.startswith(verdict), f"{name} is {said}"

    def call_good(self, *names: str) -> None:
        """Write for these mirrors the verdict that a check of them, just now, would write."""
        now = int(time.time())
        for name in names:
            self.verdict_file(name).write_text(f"good {now + 600} {now} healthy: as ever\n")

    def up(self) -> set[str]:
        """The mirrors that the balancer asks."""
        lines = self.get("/pool").text.splitlines()
        return {name for name, state in map(str.split, lines) if state == "1"}

    def wait(self, *names: str) -> None:
        """Wait until the balancer asks these and no other, as it must by their verdicts."""
        wanted = f"a pool of {' '.join(names) or 'nobody'}"
        script = Path(self.run.settings["STATE"], "verdict")
        read = {
            name
            for name in self.mirrors
            if not self.run.command("env", f"HAPROXY_SERVER_NAME={name}", script).exit_code
        }
        assert read == set(names), f"{wanted} is wanted, and the verdicts let in {sorted(read)}"
        self.run.wait(lambda: self.up() == set(names), f"{wanted} (it is {sorted(self.up())})")

    def serving(self) -> str:
        """The mirror that is asked by this machine now."""
        return self.get(f"/simple/{PROJECT}/").headers["X-Mirror"] or ""

    def asked_by(self, source: str) -> set[str]:
        """The mirrors that an address of this machine gets pages of."""
        trusted = ssl.create_default_context(cafile=str(self.ca))
        given = set()
        for page in (PROJECT, "demo-dep", PROJECT):
            link = HTTPSConnection(
                "127.0.0.1",
                self.run.port("balancer"),
                timeout=10,
                source_address=(source, 0),
                context=trusted,
            )
            with closing(link):
                link.request("GET", f"/simple/{page}/")
                answer = link.getresponse()
                assert answer.status == 200, f"{source} gets {answer.status}"
                given.add(answer.headers["X-Mirror"])
        return given

    def forget(self) -> None:
        """Empty the request logs of the mirrors."""
        for index in self.mirrors.values():
            index.forget_requests()


@contextmanager
def balanced(
    run: Run, names: Sequence[str] = "abc", *, near: str = "", known: bool = True, **settings: str
) -> Iterator[Pool]:
    """Put healthy mirrors behind the balancer; not ``known``: before any check of them.

    ``near`` has the networks, as in nearest.map.
    """
    with ExitStack() as stack:
        mirrors = {name: Index(run.index.scenario, tls_port=run.port(name)) for name in names}
        for index in mirrors.values():
            stack.enter_context(index)
        every = (run.index, *mirrors.values())
        Path(run.settings["CA"]).write_bytes(b"".join(index.ca_pem for index in every))
        Path(run.settings["NEAREST"]).write_text(near)
        ca, certificate = _certificate(run)
        pool = Pool(run, mirrors, ca)
        for name in names:
            pool.verdict_file(name).unlink(missing_ok=True)
        if known:
            pool.call_good(*names)
        given = {name: run.settings[name] for name in ("CA", "NEAREST")} | settings
        listen = f"{run.settings['LISTEN']} ssl crt {certificate}"
        run.start("balancer", MIRRORS=pool.words(), LISTEN=listen, **given)
        run.wait(lambda: pool.get("/pool").status == 200, "the balancer")
        pool.wait(*(names if known else ""))
        yield pool


def _certificate(run: Run) -> tuple[Path, Path]:
    """Issue the balancer a certificate; give the files of its CA and of itself."""
    authority = trustme.CA()
    ca, certificate = run.tmp / "one-url-ca.pem", run.tmp / "one-url.pem"
    authority.cert_pem.write_to_path(str(ca))
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(str(certificate))
    return ca, certificate
