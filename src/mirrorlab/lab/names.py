"""Names, answered by a real DNS server that only one lab asks.

dnsmasq listens on port 53 of the lab's own loopback. Over the machine's ``/etc/resolv.conf`` and
``/etc/nsswitch.conf`` lie the lab's, in its own mount namespace. So a program that knows nothing
of all this resolves a name as it always does, and gets what DNS says here.
"""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from mirrorlab.errors import NotPossible, ProgramMissing
from mirrorlab.lab import isolation, kernel, programs
from mirrorlab.lab.waiting import wait_until

if TYPE_CHECKING:
    from mirrorlab.lab.lab import Lab
    from mirrorlab.lab.processes import Process

_WHAT = "a name server in the lab"
_ADDRESS = "127.0.0.1"
_PORT = 53
_FIRST_OPEN_PORT = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
_REPLACED = {
    Path("/etc/resolv.conf"): f"nameserver {_ADDRESS}\n",
    Path("/etc/nsswitch.conf"): "hosts: files dns\n",
}
_START_WITHIN = 20.0


class NameServer:
    """dnsmasq, and the two files that send every program of the lab to it."""

    def __init__(self, lab: Lab, names: Mapping[str, Sequence[str]], *, rotate: bool) -> None:
        """Describe it; nothing answers before :meth:`start`."""
        self._lab = lab
        self._names = {name: tuple(addresses) for name, addresses in names.items()}
        self._rotate = rotate
        self._process: Process | None = None
        self._covered: list[Path] = []

    def start(self) -> None:
        """Answer, and return once a program of the lab is told what it should be."""
        _look_for_programs()
        _open_port()
        folder = self._lab.tmp / "names"
        folder.mkdir()
        self._process = self._lab.spawn(self._command(folder))
        wait_until(self._up, within=_START_WITHIN, what="an answer from dnsmasq")
        for target, text in _REPLACED.items():
            self._cover(target, folder / target.name, text)
        for name in self._names:
            self._verify(name)

    def stop(self) -> None:
        """Give the machine's files back, and end the server."""
        while self._covered:
            kernel.unmount(self._covered.pop())
        if self._process is not None:
            self._process.stop()

    def lookups(self, name: str) -> int:
        """Return how often the addresses (A records) of ``name`` were asked for since the start.

        The one question that :meth:`start` asks itself counts too.
        """
        assert self._process is not None
        return len(re.findall(rf"query\[A\] {re.escape(name)} from", self._process.output()))

    def resolve(self, name: str) -> tuple[str, ...]:
        """Return the addresses a program of this lab gets from getaddrinfo(3), in their order."""
        answer = self._lab.run(["getent", "ahosts", name], name=f"getent-{name}").output
        rows = (line.split() for line in answer.splitlines())
        return tuple(row[0] for row in rows if row[1:2] == ["STREAM"])

    def _command(self, folder: Path) -> list[str]:
        hosts = folder / "hosts"
        hosts.write_text("".join(f"{address} {name}\n" for name, address in self._pairs()))
        return [
            "dnsmasq",
            "--keep-in-foreground",
            "--conf-file=",
            "--pid-file=",
            "--no-resolv",
            "--no-hosts",
            f"--addn-hosts={hosts}",
            "--address=/#/",  # there is no other name
            f"--listen-address={_ADDRESS}",
            f"--port={_PORT}",
            "--bind-interfaces",
            "--log-queries",
            "--log-facility=-",
            *(() if self._rotate else ("--no-round-robin",)),
        ]

    def _pairs(self) -> Iterator[tuple[str, str]]:
        for name, addresses in self._names.items():
            yield from ((name, address) for address in addresses)

    def _up(self) -> bool:
        assert self._process is not None
        if not self._process.running:
            last = self._process.output().strip().rpartition("\n")[2]
            raise NotPossible(_WHAT, f"dnsmasq ended: {last}")
        with closing(socket.socket()) as client:
            return client.connect_ex((_ADDRESS, _PORT)) == 0

    def _cover(self, target: Path, file: Path, text: str) -> None:
        file.write_text(text)
        try:
            kernel.bind(file, target)
        except OSError as problem:
            reason = f"{target} cannot be replaced ({problem.strerror})"
            raise NotPossible(_WHAT, reason) from problem
        self._covered.append(target)

    def _verify(self, name: str) -> None:
        found, wanted = self.resolve(name), self._names[name]
        if found != wanted and not (self._rotate and set(found) == set(wanted)):
            told = ", ".join(found) or "nothing"
            reason = f"{name} is resolved to {told}, not to {', '.join(wanted)}"
            raise NotPossible(_WHAT, f"{reason}; see /etc/hosts and /etc/gai.conf of this machine")


def _look_for_programs() -> None:
    for program in ("dnsmasq", "getent"):
        if programs.find(program) is None:
            raise ProgramMissing(program, programs.package(program))


def _open_port() -> None:
    """Let an ordinary user listen on port 53 of this lab's loopback, and see that it is free."""
    if not isolation.own_namespaces() or not isolation.isolated():
        reason = isolation.why_not() or "this process shares its network; isolate it first"
        raise NotPossible(_WHAT, reason)
    try:
        if int(_FIRST_OPEN_PORT.read_text()) > _PORT:
            _FIRST_OPEN_PORT.write_text(str(_PORT))
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with closing(socket.socket(socket.AF_INET, kind)) as trial:
                if kind == socket.SOCK_STREAM:
                    trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind((_ADDRESS, _PORT))
    except OSError as problem:
        taken = problem.errno == errno.EADDRINUSE
        reason = "something listens there already" if taken else str(problem.strerror)
        raise NotPossible(_WHAT, f"port {_PORT} of {_ADDRESS}: {reason}") from problem
