"""A login in CI: take each safeguard away, ask install.sh what it refuses, check what is shown."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.recipes.ci_and_containers_scripts import RECIPE, python, run
from tests.recipes.conftest import Case
from tests.recipes.one_world import World

from mirrorlab import recipe as recipes

MOUNTED = "NETRC=/run/secrets/netrc PIP"

SABOTAGE: list[Case] = []
WORLDS = [
    World(
        "find-secret",
        [
            ("no-login", "login.sh", '[ ! -s "$NETRC" ]', "false", "install.sh without a login"),
            ("environment-dump", "login.sh", "set +x", ":", "a trace of install.sh has the login"),
            ("lock", "install.sh", "://[^/ ]*@", "no such text", "a lock with a login"),
            (
                "half-an-archive",
                "looking.py",
                "wanted and _digest(file, kind) != wanted",
                "False",
                "altered is taken for clean",
            ),
            ("image-layers", "looking.py", "self._tar(where, file, depth)", "pass", "is not named"),
            (
                "promise",
                "image/Containerfile",
                MOUNTED,
                f"mkdir .venv && cp /run/secrets/netrc .venv/ && {MOUNTED}",
                "the image of pip is not clean",
            ),
        ],
    )
]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"INDEX": "https://me:tok-12345678@private.example/simple/"}, "INDEX holds a login"),
        ({"INDEX": "private.example/simple/"}, "INDEX must begin with https://"),
        ({"INDEX_TOKEN": "two words"}, "a character that a netrc file cannot hold"),
        ({"INDEX_TOKEN": "two\nlines"}, "a character that a netrc file cannot hold"),
        ({"INDEX_TOKEN": 'quo"ted-12345678'}, "a character that a netrc file cannot hold"),
        ({"NETRC": "absent"}, "there is no login"),
        ({"INDEX_TOKEN": "tok-12345678"}, "there is no lock"),
        ({"INDEX_TOKEN": "tok-12345678", "LOCK": "login.txt"}, "login.txt holds a login"),
        ({"INDEX_TOKEN": "tok-12345678", "LOCK": "lock.txt", "INSTALLER": "x"}, "pip or uv"),
        ({"INDEX_TOKEN": "tok-12345678", "INSTALLER": "uv"}, "there is no uv on PATH"),
    ],
)
def test_install_says_what_is_missing(settings: dict[str, str], said: str, tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_text("# nothing\n")
    (tmp_path / "login.txt").write_text("--index-url https://me:tok-12345678@h.example/\n")
    done = run("install.sh", tmp_path, **settings)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "tok-12345678" not in done.stderr


SCHEMAS = {
    "vendor.github-workflows": ["ci/github.yml", "ci/naive.yml"],
    "vendor.gitlab-ci": ["--data-transform=gitlab-ci", "ci/gitlab.yml"],
    "vendor.azure-pipelines": [
        "--regex-variant=python",
        "--data-transform=azure-pipelines",
        "ci/azure.yml",
    ],
    "vendor.circle-ci": ["ci/circleci.yml"],
    "vendor.compose-spec": sorted(str(each) for each in RECIPE.glob("compose/*.yaml")),
}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_each_file_is_what_its_system_reads(schema: str) -> None:
    program = str(python().parent / "check-jsonschema")
    command = [program, f"--builtin-schema={schema}", *SCHEMAS[schema]]
    done = subprocess.run(command, cwd=RECIPE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_ci_file_has_a_schema() -> None:
    named = {word for words in SCHEMAS.values() for word in words if word.startswith("ci/")}
    assert named == {f"ci/{each.name}" for each in RECIPE.glob("ci/*.yml")}


COMPOSE = {each.stem: each for each in sorted(RECIPE.glob("compose/*.yaml"))}
Composed = dict[str, dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def composed() -> Composed:
    """What each compose file says, as a YAML reader sees it."""
    code = (
        "import json, sys; from ruamel.yaml import YAML;"
        "json.dump([YAML(typ='safe').load(open(name)) for name in sys.argv[1:]], sys.stdout)"
    )
    command = [str(python()), "-c", code, *map(str, COMPOSE.values())]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(zip(COMPOSE, json.loads(done.stdout), strict=True))


def test_each_recipe_with_a_server_has_a_compose_file() -> None:
    """But for air-gap, built where there is no image, and incident, which serves nothing itself."""
    every = recipes.all_recipes(RECIPE.parent)
    serving = {each.name for each in every if any(step.ready for step in each.steps)}
    assert set(COMPOSE) == serving - {"air-gap", "incident"}


@pytest.mark.parametrize("name", COMPOSE)
def test_a_compose_file_starts_what_its_recipe_has(name: str, composed: Composed) -> None:
    services, volumes = composed[name]["services"], composed[name].get("volumes", {})
    recipe = recipes.load(RECIPE.parent / name)
    declared = {setting.name for setting in recipe.settings}
    built = [each["build"] for each in services.values() if "build" in each]
    for build in built:
        context = (COMPOSE[name].parent / build["context"]).resolve()
        assert context == recipe.folder.resolve()
        assert (context / build["dockerfile"]).resolve() == RECIPE / "compose" / "Containerfile"
    assert len(built) == 1, "the image is built by one service"
    for service, each in services.items():
        scripts = re.findall(r"\S+\.sh", " ".join(each["command"]))
        assert scripts, f"{service} starts no script"
        for script in scripts:
            assert (recipe.folder / script).is_file(), f"{service} starts {script}"
        assert set(each.get("environment", {})) <= declared, f"{service} sets what nobody reads"
        for volume in each.get("volumes", []):
            source = volume.partition(":")[0]
            there = source.startswith(".") and (COMPOSE[name].parent / source).is_dir()
            assert there or source in volumes, f"{service}: {volume} is no volume"
        for argument, value in each.get("build", {}).get("args", {}).items():
            assert f"ARG {argument}=" in (RECIPE / "compose" / "Containerfile").read_text()
            assert argument != "REQUIREMENTS" or (recipe.folder / value).is_file()
