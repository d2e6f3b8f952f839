"""``mirrorlab matrix``: every client, in each of its configurations, against every fault."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from mirrorlab.cli.ending import ExitCode, need_the_lab
from mirrorlab.cli.words import json_option

if TYPE_CHECKING:
    from mirrorlab.matrix.engine import Done


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
@click.option("--client", "clients", metavar="GLOB", multiple=True, help="Only such clients.")
@click.option("--config", "configs", metavar="GLOB", multiple=True, help="Only such ways.")
@click.option("--fault", "faults", metavar="GLOB", multiple=True, help="Only such faults.")
@click.option("--suite", "suites", metavar="WORD", multiple=True, help="Only this suite.")
@click.option("--jobs", metavar="N", type=click.IntRange(1), help="So many cells compute at once.")
@click.option("--python", metavar="3.13", callback=_version, help="On this Python.")
@json_option
def matrix(
    clients: tuple[str, ...],
    configs: tuple[str, ...],
    faults: tuple[str, ...],
    suites: tuple[str, ...],
    jobs: int | None,
    python: str | None,
    as_json: bool,
) -> None:
    """See what every client really does: each of its configurations against every fault."""
    need_the_lab()
    from mirrorlab.matrix import choosing, engine

    chosen = choosing.choose(
        choosing.everything(), clients=clients, configurations=configs, faults=faults, suites=suites
    )
    tools = engine.prepare(chosen, python or engine.default_python())
    errors = 0

    def listen(done: Done) -> None:
        nonlocal errors
        if done.cell is None:
            errors += 1
            click.echo(f"ERROR {done.problem}", err=True)
            if done.problem and done.problem.output:
                click.echo(done.problem.output, err=True)
        elif not as_json:
            cell = done.cell
            asked = " ".join(f"{role}:{count}" for role, count in sorted(cell.requests.items()))
            line = f"{cell.id}  {cell.says}  exit {cell.exit_code}  {cell.seconds:.1f} s  {asked}"
            click.echo(f"{line}  {cell.line}".rstrip())

    engine.run(chosen, tools, listen, jobs=jobs)
    raise Exit(ExitCode.COULD_NOT_TELL if errors else ExitCode.HOLDS)
