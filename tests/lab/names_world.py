"""Worlds with a DNS server: ``names_world.py ROLE`` prints one line of JSON; not a test itself."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mirrorlab.errors import MirrorlabError
from mirrorlab.lab import Lab, isolate

NAME = "mirror.test"
FORWARD = ("127.0.0.2", "127.0.0.3")
BACKWARD = FORWARD[::-1]
LOOKUPS = """
import json, socket
from urllib.request import proxy_bypass
def look(name):
    try:
        return [info[4][0] for info in socket.getaddrinfo(name, 443, type=socket.SOCK_STREAM)]
    except socket.gaierror as error:
        return error.errno
print(json.dumps({
    "orders": [look("mirror.test") for _ in range(6)],
    "localhost": look("localhost"),
    "unknown": look("second.test"),
    "direct": [bool(proxy_bypass(name)) for name in ("mirror.test", "second.test")],
    "names no host": socket.EAI_NONAME,
}))
"""


def told(lab: Lab) -> Any:
    """Ask as a program does that knows nothing of the lab, six times in one process."""
    return json.loads(lab.run([sys.executable, "-c", LOOKUPS]).output)


def orders() -> dict[str, Any]:
    """Resolve the name as it is answered in one order, in the other, turning, in two families."""
    said: dict[str, Any] = {"machine": Path("/etc/resolv.conf").read_text()}
    ways = {
        "forward": (FORWARD, False),
        "backward": (BACKWARD, False),
        "turning": (FORWARD, True),
        "families": (("127.0.0.2", "::1"), True),
    }
    for way, (addresses, rotate) in ways.items():
        with Lab() as lab:
            server = lab.serve_names({NAME: addresses}, rotate=rotate)
            before = server.lookups(NAME)
            said[way] = told(lab) | {"lookups": server.lookups(NAME) - before}
            said["inside"] = Path("/etc/resolv.conf").read_text()
    said["afterwards"] = Path("/etc/resolv.conf").read_text()
    said["processes"] = _other_programs("dnsmasq")
    return said


def refusals() -> dict[str, Any]:
    """Ask for what cannot be had."""
    said = {}
    with Lab() as lab, Lab() as other:
        lab.serve_names({NAME: FORWARD})
        said["taken"] = _refusal(lambda: other.serve_names({NAME: FORWARD}))
        said["still answers"] = told(lab)["orders"][0]
    with Lab() as lab:
        said["not ours"] = _refusal(lambda: lab.serve_names({"localhost": FORWARD}))
    with Lab() as lab:
        said["no address"] = _refusal(lambda: lab.serve_names({NAME: ("mirror",)}))
    return said


def shared() -> dict[str, Any]:
    """Ask for a server where the network is not the lab's own."""
    with Lab() as lab:
        return {"shared": _refusal(lambda: lab.serve_names({NAME: FORWARD}))}


def _refusal(action: Callable[[], object]) -> str:
    try:
        action()
    except MirrorlabError as problem:
        return str(problem)
    return "was granted"


def _other_programs(name: str) -> int:
    found = (path.read_text().strip() for path in Path("/proc").glob("[0-9]*/comm"))
    return sum(program == name for program in found)


def main() -> None:
    roles = {role.__name__: role for role in (orders, refusals, shared)}
    isolate(namespaces=sys.argv[1] != "shared")
    print(json.dumps(roles[sys.argv[1]]()))


if __name__ == "__main__":
    main()
