"""``mirrorlab check`` beside a plain sha256 of the same tree, and beside ``bandersnatch verify``.

Rounds alternate between the two, so that whatever else the machine does meets both. Each begins
with nothing kept of the round before. What is compared is asserted to have done its work: the
check says healthy and has read every file, verify has fetched nothing anew.
"""

from __future__ import annotations

import csv
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from tests.bench.mirrors import Made, make, make_pages, served

from mirrorlab.lab import tools

LOCK = Path(__file__).parents[2] / "recipes" / "selective-mirror" / "requirements.txt"
AT_ONCE = 2
"""Requests, or processes, at a time: of the check, of verify and of openssl alike."""
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
CONFIG = """
[mirror]
directory = {tree}
master = {url}
json = true
workers = {at_once}
verifiers = {at_once}
timeout = 30
compare-method = hash
"""


@dataclass(frozen=True)
class Run:
    """What a command took."""

    seconds: float
    cpu_seconds: float
    megabytes: float
    """The most memory that it and its processes had at a time; what they share counts twice."""
    output: str


def run(argv: Sequence[str | Path], **environ: str | Path) -> Run:
    """Run a command to its good end."""
    settings = {name: value for name, value in os.environ.items() if name not in PROXIES}
    settings |= {name: str(value) for name, value in environ.items()}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    process = subprocess.Popen(
        list(map(str, argv)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=settings,
        text=True,
    )
    memory = _Memory(process.pid)
    memory.start()
    output, _ = process.communicate()
    seconds = time.perf_counter() - begin
    memory.stop()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise click.ClickException(f"{argv[0]} ended with {process.returncode}:\n{output[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(seconds, cpu, memory.most / 1e6, output)


class _Memory(threading.Thread):
    """Looks now and then how much memory a process and those that it forked have."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._over = threading.Event()
        self.most = 0
        """Bytes."""

    def run(self) -> None:
        while not self._over.wait(0.2):
            self.most = max(self.most, self._now())

    def stop(self) -> None:
        self._over.set()
        self.join()

    def _now(self) -> int:
        pids, total = [self._pid], 0
        with suppress(OSError, ValueError):
            listed = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text()
            pids += map(int, listed.split())
        for pid in pids:
            with suppress(OSError, ValueError, IndexError):
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                total += pages * os.sysconf("SC_PAGE_SIZE")
        return total


def check(*arguments: str | Path, cache: Path, **environ: str | Path) -> Run:
    """Run the check with nothing kept; it has to be healthy."""
    shutil.rmtree(cache, ignore_errors=True)
    command = (sys.executable, "-m", "mirrorlab", "check", *arguments)
    done = run(command, XDG_CACHE_HOME=cache, **environ)
    if ": healthy: no findings; " not in done.output:
        raise click.ClickException(f"the check is not healthy:\n{done.output[-2000:]}")
    return done


def hashing(folder: Path, projects: int, rounds: int) -> dict[str, object]:
    """Hash a tree of files as big as those of the public index are on average.

    ``openssl`` is the fastest plain program: ``sha256sum`` of Debian 12 leaves out what the
    processor has for it.
    """
    made = make(folder, projects, 2, size=2_000_000, alike=50)
    packages = made.tree / "web" / "packages"
    hasher = f"xargs -0 -P{AT_ONCE} -n 32 openssl dgst -sha256"
    plain = f"find {packages} -type f -print0 | {hasher} >{folder}/sums"
    ours, theirs = [], []
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}: hashing", file=sys.stderr)
        theirs.append(run(["sh", "-c", plain]))
        options = ("--connections", str(AT_ONCE))
        ours.append(check(made.tree, *options, cache=folder / "cache"))
        if f"{made.files} files, {made.files} of them read" not in ours[-1].output:
            raise click.ClickException("the check has not read every file")
    rates = [made.megabytes / _median(runs) for runs in (ours, theirs)]
    return {
        "files": made.files,
        "megabytes": round(made.megabytes),
        "check_megabytes_per_second": round(rates[0]),
        "plain_megabytes_per_second": round(rates[1]),
        "check_of_plain": round(rates[0] / rates[1], 2),
    }


def verifying(folder: Path, projects: int, files: int, rounds: int) -> dict[str, object]:
    """Look at a tree beside its upstream, as ``bandersnatch verify --json-update`` does."""
    made = make(folder, projects, files, size=1500)
    program = tools.install(LOCK, python="3.13").bin / "bandersnatch"
    config, cache = folder / "bandersnatch.conf", folder / "cache"
    ours, theirs = [], []
    with served(folder) as url:
        config.write_text(CONFIG.format(tree=made.tree, url=url, at_once=AT_ONCE), encoding="utf-8")
        trust: dict[str, str | Path] = {"SSL_CERT_FILE": folder / "ca.pem", "NO_PROXY": "*"}
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}: verifying", file=sys.stderr)
            theirs.append(run((program, "-c", config, "verify", "--json-update"), **trust))
            if "No files were downloaded" not in theirs[-1].output:
                raise click.ClickException(f"verify fetched files:\n{theirs[-1].output[-2000:]}")
            options = ("--upstream", f"{url}/simple/", "--connections", str(AT_ONCE))
            ours.append(check(made.tree, *options, cache=cache, **trust))
    seconds, peer_seconds = _median(ours), _median(theirs)
    cpu = [statistics.median(run.cpu_seconds for run in runs) for runs in (ours, theirs)]
    return {
        "projects": projects,
        "files": made.files,
        "check_seconds": round(seconds, 2),
        "verify_seconds": round(peer_seconds, 2),
        "times_as_fast": round(peer_seconds / seconds, 1),
        "check_cpu_seconds": round(cpu[0], 2),
        "verify_cpu_seconds": round(cpu[1], 2),
        "times_less_cpu": round(cpu[1] / cpu[0], 1),
    }


def growing(folder: Path, sizes: Sequence[int]) -> list[dict[str, object]]:
    """Look at whole indexes of more and more projects, beside themselves."""
    rows: list[dict[str, object]] = []
    for projects in sizes:
        print(f"an index of {projects} projects", file=sys.stderr)
        place = folder / str(projects)
        made: Made = make_pages(place, projects)
        with served(place) as url:
            trust: dict[str, str | Path] = {"SSL_CERT_FILE": place / "ca.pem", "NO_PROXY": "*"}
            upstream = url.replace("127.0.0.1", "localhost")  # no index is held against itself
            beside = ("--upstream", f"{upstream}/simple/")
            done = check(f"{url}/simple/", *beside, cache=place / "cache", **trust)
        if f"{projects} projects, {made.files} files" not in done.output:
            raise click.ClickException("the check has not looked at every project")
        rows.append(
            {
                "projects": projects,
                "files": made.files,
                "seconds": round(done.seconds, 1),
                "cpu_seconds": round(done.cpu_seconds, 1),
                "milliseconds_per_project": round(1000 * done.seconds / projects, 2),
                "megabytes_of_memory": round(done.megabytes),
            }
        )
        shutil.rmtree(place)
    return rows


def measure(rounds: int, sizes: Sequence[int], projects: int) -> dict[str, object]:
    """All figures of the check."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return {
            "at_once": AT_ONCE,
            "hashing": hashing(folder / "hashing", projects, rounds),
            "verifying": [
                verifying(folder / f"verifying-{files}", projects, files, rounds)
                for files in (2, 12)
            ],
            "growing": growing(folder / "growing", sizes),
        }


def write_tables(report: dict[str, Any], folder: Path) -> None:
    """Write the figures as tables, for the reference page."""
    figures, machine = report["check"], report["machine"]
    hashed = figures["hashing"]
    what = f"sha256 of {hashed['files']:,} files, {hashed['megabytes'] / 1000:.1f} GB: MB/s"
    rows = [
        [
            what,
            hashed["check_megabytes_per_second"],
            f"{hashed['plain_megabytes_per_second']} (xargs -P{figures['at_once']} openssl dgst)",
            hashed["check_of_plain"],
        ]
    ]
    for one in figures["verifying"]:
        tree = f"{one['projects']:,} projects, {one['files']:,} files, and upstream"
        verify = "(bandersnatch verify)"
        rows += [
            [
                f"{tree}: seconds",
                one["check_seconds"],
                f"{one['verify_seconds']} {verify}",
                one["times_as_fast"],
            ],
            [
                f"{tree}: seconds of CPU",
                one["check_cpu_seconds"],
                f"{one['verify_cpu_seconds']} {verify}",
                one["times_less_cpu"],
            ],
        ]
    where = f"{machine['system']}, {machine['cores']} cores, load {machine['load']}"
    rows.append(["Measured", report["date"], where, ""])
    _write(folder / "check-peers.csv", ["What", "mirrorlab check", "Beside it", "Times"], rows)
    heads = ["Projects", "Files on their pages", "Seconds", "ms a project", "CPU seconds", "MB"]
    keys = ("projects", "files", "seconds", "milliseconds_per_project", "cpu_seconds")
    grown = [
        [*(f"{one[key]:,}" for key in keys), one["megabytes_of_memory"]]
        for one in figures["growing"]
    ]
    _write(folder / "check-growth.csv", heads, grown)


def _write(path: Path, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(heads)
        writer.writerows(rows)


def _median(runs: Sequence[Run]) -> float:
    return statistics.median(one.seconds for one in runs)
