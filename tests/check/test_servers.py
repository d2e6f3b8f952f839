"""The servers people run, healthy and damaged: devpi, proxpi, pypiserver, nginx as a cache."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
from tests.check.conftest import PATIENT, in_words, row, told
from tests.naive_cache import NGINX
from tests.real_clients.test_devpi import QUICK, _make_mirror

from mirrorlab.check import Asked, Report, check
from mirrorlab.index import Index
from mirrorlab.lab import Lab, Tools, wait_for_url
from mirrorlab.scenario import File, Project, Release, Scenario

PROVEN = (File(provenance=True), File(tag=None))
SCENARIO = Scenario(
    name="served",
    serial=100,
    projects=(
        Project(
            "alpha",
            releases=(Release("1.0"), Release("1.1", files=PROVEN, requires_python=">=3.9")),
        ),
        Project("Beta.B", releases=(Release("1.0", yanked="bad"), Release("2.0"))),
    ),
)
SDIST = "alpha-1.0.tar.gz"
STORED: dict[str, tuple[Callable[[bytes], bytes], tuple[str, str]]] = {
    "a byte": (lambda content: content[:50] + b"!" + content[51:], ("altered", "hash")),
    "cut off": (lambda content: content[:-400], ("truncated", "size")),
    "nothing": (lambda _: b"", ("truncated", "size")),
}
"""What becomes of a file in a store, and what is to be found of it."""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(SCENARIO) as running:
        yield running


@pytest.fixture
def index(lab: Lab) -> Index:
    lab.index.clear()
    return lab.index


def look(url: str, upstream: Index | None) -> Report:
    beside = f"{upstream.http_url}/simple/" if upstream else None
    [report] = check(Asked((url,), beside, manners=PATIENT))
    return report


def healthy(url: str, server: str, upstream: Index) -> None:
    """It is healthy alone, and beside upstream it is as its row of the reference page says."""
    dropped, found = row(server)
    for beside in (None, upstream):
        report = look(url, beside)
        assert (report.doubts, report.looked, report.files, report.files_read) == ([], 2, 8, 8)
        said = in_words(report)
        assert said == ("nothing" if beside is None else found.partition(";")[0]), said
    lost = report.features.as_data(report.tally.lost)["dropped"]
    assert isinstance(lost, dict)
    assert set(lost) == dropped


def test_devpi(lab: Lab, index: Index, tool: Callable[[str], Tools], tmp_path: Path) -> None:
    programs, folder = tool("devpi-server").bin, tmp_path / "devpi"
    init = (programs / "devpi-init", "--no-root-pypi", "--root-passwd", "secret")
    made = lab.run([*init, "--serverdir", folder])
    assert made.exit_code == 0, made.output
    url = f"http://127.0.0.1:{lab.port('devpi')}"
    options = ("--serverdir", folder, "--port", str(lab.port("devpi")), *QUICK)
    server = lab.spawn([programs / "devpi-server", *options])
    wait_for_url(f"{url}/+api", within=60)
    _make_mirror(url, f"{index.url}/simple/")
    mirror = f"{url}/root/mirror/+simple/"

    healthy(mirror, "devpi", index)
    # A file of its store is damaged; devpi serves it as it is.
    [stored] = folder.rglob(SDIST)
    content = stored.read_bytes()
    stored.write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    damaged = look(mirror, index)
    assert told(damaged) == {("altered", "hash")}
    assert [one.file for one in damaged.findings] == [SDIST]
    stored.write_bytes(content[:-400])
    assert told(look(mirror, index)) == {("truncated", "size")}
    stored.write_bytes(content)
    # In pairs, of one project and of two.
    [other] = folder.rglob("beta_b-2.0.tar.gz")
    whole = other.read_bytes()
    for first, second in product(STORED, repeat=2):
        for path, bytes_of_it, how in ((stored, content, first), (other, whole, second)):
            path.write_bytes(STORED[how][0](bytes_of_it))
        found = {(str(one.kind), one.rule, one.file) for one in look(mirror, index).findings}
        wanted = {(*STORED[first][1], SDIST), (*STORED[second][1], other.name)}
        assert found == wanted, (first, second)
    # Upstream goes on; devpi keeps pages for half an hour.
    index.publish("alpha", "2.0")
    stored.write_bytes(content)
    for how in STORED:
        other.write_bytes(STORED[how][0](whole))
        assert told(look(mirror, index)) == {("stale", "files"), STORED[how][1]}, how
    index.quarantine("Beta.B")
    late = look(mirror, index)
    assert {(str(one.kind), one.rule, one.project) for one in late.findings} == {
        ("stale", "files", "alpha"),
        ("extra", "withdrawn-project", "beta-b"),
        (*STORED[how][1], "beta-b"),
    }
    other.write_bytes(whole)
    # A file that is in no store, and upstream is gone.
    stored.unlink()
    index.fault("refused", f"/packages/*/{SDIST}")
    alone = look(mirror, None)
    assert {str(one.kind) for one in alone.findings} == {"unreachable"}
    assert [one.file for one in alone.findings] == [SDIST]
    server.stop()


def test_proxpi(lab: Lab, tool: Callable[[str], Tools], tmp_path: Path) -> None:
    with Index(SCENARIO) as upstream:
        port = lab.port("proxpi")
        settings = {
            "PROXPI_INDEX_URL": f"{upstream.http_url}/simple/",
            "PROXPI_CACHE_DIR": tmp_path / "cache",
            "FLASK_APP": "proxpi.server",
        }
        flask = tool("small-servers").bin / "flask"
        server = lab.spawn([flask, "run", "--port", str(port)], settings=settings)
        url = f"http://127.0.0.1:{port}/index/"
        wait_for_url(url)
        healthy(url, "proxpi", upstream)
        [stored] = (tmp_path / "cache").rglob(SDIST)
        content = stored.read_bytes()
        stored.write_bytes(b"!" + content[1:])
        assert told(look(url, upstream)) == {("altered", "hash")}
        stored.write_bytes(content[:-400])
        assert {str(one.kind) for one in look(url, upstream).findings} == {"truncated"}
        upstream.publish("alpha", "2.0")
        assert ("stale", "files") in told(look(url, upstream))
        server.stop()


def test_pypiserver(lab: Lab, tool: Callable[[str], Tools], tmp_path: Path) -> None:
    with Index(SCENARIO) as upstream:
        _fill(tmp_path, upstream)
        port = lab.port("pypiserver")
        program = tool("small-servers").bin / "pypi-server"
        options = ("run", "-p", str(port), "-i", "127.0.0.1", str(tmp_path))
        server = lab.spawn([program, *options])
        url = f"http://127.0.0.1:{port}/simple/"
        wait_for_url(url)
        healthy(url, "pypiserver", upstream)
        (tmp_path / SDIST).write_bytes(b"another file")
        assert ("altered", "page-hash") in told(look(url, upstream))
        (tmp_path / SDIST).unlink()
        assert ("missing", "file") in told(look(url, upstream))
        server.stop()


def _fill(folder: Path, index: Index) -> None:
    for project in index.projects():
        for file in index.files(project):
            with urllib.request.urlopen(f"{index.http_url}{file.url}") as answer:
                (folder / file.filename).write_bytes(answer.read())


@pytest.mark.parametrize("forgets", [False, True])
def test_nginx_as_a_cache(lab: Lab, tmp_path: Path, forgets: bool) -> None:
    with Index(SCENARIO) as upstream:
        if forgets:
            upstream.fault("missing-vary", "/simple/*")
        port = lab.port(f"nginx {forgets}")
        config = tmp_path / "nginx.conf"
        config.write_text(NGINX.format(folder=tmp_path, port=port, upstream=upstream.http_url))
        nginx = lab.spawn(["nginx", "-c", config, "-p", tmp_path], name="nginx")
        url = f"http://127.0.0.1:{port}/simple/"
        wait_for_url(f"http://127.0.0.1:{port}/simple/alpha/")
        if not forgets:
            healthy(url, "nginx as a cache", upstream)
        else:
            found = in_words(look(url, upstream))
            assert found in row("nginx as a cache")[1], found
        upstream.clear()
        nginx.stop()
