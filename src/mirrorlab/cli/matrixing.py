"""``mirrorlab matrix``: every client, in each of its configurations, against every fault."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from mirrorlab.cli.ending import need_the_lab
from mirrorlab.cli.matrixviews import Progress, show_cells
from mirrorlab.cli.words import FOLDER, json_option

if TYPE_CHECKING:
    from mirrorlab.lab import Tools
    from mirrorlab.matrix import Cell, Matrix
    from mirrorlab.matrix.choosing import Choice

_SUITES = ("fallback", "locked", "confusion", "dns", "control")


def _version(
    ctx: click.Context,  # noqa: ARG001  click's signature
    param: click.Parameter,  # noqa: ARG001
    python: str | None,
) -> str | None:
    """Refuse what is no version of Python."""
    if python is not None and not re.fullmatch(r"3\.\d+", python):
        raise click.BadParameter(f"{python!r} is no version of Python; give it like 3.13")
    return python


@click.command()
@click.option("--client", "clients", metavar="GLOB", multiple=True, help="Only such installers.")
@click.option(
    "--config", "configs", metavar="GLOB", multiple=True, help="Only such configurations."
)
@click.option("--fault", "faults", metavar="GLOB", multiple=True, help="Only such faults.")
@click.option(
    "--suite", "suites", type=click.Choice(_SUITES), multiple=True, help="Only this question."
)
@click.option("--jobs", metavar="N", type=click.IntRange(1), help="So many cells compute at once.")
@click.option("--python", metavar="3.13", callback=_version, help="On this Python.")
@click.option("--runs", metavar="N", type=click.IntRange(1), default=1, help="Each cell so often.")
@click.option("--results", type=FOLDER, metavar="FILE", help="Put the outcomes on record in FILE.")
@click.option("--check", type=FOLDER, metavar="FILE", help="Compare the outcomes with FILE.")
@json_option
def matrix(
    clients: tuple[str, ...],
    configs: tuple[str, ...],
    faults: tuple[str, ...],
    suites: tuple[str, ...],
    jobs: int | None,
    python: str | None,
    runs: int,
    results: Path | None,
    check: Path | None,
    as_json: bool,
) -> None:
    """See what every installer really does: each of its configurations against every fault.

    A cell is CLIENT/CONFIGURATION/FAULT. Each has a world of its own, cut off from the network:
    an index that is healthy, then fails, and a second one beside it. What becomes of it is read
    from what is installed and from what the indexes were asked.

    --results puts the outcomes on record. A cell that is there already is run a second time; if it
    comes to something else, it is marked unstable. An interrupted command goes on where it was.

    It ends with 0 where all is done, or the same as in FILE; 1 where a cell differs from FILE, 2
    for wrong use, 3 where it could not tell.

    \b
    Examples:
      mirrorlab matrix --client pip --config mirror
      mirrorlab matrix --client 'p*' --suite confusion --fault '40?'
      mirrorlab matrix --results matrix.json
      mirrorlab matrix --client uv --check matrix.json
    """
    need_the_lab()
    if results is not None and check is not None:
        raise click.UsageError("--results writes a file, --check reads one: give one of them")
    if check is not None and (runs > 1 or as_json):
        raise click.UsageError("--check runs each cell once, and prints what differs")
    from mirrorlab.clients import Suite
    from mirrorlab.matrix import choosing, engine, recording

    chosen = choosing.choose(
        choosing.everything(),
        clients=clients,
        configurations=configs,
        faults=faults,
        suites=[Suite[word.upper()] for word in suites],
    )
    path = results or check
    if check is not None and not check.exists():
        raise click.BadParameter(f"there is no {check}", param_hint="--check")
    before = recording.load(path, python) if path is not None else None
    version = before.python if before else python or engine.default_python()
    _say_what_keeps_clients_in()
    work = Work(chosen, engine.prepare(chosen, version), version, jobs, runs, as_json)
    if check is not None and before is not None:
        meant = partial(
            _is_meant, matrix=before, clients=clients, configs=configs, faults=faults, suites=suites
        )
        raise Exit(_check(work, before, meant))
    raise Exit(_record(work, results, before) if results else _show(work))


def _say_what_keeps_clients_in() -> None:
    """Say so where clients could leave: a cell is only worth as much as its walls."""
    from mirrorlab.lab import why_not

    reason = why_not()
    if reason is not None:
        warning = "only the proxy keeps clients from leaving; what ignores it is not noticed"
        click.echo(f"mirrorlab: warning: {warning}: {reason}", err=True)


@dataclass(frozen=True)
class Work:
    """What is to be run, and how."""

    chosen: Sequence[Choice]
    tools: Mapping[str, Tools]
    python: str
    jobs: int | None
    runs: int
    as_json: bool


def _show(work: Work) -> int:
    from mirrorlab.matrix import choosing, engine, merging, record

    began = time.monotonic()
    with Progress(len(work.chosen) * work.runs) as progress:
        often = [each for each in work.chosen for _ in range(work.runs)]
        engine.run(often, work.tools, progress.heard, jobs=work.jobs)
    versions = {name: choosing.version(name, tools) for name, tools in work.tools.items()}
    matrix, _ = merging.merge(
        None,
        progress.cells,
        versions=versions,
        python=work.python,
        seconds=time.monotonic() - began,
    )
    if work.as_json:
        click.echo(record.to_text(matrix), nl=False)
    else:
        show_cells(matrix.cells.values())
    return progress.exit_code


def _record(work: Work, path: Path, before: Matrix | None) -> int:
    from mirrorlab.matrix import record, recording

    with Progress(len(work.chosen) * work.runs) as progress:
        done = recording.run_into(
            path,
            before,
            work.chosen,
            work.tools,
            progress.heard,
            python=work.python,
            jobs=work.jobs,
            runs=work.runs,
            resumed=progress.skip,
        )
    if work.as_json:
        click.echo(record.to_text(done.matrix), nl=False)
    ids = {choice.id for choice in work.chosen}
    here = [cell for cell in done.matrix.cells.values() if cell.id in ids]
    if not work.as_json:
        show_cells(here)
    for cell in here:
        if cell.unstable:
            others = ", ".join(cell.unstable)
            click.echo(f"mirrorlab: unstable: {cell.id}: {cell.word}, and {others}", err=True)
    if done.resumed:
        click.echo(f"mirrorlab: {done.resumed} cells were done before, and went in", err=True)
    if done.dropped:
        click.echo(f"mirrorlab: {len(done.dropped)} cells that changed were dropped", err=True)
    click.echo(f"wrote {path}", err=True)
    return progress.exit_code


def _check(work: Work, matrix: Matrix, meant: Callable[[Cell], bool]) -> int:
    from mirrorlab.matrix import checking

    with Progress(len(work.chosen)) as progress:
        found = checking.check(matrix, work.chosen, work.tools, progress.heard, jobs=work.jobs)
    found = found.with_more(checking.orphans(matrix, meant))
    for difference in found.differences:
        click.echo(f"{difference}\n")
    click.echo(found.summary)
    return found.exit_code


def _is_meant(
    cell: Cell,
    *,
    matrix: Matrix,
    clients: Sequence[str],
    configs: Sequence[str],
    faults: Sequence[str],
    suites: Sequence[str],
) -> bool:
    """Tell whether the options mean a cell on record."""
    suite = matrix.configurations[cell.client, cell.configuration].suite
    pairs = (
        (cell.client, clients),
        (cell.configuration, configs),
        (cell.trouble, faults),
        (suite.value, suites),
    )
    return all(not globs or any(fnmatchcase(word, g) for g in globs) for word, globs in pairs)
