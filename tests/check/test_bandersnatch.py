"""Real bandersnatch trees, of both versions, healthy and damaged in every way there is."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from tests.check.conftest import PAGE, PATIENT, code, in_words, row, told
from tests.check.damages import DAMAGES, WHY, Mirrored, Whose, another_file, flip, hidden
from tests.real_clients.test_bandersnatch import CONFIG, NO_PROXY, VERSIONS

from mirrorlab.check import Asked, Kind, Report, Severity, check
from mirrorlab.check.as_text import as_data
from mirrorlab.cli.group import mirrorlab
from mirrorlab.index import Index
from mirrorlab.lab import Lab, Tools
from mirrorlab.scenario import File, Project, Release, Scenario

DAMAGED = 60
"""So many damages of the property test."""
SCENARIO = Scenario(
    name="mirrored",
    serial=500,
    projects=(
        Project("alpha", releases=(Release("1.0"), Release("1.1", requires_python=">=3.9"))),
        Project("Beta.B", releases=(Release("1.0", yanked="bad"), Release("2.0"))),
        Project("gamma", releases=(Release("1.0", files=(File(pad=100_000, provenance=True),)),)),
    ),
)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(SCENARIO) as running:
        yield running


@pytest.fixture(scope="module", params=VERSIONS)
def synced(
    request: pytest.FixtureRequest,
    lab: Lab,
    tool: Callable[[str], Tools],
    tmp_path_factory: pytest.TempPathFactory,
) -> Mirrored:
    """A tree as each bandersnatch leaves it; never changed."""
    folder = tmp_path_factory.mktemp(request.param) / "mirror"
    config = folder.with_suffix(".conf")
    config.write_text(CONFIG.format(mirror=folder, upstream=lab.index.url))
    program = tool(request.param).bin / "bandersnatch"
    done = lab.run([program, "-c", config, "mirror"], settings=NO_PROXY)
    assert done.exit_code == 0, done.output
    assert not (folder / "todo").exists(), done.output
    return Mirrored(folder, lab.index)


@pytest.fixture
def mirror(synced: Mirrored, tmp_path: Path) -> Mirrored:
    """A copy of it, to be damaged."""
    folder = tmp_path / "mirror"
    shutil.copytree(synced.folder, folder, copy_function=shutil.copy2)
    return Mirrored(folder, synced.upstream)


def test_a_healthy_tree_gives_none(synced: Mirrored) -> None:
    for deep in (False, True):
        for beside in (False, True):
            report = synced.check(deep=deep, beside=beside)
            assert (list(report.findings), report.doubts, code(report)) == ([], [], 0)
    assert (report.looked, report.files, report.files_read) == (3, 9, 9)
    assert (report.delay, report.completeness) == (timedelta(), 1.0)
    assert code(synced.check(synced=timedelta(hours=1))) == 0
    over_xmlrpc = "bandersnatch-6" in str(synced.folder)
    dropped = {"provenance": 1} | ({"core-metadata": 5} if over_xmlrpc else {})
    assert synced.check().features.as_data(synced.check().tally.lost)["dropped"] == dropped
    server = "bandersnatch 6" if over_xmlrpc else "bandersnatch 8"
    assert row(server) == (set(dropped), in_words(synced.check()))


@pytest.mark.usefixtures("own_cache")
def test_the_commands_of_the_reference_page_end_well(synced: Mirrored) -> None:
    commands = re.findall(r"^   \$ mirrorlab (check .*)$", PAGE.read_text(), re.MULTILINE)
    assert len(commands) == 5
    here = f"{synced.upstream.http_url}/simple/"
    mirror = here.replace("127.0.0.1", "localhost")  # an index is not held against itself
    hosts = {"mirror.example": mirror, "private.example": mirror, "pypi.org": here}
    for host, url in hosts.items():
        commands = [line.replace(f"https://{host}/simple/", url) for line in commands]
    for line in commands:
        arguments = line.replace("/srv/mirror", str(synced.folder)).split()
        done = CliRunner().invoke(mirrorlab, arguments)
        assert done.exit_code == 0, done.output


def test_the_reference_page_has_every_kind_and_every_key(synced: Mirrored) -> None:
    text = PAGE.read_text()
    for kind in Kind:
        assert f"\n   * - {kind}\n     - " in text
    said = json.loads(json.dumps(as_data([synced.check()], Severity.WARNING)))
    assert re.findall(r"^   \* - ``([a-z_]+)``$", text, re.MULTILINE) == list(said["checks"][0])


ALPHA, BETA = Whose("alpha"), Whose("beta-b")


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_is_named(mirror: Mirrored, damage: str) -> None:
    one = DAMAGES[damage]
    one.do(mirror, ALPHA)
    report = mirror.check()
    assert told(report) == one.found, list(report.findings)
    assert one.named(ALPHA) in names(report)
    unread = ("not conforming", "unreadable") in one.found
    assert code(report) == (3 if unread else 0 if "killed" in damage else 1)


def names(report: Report) -> set[str]:
    """The files that are named, and their places in the tree."""
    files = {finding.file for finding in report.findings}
    return files | {Path(file).name for file in files}


@pytest.mark.parametrize("whose", [BETA, ALPHA], ids=["of two projects", "of one"])
def test_of_two_damages_both_are_named(synced: Mirrored, tmp_path: Path, whose: Whose) -> None:
    """Each pair; what one may hide of the other, and why, stands in ``damages.hidden``."""
    reasons = set()
    for first, second in combinations(DAMAGES, 2):
        one, two = DAMAGES[first], DAMAGES[second]
        behind = hidden(one, two, together=whose is ALPHA)
        if behind is not None and behind.why == WHY["one thing"] and whose is ALPHA:
            reasons.add(behind.why)
            continue
        mirror = synced.linked(tmp_path / "mirror")
        one.do(mirror, ALPHA)
        two.do(mirror, whose)
        report = mirror.check()
        said = f"{first}, and {second}: {list(map(str, report.findings))}"
        wanted = one.found | two.found
        if behind is None:
            assert told(report) == wanted, said
            assert {one.named(ALPHA), two.named(whose)} <= names(report) | {""}, said
        else:
            reasons.add(behind.why)
            assert told(report) == (wanted - behind.rules) | behind.instead, said
        assert code(report) == 3 or report.findings.at_least(Severity.NOTE), said
        shutil.rmtree(mirror.folder)
    assert reasons <= set(WHY.values())
    assert whose is BETA or reasons == set(WHY.values()), "each reason is met"
    assert code(synced.check()) == 0, "what trees share is whole"


def test_a_file_altered_with_its_pages_differs_from_upstream_and_from_its_place(
    mirror: Mirrored,
) -> None:
    another_file(mirror, ALPHA)
    assert told(mirror.check()) == {("altered", "page-hash"), ("altered", "hash")}
    assert told(mirror.check(beside=False)) == set()
    assert told(mirror.check(beside=False, deep=True)) == {("altered", "hash")}


def test_a_todo_that_moves_is_a_sync_at_work(mirror: Mirrored) -> None:
    (mirror.folder / "todo").write_text("600\nalpha 505\n")
    report = mirror.check()
    assert told(report) == {("frozen", "sync")}
    assert code(report) == 0
    assert told(mirror.check(max_age=timedelta())) == {("frozen", "todo")}


def test_a_sync_too_long_ago_is_stale(mirror: Mirrored) -> None:
    (mirror.folder / "web" / "last-modified").write_text("20260101T00:00:00\n")
    assert told(mirror.check(synced=timedelta(hours=1))) == {("stale", "last-modified")}
    assert told(mirror.check()) == set()


def _places(folder: Path) -> list[Path]:
    """Every file of the tree that says or holds something: not the lock, not bandersnatch's own."""
    files = [path for path in sorted((folder / "web").rglob("*")) if path.is_file()]
    return [path for path in files if not {"json", "pypi", "local-stats"} & set(path.parts)]


