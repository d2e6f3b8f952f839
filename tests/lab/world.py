"""A world in a process of its own: ``world.py MARK MODE ROLE LEASH …``; not a test itself."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import urllib.request
from pathlib import Path

from mirrorlab import clients, scenario
from mirrorlab.lab import Lab, isolate, isolated, wait_for_url, wait_until

DAEMON = """
import os, sys, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
for number in (1, 2, 15):
    import signal; signal.signal(number, signal.SIG_IGN)
time.sleep(1000)
"""


def say(what: object) -> None:
    print(json.dumps(what), flush=True)


def sleepers(mark: str, root: str) -> None:
    """Start a process and a daemon that wants to survive everything; then wait."""
    with Lab(root=Path(root)) as lab:
        sleeper = lab.spawn([sys.executable, "-c", "import time; time.sleep(1000)", mark])
        lab.spawn(["sh", "-c", f"sleep 1000; : {mark}"])
        lab.run([sys.executable, "-c", DAEMON, mark])
        say({"files": str(lab.tmp), "temporary": os.environ["TMPDIR"], "pid": sleeper.pid})
        time.sleep(1000)


def neighbour(mark: str, port: str) -> None:
    """Serve this world's own content, and say what this world sees when asked."""
    with Lab(scenario.builtin("default")) as lab:
        number = int(port) or lab.port("web")
        site = lab.tmp / "site"
        site.mkdir()
        (site / "who").write_text(mark)
        argv = [sys.executable, "-m", "http.server", str(number), "--bind", "127.0.0.1"]
        lab.spawn(argv, cwd=site)
        wait_for_url(f"http://127.0.0.1:{number}/who")
        lab.index.publish(mark, "1.0")
        say({"port": number, "index": lab.index.url})
        sys.stdin.readline()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{number}/who") as answer:
            who = answer.read().decode()
        others = [name for name in lab.index.projects() if name.startswith("mark-")]
        files = [path.name for path in lab.tmp.parent.iterdir() if path.name.startswith("lab-")]
        say({"who": who, "projects": others, "labs": len(files)})
        sys.stdin.readline()


def escapee(_mark: str, client: str) -> None:
    """Send a client to the public index."""
    tools = clients.prepare(client, f"{sys.version_info.major}.{sys.version_info.minor}")
    with Lab() as lab:
        env = {"PIP_RETRIES": "0", "UV_HTTP_RETRIES": "0"}
        attempt = clients.make(lab, tools, client).install("demo-lib", env=env)
        say(
            {
                "exit_code": attempt.exit_code,
                "installed": dict(attempt.installed),
                "escapes": [[e.host, e.port, str(e)] for e in lab.escapes],
            }
        )


def report(_mark: str) -> None:
    """Say who and where a program in the lab is."""
    with Lab() as lab:
        small = lab.tmp / "small"
        refusal = ""
        try:
            lab.small_disk(small, 1 << 20)
        except Exception as problem:
            refusal = str(problem)
        filled = lab.run(["dd", "if=/dev/zero", f"of={small}/file", "bs=64k", "count=64"])
        status = lab.run(["cat", "/proc/self/status"]).output
        network = lab.run(["cat", "/proc/net/dev"]).output
        processes = lab.run(["ls", "/proc"]).output.split()
        say(
            {
                "isolated": isolated(),
                "status": dict(line.split(":", 1) for line in status.splitlines()),
                "interfaces": [line.split(":")[0].strip() for line in network.splitlines()[2:]],
                "processes": sum(name.isdecimal() for name in processes),
                "refusal": refusal,
                "dd": [filled.exit_code, filled.output],
            }
        )
    sys.exit(7)


def terminal(_mark: str) -> None:
    """Read a line, then say how many times Ctrl-C arrives: the first, and a second more."""
    pressed: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    say("ready")
    say(sys.stdin.readline().strip())
    wait_until(lambda: pressed, within=60, what="Ctrl-C")
    time.sleep(1)
    say({"times": len(pressed)})


def main() -> None:
    mark, mode, role, leash, *rest = sys.argv[1:]
    isolate(namespaces=mode == "namespaces", leash=int(leash) or None)
    roles = {role.__name__: role for role in (sleepers, neighbour, escapee, report, terminal)}
    roles[role](mark, *rest)


if __name__ == "__main__":
    main()
