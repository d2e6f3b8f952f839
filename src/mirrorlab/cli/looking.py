"""``mirrorlab which``: which index would each installer use here, and is that safe?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from mirrorlab.cli.ending import ExitCode
from mirrorlab.cli.words import FOLDER, Word, json_option

if TYPE_CHECKING:
    from mirrorlab.which import Answer, Finding, Report, Source
    from mirrorlab.which.connecting import Answered

_COLOURS = {"safe": "green", "risky": "yellow", "wrong": "red"}


def _installers(ctx: click.Context) -> list[tuple[str, str]]:  # noqa: ARG001  click's signature
    from mirrorlab.which import INSTALLERS

    return [(name, "") for name in INSTALLERS]


@click.command()
@click.option(
    "--project",
    type=FOLDER,
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
    where a file could not be read: it is named, and the rest is still said.

    \b
    Examples:
      mirrorlab which
      mirrorlab which --project ~/src/my-app --client uv --client pip
      mirrorlab which --connect
      mirrorlab which --json | jq -r '.installers[] | select(.verdict != "safe") | .installer'
    """
    from mirrorlab.errors import NotAFolder, UnknownName
    from mirrorlab.which import INSTALLERS, here, look
    from mirrorlab.which.connecting import ask

    for name in clients:
        if name not in INSTALLERS:
            raise UnknownName("installer", name, tuple(INSTALLERS))
    if not project.is_dir():
        raise NotAFolder(project)
    around = here(project)
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
        "project": str(report.project),
        "verdict": str(report.verdict),
        "installers": [_answer_as_data(answer, answered) for answer in report.answers],
        "findings": [_finding_as_data(finding) for finding in report.findings],
        "notes": list(report.notes),
        "could_not_read": [
            {"file": _text(problem.file), "line": problem.line, "says": problem.says}
            for problem in report.problems
        ],
    }


def _text(path: Path) -> str:
    from mirrorlab.which import masked

    return masked(str(path))


def _answer_as_data(answer: Answer, answered: Mapping[str, Answered]) -> dict[str, object]:
    return {
        "installer": answer.client,
        "verdict": None if answer.unused else str(answer.verdict),
        "unused": answer.unused or None,
        "sources": [_source_as_data(answer, one, answered) for one in answer.sources],
        "findings": [_finding_as_data(finding) for finding in answer.findings],
        "notes": list(answer.notes),
    }


def _source_as_data(
    answer: Answer, source: Source, answered: Mapping[str, Answered]
) -> dict[str, object]:
    data: dict[str, object] = {
        "url": source.shown,
        "role": answer.role(source),
        "name": _shown(source.name) or None,
        "projects": [_shown(project) for project in source.projects],
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
    from mirrorlab.cli.showing import stdout, table

    rows = list(_rows(report, answered))
    if stdout().is_terminal:
        from rich.text import Text

        shown = table("installer", "index", "role", "set by", "verdict")
        for column in (1, 3):
            shown.columns[column].no_wrap = False
            shown.columns[column].overflow = "fold"
        for row in rows:
            style = _COLOURS.get(row[-1].partition(" ")[0], "dim")
            shown.add_row(*(Text(cell) for cell in row[:-1]), Text(row[-1], style=style))
        stdout().print(shown)
    else:
        for row in rows:
            click.echo("\t".join(row))
    for finding, who in _why(report):
        where = f"{finding.origin}: " if finding.origin else ""
        cure = f" (recipe: {finding.recipe})" if finding.recipe else ""
        verdict = click.style(str(finding.verdict), fg=_COLOURS[finding.verdict])
        click.echo(f"{verdict}: {who}: {where}{finding.says}{cure}")
    for note in report.notes:
        click.echo(note)


def _rows(report: Report, answered: Mapping[str, Answered]) -> Iterator[tuple[str, ...]]:
    for answer in report.answers:
        if answer.unused:
            yield (answer.client, "-", "-", answer.unused, "not used here")
            continue
        for source in answer.sources:
            role = answer.role(source)
            if source.projects:
                role = f"{role}: {', '.join(map(_shown, source.projects))}"
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
