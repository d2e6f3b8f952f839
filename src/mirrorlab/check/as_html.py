"""Reports as one page of HTML: the targets side by side, then what was found of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from html import escape
from math import floor

from mirrorlab.check.as_text import VERDICTS, plain
from mirrorlab.check.findings import Kind, Severity
from mirrorlab.check.report import Report

_STYLE = """
:root { color-scheme: light dark; --line: #8886; --soft: #8881;
  --good: #1a7f37; --bad: #cf222e; --open: #9a6700; }
@media (prefers-color-scheme: dark) {
  :root { --good: #3fb950; --bad: #ff7b72; --open: #d29922; }
}
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; }
h2 { margin-top: 2.5rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .6rem; text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
thead th, .verdict, .kind, time { overflow-wrap: normal; white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.healthy { color: var(--good); } .not-healthy, .error { color: var(--bad); }
.could-not-tell, .warning { color: var(--open); } .verdict { font-weight: 600; }
.kinds { display: flex; flex-wrap: wrap; gap: 0 1rem; margin: 0; padding: 0; list-style: none; }
#old { border-left: .3rem solid var(--bad); background: var(--soft); padding: .5rem 1rem; }
@media (max-width: 60rem) {
  thead { display: none; }
  table, tbody { display: block; }
  tr { display: block; border: 1px solid var(--line); border-radius: .4rem; margin: 1rem 0;
    padding: .3rem .6rem; }
  th, td { display: grid; grid-template-columns: 6.5rem 1fr; border: 0; padding: .15rem 0; }
  th[scope=row] { display: block; }
  .number { text-align: left; }
  td:empty { display: none; }
  td::before { content: attr(data-head); color: CanvasText; font-weight: normal; opacity: .7; }
}
"""
_OLD = """
const newest = Math.max(...Array.from(document.querySelectorAll("time"), one => one.dateTime)
  .map(Date.parse));
const hours = Math.floor((Date.now() - newest) / 3600000);
if (hours >= 3) {
  const old = document.getElementById("old");
  old.textContent = `Nobody has checked for ${hours} hours. What stands here is as old.`;
  old.hidden = false;
}
"""


def as_html(reports: Sequence[Report], fail_on: Severity) -> str:
    """Return the page. Its one script says when the page is old, so that no old one looks well."""
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_title(reports, fail_on)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>",
        '<h1>Mirrors</h1>\n<p id="old" hidden></p>',
        *_overview(reports, fail_on),
        *(line for number, report in enumerate(reports) for line in _details(number, report)),
        f"<script>{_OLD}</script>\n</body>\n</html>",
    ]
    return "\n".join(parts) + "\n"


def _title(reports: Sequence[Report], fail_on: Severity) -> str:
    """What a tab of a browser shows: how many of the mirrors are healthy."""
    healthy = sum(not report.exit_code(fail_on) for report in reports)
    return f"{healthy} of {len(reports)} mirrors healthy"


def _overview(reports: Sequence[Report], fail_on: Severity) -> Iterator[str]:
    heads = ("Mirror", "Verdict", "Behind", "Complete", "Findings", "Projects", "Files read")
    yield from _table_head((*heads, "Checked"))
    for number, report in enumerate(reports):
        verdict = VERDICTS[report.exit_code(fail_on)]
        complete = _share(report.completeness)
        began = report.began.strftime("%Y-%m-%d %H:%M")
        cells = [
            f'<th scope="row"><a href="#m{number}">{_text(report.target)}</a></th>',
            _cell("Verdict", verdict, f"verdict {verdict.replace(' ', '-')}"),
            _cell("Behind", _span(report.delay), "number"),
            _cell("Complete", complete, "number"),
            f'<td data-head="Findings">{_kinds(report)}</td>',
            _cell("Projects", f"{report.looked} of {report.projects}", "number"),
            _cell("Files read", f"{report.files_read} of {report.files}", "number"),
            f'<td data-head="Checked"><time datetime="{report.began.isoformat()}">'
            f"{began} UTC</time></td>",
        ]
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table>"


def _kinds(report: Report) -> str:
    """Say how much was found of each kind, the worst first."""
    found = [
        f'<li class="{severity}"><span class="kind">{count} {kind}</span></li>'
        for severity in reversed(Severity)
        for kind in Kind
        if (count := report.findings.count(kind, severity))
    ]
    return f'<ul class="kinds">{"".join(found)}</ul>' if found else "none"


def _details(number: int, report: Report) -> Iterator[str]:
    yield f'<h2 id="m{number}">{_text(report.target)}</h2>'
    said = [f"Could not tell: {sentence}" for sentence in report.doubts] + report.statements
    if report.doubted > len(report.doubts):
        said.insert(len(report.doubts), f"and {report.doubted - len(report.doubts)} such more")
    if report.upstream:
        said.insert(0, f"Compared with {report.upstream}")
    if said:
        yield "<ul>" + "".join(f"<li>{_text(one)}</li>" for one in said) + "</ul>"
    rows = list(report.findings)
    if not rows:
        yield "<p>No findings.</p>"
        return
    heads = ("Severity", "Kind", "Project", "File", "Expected", "Found", "What to do")
    yield from _table_head(heads)
    for one in rows:
        values = (one.project, one.file, one.expected, one.found, one.advice)
        cells = [
            _cell("Severity", one.severity, str(one.severity)),
            _cell("Kind", one.kind, "kind"),
            *(_cell(head, value, "") for head, value in zip(heads[2:], values, strict=True)),
        ]
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table>"
    if report.findings.left_out:
        yield f"<p>And {report.findings.left_out} more, like these.</p>"


def _table_head(heads: Sequence[str]) -> Iterator[str]:
    yield "<table>\n<thead><tr>"
    yield "".join(f'<th scope="col">{head}</th>' for head in heads)
    yield "</tr></thead>\n<tbody>"


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


def _share(share: float | None) -> str:
    """Write a share in percent, rounded down: 100 is said of nothing that lacks a file."""
    return "-" if share is None else f"{floor(10_000 * share) / 100:.2f} %"


def _cell(head: str, text: str, classes: str) -> str:
    shown = f' class="{classes}"' if classes else ""
    return f'<td data-head="{head}"{shown}>{_text(text)}</td>'


def _text(text: str) -> str:
    return escape(plain(text))
