"""Every cell of the page "How installers choose among indexes", run with the real installers.

Two indexes have the same project. Each state an index can be in has a project of its own, so that
nothing is changed between two runs. What arrived is told from the files in the environment, held
against those of the wheels, and from the indexes' logs of requests.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrorlab import clients
from mirrorlab.clients import Attempt
from mirrorlab.distributions import Built, wheel
from mirrorlab.index import Index, Request
from mirrorlab.lab import Lab
from mirrorlab.scenario import Fault, File, Project, Release, Scenario
from mirrorlab.site.outcomes import Arrives, Outcomes, Row, Side, State, load

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "how-installers-choose.rst"
TABLES = {table.name: table for table in load(PAGE.with_suffix(".toml"))}
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
PAD = 10  # bytes by which the stranger's 1.0 is another file than yours
MADE_BY_INSTALLERS = {"RECORD", "INSTALLER", "REQUESTED", "uv_cache.json"}
FAULTS = {
    State.DOWN: Fault.REFUSED,
    State.SERVER_ERROR: Fault.SERVER_ERROR,
    State.UNAUTHORIZED: Fault.UNAUTHORIZED,
    State.NOT_FOUND: Fault.NOT_FOUND,
    State.EMPTY: Fault.EMPTY,
}
ROWS = [
    pytest.param(table, row, client, id=f"{table.name}-{number}-{client}")
    for table in TABLES.values()
    for number, row in enumerate(table.rows)
    for client in row.clients
]


def project(state: State, fails: Side | None) -> str:
    """Name the project whose page meets this state."""
    return "acme-lib" if state is State.WORKS else f"acme-lib-{fails}-{state}"


NAMES = [
    project(state, side)
    for side in Side
    for state in State
    if state is not State.WORKS or side is Side.YOURS
]


@dataclasses.dataclass(frozen=True)
class World:
    """Two indexes, a folder with your files, and what makes clients trust both."""

    lab: Lab
    public: Index
    settings: dict[str, object]

    @property
    def indexes(self) -> dict[Side, Index]:
        return {Side.YOURS: self.lab.index, Side.PUBLIC: self.public}

    @property
    def folder(self) -> Path:
        return self.lab.tmp / "folder"

    def filled(self, text: str, name: str) -> str:
        """Put the addresses of this world, and one project's name, where the page has examples."""
        places = {
            "https://private.example": self.lab.index.url,
            "https://public.example": self.public.url,
            "SHA256-OF-YOURS": wheel(name, "1.0").sha256,
            "acme-lib": name,
        }
        for example, real in places.items():
            text = text.replace(example, real)
        return text


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Yours has 1.0 of each project; the public index has another 1.0, and 99.0."""
    stranger = (Release("1.0", files=(File(pad=PAD),)), Release("99.0", files=(File(),)))
    yours = Scenario("yours", projects=_projects(Release("1.0", files=(File(),))))
    with Lab(yours) as lab, Index(Scenario("public", projects=_projects(*stranger))) as public:
        authorities = lab.tmp / "both.pem"
        authorities.write_bytes(lab.index.ca_pem + public.ca_pem)
        trusted = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT")
        settings: dict[str, object] = dict.fromkeys(trusted, authorities)
        settings |= {"PIP_RETRIES": 0, "UV_HTTP_RETRIES": 0}
        made = World(lab, public, settings)
        made.folder.mkdir()
        for name in NAMES:
            built = wheel(name, "1.0")
            (made.folder / built.filename).write_bytes(built.content)
        for side, index in made.indexes.items():
            for state, fault in FAULTS.items():
                index.fault(fault, f"/simple/{project(state, side)}/")
        yield made


@pytest.mark.parametrize(("table", "row", "client"), ROWS)
def test_what_the_page_says_arrives(world: World, table: Outcomes, row: Row, client: str) -> None:
    prove(world, table, row, client)


def test_a_cell_that_is_not_so_fails(world: World) -> None:
    table = TABLES["yours-fails"]
    uv = next(row for row in table.rows if row.clients == ("uv",))
    for said, asked in ((Arrives.STRANGERS, uv.asks), (Arrives.YOURS, tuple(Side))):
        wrong = dataclasses.replace(uv, asks=asked, arrives={State.WORKS: said})
        with pytest.raises(AssertionError, match="yours-fails, uv, works"):
            prove(world, table, wrong, "uv")


def test_the_page_prints_every_table() -> None:
    printed = [
        line.partition(":: ")[2]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith(".. outcomes::")
    ]
    assert sorted(printed) == sorted(TABLES)


def prove(world: World, table: Outcomes, row: Row, client: str) -> None:
    """Run a row in each of its states, and hold it against what the page says."""
    prepared = clients.prepare(client, PYTHON)
    for state, said in row.arrives.items():
        name = project(state, table.fails)
        fresh = clients.make(world.lab, prepared, client)
        here = fresh.venv.parent
        (here / "folder").symlink_to(world.folder)
        if row.file_name:
            (here / row.file_name).write_text(world.filled(row.file_text, name))
        paths = {"folder": str(here / "folder"), row.file_name: str(here / row.file_name)}
        words = [paths.get(word, world.filled(word, name)) for word in row.arguments]
        before = {side: _last(index) for side, index in world.indexes.items()}
        attempt = fresh.install(*words, env=world.settings)
        asked = {side: world.indexes[side].requests(since=before[side]) for side in Side}
        where = f"{table.name}, {client}, {state}: {attempt.output}"
        assert arrived(attempt, name, asked) == said, where
        if state is State.WORKS:
            assert {side for side in Side if asked[side]} == set(row.asks), where
        elif table.fails in row.asks:
            met = {one.fault for one in asked[table.fails] if one.path == f"/simple/{name}/"}
            assert met == {FAULTS[state]}, where
    assert world.lab.escapes == ()


def arrived(attempt: Attempt, name: str, asked: dict[Side, tuple[Request, ...]]) -> Arrives:
    """Tell whose file is installed, from its files and from who served it (a folder: nobody)."""
    if not attempt.installed:
        assert attempt.exit_code != 0
        assert any(asked.values()), f"no index was asked: {attempt.output}"
        return Arrives.NOTHING
    assert attempt.exit_code == 0
    served = [
        side
        for side, requests in asked.items()
        for request in requests
        if request.path.endswith(".whl") and request.status == 200
    ]
    version = attempt.installed[name]
    installed = {
        path: digest
        for path, digest in attempt.record(name).items()
        if "__pycache__" not in path and path.rpartition("/")[2] not in MADE_BY_INSTALLERS
    }
    if installed == _files(wheel(name, "1.0")):
        assert served in ([Side.YOURS], [])
        return Arrives.YOURS
    assert installed == _files(wheel(name, version, pad=PAD if version == "1.0" else 0))
    assert served == [Side.PUBLIC]
    return Arrives.STRANGERS


def _projects(*releases: Release) -> tuple[Project, ...]:
    return tuple(Project(name, releases=releases) for name in NAMES)


def _last(index: Index) -> int:
    return max((request.number for request in index.requests()), default=0)


def _files(built: Built) -> dict[str, str]:
    """Path -> sha256 of each file of a wheel, but for its RECORD."""
    with zipfile.ZipFile(io.BytesIO(built.content)) as archive:
        return {
            path: hashlib.sha256(archive.read(path)).hexdigest()
            for path in archive.namelist()
            if not path.endswith("/RECORD")
        }
