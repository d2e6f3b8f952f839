"""``mirrorlab tutorial``: the folder of the tutorial day, and how far you are in a chapter."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from mirrorlab.cli.ending import ExitCode, need_the_lab
from mirrorlab.cli.words import FOLDER, json_option

if TYPE_CHECKING:
    from mirrorlab.tutorial import Report

_VERSION = re.compile(r"3\.(1[1-9]|[2-9][0-9])")
_WORDS = {True: ("right", "green"), False: ("not yet", "yellow"), None: ("not known", "magenta")}
_CODES = {True: ExitCode.HOLDS, False: ExitCode.DOES_NOT_HOLD, None: ExitCode.COULD_NOT_TELL}


def _short_versions(
    ctx: click.Context,  # noqa: ARG001  click's signature
    param: click.Parameter,  # noqa: ARG001
    versions: tuple[str, ...],
) -> tuple[str, ...]:
    """Refuse what is no version of Python that the kit supports."""
    for version in versions:
        if not _VERSION.fullmatch(version):
            raise click.BadParameter(f"{version!r} is no Python like 3.13; 3.11 is the oldest")
    return versions


@click.group(short_help="The tutorial day: its folder, and how far you are.")
def tutorial() -> None:
    """Prepare the folder of the tutorial day, and check how far you are in a chapter.

    \b
    Examples:
      mirrorlab tutorial prepare
      mirrorlab tutorial check 1
    """


@tutorial.command()
@click.argument("folder", type=FOLDER, metavar="[FOLDER]", required=False)
@click.option("--from", "stick", type=FOLDER, metavar="DIR", help="Copy a prepared folder.")
@click.option(
    "--for",
    "systems",
    type=click.Choice(["linux", "macos", "windows", "all"]),
    multiple=True,
    help="Whose laptop; may be repeated.  [default: this one]",
)
@click.option(
    "--python",
    "pythons",
    metavar="X.Y",
    multiple=True,
    callback=_short_versions,
    help="Which Python; may be repeated.  [default: the running one]",
)
def prepare(
    folder: Path | None, stick: Path | None, systems: tuple[str, ...], pythons: tuple[str, ...]
) -> None:
    """Make FOLDER, in which the tutorial day happens: mirroring-day, if you name none.

    It holds the tools of all chapters, and what the index on your laptop serves. This needs the
    network once; nothing after it does. With --from it is copied from a folder that somebody
    prepared, on a USB stick perhaps, and needs none. Run again, it fetches only what is missing.

    \b
    Examples:
      mirrorlab tutorial prepare
      mirrorlab tutorial prepare --from /media/stick/mirroring-day
      mirrorlab tutorial prepare stick/mirroring-day --for all --python 3.11 --python 3.13
    """
    need_the_lab()
    if stick is not None and (systems or pythons):
        raise click.UsageError("--from copies all that is there, and goes with no other option")
    from mirrorlab import tutorial
    from mirrorlab.tutorial import preparing

    place = folder or Path(tutorial.FOLDER)
    if stick is not None:
        done = preparing.copy(stick, place, click.echo)
    else:
        done = preparing.fetch(place, preparing.targets(systems, pythons), click.echo)
    if done.kit:
        click.echo(f"the kit's own wheel is made from {done.kit}")
    word = "is ready" if done.made else "was ready already"
    click.echo(f"{done.folder} {word}: {done.files} files, {done.size / 1e6:.0f} MB")


@tutorial.command()
@click.argument("number", metavar="N", type=int)
@click.option("--folder", type=FOLDER, metavar="DIR", help="The day's folder, if not this one.")
@json_option
@click.pass_context
def check(ctx: click.Context, number: int, folder: Path | None, as_json: bool) -> None:
    """Say what of chapter N is right, and what is not yet.

    It looks at your files, at what is installed, and at what your servers answer. It changes
    nothing. It ends with 0 where all is right, with 1 where something is not yet, with 3 where
    it could not tell.

    \b
    Examples:
      mirrorlab tutorial check 1
      mirrorlab tutorial check 2 --json
    """
    need_the_lab()
    from mirrorlab.tutorial import Day, chapter, examine, find_folder

    report = examine(chapter(number), Day(day := find_folder(folder)))
    click.echo(_as_json(report) if as_json else _as_lines(report))
    if not (as_json or report.right or day.samefile(Path.cwd())):
        click.echo(f"All of this is done in the folder of the day; first: cd {day}")
    ctx.exit(_CODES[report.right])


def _as_json(report: Report) -> str:
    checks = [
        {
            "name": outcome.check.name,
            "says": outcome.check.says,
            "right": outcome.finding.right,
            "detail": outcome.finding.detail,
            "next": outcome.finding.next,
        }
        for outcome in report.outcomes
    ]
    chapter = report.chapter
    said = {"schema": 1, "chapter": chapter.number, "title": chapter.title, "right": report.right}
    return json.dumps({**said, "checks": checks}, indent=2)


def _as_lines(report: Report) -> str:
    """One line a check, and what to do under those that are not right."""
    chapter, outcomes = report.chapter, report.outcomes
    lines = [f"Chapter {chapter.number}: {chapter.title}"]
    for outcome in outcomes:
        finding = outcome.finding
        word, colour = _WORDS[finding.right]
        lines.append(f"  {click.style(f'{word:9}', fg=colour)}  {outcome.check.says}")
        if not finding.right:
            lines.append(f"             {finding.detail}")
            if finding.next:
                lines.append(f"             next: {finding.next}")
    right = sum(outcome.finding.right is True for outcome in outcomes)
    return "\n".join([*lines, f"{right} of {len(outcomes)} are right"])
