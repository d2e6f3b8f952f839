"""Ports, from the kernel: free now, and kept from being taken by chance later."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

from mirrorlab.lab import isolation

_RESERVED = Path("/proc/sys/net/ipv4/ip_local_reserved_ports")


class Ports:
    """Hands out one port a name; never the same port for two names."""

    def __init__(self) -> None:
        """Begin with no port taken."""
        self._by_name: dict[str, int] = {}

    def port(self, name: str) -> int:
        """Return the TCP port of ``name``, the same one each time."""
        if name not in self._by_name:
            self._by_name[name] = self._free()
        return self._by_name[name]

    def _free(self) -> int:
        while True:
            with socket.socket() as candidate:
                candidate.bind(("127.0.0.1", 0))
                number = int(candidate.getsockname()[1])
            if number not in self._by_name.values():
                _reserve(number)
                return number


def _reserve(number: int) -> None:
    """Keep outgoing connections off this port, where the kernel lets us say so.

    Without it a client's connection could borrow the port of a server that is just restarting.
    """
    if not isolation.own_namespaces():
        return
    with contextlib.suppress(OSError):
        reserved = _RESERVED.read_text().strip()
        _RESERVED.write_text(f"{reserved},{number}" if reserved else str(number))
