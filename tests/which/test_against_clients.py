"""What ``which`` says, held against what the clients then ask: each request is in a log.

Of the test indexes only one has the project, so a client that asks one after the other goes on.
One lab for all cases; a client that is not asked to install only resolves.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

import pytest

from mirrorlab import clients
from mirrorlab.clients import Client
from mirrorlab.clients.configuration import PROJECT
from mirrorlab.index import Index
from mirrorlab.lab import Lab
from mirrorlab.scenario import Project, Release, Scenario
from mirrorlab.which import (
    INSTALLERS,
    Answer,
    Surroundings,
    buildout,
    hatch,
    look,
    pdm,
    pip,
    pip_tools,
    pipenv,
    poetry,
    uv_files,
)

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
WITHOUT = ("one", "two", "three")
"""The indexes that do not have the project."""
WITH = "has"
"""The index that has it."""
PYPI = "pypi.org"


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """Files and variables, and a command that resolves.

    ``@one@`` is the URL of the index called one; ``~/`` begins the name of a file of the user,
    ``etc/`` of one of the system.
    """

    client: str
    name: str
    typed: str
    files: Mapping[str, str]
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    says: str = ""
    """Which of the answers of ``which`` is about this command; empty: the first."""
    folder: str = ""
    """The folder below the project's in which one stands."""
    of_the_environment: str = ""
    """What the pip.conf of the virtual environment says."""
    sabotage: tuple[ModuleType, str, object] | None = None
    """A name of a module of ``which`` and what to put there, so that it answers wrongly."""


def toml_sources(head: str, *tables: str) -> str:
    return "".join(f"\n[[{head}]]\n{table}\n" for table in tables)


_APP = f"""\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = ["{PROJECT}"]
"""
_DOWNLOAD = f"pip download --no-deps {PROJECT}"
_COMPILE = "pip-compile --quiet"
_LOCKED_BY_PIP = "pip download --no-deps -r requirements.txt"

