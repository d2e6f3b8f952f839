"""Requests from many addresses, logs that are rotated, and what who.sh must say of both."""

from __future__ import annotations

import csv
import http.client
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple

from drilling import trees
from drilling.served import METADATA, RELEASE, SDIST, WHEEL

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

Row = tuple[str, str, str]
"""Of the table: the address, the outcome, the file."""
MEANS_IT_IS_THERE = ("whole", "had it", "in parts")


class Asked(NamedTuple):
    """What came back."""

    status: int
    headers: Message


class Visits:
    """Asks from addresses of this machine, and notes what the table must have of it."""

    def __init__(self, run: Run) -> None:
        """Begin with nothing asked."""
        self._run = run
        self.truth: set[Row] = set()

    def do(
        self, address: str, outcome: str, name: str = WHEEL, *, port: str = "mirror", **more: str
    ) -> Asked:
        """Ask for a file, with further headers; an outcome is a row of the table."""
        if outcome:
            self.truth.add((address, outcome, name))
        method = more.pop("method", "GET")
        path = more.pop("path", path_of(self._run, name))
        return _ask(self._run.port(port), address, method, path, more)

    def rotated(self) -> None:
        """Two logs are rotated away, and one of them is packed."""
        self.do("127.0.0.14", "whole")
        _rotate(self._run, "mirror-access.log", packed=True)
        self.do("127.0.0.13", "whole", SDIST)
        _rotate(self._run, "mirror-access.log", packed=False)

    def asked(self) -> None:
        """Whole, in parts, by HEAD, from a cache, and in another spelling."""
        whole = path_of(self._run, WHEEL)
        size = Path(trees.there(self._run)[0], whole).stat().st_size
        etag = self.do("127.0.0.2", "whole").headers["ETag"]
        self.do("127.0.0.3", "looked", method="HEAD")
        self.do("127.0.0.4", "part", Range="bytes=0-99")
        self.do("127.0.0.5", "part", Range="bytes=0-99")
        self.do("127.0.0.5", "in parts", Range=f"bytes=100-{size - 1}")
        assert self.do("127.0.0.6", "had it", If_None_Match=etag).status == 304
        self.do("127.0.0.7", "metadata", METADATA, port="cache")
        assert self.do("127.0.0.8", "", "demo_lib-1.0-py3-none-any.whl").status == 200
        self.do("127.0.0.9", "whole", port="copy", User_Agent='a "quoted" agent')
        self.do("127.0.0.12", "whole", path=whole.replace("demo_lib", "%64emo_lib"))

    def forwarded(self) -> None:
        """What anybody writes into X-Forwarded-For, and what 127.0.0.11 does, who is trusted."""
        self.do("127.0.0.10", "whole", port="cache", X_Forwarded_For="198.51.100.1")
        sent = "203.0.113.9, 198.51.100.7, 127.0.0.11"
        self.do("127.0.0.11", "", port="cache", X_Forwarded_For=sent)
        self.truth.add(("198.51.100.7", "whole", WHEEL))

    def installed(self) -> None:
        """pip and uv install it."""
        index = f"http://127.0.0.1:{self._run.port('cache')}/simple/"
        for client in ("pip", "uv"):
            done = self._run.client(client).install(RELEASE, "--no-deps", index=index, expect=0)
            assert done.installed["demo-lib"] == "2.0"
        self.truth |= {("127.0.0.1", "whole", WHEEL), ("127.0.0.1", "metadata", METADATA)}


def path_of(run: Run, name: str) -> str:
    """Where a file lies, in the mirror and on each server alike; bandersnatch 6 has no metadata."""
    web, bare = trees.there(run)[0], name.removesuffix(".metadata")
    (path,) = (web / "packages").rglob(bare)
    return f"{path.relative_to(web)}{name.removeprefix(bare)}"


def who(run: Run, **settings: str) -> Completed:
    """Run who.sh over all logs, or those of the settings."""
    own = {"RELEASE": RELEASE, "TRUSTED": "127.0.0.11"}
    own["LOGS"] = f"{run.settings['STATE']}/*access.log*"
    more: dict[str, Any] = {**own, **settings}
    return run.command("sh", "who.sh", **more)


def table(run: Run) -> list[dict[str, str]]:
    """The table that who.sh wrote."""
    return list(csv.DictReader(Path(run.settings["WHO"]).read_text().splitlines()))


def cut(run: Run) -> None:
    """End a log within a line, and a packed one within its bytes."""
    state = Path(run.settings["STATE"])
    with (state / "copy-access.log").open("a") as log:
        log.write(f'127.0.0.15 - - [21/Nov/2026:20:20:20 +0000] "GET /{path_of(run, WHEEL)} HTTP/1')
    (packed,) = state.glob("mirror-access.log*.gz")
    packed.write_bytes(packed.read_bytes()[:-12])


def _ask(port: int, address: str, method: str, path: str, more: dict[str, str]) -> Asked:
    host = http.client.HTTPConnection("127.0.0.1", port, 10, source_address=(address, 0))
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
