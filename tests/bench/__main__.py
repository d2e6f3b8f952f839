"""How fast the test index starts and answers, beside its peers, in one run.

Each server serves the same two wheels. The rounds alternate between them, so that a drift of the
machine's speed meets all alike. Only ratios carry over to another machine.
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from tests.bench import checking
from tests.bench.ports import free_port

from mirrorlab import distributions
from mirrorlab.lab import tools

HERE = Path(__file__).parent
REQUESTS = 300
JSON = "application/vnd.pypi.simple.v1+json"


@dataclass(frozen=True)
class Server:
    """A server under measure: its command for a folder and a port."""

    name: str
    command: Callable[[Path, int], list[str]]


def servers(peers: Path) -> tuple[Server, ...]:
    """The test index first, then its peers from their own environment."""
    own = Path(sys.executable)
    return (
        Server(
            "mirrorlab index",
            lambda folder, port: [
                *(str(own), "-m", "mirrorlab", "index"),
                *("--wheels", str(folder), "--port", str(port)),
            ],
        ),
        Server(
            "http.server",
            lambda folder, port: [
                *(str(own), "-m", "http.server", "--bind", "127.0.0.1"),
                *("--directory", str(folder), str(port)),
            ],
        ),
        Server(
            "pypiserver",
            lambda folder, port: [
                *(str(peers / "pypi-server"), "run", "--interface", "127.0.0.1"),
                *("--port", str(port), str(folder)),
            ],
        ),
        Server(
            "simple-repository-server",
            lambda folder, port: [
                *(str(peers / "simple-repository-server"), "--host", "127.0.0.1"),
                *("--port", str(port), str(folder)),
            ],
        ),
    )


def ask(port: int, path: str) -> int | None:
    """The status of one request, or None while nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Accept": JSON})
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


@contextmanager
def started(server: Server, folder: Path) -> Iterator[tuple[int, float]]:
    """Start a server; give its port and the seconds until its first answer; end it."""
    port = free_port()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    begin = time.perf_counter()
    process = subprocess.Popen(server.command(folder, port), **quiet)  # type: ignore[call-overload]
    try:
        while ask(port, "/") is None:
            if process.poll() is not None or time.perf_counter() - begin > 30:
                raise click.ClickException(f"{server.name} did not start")
        yield port, time.perf_counter() - begin
    finally:
        process.kill()
        process.wait()


def rate(port: int) -> float:
    """Requests for one project page a second, one after the other, one connection each."""
    begin = time.perf_counter()
    for _ in range(REQUESTS):
        ask(port, "/simple/demo-lib/")
    return REQUESTS / (time.perf_counter() - begin)


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Medians over the rounds: seconds to the first answer, pages a second."""
    environment = tools.install(HERE / "peers.txt", python=f"3.{sys.version_info.minor}")
    seconds: dict[str, list[float]] = {}
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        page = folder / "simple" / "demo-lib"  # what http.server, which knows no index, serves
        page.mkdir(parents=True)
        (page / "index.html").write_text("<!DOCTYPE html>", encoding="utf-8")
        for version in ("1.0", "1.1"):
            wheel = distributions.wheel("demo-lib", version)
            (folder / wheel.filename).write_bytes(wheel.content)
        for number in range(rounds):
            for server in servers(environment.bin):
                print(f"round {number + 1} of {rounds}: {server.name}", file=sys.stderr)
                with started(server, folder) as (port, start):
                    seconds.setdefault(server.name, []).append(start)
                    rates.setdefault(server.name, []).append(rate(port))
    return {
        name: {
            "start_seconds": round(statistics.median(seconds[name]), 3),
            "pages_per_second": round(statistics.median(rates[name])),
        }
        for name in seconds
    }


@click.command()
@click.option("--rounds", default=5, show_default=True, help="How often each server is started.")
@click.option("--checks", default=3, show_default=True, help="How often each check is run.")
@click.option("--projects", default=1000, show_default=True, help="Of the mirrors to check.")
@click.option(
    "--size",
    "sizes",
    multiple=True,
    type=int,
    default=(1000, 10_000, 100_000),
    show_default=True,
    help="Projects of an index to check; can be given several times.",
)
@click.option("--servers/--no-servers", "with_servers", default=True, help="Measure the servers.")
@click.option("--results", type=click.Path(path_type=Path), help="A folder for the figures.")
def main(
    rounds: int,
    checks: int,
    projects: int,
    sizes: tuple[int, ...],
    with_servers: bool,
    results: Path | None,
) -> None:
    """Measure the test index and the check beside their peers."""
    report: dict[str, object] = {
        "schema": 1,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.machine()}",
            "load": round(os.getloadavg()[0], 1),
        },
        "python": platform.python_version(),
    }
    if with_servers:
        figures = measure(rounds)
        print(f"{'server':28}{'start, s':>10}{'pages/s':>10}")
        for name, row in figures.items():
            print(f"{name:28}{row['start_seconds']:>10.3f}{row['pages_per_second']:>10.0f}")
        report["servers"] = figures
    report["check"] = checked = checking.measure(checks, sizes, projects)
    print(json.dumps(checked, indent=2))
    if results is not None:
        text = json.dumps(report, indent=2) + "\n"
        (results / "bench.json").write_text(text, encoding="utf-8")
        checking.write_tables(report, results)


if __name__ == "__main__":
    main()