CASES = (
    Case(
        "pip",
        "files-by-rank",
        _DOWNLOAD,
        {
            "etc/pip/pip.conf": "[global]\nindex-url = @one@\nextra-index-url = @two@\n",
            "~/.pip/pip.conf": "[global]\nextra-index-url = @one@\n",
            "~/.config/pip/pip.conf": "[global]\nextra_index_url =\n  @three@\n  @has@\n",
        },
        sabotage=(pip, "_user", lambda around, environ: ()),
    ),
    Case(
        "pip",
        "section-of-the-command",
        _DOWNLOAD,
        {
            "etc/pip/pip.conf": "[download]\nindex-url = @has@\n[install]\nindex-url = @two@\n",
            "~/.config/pip/pip.conf": "[global]\nindex-url = @one@\n",
        },
        says="pip download",
    ),
    Case(
        "pip",
        "variables-and-a-file-they-name",
        _DOWNLOAD,
        {
            "~/.config/pip/pip.conf": "[global]\nextra-index-url = @one@\n",
            "own.conf": "[global]\nindex-url = @two@\nfind-links = @three@\n",
        },
        {"PIP_CONFIG_FILE": "own.conf", "PIP_PYPI_URL": "@has@"},
        sabotage=(pip, "_ALIAS", {}),
    ),
    Case(
        "pip",
        "requirements",
        _LOCKED_BY_PIP,
        {
            "~/.config/pip/pip.conf": "[global]\nindex-url = @one@\nextra-index-url = @two@\n",
            "requirements.txt": f"-i @three@\n-r more.txt\n{PROJECT}\n",
            "more.txt": "--extra-index=@has@  # abbreviated\n",
        },
        says="pip -r requirements.txt",
    ),
    Case(
        "pip",
        "file-of-the-environment",
        _DOWNLOAD,
        {"~/.config/pip/pip.conf": "[global]\nindex-url = @three@\n"},
        {"PIP_EXTRA_INDEX_URL": "@has@"},
        of_the_environment="[global]\nindex-url = @one@\nextra-index-url = @two@\n",
    ),
    Case(
        "pip",
        "no-index",
        _DOWNLOAD,
        {
            "~/.config/pip/pip.conf": "[global]\nindex-url = @one@\nno-index = true\n",
            "~/own.conf": "[global]\nno-index = false\n",  # a variable's ~ is not the home
        },
        {"PIP_FIND_LINKS": f"@has@{PROJECT}/", "PIP_CONFIG_FILE": "~/own.conf"},
    ),
    Case("pip", "nothing", _DOWNLOAD, {}, {"PIP_INDEX_URL": "", "UV_DEFAULT_INDEX": "@has@"}),
    Case(
        "uv",
        "files-by-rank",
        "uv lock",
        {
            "pyproject.toml": _APP + toml_sources("tool.uv.index", 'url = "@one@"'),
            "uv.toml": toml_sources("index", 'url = "@two@"')
            + '\n[pip]\nextra-index-url = ["@one@"]\n',
            "~/.config/uv/uv.toml": 'index-url = "@has@"\n'
            + toml_sources("index", 'url = "@three@"'),
        },
    ),
    Case(
        "uv",
        "variables",
        "uv lock",
        {
            "pyproject.toml": _APP
            + toml_sources(
                "tool.uv.index",
                'name = "n"\nurl = "@one@"',
                'url = "@one@"\ndefault = true',
                'url = "@three@"',
            )
        },
        {"UV_INDEX": "n=@two@", "UV_DEFAULT_INDEX": "@has@"},
    ),
    Case(
        "uv",
        "words-of-pip",
        "uv pip compile requirements.in",
        {
            "pyproject.toml": _APP + '\n[tool.uv.pip]\nextra-index-url = ["@one@"]\n',
            "requirements.in": f"{PROJECT}\n",
        },
        {"UV_INDEX_URL": "@has@", "UV_EXTRA_INDEX_URL": "@three@ @two@"},
        says="uv pip",
    ),
    Case(
        "uv",
        "explicit-in-a-workspace",
        "uv lock",
        {
            "pyproject.toml": '[project]\nname = "root"\nversion = "1"\n'
            'requires-python = ">=3.11"\n[tool.uv.workspace]\nmembers = ["packages/*"]\n'
            f'[tool.uv.sources]\n{PROJECT} = {{ index = "mine" }}\n'
            + toml_sources(
                "tool.uv.index", 'name = "mine"\nurl = "@has@"\nexplicit = true', 'url = "@two@"'
            ),
            "packages/app/pyproject.toml": _APP + toml_sources("tool.uv.index", 'url = "@one@"'),
        },
        folder="packages/app",
        sabotage=(uv_files, "_member", lambda root, project, globs: False),
    ),
    Case(
        "uv",
        "a-setting-misspelt",
        "uv lock",
        {
            "pyproject.toml": _APP
            + '[tool.uv]\nindexs = ""\n'
            + toml_sources("tool.uv.index", 'url = "@one@"'),
            "~/.config/uv/uv.toml": toml_sources("index", 'url = "@has@"\ndefault = true'),
        },
        sabotage=(uv_files, "unknown", lambda pyproject: ""),
    ),
    Case(
        "poetry",
        "priorities",
        "poetry lock",
        {
            "pyproject.toml": _APP
            + "[tool.poetry]\npackage-mode = false\n"
            + toml_sources(
                "tool.poetry.source",
                'name = "a"\nurl = "@has@"\npriority = "supplemental"',
                'name = "b"\nurl = "@one@"\npriority = "explicit"',
                'name = "c"\nurl = "@two@"',
                'name = "d"\nurl = "@three@"\npriority = "primary"',
            )
        },
        {"PIP_INDEX_URL": "@one@", "POETRY_REPOSITORIES_A_URL": "@one@"},
        sabotage=(poetry, "_PRIORITIES", ("supplemental", "primary", "explicit")),
    ),
    Case(
        "poetry",
        "bound",
        "poetry lock",
        {
            "pyproject.toml": _APP
            + "[tool.poetry]\npackage-mode = false\n"
            + f'[tool.poetry.dependencies]\n{PROJECT} = {{ source = "mine" }}\n'
            + toml_sources(
                "tool.poetry.source", 'name = "mine"\nurl = "@has@"\npriority = "explicit"'
            )
        },
    ),
    Case(
        "pdm",
        "project-and-settings",
        "pdm lock",
        {
            "pyproject.toml": _APP
            + "[tool.pdm]\ndistribution = false\n"
            + toml_sources("tool.pdm.source", 'name = "a"\nurl = "@one@"'),
            "pdm.toml": '[pypi]\nurl = "@two@"\n[pypi.b]\nurl = "@three@"\n',
            "~/.config/pdm/config.toml": '[pypi]\nurl = "@one@"\n[pypi.c]\nurl = "@has@"\n',
        },
    ),
    Case(
        "pdm",
        "bound-and-ordered",
        "pdm lock",
        {
            "pyproject.toml": _APP
            + "[tool.pdm]\ndistribution = false\n"
            + "[tool.pdm.resolution]\nrespect-source-order = true\n"
            + toml_sources(
                "tool.pdm.source",
                'name = "a"\nurl = "@one@"\nexclude_packages = ["demo-*"]',
                'name = "b"\nurl = "@two@"',
                'name = "pypi"\nurl = "@has@"',
            ),
            "~/.config/pdm/config.toml": '[pypi.c]\nurl = "@three@"\n',
        },
        {"PDM_IGNORE_STORED_INDEX": "1", "PDM_PYPI_URL": "@three@"},
        sabotage=(pdm, "_ignores_stored", lambda around, files: False),
    ),
    Case(
        "pdm",
        "variable-before-file",
        "pdm lock",
        {
            "pyproject.toml": _APP + "[tool.pdm]\ndistribution = false\n",
            "pdm.toml": '[pypi]\nurl = "@two@"\n',
        },
        {"PDM_PYPI_URL": "@has@"},
    ),
    Case(
        "pipenv",
        "sources",
        "pipenv lock",
        {
            "Pipfile": toml_sources(
                "source",
                'name = "a"\nurl = "https://pypi.org/simple"\nverify_ssl = true',
                'name = "b"\nurl = "@two@"\nverify_ssl = true',
            )
            + f'[packages]\n{PROJECT} = "*"\n',
            "~/.config/pip/pip.conf": "[global]\nextra-index-url = @one@\n",
        },
        {"PIPENV_PYPI_MIRROR": "@has@", "PIP_INDEX_URL": "@three@"},
        sabotage=(pipenv, "_MIRROR", "PIP_INDEX_URL"),
    ),
    Case(
        "pipenv",
        "bound",
        "pipenv lock",
        {
            "Pipfile": toml_sources("source", 'name = "c"\nurl = "@three@"\nverify_ssl = true'),
            "own/Pipfile": toml_sources(
                "source",
                'name = "a"\nurl = "@one@"\nverify_ssl = true',
                'name = "b"\nurl = "@has@"\nverify_ssl = true',
            )
            + f'[packages]\n{PROJECT} = {{version = "*", index = "b"}}\n',
        },
        {"PIPENV_PIPFILE": "own/Pipfile"},
    ),
    Case(
        "pipenv",
        "no-source",
        "pipenv lock",
        {
            "Pipfile": f'[packages]\n{PROJECT} = "*"\n',
            "~/.config/pip/pip.conf": "[global]\nindex-url = @has@\nextra-index-url = @one@\n",
        },
    ),
    Case(
        "hatch",
        "env-vars",
        "hatch env create",
        {
            "pyproject.toml": "[tool.hatch.envs.default]\nskip-install = true\n"
            f'dependencies = ["{PROJECT}"]\n'
            '[tool.hatch.envs.default.env-vars]\nPIP_INDEX_URL = "{env:MINE}"\n'
            f'[tool.hatch.sources]\n{PROJECT} = {{ index = "@has@" }}\n',
            "~/.config/pip/pip.conf": "[global]\nindex-url = @two@\nextra-index-url = @three@\n",
        },
        {"MINE": "@one@"},
        sabotage=(hatch, "_of_sources", lambda places, name: []),
    ),
    Case(
        "hatch",
        "uv",
        "hatch env create",
        {
            "hatch.toml": "[envs.base]\nskip-install = true\n"
            f'installer = "uv"\ndependencies = ["{PROJECT}"]\n'
            '[envs.base.env-vars]\nUV_INDEX = "@one@"\n[envs.mine]\ntemplate = "base"\n',
            "pyproject.toml": '[tool.hatch.envs.mine.env-vars]\nUV_INDEX = "@three@"\n'
            + toml_sources("tool.uv.index", 'url = "@has@"\ndefault = true'),
        },
        {"UV_INDEX": "@two@", "PIP_INDEX_URL": "@three@"},
    ),
    Case(
        "pip-tools",
        "settings-and-lines",
        _COMPILE,
        {
            "pyproject.toml": "[tool.pip-tools]\nextra-index-url = ['@two@']\n",
            "requirements.in": f"--extra-index-url @has@\n{PROJECT}\n",
            "~/.config/pip/pip.conf": "[global]\nindex-url = @one@\nextra-index-url = @three@\n",
        },
        sabotage=(pip_tools, "_config", lambda around: None),
    ),
    Case(
        "uv",
        "files-of-user-and-system",
        "uv lock",
        {
            "pyproject.toml": _APP,
            "~/.config/uv/uv.toml": toml_sources("index", 'url = "@one@"'),
            "etc/uv/uv.toml": toml_sources("index", 'url = "@two@"')
            + toml_sources("index", 'url = "@has@"\ndefault = true'),
            "~/.config/pip/pip.conf": "[global]\nindex-url = @three@\n",
        },
    ),
    Case(
        "uv",
        "a-file-that-a-variable-names",
        "uv lock",
        {
            "pyproject.toml": _APP + toml_sources("tool.uv.index", 'url = "@one@"'),
            "own.toml": 'index-url = "@has@"\n' + toml_sources("index", 'url = "@two@"'),
            "~/.config/uv/uv.toml": toml_sources("index", 'url = "@three@"'),
        },
        {"UV_CONFIG_FILE": "own.toml"},
    ),
    Case(
        "uv",
        "bound-in-a-file-that-is-not-read",
        "uv lock",
        {
            "pyproject.toml": _APP
            + f'[tool.uv.sources]\n{PROJECT} = {{ index = "mine" }}\n'
            + toml_sources("tool.uv.index", 'name = "mine"\nurl = "@has@"', 'url = "@one@"'),
            "uv.toml": toml_sources("index", 'url = "@two@"'),
        },
    ),
    Case(
        "uv",
        "bound-without-files",
        "uv lock",
        {
            "pyproject.toml": _APP
            + f'[tool.uv.sources]\n{PROJECT} = {{ index = "mine" }}\n'
            + toml_sources("tool.uv.index", 'name = "mine"\nurl = "@has@"\nexplicit = true'),
        },
        {"UV_NO_CONFIG": "1", "UV_INDEX": "@one@"},
    ),
    Case(
        "uv",
        "no-index",
        "uv lock",
        {
            "pyproject.toml": _APP + toml_sources("tool.uv.index", 'url = "@one@"'),
            "~/.config/uv/uv.toml": "no-index = true\n",
        },
        {"UV_FIND_LINKS": f"@has@{PROJECT}/"},
    ),
    Case(
        "uv",
        "a-variable-it-does-not-have",
        "uv lock",
        {"pyproject.toml": _APP + toml_sources("tool.uv.index", 'url = "@has@"\ndefault = true')},
        {"UV_NO_INDEX": "1"},
    ),
    Case(
        "uv",
        "bindings-put-out-of-force",
        "uv lock",
        {
            "pyproject.toml": _APP
            + f'[tool.uv.sources]\n{PROJECT} = {{ index = "mine" }}\n'
            + toml_sources(
                "tool.uv.index",
                'name = "mine"\nurl = "@one@"\nexplicit = true',
                'url = "@has@"\ndefault = true',
            ),
        },
        {"UV_NO_SOURCES": "1"},
    ),
    Case(
        "uv",
        "requirements",
        "uv pip compile requirements.txt",
        {
            "requirements.txt": f"--extra-index-url @one@\n-i @has@\n-r more.txt\n{PROJECT}\n",
            "more.txt": "--extra-index-url @two@\n",
        },
        {"UV_INDEX": "@three@"},
        says="uv pip -r requirements.txt",
    ),
    Case(
        "poetry",
        "explicit-and-not-bound",
        "poetry lock",
        {
            "pyproject.toml": _APP
            + "[tool.poetry]\npackage-mode = false\n"
            + toml_sources(
                "tool.poetry.source", 'name = "mine"\nurl = "@has@"\npriority = "explicit"'
            )
        },
    ),
    Case(
        "pdm",
        "a-file-that-a-variable-names",
        "pdm lock",
        {
            "pyproject.toml": _APP
            + "[tool.pdm]\ndistribution = false\n"
            + toml_sources(
                "tool.pdm.source",
                'name = "a"\nurl = "@three@"\ninclude_packages = ["other-*"]',
            ),
            "own.toml": '[pypi]\nurl = "@has@"\n',
            "etc/pdm/config.toml": '[pypi]\nurl = "@one@"\n[pypi.d]\nurl = "@two@"\n',
            "~/.config/pdm/config.toml": '[pypi.c]\nurl = "@three@"\n',
        },
        {"PDM_CONFIG_FILE": "own.toml"},
    ),
    Case(
        "pip-tools",
        "its-own-file",
        _COMPILE,
        {
            ".pip-tools.toml": "[tool.pip-tools]\nindex-url = '@one@'\n",
            "pyproject.toml": "[tool.pip-tools]\nextra-index-url = ['@two@']\n",
            "requirements.in": f"{PROJECT}\n",
            "~/.config/pip/pip.conf": "[global]\nindex-url = @three@\n",
        },
        {"PIP_EXTRA_INDEX_URL": "@has@"},
    ),
    Case(
        "buildout",
        "taken-away",
        "buildout",
        {
            "buildout.cfg": "[buildout]\nparts = app\nfind-links -= @one@\n"
            f"[app]\nrecipe = zc.recipe.egg\neggs = {PROJECT}\n",
            "~/.buildout/default.cfg": "[buildout]\nindex = @has@\nfind-links =\n @one@\n @two@\n",
            "~/.config/pip/pip.conf": "[global]\nindex-url = @three@\n",
        },
    ),
    Case(
        "buildout",
        "extended",
        "buildout",
        {
            "buildout.cfg": "[buildout]\nextends = base.cfg\nparts = app\nindex = @has@\n"
            f"find-links += @two@\n[app]\nrecipe = zc.recipe.egg\neggs = {PROJECT}\n",
            "base.cfg": "[buildout]\nindex = @one@\nfind-links = @three@\n",
            "~/.buildout/default.cfg": "[buildout]\nfind-links = @one@\n",
        },
        sabotage=(buildout, "_extended", lambda *arguments: ()),
    ),
)


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of a client, and the indexes it asked, in order."""

    project: Path
    client: Client
    env: Mapping[str, str]
    asked: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class World:
    """The indexes, and one client of each kind, used again with other files."""

    lab: Lab
    indexes: Mapping[str, Index]
    made: dict[str, Client]

    def run(self, case: Case) -> Run:
        """Run the client of a case."""
        client = self.client(case)
        project, env = self.furnish(case, self.lab.tmp / "cases" / f"{case.client}-{case.name}")
        (client.venv / "pip.conf").unlink(missing_ok=True)
        if case.of_the_environment:
            (client.venv / "pip.conf").write_text(self.filled(case.of_the_environment))
        asked = tuple(self.really(client, case, project, env))
        return Run(project, client, env, asked)

    def named(self, case: Case, run: Run) -> tuple[str, ...]:
        """Name the indexes that ``which`` names for a case, in its order."""
        around = self.surroundings(run.client, run.project, run.env)
        return tuple(said(self, answer_of(case, around)))

    def filled(self, text: str) -> str:
        for name, index in self.indexes.items():
            text = text.replace(f"@{name}@", f"{index.http_url}/simple/")
        return text

    def client(self, case: Case) -> Client:
        """Return the client of a case, in a folder with the case's files and no others."""
        name = case.typed.split()[0] if case.client == "pip-tools" else case.client
        if name not in self.made:
            self.made[name] = clients.make(self.lab, clients.prepare(name, PYTHON), name)
        client = self.made[name]
        client.forget()
        return client

    def furnish(self, case: Case, base: Path) -> tuple[Path, dict[str, str]]:
        """Write the files; return the project's folder, and the variables."""
        home, etc, project = base / "home", base / "etc", base / "project"
        for folder in (home, etc, project):
            folder.mkdir(parents=True)
        for name, text in case.files.items():
            root, _, rest = name.partition("/")
            path = {"~": home / rest, "etc": etc / rest}.get(root, project / name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.filled(text))
        variables = {name: self.filled(value) for name, value in case.environment.items()}
        own = {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_CONFIG_DIRS": str(etc),
            "PIP_CONFIG_FILE": "",
            "PIP_RETRIES": "0",
            "UV_HTTP_RETRIES": "0",
            "HATCH_ENV_TYPE_VIRTUAL_PATH": str(base / "venv"),
        }
        return project / case.folder, {**own, **variables}

    def surroundings(self, client: Client, project: Path, env: Mapping[str, str]) -> Surroundings:
        environ = self.lab.environment(**{**client._own, **env})
        home = Path(environ["HOME"])
        return Surroundings(project, environ, home, client.venv, root=home.parent / "nothing")

    def really(
        self, client: Client, case: Case, project: Path, env: Mapping[str, str]
    ) -> list[str]:
        """Run the client, and name the indexes it asked for the project, in order."""
        client.project = project
        if case.client == "pipenv":
            (project / ".venv").symlink_to(client.venv)
        before = {name: len(index.requests()) for name, index in self.indexes.items()}
        escapes = len(self.lab.escapes)
        done = client.follow(case.typed, env=env, timeout=240)
        assert done.ended, f"it was killed before it had asked:\n{done.output}"
        first: dict[str, object] = {}
        for name, index in self.indexes.items():
            asked = index.requests()[before[name] :]
            ours = [one for one in asked if one.path.startswith("/simple/")]
            if ours:
                first[name] = min(one.moment for one in ours)
        asked_in_order = sorted(first, key=lambda name: str(first[name]))
        if any(PYPI in str(escape) for escape in self.lab.escapes[escapes:]):
            asked_in_order.append(PYPI)
        print(done.output)  # of use where the two differ
        return asked_in_order


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    without = Scenario(
        "has nothing of ours", projects=(Project("other", releases=(Release("1.0"),)),)
    )
    scenario = Scenario("has it", projects=(Project(PROJECT, releases=(Release("1.0"),)),))
    with ExitStack() as stack:
        lab = stack.enter_context(Lab())
        indexes = {name: stack.enter_context(Index(without)) for name in WITHOUT}
        indexes[WITH] = stack.enter_context(Index(scenario))
        yield World(lab, indexes, {})


def said(world: World, answer: Answer) -> list[str]:
    """Name the indexes that ``which`` names, in its order."""
    named = []
    for source in answer.asks(PROJECT):
        found = [name for name, index in world.indexes.items() if index.http_url in source.url]
        named += found or [PYPI if PYPI in source.url else source.url]
    return list(dict.fromkeys(named))


def answer_of(case: Case, around: Surroundings) -> Answer:
    report = look(around, [case.client])
    assert report.problems == ()
    if not case.says:
        return report.answers[0]
    [found] = [answer for answer in report.answers if answer.client == case.says]
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.client}-{case.name}")
def test_the_indexes_that_are_named_are_those_that_are_asked(
    world: World, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ``which`` that is told something wrong is then held against the same log."""
    run = world.run(case)
    assert run.asked
    assert world.named(case, run) == run.asked
    if case.sabotage:
        room, name, wrong = case.sabotage
        monkeypatch.setattr(room, name, wrong)
        assert world.named(case, run) != run.asked


def test_every_installer_is_held_against_its_client() -> None:
    assert {case.client for case in CASES} == set(INSTALLERS)


def test_every_installer_has_a_sabotage_that_is_found_out() -> None:
    assert {case.client for case in CASES if case.sabotage} == set(INSTALLERS)
