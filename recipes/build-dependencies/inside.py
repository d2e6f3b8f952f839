"""The closed network from inside: started in namespaces of its own, it runs the command.

Usage, by closed.py only: inside.py FOLDER COMMAND [ARGUMENT...]. What it saw is FOLDER/seen.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import types
from collections.abc import Sequence
from pathlib import Path

from closed import call, surroundings
from door import PATIENCE, Hall

RESOLVER = {
    "/etc/resolv.conf": "nameserver 127.0.0.1\nsearch .\n",
    "/etc/nsswitch.conf": "hosts: files dns\n",
}
NO_SUCH_NAME = 3


def loopback_up() -> None:
    """Bring loopback up; there is no other interface (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))


class Names:
    """A name server that knows nobody, and remembers whom it was asked for."""

    def __init__(self, folder: Path) -> None:
        """Answer on loopback, and have every program of this network ask here.

        Raises OSError and CalledProcessError where that cannot be.
        """
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        for place, text in RESOLVER.items():
            ours = folder / Path(place).name
            ours.write_text(text)
            if Path(place).exists():
                subprocess.run(["mount", "--bind", ours, place], capture_output=True, check=True)
        threading.Thread(target=self._serve, daemon=True).start()

    def settle(self) -> bool:
        """Ask the last question: when it is answered, all before it were."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.settimeout(30)
            last.sendto(bytes(12) + b"\0", ("127.0.0.1", 53))
            try:
                return bool(last.recv(512))
            except OSError:
                return False

    def _serve(self) -> None:
        while True:
            query, caller = self._socket.recvfrom(4096)
            name, end = _name(query)
            if name and name not in self.asked:
                self.asked.append(name)
            flags = 0x8180 | NO_SUCH_NAME
            answer = query[:2] + struct.pack(">HHHHH", flags, 1, 0, 0, 0) + query[12 : end + 4]
            self._socket.sendto(answer, caller)


def _name(query: bytes) -> tuple[str, int]:
    """Return the name of a DNS query's question (RFC 1035, 4.1.2), and where it ends."""
    labels, at = [], 12
    while at < len(query) and query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("latin-1"))
        at += 1 + query[at]
    return ".".join(labels).lower(), at + 1


def adopt() -> None:
    """Become the parent of whatever the command leaves running (prctl(2))."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def all_ended() -> bool:
    """Wait until nothing of the command runs any more; False where that takes too long."""

    def too_long(_signal: int, _frame: types.FrameType | None) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(int(PATIENCE))
    try:
        while True:
            os.wait()
    except ChildProcessError:
        return True
    except TimeoutError:
        return False
    finally:
        signal.alarm(0)


def counted(protocol: str, name: str) -> int:
    """Return one of the kernel's counters for this network (RFC 1213)."""
    rows = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines()]
    names, values = [row for row in rows if row[0] == f"{protocol}:"]
    return int(values[names.index(name)])


def lost() -> int:
    """Return how many times the kernel had no route for somebody of this network."""
    four = counted("Ip", "OutNoRoutes")
    six = Path("/proc/net/snmp6")
    lines = six.read_text().splitlines() if six.exists() else []
    return four + sum(int(line.split()[1]) for line in lines if line.startswith("Ip6OutNoRoutes"))


def main(folder: Path, command: Sequence[str]) -> None:
    """Run the command, and write down what was seen; nothing, where the network is not closed."""
    try:
        loopback_up()
        names = Names(folder)
    except (OSError, subprocess.CalledProcessError):
        return
    hall = Hall(folder / "door")
    hall.start()
    adopt()
    before, refused = lost(), counted("Tcp", "AttemptFails")
    code = call(command, surroundings(folder, hall.port))
    if not all_ended() or not hall.settle() or not names.settle():
        return
    refused = counted("Tcp", "AttemptFails") - refused
    own = {socket.gethostname().lower(), "localhost"}
    asked = [name for name in names.asked if name not in own]
    seen = {"code": code, "names": asked, "lost": lost() - before, "refused": refused}
    (folder / "seen").write_text(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