def _nobody_else_says(path: Path, before: bytes) -> bool:
    """Whether what was changed is the moment of the last sync, or bandersnatch's private serial.

    They are well-formed as before, no installer reads them, and nothing in the tree repeats them.
    """
    if path.name == "last-modified" and path.exists():
        return re.fullmatch(rb"\d{8}T\d\d:\d\d:\d\d\n", path.read_bytes()) is not None
    if path.name != "index.v1_json" or path.parent.name != "simple" or not path.exists():
        return False
    private = rb'"_[^"]*": [^,]*,'
    return re.sub(private, b"", path.read_bytes(), count=1) == re.sub(private, b"", before, count=1)


def test_any_damage_anywhere_is_found(mirror: Mirrored) -> None:
    """One random byte, one file cut off, one file gone: never healthy."""
    chance = Random(20261121)
    places = _places(mirror.folder)
    seen = set()
    counted = 0
    for number in range(DAMAGED):
        path = chance.choice(places)
        content = path.read_bytes()
        how = ("byte", "byte", "byte", "cut", "gone")[number % 5]
        if how == "byte":
            place = chance.randrange(len(content))
            other = bytes([content[place] ^ (1 << chance.randrange(8))])
            path.write_bytes(content[:place] + other + content[place + 1 :])
        elif how == "cut":
            place = chance.randrange(len(content))
            path.write_bytes(content[:place])
        else:
            place = 0
            path.unlink()
        report = mirror.check(deep=True, synced=timedelta(hours=1))
        what = path.relative_to(mirror.folder)
        said = f"{how} of {what} at {place}: {content[place : place + 20]!r}"
        found = report.exit_code(Severity.NOTE) != 0
        assert found or _nobody_else_says(path, content), said
        counted += found
        path.write_bytes(content)
        seen.add((how, path.suffix))
    assert code(mirror.check(deep=True)) == 0
    assert counted > 0.9 * DAMAGED
    assert len(seen) > 8


