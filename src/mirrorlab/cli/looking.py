"""``mirrorlab which``: which index would each installer use here, and is that safe?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from mirrorlab.cli.ending import ExitCode
from mirrorlab.cli.words import Word, json_option

if TYPE_CHECKING:
    from mirrorlab.which import Answer, Finding, Report, Source
    from mirrorlab.which.connecting import Answered

_NARROW = 72
"""Columns below which a table is harder to read than lines."""
_COLOURS = {"safe": "green", "risky": "yellow", "wrong": "red", "unknown": "yellow"}


def _installers(ctx: click.Context) -> list[tuple[str, str]]:  # noqa: ARG001  click's signature
    from mirrorlab.which import INSTALLERS

    return [(name, "") for name in INSTALLERS]


@click.command()
@click.option(
    "--project",
    type=click.Path(path_type=Path, readable=False),  # what is unreadable is said, with 3
    metavar="DIR",
    default=Path(),
    help="The folder in which you would install.  [default: this one]",
)
@click.option(
    "--client",
    "clients",
    type=Word("installer", _installers),
    metavar="NAME",
    multiple=True,
    help="Only this installer; can be given several times.",
)
@click.option("--connect", is_flag=True, help="Ask each index for one page. Nothing else connects.")
@json_option
def which(project: Path, clients: tuple[str, ...], connect: bool, as_json: bool) -> None:
    """Say which index each installer would use here, set by what, and whether that is safe.

    It reads what pip, uv, poetry, pdm, pipenv, hatch, pip-tools and buildout read in DIR: their
    files, those of the user and of the system, and the variables of this shell. Secrets are
    shown as ****.

    It ends with 0 where all is safe, with 1 where something is risky or cannot work, and with 3
    where a file could not be read: it is named, the rest is still said, and what would be safe
    is called unknown.

    \b
    Examples:
      mirrorlab which
      mirrorlab which --project ~/src/my-app --client uv --client pip
      mirrorlab which --connect
      mirrorlab which --json | jq -r '.installers[] | select(.verdict != "safe") | .installer'
    """
    from mirrorlab.errors import FolderNotReadable, NotAFolder, UnknownName
    from mirrorlab.which import INSTALLERS, here, look, masked
    from mirrorlab.which.connecting import ask

    for name in clients:
        if name not in INSTALLERS:
            raise UnknownName("installer", name, tuple(INSTALLERS))
    try:
        around = here(project.absolute())
        usable = project.is_dir()
    except OSError as gone:  # above it, or the current one is gone
        raise FolderNotReadable(Path(masked(str(project))), gone.strerror or "") from None
    if not usable:
        raise NotAFolder(Path(masked(str(around.project))))
    report = look(around, clients)
    answered = {}
    if connect:
        answered = {url: ask(around, source) for url, source in _asked(report).items()}
    if as_json:
        click.echo(json.dumps(as_data(report, answered), indent=2))
    else:
        show(report, answered)
    for problem in report.problems:
        click.echo(f"mirrorlab: {problem}", err=True)
    raise Exit(_code(report))


def _code(report: Report) -> ExitCode:
    from mirrorlab.which import Verdict

    if report.problems:
        return ExitCode.COULD_NOT_TELL
    return ExitCode.HOLDS if report.verdict is Verdict.SAFE else ExitCode.DOES_NOT_HOLD


def _asked(report: Report) -> dict[str, Source]:
    """Return the sources to connect to, each URL once."""
    from mirrorlab.which import Role

    sources = [source for answer in report.answers for source in answer.sources]
    return {source.url: source for source in sources if source.role is not Role.DISABLED}


def as_data(report: Report, answered: Mapping[str, Answered]) -> dict[str, object]:
    """Give all of it for a script; no secret is in it."""
    return {
        "project": _text(report.project),
        "verdict": str(report.verdict),
        "installers": [_answer_as_data(answer, answered) for answer in report.answers],
        "findings": [_finding_as_data(finding) for finding in report.findings],
        "notes": list(report.notes),
        "could_not_read": [
            {"file": _text(problem.file), "line": problem.line, "says": problem.says}
            for problem in report.problems
        ],
    }


def _unused(answer: Answer) -> bool:
    """Tell whether an installer would not run here; a file that cannot be read may be its own."""
    return bool(answer.unused) and not answer.problems


def _text(path: Path) -> str:
    from mirrorlab.which import masked

    return masked(str(path))


def _answer_as_data(answer: Answer, answered: Mapping[str, Answered]) -> dict[str, object]:
    return {
        "installer": answer.client,
        "verdict": None if _unused(answer) else str(answer.verdict),
        "unused": answer.unused or None,
        "sources": [_source_as_data(answer, one, answered) for one in answer.sources],
        "findings": [_finding_as_data(finding) for finding in answer.findings],
        "notes": list(answer.notes),
    }


def _source_as_data(
    answer: Answer, source: Source, answered: Mapping[str, Answered]
) -> dict[str, object]:
    from mirrorlab.masking import masked_project

    data: dict[str, object] = {
        "url": source.shown,
        "role": answer.role(source),
        "name": _shown(source.name) or None,
        "projects": [masked_project(project) for project in source.projects],
        "set_by": str(source.origin),
        "verdict": str(answer.verdict_of(source)),
        "note": source.note or None,
    }
    if said := answered.get(source.url):
        data["reachable"] = said.reachable
        data["status"] = said.status
        data["api_version"] = said.api_version or None
        data["reason"] = said.reason or None
    return data


def _shown(text: str) -> str:
    from mirrorlab.which import masked

    return masked(text)


def _finding_as_data(finding: Finding) -> dict[str, object]:
    return {
        "verdict": str(finding.verdict),
        "says": finding.says,
        "recipe": finding.recipe or None,
        "set_by": str(finding.origin) if finding.origin else None,
    }


def show(report: Report, answered: Mapping[str, Answered]) -> None:
    """Print a table on a terminal, plain lines in a pipe; then why, one line each."""
    from mirrorlab.cli.showing import stdout

    rows = list(_rows(report, answered))
    if not stdout().is_terminal:
        for row in rows:
            click.echo("\t".join(row))
    elif stdout().width < _NARROW:
        for client, url, role, origin, verdict in rows:
            click.echo(f"{client}: {url}\n  {role}, {origin}: {_coloured(verdict)}")
    else:
        _tabulate(rows)
    for finding, who in _why(report):
        where = f"{finding.origin}: " if finding.origin else ""
        cure = f" (recipe: {finding.recipe})" if finding.recipe else ""
        click.echo(f"{_coloured(str(finding.verdict))}: {who}: {where}{finding.says}{cure}")
    for note in report.notes:
        click.echo(note)


def _tabulate(rows: Sequence[tuple[str, ...]]) -> None:
    from rich.text import Text

    from mirrorlab.cli.showing import stdout, table

    shown = table("installer", "index", "role", "set by", "verdict")
    for column in (1, 3):
        shown.columns[column].no_wrap = False
        shown.columns[column].overflow = "fold"
    for row in rows:
        shown.add_row(*(Text(cell) for cell in row[:-1]), Text(row[-1], style=_colour(row[-1])))
    stdout().print(shown)


def _colour(verdict: str) -> str:
    return _COLOURS.get(re.split("[ ,]", verdict)[0], "bright_black")


def _coloured(verdict: str) -> str:
    return click.style(verdict, fg=_colour(verdict))


def _rows(report: Report, answered: Mapping[str, Answered]) -> Iterator[tuple[str, ...]]:
    from mirrorlab.masking import masked_project

    for answer in report.answers:
        if answer.unused:
            verdict = "not used here" if _unused(answer) else str(answer.verdict)
            yield (answer.client, "-", "-", answer.unused, verdict)
            continue
        for source in answer.sources:
            role = answer.role(source)
            if source.projects:
                role = f"{role}: {', '.join(map(masked_project, source.projects))}"
            verdict = str(answer.verdict_of(source))
            if said := answered.get(source.url):
                verdict = f"{verdict}, {said}"
            yield (answer.client, source.shown, role, str(source.origin), verdict)
        if not answer.sources:
            yield (answer.client, "-", "-", "no source at all", str(answer.verdict))


def _why(report: Report) -> Iterator[tuple[Finding, str]]:
    """Yield each finding once, with all whom it concerns."""
    who: dict[Finding, list[str]] = {finding: ["all"] for finding in report.findings}
    for answer in report.answers:
        for finding in answer.findings:
            who.setdefault(finding, []).append(answer.client)
    for finding, names in who.items():
        yield finding, ", ".join(names)
