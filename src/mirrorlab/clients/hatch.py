"""Hatch, whose environments are filled by the pip in them or by uv, which it tells nothing."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from mirrorlab.clients.base import Client
from mirrorlab.clients.configuration import MIRROR, PRIVATE, PROJECT, PUBLIC, SECOND, Suite
from mirrorlab.clients.configuration import Configuration as Way
from mirrorlab.lab import Lab, Tools

_UV = 'installer = "uv"\n'
_LOCKED = "locked = true\n"
_CI = """
[tool.hatch.envs.ci]
detached = true
installer = "uv"

[tool.hatch.envs.ci.scripts]
sync = "{env:HATCH_UV} pip sync pylock.toml"
"""


def _environment(more: str = "", /, **variables: str) -> str:
    """Return a pyproject.toml whose environment needs the project, and its ``env-vars``."""
    table = "".join(f'{name} = "{value}"\n' for name, value in variables.items())
    env = f'[tool.hatch.envs.default]\nskip-install = true\ndependencies = ["{PROJECT}"]\n{more}'
    vars_ = f"\n[tool.hatch.envs.default.env-vars]\n{table}" if table else ""
    return env + vars_


def _project(more: str = "", /, **variables: str) -> dict[str, str]:
    return {"pyproject.toml": _environment(more, **variables)}


class Hatch(Client):
    """Hatch, told where its environment is to be: where other clients have the fresh one."""

    names = ("hatch",)
    configurations = (
        Way(
            "mirror",
            Suite.FALLBACK,
            "PIP_INDEX_URL of the environment is the mirror",
            "hatch env create",
            _project(PIP_INDEX_URL=MIRROR),
        ),
        Way(
            "mirror-then-second",
            Suite.FALLBACK,
            "PIP_INDEX_URL is the mirror, PIP_EXTRA_INDEX_URL the second index",
            "hatch env create",
            _project(PIP_INDEX_URL=MIRROR, PIP_EXTRA_INDEX_URL=SECOND),
        ),
        Way(
            "lock",
            Suite.LOCKED,
            "locked = true: pylock.toml, with hashes, made by uv from the mirror",
            "hatch env create",
            _project(_LOCKED + _UV, UV_DEFAULT_INDEX=MIRROR),
            prepare=("hatch lock", "hatch env remove"),
        ),
        Way(
            "lock-for-uv",
            Suite.LOCKED,
            "the same lock, installed by uv in an environment that Hatch does not lock",
            "hatch run ci:sync",
            {"pyproject.toml": _environment(_LOCKED + _UV, UV_DEFAULT_INDEX=MIRROR) + _CI},
            prepare=("hatch lock", "hatch env remove"),
            advised=True,
        ),
        Way(
            "private-then-public",
            Suite.CONFUSION,
            "PIP_INDEX_URL is the private index, PIP_EXTRA_INDEX_URL the public one",
            "hatch env create",
            _project(PIP_INDEX_URL=PRIVATE, PIP_EXTRA_INDEX_URL=PUBLIC),
        ),
        Way(
            "uv-private-then-public",
            Suite.CONFUSION,
            "the installer is uv, UV_INDEX the private index, UV_DEFAULT_INDEX the public one",
            "hatch env create",
            _project(_UV, UV_INDEX=PRIVATE, UV_DEFAULT_INDEX=PUBLIC),
        ),
        Way(
            "private-alone",
            Suite.CONFUSION,
            "PIP_INDEX_URL is the private index, which has the public projects too",
            "hatch env create",
            _project(PIP_INDEX_URL=PRIVATE),
            advised=True,
        ),
        Way(
            "one-name",
            Suite.DNS,
            "PIP_INDEX_URL is the mirror; its name has two addresses",
            "hatch env create",
            _project(PIP_INDEX_URL=MIRROR),
        ),
        Way("no-index", Suite.CONTROL, "no variable", "hatch env create", _project()),
    )

    def __init__(self, lab: Lab, tools: Tools, name: str = "hatch") -> None:
        """Make room for the environment, which is Hatch's own to make."""
        super().__init__(lab, tools, name)
        shutil.rmtree(self.venv)
        (self._folder / "config.toml").touch()

    def _program(self) -> Sequence[str | Path]:
        return (self._tools.bin / "hatch",)

    @property
    def _own(self) -> dict[str, object]:
        return {
            **super()._own,
            "HATCH_CACHE_DIR": self._folder / "cache",
            "HATCH_CONFIG": self._folder / "config.toml",
            "HATCH_DATA_DIR": self._folder / "data",
            "HATCH_ENV_TYPE_VIRTUAL_PATH": self.venv,
            "HATCH_INTERACTIVE": 0,
            "HATCH_PYTHON": self._tools.python,
            "VIRTUALENV_OVERRIDE_APP_DATA": self._folder / "data",
            "NO_COLOR": 1,
        }
