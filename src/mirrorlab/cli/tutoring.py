"""``mirrorlab tutorial``: the folder of the tutorial day, and how far you are in a chapter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from mirrorlab.cli.ending import ExitCode, need_the_lab
from mirrorlab.cli.words import FOLDER, json_option

if TYPE_CHECKING:
    from mirrorlab.tutorial import Report

_WORDS = {True: ("right", "green"), False: ("not yet", "yellow"), None: ("not known", "magenta")}
_CODES = {True: ExitCode.HOLDS, False: ExitCode.DOES_NOT_HOLD, None: ExitCode.COULD_NOT_TELL}


@click.group(short_help="The tutorial day: its folder, and how far you are.")
def tutorial() -> None:
    """Prepare the folder of the tutorial day, and check how far you are in a chapter.

    \b
    Examples:
      mirrorlab tutorial prepare
      mirrorlab tutorial check 1
    """


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

    report = examine(chapter(number), Day(find_folder(folder)))
    click.echo(_as_json(report) if as_json else _as_lines(report))
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
