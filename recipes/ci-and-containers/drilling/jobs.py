"""The jobs of CI files, run as a CI would run them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

from drilling.private import EXAMPLE, Asked

from mirrorlab.runner import Run

GOOD = ("github.yml", "gitlab.yml", "azure.yml", "circleci.yml", "Jenkinsfile")
WITH_PIP = "gitlab.yml"
"""Its job installs with pip, and keeps the cache of pip; the others take uv, which is quick."""
TO_JSON = """
import json, sys
from ruamel.yaml import YAML
json.dump([YAML(typ="safe").load(open(name)) for name in sys.argv[1:]], sys.stdout)
"""
Command = tuple[str, dict[str, Any]]
"""What a CI would run, and the variables it would set for it."""


def run_job(run: Run, name: str, commands: list[Command], asked: Asked) -> None:
    """Run the commands of a CI file in a folder of their own, and keep the log beside."""
    asked.clear()
    project = run.tmp / "ci" / name
    project.mkdir(parents=True, exist_ok=True)
    for file in ("login.sh", "install.sh", "requirements.txt"):
        (project / file).write_bytes((run.folder / file).read_bytes())
    (project / "test.py").write_text("import acme_lib\n")
    assert len(commands) == 2, f"{name}: other commands than to install and to test: {commands}"
    output = ""
    for command, settings in commands:
        typed = f"cd {shlex.quote(str(project))}\n{command}"
        own: dict[str, Any] = {"HOME": project / "home", "XDG_CACHE_HOME": project / "home"}
        own["INSTALLER"] = "pip" if name == WITH_PIP else "uv"
        done = run.command("sh", "-ec", typed, **own, **settings)
        assert done.exit_code == 0, f"{name}: {command}: {done.output}"
        output += done.output
    assert asked.with_login, f"{name} did not ask with the login"
    (project / "log").write_text(output)


def commands_of(run: Run, *names: str) -> dict[str, list[Command]]:
    """Give each command of these CI files, with the variables that the CI would set for it."""
    files = [run.folder / "ci" / name for name in names]
    done = run.command("python3", "-c", TO_JSON, *(each for each in files if each.suffix))
    assert done.exit_code == 0, done.output
    data = iter(json.loads(done.output))
    return {
        file.name: _as_set(run, file.name, next(data) if file.suffix else file.read_text())
        for file in files
    }


def _as_set(run: Run, name: str, content: Any) -> list[Command]:
    """Give the commands of one file with their variables; it may set no other ones."""
    implied = {} if name in ("github.yml", "azure.yml", "naive.yml") else {"INDEX_TOKEN": "$"}
    if isinstance(content, str):
        variables = dict(re.findall(r"^ +([A-Z_]+) = ['\"](.*)['\"]$", content, re.MULTILINE))
        found = [(each, variables | implied) for each in re.findall(r" sh '(.*)'", content)]
    else:
        found = list(_walk(content, implied))
    cache = str(run.tmp / "ci" / name / "cache")
    token = run.settings["SECRET"]
    known = {"INDEX_TOKEN": token, "INDEX": run.settings["INDEX"], "PIP_CACHE_DIR": cache}
    for _, variables in found:
        assert set(variables) <= set(known), f"{name} sets {set(variables) - set(known)}"
        assert variables.get("INDEX", EXAMPLE) == EXAMPLE, f"{name}: another index"
    return [(each, {key: known[key] for key in variables}) for each, variables in found]


def _walk(node: Any, variables: dict[str, str]) -> Iterator[Command]:
    if isinstance(node, list):
        for inner in node:
            yield from _walk(inner, variables)
    elif isinstance(node, dict):
        for key in ("env", "variables", "environment"):
            variables = variables | node.get(key, {})
        for key, value in node.items():
            if key in ("run", "script"):
                for command in value if isinstance(value, list) else [value]:
                    yield command, variables
            else:
                yield from _walk(value, variables)
