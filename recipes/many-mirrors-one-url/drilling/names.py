"""The DNS way: a name server that knows the addresses of good mirrors alone."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from socket import AF_INET, SOCK_DGRAM, socket

from mirrorlab.index import Index
from mirrorlab.runner import Run

ADDRESSES = {"a": "127.0.0.11", "b": "127.0.0.12", "c": "127.0.0.13"}


@dataclass(frozen=True)
class Told:
    """What the name server says of the one name."""

    addresses: tuple[str, ...]
    """In their order."""
    ttls: frozenset[int]
    """Seconds."""


def by_dns(run: Run) -> None:
    """The name has the addresses of good mirrors alone, in turning order, for a short time."""
    port = run.port("a")
    with ExitStack() as stack:
        mirrors = {
            name: stack.enter_context(Index(run.index.scenario, host=address, port=port))
            for name, address in ADDRESSES.items()
        }
        assert _check(run, *"abc") == 0
        _wait(run, *"abc")
        firsts = {_told(run).addresses[0] for _ in range(6)}
        assert firsts == set(ADDRESSES.values()), f"the order does not turn: {firsts}"
        ttls = _told(run).ttls
        assert ttls == {30}, f"clients may keep an address for {set(ttls)} s"
        mirrors["b"].fault("altered")
        mirrors["c"].fault("500")
        assert _check(run, "b", "c") == 1
        _wait(run, "a")
        mirrors["a"].fault("500")
        mirrors["b"].clear()
        assert _check(run, "a", "b") == 1
        _wait(run, "b")
        mirrors["b"].fault("500")
        assert _check(run, "b") == 1
        _wait(run)


def _check(run: Run, *names: str) -> int:
    """Check these mirrors once; the exit code."""
    words = " ".join(f"{name}=http://{ADDRESSES[name]}:{run.port('a')}/simple/" for name in names)
    # The lab's proxy, which nothing passes, would be asked for these addresses.
    given = [f"{name}=" for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")]
    given += ["CA=", f"VERDICTS={run.tmp}/dns-verdicts", f"MIRRORS={words}"]
    return run.command("env", *given, "sh", "check.sh").exit_code


def _wait(run: Run, *names: str) -> None:
    """Wait until the name has the addresses of these mirrors."""
    wanted = {ADDRESSES[name] for name in names}
    run.wait(lambda: set(_told(run).addresses) == wanted, f"a name of {names}")


def _told(run: Run) -> Told:
    """Ask the name server for the IPv4 addresses of the one name."""
    name = b"".join(bytes([len(word)]) + word for word in (b"mirror", b"example", b""))
    query = b"\x12\x34\x01\x00\x00\x01" + bytes(6) + name + b"\x00\x01\x00\x01"
    with socket(AF_INET, SOCK_DGRAM) as asking:
        asking.settimeout(5)
        asking.sendto(query, ("127.0.0.1", run.port("dns")))
        answer = asking.recv(4096)
    count = int.from_bytes(answer[6:8], "big")
    records = [answer[len(query) + 16 * n :][:16] for n in range(count)]
    return Told(
        tuple(".".join(map(str, record[12:])) for record in records),
        frozenset(int.from_bytes(record[6:10], "big") for record in records),
    )
