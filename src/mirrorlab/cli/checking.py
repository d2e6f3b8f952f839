"""``mirrorlab check``: is this mirror fresh, complete and unaltered?"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from io import TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import rich_click as click
from click.exceptions import Exit

from mirrorlab.cli.replacing import be_writable, replace
from mirrorlab.cli.spans import Duration
from mirrorlab.cli.words import json_option

if TYPE_CHECKING:
    from mirrorlab.check import Asked, Report
    from mirrorlab.check.target import Progress

_DRAWN_EVERY = 0.1
_LEVELS = ("note", "warning", "error")
_ENDING = [getattr(signal, one) for one in ("SIGTERM", "SIGHUP") if hasattr(signal, one)]
"""Windows knows no SIGHUP."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@click.command()
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@click.option("--upstream", metavar="URL", help="The index that it copies.")
@click.option(
    "--tree",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder that bandersnatch writes to, which TARGET serves: both are checked.",
)
@click.option(
    "--project",
    "only",
    metavar="NAME",
    multiple=True,
    help="Only this project; can be given several times.",
)
@click.option(
    "--projects",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The projects that the mirror should have, one a line; otherwise all of upstream.",
)
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    metavar="N",
    help="Look at N projects, drawn at random, with every byte; say how sure that makes you.",
)
@click.option("--deep", is_flag=True, help="Read every byte of every file.")
@click.option(
    "--max-age",
    type=Duration(),
    metavar="SPAN",
    help="How far it may be behind upstream: 90s, 15m, 1h, 1d12h.  [default: 1h]",
)
@click.option(
    "--fail-on",
    type=click.Choice(_LEVELS),
    default="warning",
    show_default=True,
    help="The least severity that ends with 1.",
)
@click.option(
    "--connections",
    type=click.IntRange(1, 64),
    metavar="N",
    default=8,
    show_default=True,
    help="Requests at a time.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    default=20.0,
    show_default=True,
    help="How long a connection may say nothing.",
)
@click.option("--resume", is_flag=True, help="Go on where the same check was interrupted.")
@click.option(
    "--prometheus",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write metrics too, for the text files of the node exporter.",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a status page too, with several targets side by side.",
)
@json_option
def check(
    targets: tuple[str, ...],
    upstream: str | None,
    tree: Path | None,
    only: tuple[str, ...],
    projects: Path | None,
    sample: int | None,
    deep: bool,
    max_age: timedelta | None,
    fail_on: str,
    connections: int,
    timeout: float,
    resume: bool,
    prometheus: Path | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Say whether a mirror or an index is fresh, complete and unaltered.

    TARGET is the URL of an index, or a folder that bandersnatch writes to. Each finding names its
    kind: stale, frozen, missing, extra, altered, truncated, orphaned, not conforming,
    unreachable. Logins come from the URL, netrc or keyring.

    It ends with 0 where all that was looked at is healthy, with 1 for findings, and with 3 where
    something could not be looked at: upstream or the list of projects does not answer, an answer
    cannot be read, the check was interrupted, or there is no project.

    \b
    Examples:
      mirrorlab check https://mirror.example/simple/
      mirrorlab check https://mirror.example/simple/ --upstream https://pypi.org/simple/
      mirrorlab check /srv/mirror --upstream https://pypi.org/simple/
      mirrorlab check https://private.example/simple/ --sample 100 --json
    """
    if sample is not None and deep:
        raise click.UsageError("--sample and --deep contradict each other; name one of them.")

    from platformdirs import user_cache_path

    from mirrorlab.check import Asked, Extent, Manners, Severity
    from mirrorlab.check.as_html import as_html
    from mirrorlab.check.as_prometheus import as_prometheus
    from mirrorlab.check.as_text import as_data, exit_code, lines

    for path in (prometheus, html):
        if path is not None:
            be_writable(path)
    extent = Extent(
        sample=sample,
        deep=deep,
        projects=_read_names(projects) if projects is not None else None,
        only=frozenset(map(_name, only)) or None,
        max_age=max_age if max_age is not None else timedelta(hours=1),
        workers=connections,
        processes=min(connections, os.cpu_count() or 1),
    )
    manners = Manners(
        connections=connections,
        patience=timeout,
        page_within=3 * timeout,
        pause=min(0.5, timeout / 4),
    )
    level = Severity(fail_on)
    kept = None
    with suppress(RuntimeError):  # a user without a home
        kept = user_cache_path("mirrorlab") / "check"
    reports = _check(
        Asked(
            targets,
            upstream,
            extent,
            manners,
            kept=kept and kept / "pages",
            tree=tree,
            journals=kept and kept / "journals",
            resume=resume,
            synced_within=max_age,
        )
    )
    written = [
        replace(path, make(reports, level))
        for path, make in ((prometheus, as_prometheus), (html, as_html))
        if path is not None
    ]
    if as_json:
        click.echo(json.dumps(as_data(reports, level), indent=2))
    else:
        _let_all_be_said()
        for report in reports:
            for line in lines(report, level):
                click.echo(line)
    for problem in written:
        if problem is not None:
            raise problem
    raise Exit(exit_code(reports, level))


def _check(asked: Asked) -> list[Report]:
    from mirrorlab.check import check as run

    with _terminated(), _progress() as progress:
        return run(asked, progress)


def _let_all_be_said() -> None:
    """Write what an output cannot hold, a name in Chinese into latin-1, in other signs."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


@contextmanager
def _terminated() -> Iterator[None]:
    """Let SIGTERM and SIGHUP interrupt as Ctrl-C does, so that what was found is said.

    A signal that is ignored, as SIGHUP under ``nohup``, stays so.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = {}
    with suppress(ValueError):  # not in the main thread
        for number in _ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """Show on a terminal how far it is, and how long it will take; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        *(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()),
        TimeRemainingColumn(),
    )
    # No thread of its own draws it: a process that has threads cannot fork.
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as shown:
        tasks: dict[str, TaskID] = {}
        drawn = 0.0

        def update(what: str, done: int, total: int) -> None:
            nonlocal drawn
            if what not in tasks:
                tasks[what] = shown.add_task(what, total=total)
            now = time.monotonic()
            shown.update(tasks[what], completed=done, total=total)
            if now > drawn + _DRAWN_EVERY or done == total:
                drawn = now
                shown.refresh()

        yield update


def _name(text: str) -> str:
    from packaging.utils import canonicalize_name

    if not _NAME.fullmatch(text):
        raise click.UsageError(f"{text!r} is no name of a project.")
    return canonicalize_name(text)


def _read_names(path: Path) -> frozenset[str]:
    """Read names, one a line; what follows a name, as in requirements, is left out."""
    from mirrorlab.errors import BrokenFile

    names = set()
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BrokenFile(path, "", f"cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise BrokenFile(path, "", "is not UTF-8") from None
    for number, line in enumerate(text.splitlines(), 1):
        said = line.partition("#")[0].strip()
        if not said:
            continue
        found = _NAME.match(said)
        if found is None or not re.match(r"\s*(?:$|[\[<>=!~;@(])", said[found.end() :]):
            problem = "is not the name of a project; name one on each line"
            raise BrokenFile(path, f"line {number}", problem)
        names.add(_name(found[0].rstrip("._-")))
    if not names:
        raise BrokenFile(path, "", "names no project")
    return frozenset(names)
