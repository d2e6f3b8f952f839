"""Reports as a text file for the node exporter of Prometheus.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from mirrorlab.check.as_text import exit_code
from mirrorlab.check.findings import Kind, Severity
from mirrorlab.check.report import Report

_HELP = {
    "healthy": "1 where the check found nothing wrong and left nothing open, else 0.",
    "exit_code": "0 healthy, 1 findings, 3 could not tell.",
    "findings": "What was found, by kind and severity.",
    "could_not_tell": "What could not be looked at.",
    "projects": "Projects that the target has, or should have.",
    "projects_looked_at": "Projects that were looked at.",
    "files": "Files that the pages name which were looked at.",
    "files_read": "Files that were read to their end.",
    "completeness_ratio": "The share of upstream's files that is there.",
    "delay_seconds": "How long ago the first file was uploaded that is not there; 0 for none.",
    "duration_seconds": "How long the check took.",
    "finished_timestamp_seconds": "When the check ended, as Unix time.",
}


def as_prometheus(reports: Sequence[Report], fail_on: Severity) -> str:
    """Return the metrics of some reports."""
    lines = []
    for name, says in _HELP.items():
        lines += [f"# HELP mirrorlab_check_{name} {says}", f"# TYPE mirrorlab_check_{name} gauge"]
        for report in reports:
            for labels, value in _values(name, report, fail_on):
                shown = "".join(f',{label}="{_escaped(text)}"' for label, text in labels)
                target = _escaped(report.target)
                lines.append(f'mirrorlab_check_{name}{{target="{target}"{shown}}} {value}')
    return "".join(f"{line}\n" for line in lines)


def _values(
    name: str, report: Report, fail_on: Severity
) -> Iterator[tuple[Sequence[tuple[str, str]], float]]:
    if name == "findings":
        for kind in Kind:
            for severity in Severity:
                labels = (("kind", str(kind)), ("severity", str(severity)))
                yield labels, report.findings.count(kind, severity)
        return
    code = exit_code([report], fail_on)
    ended = report.began + timedelta(seconds=report.seconds)
    single: dict[str, float | None] = {
        "healthy": int(code == 0),
        "exit_code": code,
        "could_not_tell": report.doubted,
        "projects": report.projects,
        "projects_looked_at": report.looked,
        "files": report.files,
        "files_read": report.files_read,
        "completeness_ratio": report.completeness,
        "delay_seconds": None if report.delay is None else round(report.delay.total_seconds()),
        "duration_seconds": round(report.seconds, 3),
        "finished_timestamp_seconds": round(ended.timestamp()),
    }
    value = single[name]
    if value is not None:
        yield (), value


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
