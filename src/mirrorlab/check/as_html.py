"""Reports as one page of HTML: the targets side by side, then what was found of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from html import escape

from mirrorlab.check.as_text import VERDICTS, plain
from mirrorlab.check.findings import Kind, Severity
from mirrorlab.check.report import Report

_STYLE = """
:root { color-scheme: light dark; --line: #8886; --good: #1a7f37; --bad: #cf222e; --open: #9a6700; }
@media (prefers-color-scheme: dark) {
  :root { --good: #3fb950; --bad: #ff7b72; --open: #d29922; }
}
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .6rem; text-align: left;
  vertical-align: top; }
thead th, td:nth-child(2) { white-space: nowrap; }
td { overflow-wrap: break-word; }
td:nth-child(n+4) { overflow-wrap: anywhere; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.healthy { color: var(--good); } .not-healthy { color: var(--bad); }
.could-not-tell { color: var(--open); } .verdict { font-weight: 600; white-space: nowrap; }
"""


def as_html(reports: Sequence[Report], fail_on: Severity) -> str:
    """Return the page."""
    kinds = [kind for kind in Kind if any(report.findings.of(kind) for report in reports)]
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Mirrors</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>Mirrors</h1>",
        *_overview(reports, kinds, fail_on),
        *(line for number, report in enumerate(reports) for line in _details(number, report)),
        "</body>\n</html>",
    ]
    return "\n".join(parts) + "\n"


def _overview(reports: Sequence[Report], kinds: Sequence[Kind], fail_on: Severity) -> Iterator[str]:
    heads = ["Mirror", "Verdict", "Delay", "Complete", "Projects", "Files read"]
    yield '<div class="wide"><table>\n<thead><tr>'
    yield "".join(f'<th scope="col">{_text(one)}</th>' for one in [*heads, *kinds, "Checked"])
    yield "</tr></thead>\n<tbody>"
    for number, report in enumerate(reports):
        verdict = VERDICTS[report.exit_code(fail_on)]
        cells = [
            f'<th scope="row"><a href="#m{number}">{_text(report.target)}</a></th>',
            f'<td class="verdict {verdict.replace(" ", "-")}">{verdict}</td>',
            _number(_span(report.delay)),
            _number("-" if report.completeness is None else f"{100 * report.completeness:.2f} %"),
            _number(f"{report.looked} of {report.projects}"),
            _number(f"{report.files_read} of {report.files}"),
            *(_number(str(report.findings.of(kind))) for kind in kinds),
            f"<td>{_text(report.began.strftime('%Y-%m-%d %H:%M'))} UTC</td>",
        ]
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table></div>"


def _details(number: int, report: Report) -> Iterator[str]:
    yield f'<h2 id="m{number}">{_text(report.target)}</h2>'
    said = [f"Could not tell: {sentence}" for sentence in report.doubts] + report.statements
    if report.upstream:
        said.insert(0, f"Compared with {report.upstream}")
    if said:
        yield "<ul>" + "".join(f"<li>{_text(one)}</li>" for one in said) + "</ul>"
    rows = [
        [one.severity, one.kind, one.project, one.file, one.expected, one.found, one.advice]
        for one in report.findings
    ]
    if not rows:
        yield "<p>No findings.</p>"
        return
    heads = ("Severity", "Kind", "Project", "File", "Expected", "Found", "What to do")
    yield '<div class="wide"><table>\n<thead><tr>'
    yield "".join(f'<th scope="col">{one}</th>' for one in heads) + "</tr></thead>\n<tbody>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>"
    yield "</tbody></table></div>"
    if report.findings.left_out:
        yield f"<p>And {report.findings.left_out} more, like these.</p>"


def _span(delay: timedelta | None) -> str:
    if delay is None:
        return "-"
    minutes, seconds = divmod(int(delay.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return (
        f"{hours} h {minutes} min"
        if hours
        else f"{minutes} min {seconds} s"
        if minutes
        else (f"{seconds} s")
    )


def _number(text: str) -> str:
    return f'<td class="number">{_text(text)}</td>'


def _text(text: str) -> str:
    return escape(plain(text))
