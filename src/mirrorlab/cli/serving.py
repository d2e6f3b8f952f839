"""``mirrorlab index``: the local test index, until you stop it."""

from __future__ import annotations

import ipaddress
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from mirrorlab.cli.ending import need_the_lab
from mirrorlab.cli.words import FOLDER, SCENARIO

if TYPE_CHECKING:
    from mirrorlab.index import Index
    from mirrorlab.index.log import Request
    from mirrorlab.scenario import Scenario


@click.command()
@click.option("--scenario", type=SCENARIO, help="What it holds: a name, or a file.")
@click.option("--wheels", type=FOLDER, metavar="DIR", help="Serve this folder's distributions.")
@click.option("--host", metavar="H", default="127.0.0.1", help="Where to listen.")
@click.option(
    "--port", metavar="P", type=click.IntRange(0, 65535), default=0, help="0: a free one."
)
@click.option("--tls", is_flag=True, help="Speak https, with a certificate of its own.")
@click.option("--expose", is_flag=True, help="Yes, let other machines reach it (with --host).")
@click.option("--log", is_flag=True, help="Print each request, before its answer leaves.")
def index(
    scenario: str | None,
    wheels: Path | None,
    host: str,
    port: int,
    tls: bool,
    expose: bool,
    log: bool,
) -> None:
    """Start the local test index; its URL is the first line it prints.

    It stands in for the public index: the Simple API in HTML and JSON, the legacy upload, the
    mirror calls. It forgets everything when you stop it with Ctrl-C. Make it fail on purpose
    with `mirrorlab fault`.

    \b
    Examples:
      mirrorlab index
      mirrorlab index --scenario real --port 8000
      mirrorlab index --wheels dist --log
      mirrorlab index --tls --port 8443
      mirrorlab index --host 0.0.0.0 --port 8000 --expose
    """
    need_the_lab()
    if not _is_loopback(host):
        _warn_of(host, expose)
    chosen, folder = _content(scenario, wheels)
    stopped = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows knows no SIGHUP
            signal.signal(getattr(signal, name), lambda *_: stopped.set())
    from mirrorlab.index import Index

    plain, secure = (0, port) if tls else (port, 0)
    heard = _print if log else None
    with Index(
        chosen, host=host, port=plain, tls_port=secure, wheels=folder, heard=heard
    ) as started:
        _introduce(started, tls)
        stopped.wait()


def _print(request: Request) -> None:
    agent = request.user_agent.partition(" ")[0] or "-"
    fault = f" (fault: {request.fault})" if request.fault else ""
    said = f"{request.method} {request.path} {request.status or 'no answer'} {agent}{fault}"
    print(said, flush=True)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _warn_of(host: str, expose: bool) -> None:
    if not expose:
        problem = f"other machines could reach an index on {host}; add --expose if they may"
        raise click.UsageError(problem)
    warning = f"mirrorlab: warning: every machine that reaches {host} can read this index"
    click.echo(f"{warning} and upload to it, with passwords that are no secret", err=True)


def _content(scenario: str | None, wheels: Path | None) -> tuple[Scenario, Path | None]:
    """Say what the index holds; fetch the real distributions a scenario names, once."""
    from mirrorlab import scenario as scenarios

    if wheels is not None:
        from mirrorlab.errors import FolderNotReadable

        if not wheels.is_dir():
            reason = "it is no folder" if wheels.exists() else "there is no such folder"
            raise FolderNotReadable(wheels, reason)
        if scenario is None:
            return scenarios.Scenario(name="wheels"), wheels
    chosen = scenarios.find(scenario or "default")
    if chosen.requirements is not None and wheels is None:
        from mirrorlab.lab import tools

        wheels = tools.wheelhouse(chosen.requirements, [sys.executable])
    return chosen, wheels


def _introduce(started: Index, tls: bool) -> None:
    url = started.url if tls else started.http_url
    projects = started.projects()
    some = next(iter(projects), None)
    lines = [url]
    if tls:
        lines.append(f"its CA: {started.ca}")
    lines.append(f"{len(projects)} project{'s' if len(projects) != 1 else ''}; Ctrl-C stops it")
    if some is not None:
        trust = f" --cert {started.ca}" if tls else ""
        lines.append(f"try: pip download --no-deps --index-url {url}/simple/{trust} {some}")
    click.echo("\n".join(lines))  # at once: who reads the first line may ask already
    sys.stdout.flush()
