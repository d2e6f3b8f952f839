"""The world of the suite ``dns``: one name, two addresses, the same index behind each of them.

The name is answered by dnsmasq in one order, so that "the first address" means something; and one
of the two fails. In the trouble ``hung-turning`` the order turns, as it does on DNS servers by
default. What the index cannot say itself, because nothing of it is left there, the kernel's own
counters of this network say: how many connections met nobody.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from mirrorlab.errors import NotPossible
from mirrorlab.index import Index
from mirrorlab.lab import Lab
from mirrorlab.matrix import goods
from mirrorlab.matrix.trouble import NONE, TURNING, Trouble
from mirrorlab.matrix.world import CA_VARIABLES, EXAMPLES, World

NAME = "mirror.test"
"""A name that nobody can register (RFC 6761), in the place of the example one."""
ADDRESSES = {"first": "127.0.0.2", "second": "127.0.0.3"}
"""Role -> address, in the order in which they are answered."""
_PLACES = {"first": "first", "last": "second", "turning": "second"}
_FAILED = ("/proc/net/snmp", "Tcp", "AttemptFails")
_DROPPED = ("/proc/net/netstat", "TcpExt", "ListenOverflows")
_FILL_WITHIN = 5.0


@contextmanager
def of(lab: Lab, trouble: Trouble) -> Iterator[World]:
    """Give the world of a cell, healthy until ``strike``; its indexes end with it.

    Raises :class:`ProgramMissing` without dnsmasq, :class:`NotPossible` outside namespaces.
    """
    with ExitStack() as stack:
        indexes, port = _indexes(stack)
        # The first answer of a server whose order turns is for the lab itself.
        turning = trouble.name == TURNING
        lab.serve_names({NAME: tuple(ADDRESSES.values())}, rotate=turning)
        ca = lab.tmp / "ca.pem"
        ca.write_bytes(b"".join(index.ca_pem for index in indexes.values()))
        role = _PLACES.get(trouble.name.rpartition("-")[2], "")
        trial = _Trial(trouble, indexes.get(role), port, stack)
        real = f"https://{NAME}:{port}"
        yield World(
            indexes,
            {EXAMPLES["mirror"]: real},
            indexes.get(role),
            dict.fromkeys(CA_VARIABLES, ca),
            trial.strike,
            trial.met,
            hosts=dict.fromkeys(indexes, urlsplit(real).netloc),
        )


class _Trial:
    """Makes one address fail, and tells how many connections met that."""

    def __init__(self, trouble: Trouble, index: Index | None, port: int, stack: ExitStack) -> None:
        assert (index is None) is (trouble.name == NONE), f"{trouble.name} names no address"
        self._trouble = trouble
        self._index = index
        self._port = port
        self._stack = stack
        self._count: Callable[[], int] = lambda: 0
        self._before = 0

    def strike(self) -> None:
        """Let the trouble begin."""
        index, trouble = self._index, self._trouble
        if index is None:
            return
        if trouble.fault is not None:
            index.fault(trouble.fault, trouble.path, times=trouble.times)
            return
        index.stop()
        counter = _FAILED
        if trouble.cuts_off:
            counter = _DROPPED
            _cut_off(index.host, self._port, self._stack)
        self._count = lambda: _read(*counter)
        self._before = self._count()

    def met(self) -> int:
        """Return how many connections were refused, or how many of their packets were dropped."""
        return self._count() - self._before


def _indexes(stack: ExitStack) -> tuple[dict[str, Index], int]:
    """Start an index at each address, on one port; return them by their roles, and the port."""
    indexes: dict[str, Index] = {}
    port = 0
    for role, address in ADDRESSES.items():
        index = Index(goods.GENUINE, host=address, tls_port=port, names=[NAME])
        indexes[role] = stack.enter_context(index)
        port = urlsplit(index.url).port or 0
    return indexes, port


def _cut_off(address: str, port: int, stack: ExitStack) -> None:
    """Let the kernel drop what comes to an address, as a cut cable would.

    A listener whose queue is full does that: its one place is taken by a connection that nobody
    accepts, and every further one gets no answer at all.
    """
    listener = stack.enter_context(socket.socket())
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen(0)
    stack.enter_context(socket.create_connection((address, port), _FILL_WITHIN))
    with socket.socket() as further:
        further.settimeout(0.2)
        try:
            further.connect((address, port))
        except TimeoutError:
            return
    raise NotPossible("an address that is cut off", "the kernel accepts more than its queue holds")


def _read(path: str, group: str, name: str) -> int:
    """Return a counter of this network: in each file, a line of names, then one of numbers."""
    lines = [line.split() for line in Path(path).read_text().splitlines()]
    names, numbers = (line for line in lines if line[0] == f"{group}:")
    return int(numbers[names.index(name)])
