"""Each thing that can be wrong is found, at its line, with the recipe that cures it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mirrorlab.recipe import names
from mirrorlab.which import Surroundings, Verdict, look

from .conftest import Here

PRIVATE = "https://private.example/simple/"
PYPI = "https://pypi.org/simple/"
APP = '[project]\nname = "app"\nversion = "1"\n'
PDM = "[tool.pdm]\n"
UV_TWO = f'[[index]]\nurl = "{PRIVATE}"\n'
EXPLICIT = f'[[tool.uv.index]]\nname = "mine"\nurl = "{PRIVATE}"\nexplicit = true\n'
POETRY_EXPLICIT = (
    f'[[tool.poetry.source]]\nname = "mine"\nurl = "{PRIVATE}"\npriority = "explicit"\n'
)

SAFE: list[tuple[str, Mapping[str, str], Mapping[str, str]]] = [
    ("pip", {}, {}),
    ("pip", {}, {"PIP_INDEX_URL": PRIVATE}),
    ("pip", {}, {"PIP_INDEX_URL": "http://127.0.0.1:3141/simple/"}),
    ("pip", {}, {"PIP_INDEX_URL": "https://${USER}:${PASSWORD}@private.example/simple/"}),
    ("pip", {}, {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "wheels"}),
    ("pip", {}, {"PIP_INDEX_URL": PRIVATE, "PIP_FIND_LINKS": "wheels"}),
    ("uv", {}, {"UV_DEFAULT_INDEX": PRIVATE}),
    ("uv", {"pyproject.toml": f'{EXPLICIT}[tool.uv.sources]\na = {{ index = "mine" }}\n'}, {}),
    ("poetry", {"pyproject.toml": "[tool.poetry]\n"}, {}),
    (
        "poetry",
        {
            "pyproject.toml": f"{POETRY_EXPLICIT}[tool.poetry.dependencies]\n"
            'a = { source = "mine" }\n'
        },
        {},
    ),
    ("pdm", {"pyproject.toml": PDM}, {"PDM_PYPI_URL": PRIVATE}),
    ("pipenv", {"Pipfile": f'[[source]]\nname = "a"\nurl = "{PRIVATE}"\n'}, {}),
    ("hatch", {"pyproject.toml": "[tool.hatch]\n"}, {"PIP_INDEX_URL": PRIVATE}),
    ("pip-tools", {"requirements.in": f"-i {PRIVATE}\n"}, {}),
    ("buildout", {"buildout.cfg": f"[buildout]\nindex = {PRIVATE}\n"}, {}),
]


@pytest.mark.parametrize(("client", "files", "variables"), SAFE)
def test_what_is_safe_is_called_so(
    here: Here, client: str, files: Mapping[str, str], variables: Mapping[str, str]
) -> None:
    report = look(here(files, variables), [client])
    assert report.problems == ()
    assert not report.answers[0].unused
    assert [answer.findings for answer in report.answers] == [()] * len(report.answers)


RISKY, WRONG = Verdict.RISKY, Verdict.WRONG
CONFUSION, SETTINGS, LOCKS = "dependency-confusion", "client-settings", "locked-installs"
FOUND: list[tuple[str, Mapping[str, str], Mapping[str, str], Verdict, str, str, str]] = [
    (
        "pip",
        {"~/.config/pip/pip.conf": f"[global]\nextra-index-url = {PRIVATE}\n"},
        {},
        RISKY,
        "takes the highest version",
        CONFUSION,
        "pip.conf:2",
    ),
    (
        "pip",
        {"requirements.txt": f"a\n--extra-index-url {PRIVATE}\n"},
        {},
        RISKY,
        "takes the highest version",
        CONFUSION,
        "requirements.txt:2",
    ),
    ("pip", {}, {"PIP_FIND_LINKS": "w"}, RISKY, "highest version", CONFUSION, "default"),
    (
        "pip",
        {},
        {"PIP_INDEX_URL": "http://a.example/s"},
        WRONG,
        "passes over",
        SETTINGS,
        "PIP_INDEX",
    ),
    (
        "pip",
        {},
        {"PIP_INDEX_URL": "http://a.example/s", "PIP_TRUSTED_HOST": "a.example"},
        RISKY,
        "has no TLS",
        SETTINGS,
        "PIP_INDEX_URL",
    ),
    (
        "pip",
        {},
        {"PIP_INDEX_URL": PRIVATE, "PIP_TRUSTED_HOST": "private.example:443"},
        RISKY,
        "is not checked",
        SETTINGS,
        "PIP_INDEX_URL",
    ),
    ("pip", {}, {"PIP_INDEX_URLS": PRIVATE}, WRONG, "PIP_INDEX_URL?", SETTINGS, "PIP_INDEX_URLS"),
    (
        "pip",
        {"~/.config/pip/pip.conf": f"[global]\nindexurl = {PRIVATE}\n"},
        {},
        WRONG,
        "did you mean index-url",
        SETTINGS,
        "pip.conf:2",
    ),
    (
        "pip",
        {"~/.pip/pip.conf": f"[globl]\nindex-url = {PRIVATE}\n"},
        {},
        WRONG,
        "never reads the section [globl]",
        SETTINGS,
        "pip.conf:2",
    ),
    ("pip", {"pip.conf": "[global]\n"}, {}, WRONG, "in a project", SETTINGS, "project/pip.conf"),
    ("pip", {}, {"PIP_CONFIG_FILE": "no.conf"}, WRONG, "not there", SETTINGS, "PIP_CONFIG"),
    (
        "pip",
        {"~/own.conf": f"[global]\nindex-url = {PRIVATE}\n"},
        {"PIP_CONFIG_FILE": "~/own.conf"},
        WRONG,
        "not there",
        SETTINGS,
        "PIP_CONFIG",
    ),
    (
        "uv",
        {"~/own.toml": f'index-url = "{PRIVATE}"\n'},
        {"UV_CONFIG_FILE": "~/own.toml"},
        WRONG,
        "uv stops",
        SETTINGS,
        "UV_CONFIG_FILE",
    ),
    (
        "pip",
        {"~/.pip/pip.conf": "[global]\nindex-url = https://a.example/simple/\n"},
        {"PIP_INDEX_URL": PRIVATE},
        RISKY,
        "overrides",
        SETTINGS,
        "PIP_INDEX_URL",
    ),
    ("pip", {}, {"PIP_INDEX_URL": "https://pypi.org/"}, WRONG, "at /simple/", SETTINGS, "PIP"),
    ("pip", {}, {"PIP_INDEX_URL": "pypi.org/simple"}, WRONG, "https:// before", SETTINGS, "PIP"),
    (
        "uv",
        {"/etc/pip.conf": f"[global]\nindex-url = {PRIVATE}\n"},
        {},
        RISKY,
        "uv does not read",
        SETTINGS,
        "pip.conf:2",
    ),
    ("uv", {}, {"PIP_INDEX_URL": PRIVATE}, RISKY, "does not read PIP_", SETTINGS, "PIP_INDEX_URL"),
    ("uv", {"uv.toml": UV_TWO}, {}, RISKY, "asks the next index", CONFUSION, "default"),
    (
        "uv",
        {"uv.toml": UV_TWO},
        {"UV_INDEX": PYPI},
        RISKY,
        "a public index before yours",
        CONFUSION,
        "UV_INDEX",
    ),
    (
        "uv",
        {"uv.toml": UV_TWO},
        {"UV_INDEX_STRATEGY": "unsafe-best-match"},
        RISKY,
        "highest version",
        CONFUSION,
        "default",
    ),
    ("uv", {"pyproject.toml": EXPLICIT}, {}, WRONG, "never asked", CONFUSION, "toml:3"),
    (
        "uv",
        {"pyproject.toml": APP + '[tool.uv.sources]\na = { index = "mine" }\n'},
        {},
        WRONG,
        "which is nowhere",
        CONFUSION,
        "",
    ),
    (
        "uv",
        {"pyproject.toml": f'[tool.uv]\nindexs = 1\nindex-url = "{PRIVATE}"\n'},
        {},
        WRONG,
        "passes over all of [tool.uv]",
        SETTINGS,
        "pyproject.toml:2",
    ),
    ("uv", {"uv.toml": "indexes = 1\n"}, {}, WRONG, "and stops", SETTINGS, "uv.toml:1"),
    (
        "uv",
        {"uv.toml": f'[[index]]\nurl = "{PRIVATE}"\ndefualt = true\n'},
        {},
        WRONG,
        "default?",
        SETTINGS,
        "uv.toml:3",
    ),
    (
        "uv",
        {"uv.toml": "", "pyproject.toml": f'[tool.uv]\nindex-url = "{PRIVATE}"\n'},
        {},
        RISKY,
        "out of force",
        SETTINGS,
        "pyproject.toml:1",
    ),
    ("uv", {}, {"UV_NO_INDEX": "1"}, WRONG, "no variable UV_NO_INDEX", SETTINGS, "UV_NO_INDEX"),
    ("uv", {}, {"UV_INDEX_MINE_PASSWORD": "x"}, WRONG, "no setting names so", SETTINGS, "UV_"),
    ("uv", {}, {"UV_CONFIG_FILE": "no.toml"}, WRONG, "uv stops", SETTINGS, "UV_CONFIG_FILE"),
    (
        "poetry",
        {"pyproject.toml": "[tool.poetry]\n"},
        {"PIP_INDEX_URL": PRIVATE},
        RISKY,
        "poetry does not read PIP_INDEX_URL",
        SETTINGS,
        "PIP_INDEX_URL",
    ),
    ("poetry", {"pyproject.toml": POETRY_EXPLICIT}, {}, WRONG, "never asked", CONFUSION, "toml:3"),
    (
        "poetry",
        {"pyproject.toml": POETRY_EXPLICIT.replace("explicit", "secondary")},
        {},
        WRONG,
        "no priority 'secondary'",
        SETTINGS,
        "pyproject.toml:4",
    ),
    (
        "poetry",
        {"pyproject.toml": f'[[tool.poetry.source]]\nname = "pypi"\nurl = "{PRIVATE}"\n'},
        {},
        WRONG,
        "keeps the name pypi",
        SETTINGS,
        "pyproject.toml:2",
    ),
    (
        "pdm",
        {"pyproject.toml": f'[[tool.pdm.source]]\nname = "a"\nurl = "{PRIVATE}"\n'},
        {},
        RISKY,
        "highest version",
        CONFUSION,
        "pyproject.toml:3",
    ),
    (
        "pdm",
        {"pyproject.toml": PDM},
        {"PDM_IGNORE_STORED_INDEX": "1"},
        WRONG,
        "no source at all",
        SETTINGS,
        "",
    ),
    (
        "pipenv",
        {"Pipfile": f'[[source]]\nurl = "{PYPI}"\n[[source]]\nname = "m"\nurl = "{PRIVATE}"\n'},
        {},
        WRONG,
        "asks the first source only",
        CONFUSION,
        "Pipfile:5",
    ),
    (
        "pipenv",
        {"Pipfile": '[[source]]\nurl = "https://a:b@private.example/simple/"\n'},
        {},
        RISKY,
        "copied into Pipfile.lock",
        LOCKS,
        "Pipfile:2",
    ),
    (
        "pipenv",
        {"Pipfile": f'[[source]]\nurl = "{PRIVATE}"\n'},
        {"PIPENV_PYPI_MIRROR": PRIVATE},
        WRONG,
        "takes the place of PyPI only",
        SETTINGS,
        "PIPENV_PYPI_MIRROR",
    ),
    (
        "hatch",
        {
            "pyproject.toml": "[tool.hatch.envs.default.env-vars]\n"
            f'PIP_EXTRA_INDEX_URL = "{PRIVATE}"\n'
        },
        {},
        RISKY,
        "highest version",
        CONFUSION,
        "pyproject.toml:2 (PIP_EXTRA_INDEX_URL)",
    ),
    (
        "pip-tools",
        {"requirements.in": "-i https://a:b@private.example/simple/\n"},
        {},
        RISKY,
        "into requirements.txt",
        LOCKS,
        "requirements.in:1",
    ),
    (
        "buildout",
        {"buildout.cfg": f"[buildout]\nindex = {PRIVATE}\nallow-hosts = *.org\n"},
        {},
        WRONG,
        "allow-hosts keeps",
        SETTINGS,
        "buildout.cfg:2",
    ),
    (
        "buildout",
        {"buildout.cfg": f"[buildout]\nfind-links =\n    {PRIVATE}\n"},
        {},
        RISKY,
        "highest version",
        CONFUSION,
        "default",
    ),
]


@pytest.mark.parametrize(("client", "files", "variables", "verdict", "says", "cure", "at"), FOUND)
def test_what_is_wrong_is_found(
    here: Here,
    client: str,
    files: Mapping[str, str],
    variables: Mapping[str, str],
    verdict: Verdict,
    says: str,
    cure: str,
    at: str,
) -> None:
    report = look(here(files, variables), [client])
    assert report.problems == ()
    found = [finding for answer in report.answers for finding in answer.findings]
    [one] = [finding for finding in found if says in finding.says]
    assert (one.verdict, one.recipe) == (verdict, cure)
    assert at in str(one.origin or "")
    assert report.verdict is not Verdict.SAFE


def test_each_recipe_that_cures_is_there() -> None:
    cures = {cure for *_, cure, _ in FOUND}
    assert cures == {CONFUSION, SETTINGS, LOCKS}
    assert cures <= set(names())


def test_a_file_with_a_secret_that_others_can_read_is_found(here: Here) -> None:
    text = "[global]\nindex-url = https://a:b@private.example/simple/\n"
    around = here({"~/.config/pip/pip.conf": text, "~/.netrc": "machine a login b password c\n"})
    path = around.home / ".config/pip/pip.conf"

    def readable() -> list[str]:
        report = look(around, ["pip"])
        every = [*report.findings, *(f for answer in report.answers for f in answer.findings)]
        return [str(finding.origin) for finding in every if "everybody" in finding.says]

    assert readable() == []
    assert look(around, ["pip"]).notes[0].startswith("there is a netrc")
    path.chmod(0o644)
    assert readable() == [f"{path}:2"]
    (around.home / ".netrc").chmod(0o644)
    assert readable() == [f"{around.home}/.netrc", f"{path}:2"]


def paths(around: Surroundings, client: str) -> list[str]:
    return [source.shown for source in look(around, [client]).answers[0].sources]


@pytest.mark.parametrize(
    ("platform", "file", "client"),
    [
        ("win32", "~/AppData/Roaming/pip/pip.ini", "pip"),
        ("win32", "~/pip/pip.ini", "pip"),
        ("darwin", "~/.config/pip/pip.conf", "pip"),
        ("darwin", "~/Library/Application Support/pip/pip.conf", "pip"),
        ("darwin", "/Library/Application Support/pip/pip.conf", "pip"),
        ("linux", "/etc/pip.conf", "pip"),
        ("linux", "/etc/xdg/pip/pip.conf", "pip"),
        ("win32", "~/AppData/Roaming/uv/uv.toml", "uv"),
        ("darwin", "~/.config/uv/uv.toml", "uv"),
        ("linux", "/etc/uv/uv.toml", "uv"),
        ("linux", "/etc/xdg/uv/uv.toml", "uv"),
        ("win32", "~/AppData/Local/pdm/pdm/config.toml", "pdm"),
        ("darwin", "~/Library/Application Support/pdm/config.toml", "pdm"),
        ("linux", "/etc/xdg/pdm/config.toml", "pdm"),
    ],
)
def test_each_system_has_its_files(here: Here, platform: str, file: str, client: str) -> None:
    said = {
        "pip": f"[global]\nindex-url = {PRIVATE}\n",
        "uv": f'index-url = "{PRIVATE}"\n',
        "pdm": f'[pypi]\nurl = "{PRIVATE}"\n',
    }[client]
    files = {file: said, "pyproject.toml": PDM}
    around = here(files)
    roaming = str(around.home / "AppData/Roaming") if platform == "win32" else ""
    variables = {"APPDATA": roaming} if roaming else {}
    assert paths(here(files, variables, platform=platform), client) == [PRIVATE]


def test_dev_null_puts_every_file_of_pip_out_of_force(here: Here) -> None:
    files = {"/etc/pip.conf": f"[global]\nindex-url = {PRIVATE}\n"}
    assert paths(here(files), "pip") == [PRIVATE]
    assert paths(here(files, {"PIP_CONFIG_FILE": "/dev/null"}), "pip") == [PYPI]


def test_the_environments_own_file_comes_after_the_users(here: Here) -> None:
    around = here({"~/.config/pip/pip.conf": "[global]\nindex-url = https://a.example/simple/\n"})
    around.prefix.mkdir()
    (around.prefix / "pip.conf").write_text(f"[global]\nindex-url = {PRIVATE}\n")
    assert paths(around, "pip") == [PRIVATE]