def test_what_upstream_withdraws_is_named(synced: Mirrored, tmp_path: Path, lab: Lab) -> None:
    with Index(SCENARIO) as upstream:
        mirror = Mirrored(synced.folder, upstream)
        assert code(mirror.check()) == 0
        upstream.quarantine("gamma")
        upstream.delete("alpha", "1.1")
        upstream.publish("Beta.B", "3.0")
        assert told(mirror.check()) == {
            ("extra", "withdrawn-project"),
            ("extra", "withdrawn-file"),
            ("stale", "files"),
        }


@pytest.fixture
def static(mirror: Mirrored) -> Iterator[str]:
    """The tree behind the web server that comes with Python: HTML only."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = partial(Quiet, directory=str(mirror.folder / "web"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/simple/"
        server.shutdown()
        thread.join()


def test_a_tree_and_what_is_served_of_it(mirror: Mirrored, static: str) -> None:
    upstream = mirror.upstream.http_url
    for beside in (None, upstream):
        served, tree = check(Asked((static,), beside, manners=PATIENT, tree=mirror.folder))
        assert [list(report.findings) for report in (served, tree)] == [[], []]
        assert (code(served), code(tree)) == (0, 0)
    assert served.features.as_data({})["of_pages"] == {
        **{"html": 3, "json": 0, "versions": 0, "status": 0},
        "serial": 3,
    }
    flip(mirror.file(ALPHA.wheel))
    both = check(Asked((static,), upstream, manners=PATIENT, tree=mirror.folder))
    assert [told(report) for report in both] == [{("altered", "hash")}, {("altered", "hash")}]


def test_a_cache_that_lags_behind_the_tree_is_stale(
    mirror: Mirrored, static: str, tmp_path: Path
) -> None:
    """The tree is synced on; what is served stays as it was."""
    newer = tmp_path / "newer"
    shutil.copytree(mirror.folder, newer, copy_function=shutil.copy2)
    wheel = next((mirror.folder / "web" / "packages").rglob("beta_b-2.0-*.whl"))
    for form in ("index.html", "index.v1_html"):
        page = mirror.page("beta-b", form)
        kept = [line for line in page.read_text().split("\n") if wheel.name not in line]
        page.write_text("\n".join(kept))
    served, tree = check(Asked((static,), manners=PATIENT, tree=newer))
    assert told(tree) == set()
    assert {(str(one.kind), one.project) for one in served.findings} == {("missing", "beta-b")}
    shutil.rmtree(newer / "web" / "simple" / "gamma")
    served, _ = check(Asked((static,), manners=PATIENT, tree=newer))
    assert ("extra", "withdrawn-project") in told(served)
