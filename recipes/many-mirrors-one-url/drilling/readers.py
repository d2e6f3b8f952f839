"""The readers: machines that install again and again through the one URL, and what came of it.

The clients' own retries are off, so that what is seen is what the balancer does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from drilling.balanced import PROJECT, Pool

from mirrorlab.clients import Attempt, Client
from mirrorlab.index import Index

ONCE = {
    "PIP_RETRIES": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_CACHE_DIR": "1",
    "UV_HTTP_RETRIES": "0",
    "UV_NO_CACHE": "1",
}
FORCE = {"uv": ["--reinstall"], "pip": ["--force-reinstall", "--no-compile"]}


@dataclass
class Reader:
    """A machine that asks ``url``, and should get these versions, and files with these hashes."""

    client: Client
    url: str
    newest: Mapping[str, str]
    genuine: Mapping[str, str]
    env: Mapping[str, object]
    counts: Counter[str] = field(default_factory=Counter)
    said: str = ""

    def install(self) -> str:
        """Install once more; ``newest``, ``stale``, ``altered`` or ``failed``."""
        force = FORCE[self.client.name]
        done = self.client.install(*force, PROJECT, index=self.url, env=self.env)
        self.said = done.output
        outcome = "newest"
        if done.exit_code:
            outcome = "failed"
        elif done.installed != self.newest:
            outcome = "stale"
        elif _content(done) != self.genuine:
            outcome = "altered"
        self.counts[outcome] += 1
        return outcome

    def must_get_the_newest(self, why: object = "") -> None:
        """Install, and assert that it is what upstream has."""
        outcome = self.install()
        assert outcome == "newest", f"{why}: {outcome} by {self.client.name}: {self.said}"


def reader(pool: Pool) -> Reader:
    """Return a fresh machine with uv, which has seen what upstream has."""
    uv = pool.run.client("uv")
    upstream = f"{pool.run.index.http_url}/simple/"
    genuine = uv.install(PROJECT, index=upstream, env=ONCE, expect=0)
    env = {**ONCE, **pool.trusted}
    return Reader(uv, pool.url, genuine.installed, _content(genuine), env)


def readers(pool: Pool) -> tuple[Reader, Reader]:
    """Return one with uv and one with pip, which should get the same."""
    uv = reader(pool)
    return uv, Reader(pool.run.client("pip"), uv.url, uv.newest, uv.genuine, uv.env)


def install_until(
    machines: Sequence[Reader], done: Callable[[], bool], what: str, rounds: int = 30
) -> None:
    """Install with each in turn until it is so; it must be within some rounds."""
    for _ in range(rounds):
        for machine in machines:
            machine.must_get_the_newest("an install")
            if done():
                return
    raise AssertionError(f"{what} did not come within {rounds} rounds of installs")


def by_installers(index: Index) -> int:
    """How often pip or uv asked an index."""
    return sum(request.user_agent.startswith(("pip/", "uv/")) for request in index.requests())


def asked(pool: Pool) -> dict[str, int]:
    """How often pip or uv asked each mirror."""
    return {name: by_installers(index) for name, index in pool.mirrors.items()}


def _content(done: Attempt) -> dict[str, str]:
    """The installed files that come from the index, with their sha256."""
    record = done.record(PROJECT).items()
    return {path: digest for path, digest in record if path.endswith((".py", "/METADATA"))}
