"""Installers with the files that the reader gives them, and the version that comes of it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

from mirrorlab.clients import Attempt, Client
from mirrorlab.runner import Run

MIRROR = "https://mirror.example/simple/"
NO_RETRIES = {
    "PIP_RETRIES": "0",
    "UV_HTTP_RETRIES": "0",
    "POETRY_REQUESTS_MAX_RETRIES": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}


class Way(NamedTuple):
    """How an installer is told to wait: the reader's files, and what is typed beside them."""

    client: str
    folder: str
    typed: str
    environment: dict[str, str] = {}


WAYS = {
    "pip": Way("pip", "pip", "pip install demo-lib", {"PIP_CONFIG_FILE": "pip.conf"}),
    "pip-tools": Way(
        "pip-compile",
        "pip-tools",
        "pip-compile --quiet --strip-extras --upgrade --uploaded-prior-to P7D",
    ),
    "uv": Way("uv", "uv", "uv sync"),
    "poetry": Way("poetry", "poetry", "poetry lock"),
    "pdm": Way("pdm", "pdm", "pdm lock"),
    "pipenv": Way("pipenv", "pipenv", "pipenv lock"),
    "hatch": Way("hatch", "hatch", "hatch env create"),
}
"""What these lock, they install."""
OLD_PIP = Way("pip-22.1", "pip", f"pip install --index-url {MIRROR} demo-lib")
BUILDOUT = Way("buildout", "buildout-at-the-proxy", "buildout")


def client_of(run: Run, each: Way, index: str, more: str = "") -> Client:
    """A fresh installer with the reader's files, told of ``index``; ``more`` is one line more."""
    client = run.client(each.client)
    for file in (run.folder / "clients" / each.folder).iterdir():
        text = file.read_text().replace(MIRROR, index)
        for setting in ("min-release-age = 7\n", 'exclude-newer = "7d"\n'):
            text = text.replace(setting, setting + more)
        (client.project / file.name).write_text(text)
    (client.project / "uv.toml").unlink(missing_ok=True)
    return client


def tried(run: Run, each: Way, index: str = "", *, more: str = "") -> tuple[Attempt, str]:
    """Install or lock with one installer; the version that came of it, "" for none."""
    index = index or run.settings["INDEX"]
    client = client_of(run, each, index, more)
    typed = each.typed.replace(MIRROR, index)
    attempt = client.follow(typed, env={**NO_RETRIES, **each.environment})
    return attempt, attempt.installed.get("demo-lib", "") or _locked(client.project)


def _locked(project: Path) -> str:
    """The version in whatever lock of poetry, pdm, pipenv or pip-tools is there."""
    for name in ("poetry.lock", "pdm.lock"):
        if (project / name).exists():
            packages = tomllib.loads((project / name).read_text())["package"]
            return next((str(p["version"]) for p in packages if p["name"] == "demo-lib"), "")
    for name in ("Pipfile.lock", "requirements.txt"):
        if (project / name).exists():
            found = re.search(
                r'demo-lib"?(?:==|: .*?==)([0-9.]+)', (project / name).read_text(), re.S
            )
            return found[1] if found else ""
    return ""
