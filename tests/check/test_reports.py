"""The forms of a report, and going on with a check that was interrupted."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.check.conftest import code
from tests.check.test_command import check as command

from mirrorlab.check import Asked, Extent, Finding, Kind, Manners, Report, Severity, check
from mirrorlab.check.as_html import as_html
from mirrorlab.check.as_prometheus import as_prometheus
from mirrorlab.check.as_text import lines
from mirrorlab.check.findings import LONGEST, MOST
from mirrorlab.check.journal import Journal
from mirrorlab.check.sampling import most_bad, statement
from mirrorlab.index import Index

NASTY = '<script>alert("x")</script>\x1b[2J\n'

pytestmark = pytest.mark.usefixtures("own_cache")


def _nasty() -> Report:
    report = Report("https://mirror.example/simple/", "https://pypi.org/simple/")
    finding = Finding(Kind.ALTERED, "hash", NASTY, NASTY, NASTY, project=NASTY, file=NASTY)
    report.findings.add([finding])
    report.doubt(NASTY)
    return report


def test_what_an_index_makes_up_stays_text() -> None:
    report = _nasty()
    text = list(lines(report, Severity.WARNING))
    assert not any("\x1b" in line or "\n" in line for line in text)
    page = as_html([report], Severity.WARNING)
    assert page.count("<script") == 1  # its own
    assert "alert(" not in page.replace("alert(&quot;", "")
    assert "\x1b" not in page
    parser = HTMLParser()
    parser.feed(page)
    parser.close()


def test_metrics_are_what_prometheus_reads(index: Index, tmp_path: Path) -> None:
    index.fault("corrupt", "/packages/*/demo_dep-1.0.tar.gz")
    path = tmp_path / "mirrors.prom"
    page = tmp_path / "mirrors.html"
    options = ("--project", "demo-dep", "--prometheus", path, "--html", page)
    done = command(index.http_url, f"{index.http_url}/nowhere/", *options)
    assert done.exit_code == 3
    values: dict[str, float] = {}
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            found = re.fullmatch(r"(mirrorlab_check_[a-z_]+\{.*\}) (-?[\d.]+)", line)
            assert found, line
            assert values.setdefault(found[1], float(found[2])) == float(found[2])
    first = f'{{target="{index.http_url}"'
    assert values[f"mirrorlab_check_healthy{first}}}"] == 0
    assert values[f"mirrorlab_check_exit_code{first}}}"] == 1
    assert values[f'mirrorlab_check_findings{first},kind="altered",severity="error"}}'] == 1
    assert values[f"mirrorlab_check_projects{first}}}"] == 1
    other = f'{{target="{index.http_url}/nowhere/"'
    assert values[f"mirrorlab_check_exit_code{other}}}"] == 3
    assert path.stat().st_mode & 0o777 == 0o644
    assert [entry.name for entry in sorted(tmp_path.iterdir())] == [page.name, path.name]
    assert 'class="verdict not-healthy">not healthy<' in page.read_text()
    assert 'class="verdict could-not-tell">could not tell<' in page.read_text()


def test_a_mirror_that_could_not_be_compared_is_not_called_fresh_or_complete(
    index: Index, tmp_path: Path
) -> None:
    path, page = tmp_path / "mirrors.prom", tmp_path / "mirrors.html"
    upstream = f"{index.http_url}/nowhere/"
    options = ("--upstream", upstream, "--prometheus", path, "--html", page)
    assert command(index.http_url, *options).exit_code == 3
    assert "mirrorlab_check_delay_seconds{" not in path.read_text()
    assert "mirrorlab_check_completeness_ratio{" not in path.read_text()
    for head in ("Behind", "Complete"):
        assert f'<td data-head="{head}" class="number">-</td>' in page.read_text()
    assert "<title>0 of 1 mirrors healthy</title>" in page.read_text()


def test_what_lacks_one_file_of_many_is_not_called_complete() -> None:
    report = Report("https://mirror.example/simple/", "https://pypi.org/simple/")
    report.tally.files_upstream, report.tally.files_absent = 1_000_000, 1
    assert ">99.99 %<" in as_html([report], Severity.WARNING)


def test_an_empty_metric_is_left_out() -> None:
    text = as_prometheus([Report("https://mirror.example/simple/")], Severity.WARNING)
    assert "mirrorlab_check_healthy{" in text
    assert "mirrorlab_check_delay_seconds{" not in text


def test_many_findings_of_a_rule_are_counted_and_not_all_kept() -> None:
    report = Report("https://mirror.example/simple/")
    found = Finding(Kind.MISSING, "file", "a", "b", "c")
    report.findings.add([found] * (MOST + 5))
    assert (len(report.findings), report.findings.left_out) == (MOST + 5, 5)
    assert report.findings.count(Kind.MISSING, Severity.ERROR) == MOST + 5
    assert any("5 findings more" in line for line in lines(report, Severity.WARNING))


def test_a_sample_says_how_many_may_be_bad() -> None:
    assert most_bad(100, 100) == 0
    assert most_bad(100, 0) == 100
    assert most_bad(10, 5) == 3  # a sample of five misses three of ten at 8 %, four at 2 %
    assert 0.025 < most_bad(100_000, 100) / 100_000 < 0.03
    assert statement("projects", 7, 7) == "all 7 projects were looked at"


class _Stop:
    """Interrupts a check once it has read some files."""

    def __init__(self, index: Index, after: int) -> None:
        self.index = index
        self.after = after

    def __call__(self, what: str, done: int, total: int) -> None:
        if what == "projects" and done >= self.after:
            raise KeyboardInterrupt


def _deep(index: Index, journals: Path, **more: object) -> Asked:
    manners = Manners(connections=1, tries=1)
    extent = Extent(deep=True, workers=1)
    return Asked((index.http_url,), None, extent, manners, journals=journals, **more)  # type: ignore[arg-type]


def test_an_interrupted_check_goes_on_where_it_was(index: Index, tmp_path: Path) -> None:
    [broken] = check(_deep(index, tmp_path), _Stop(index, after=3))
    assert code(broken) == 3
    read = {one.path for one in index.requests("/packages/*") if one.status == 200}
    assert len(list(tmp_path.iterdir())) == 1

    index.forget_requests()
    [whole] = check(_deep(index, tmp_path, resume=True))
    assert (code(whole), whole.files_read) == (0, 35)
    again = {one.path for one in index.requests("/packages/*")}
    assert len(index.requests("/simple/*/")) == 14, "pages are looked at again, all of them"
    assert len(read & again) <= 6, "the file that was cut off, and no other of a project"
    assert len(read | again) == 58
    assert any("files were read by the check that was" in said for said in whole.statements)
    assert list(tmp_path.iterdir()) == [], "what is done cannot be gone on with"


def test_nobody_goes_on_unasked_and_bad_files_are_read_again(index: Index, tmp_path: Path) -> None:
    index.fault("corrupt", "/packages/*/demo_backend-1.0*")
    [broken] = check(_deep(index, tmp_path), _Stop(index, after=7))
    assert code(broken) == 3
    [again] = check(_deep(index, tmp_path, resume=True))
    assert code(again) == 1
    assert {one.project for one in again.findings} == {"demo-backend"}
    check(_deep(index, tmp_path), _Stop(index, after=3))
    index.clear()
    index.forget_requests()
    [fresh] = check(_deep(index, tmp_path))
    assert (code(fresh), len(index.requests("/packages/*"))) == (0, 58)


@pytest.mark.parametrize("text", ["", "no journal", '{"began": 5}\n', "\xff\n", "[]\n"])
def test_a_journal_that_is_none_is_passed_over(tmp_path: Path, text: str) -> None:
    path = tmp_path / "journal"
    path.write_bytes(text.encode("latin-1"))
    assert Journal(path, resume=True).resumed == 0


def test_an_old_journal_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    began = datetime.now(UTC)
    path.write_text(json.dumps({"began": began.isoformat()}) + "\n" + "a" * 16 + "\nbbb")
    assert Journal(path, resume=True, now=began + timedelta(hours=23)).resumed == 1
    assert Journal(path, resume=True, now=began + timedelta(hours=25)).resumed == 0
    assert Journal(path, resume=True, now=began - timedelta(hours=1)).resumed == 0
    assert Journal(path, resume=False).resumed == 0


def test_what_is_kept_of_a_name_without_end_is_bounded() -> None:
    report, endless = Report("https://mirror.example/simple/"), "a" * 1_000_000
    for number in range(3):
        finding = Finding(Kind.ALTERED, "hash", endless, endless, "", project=endless, file="b")
        report.findings.add([finding] * number)
        report.doubt(endless)
    assert (len(report.findings), report.doubted) == (3, 3)
    assert all(len(line) < 4 * LONGEST for line in lines(report, Severity.NOTE))
    assert {one.file for one in report.findings} == {"b"}
