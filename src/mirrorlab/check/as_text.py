"""A report for people, line by line; and for scripts, as data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mirrorlab.check.findings import Finding, Kind, Severity
from mirrorlab.check.report import Report

VERDICTS = {0: "healthy", 1: "not healthy", 3: "could not tell"}
"""What the exit codes of a check mean, in words."""
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\xa0\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def plain(text: str) -> str:
    """Return a text that an index made up, on one line and without what moves a cursor."""
    return _UNPRINTABLE.sub("?", text)


def lines(report: Report, fail_on: Severity) -> Iterator[str]:
    """Yield what a person reads: the findings, what could not be told, how much was looked at."""
    for finding in report.findings:
        yield plain(str(finding))
    if report.findings.left_out:
        yield f"and {report.findings.left_out} findings more, like these"
    for sentence in report.doubts:
        yield plain(f"could not tell: {sentence}")
    if report.doubted > len(report.doubts):
        yield f"and {report.doubted - len(report.doubts)} such sentences more"
    yield from map(plain, report.statements)
    yield plain(summary(report, fail_on))


def summary(report: Report, fail_on: Severity) -> str:
    """Say it all in one line."""
    verdict = VERDICTS[report.exit_code(fail_on)]
    counted = [
        f"{count} {severity}{'s' if count > 1 else ''}"
        for severity in reversed(Severity)
        if (count := _of(report, severity))
    ]
    looked = f"{report.looked} projects, {report.files} files, {report.files_read} of them read"
    return f"{report.target}: {verdict}: {', '.join(counted) or 'no findings'}; {looked}"


def _of(report: Report, severity: Severity) -> int:
    return sum(count for (one, _, _), count in report.findings.counts.items() if one is severity)


def exit_code(reports: Sequence[Report], fail_on: Severity) -> int:
    """Return the worst exit code of some reports; 3, could not tell, is worse than 1."""
    return max((report.exit_code(fail_on) for report in reports), default=3)


def as_data(reports: Sequence[Report], fail_on: Severity) -> dict[str, object]:
    """Give all of it for a script; no secret is in it."""
    code = exit_code(reports, fail_on)
    return {
        "schema": 1,
        "verdict": VERDICTS[code],
        "exit_code": code,
        "fail_on": str(fail_on),
        "checks": [_check(report, fail_on) for report in reports],
    }


def _check(report: Report, fail_on: Severity) -> dict[str, object]:
    delay = report.delay
    return {
        "target": report.target,
        "upstream": report.upstream or None,
        "verdict": VERDICTS[report.exit_code(fail_on)],
        "exit_code": report.exit_code(fail_on),
        "began": report.began.isoformat(timespec="seconds"),
        "seconds": round(report.seconds, 3),
        "projects": report.projects,
        "projects_looked_at": report.looked,
        "files": report.files,
        "files_read": report.files_read,
        "requests": report.requests,
        "delay_seconds": None if delay is None else round(delay.total_seconds()),
        "completeness": report.completeness,
        "counts": {str(kind): report.findings.of(kind) for kind in Kind},
        "findings": [_finding(one) for one in report.findings],
        "findings_left_out": report.findings.left_out,
        "could_not_tell": list(report.doubts),
        "statements": list(report.statements),
        "serves": report.features.as_data(report.tally.lost),
    }


def _finding(one: Finding) -> dict[str, object]:
    return {
        "severity": str(one.severity),
        "kind": str(one.kind),
        "rule": one.rule,
        "project": one.project or None,
        "file": one.file or None,
        "expected": one.expected,
        "found": one.found,
        "advice": one.advice,
    }
