"""PDM, which locks what it finds in the sources of a project, then installs what it locked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mirrorlab.clients.base import Client
from mirrorlab.clients.configuration import MIRROR, PRIVATE, PROJECT, PUBLIC, SECOND, Suite
from mirrorlab.clients.configuration import Configuration as Way

_PROJECT = f"""\
[project]
name = "my-project"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["{PROJECT}"]

[tool.pdm]
distribution = false
"""
_IN_ORDER = """
[tool.pdm.resolution]
respect-source-order = true
"""


def _source(name: str, url: str, *more: str) -> str:
    lines = ("[[tool.pdm.source]]", f'name = "{name}"', f'url = "{url}"', *more)
    return "".join(f"{line}\n" for line in ("", *lines))


def _pyproject(*tables: str) -> dict[str, str]:
    return {"pyproject.toml": "".join((_PROJECT, *tables))}


_MIRROR = _source("pypi", MIRROR)
_SECOND = _source("second", SECOND)
_PUBLIC = _source("pypi", PUBLIC)
_INSTALL = "pdm install"


class Pdm(Client):
    """PDM, told of the fresh environment as one that is active."""

    names = ("pdm",)
    configurations = (
        Way(
            "mirror",
            Suite.FALLBACK,
            "a source named pypi, which is the mirror, replaces PyPI",
            _INSTALL,
            _pyproject(_MIRROR),
        ),
        Way(
            "mirror-and-second",
            Suite.FALLBACK,
            "two sources, the mirror and the second index, which count alike by default",
            _INSTALL,
            _pyproject(_MIRROR, _SECOND),
        ),
        Way(
            "mirror-with-time-out",
            Suite.FALLBACK,
            "the mirror alone; without its cache, PDM keeps to its time-out",
            _INSTALL,
            _pyproject(_MIRROR),
            environment={"PDM_REQUEST_TIMEOUT": "5", "PDM_NO_CACHE": "1"},
            advised=True,
        ),
        Way(
            "lock",
            Suite.LOCKED,
            "pdm.lock, with hashes; the mirror stands in pyproject.toml",
            _INSTALL,
            _pyproject(_MIRROR),
            prepare=("pdm lock",),
        ),
        Way(
            "lock-without-mirror",
            Suite.LOCKED,
            "pdm.lock, with hashes; the mirror stands in the environment, not in the project",
            "pdm sync",
            _pyproject(),
            prepare=("pdm lock",),
            environment={"PDM_PYPI_URL": MIRROR},
            advised=True,
        ),
        Way(
            "private-and-public",
            Suite.CONFUSION,
            "two sources, the public index and the private one, which count alike",
            _INSTALL,
            _pyproject(_PUBLIC, _source("private", PRIVATE)),
        ),
        Way(
            "private-then-public",
            Suite.CONFUSION,
            "respect-source-order: the private index, then the public one",
            _INSTALL,
            _pyproject(_IN_ORDER, _source("private", PRIVATE), _PUBLIC),
        ),
        Way(
            "private-for-its-own",
            Suite.CONFUSION,
            "include_packages: the project comes from the private index alone",
            _INSTALL,
            _pyproject(
                _source("private", PRIVATE, f'include_packages = ["{PROJECT}"]'),
                _PUBLIC,
            ),
            advised=True,
        ),
        Way(
            "one-name",
            Suite.DNS,
            "the mirror replaces PyPI; its name has two addresses",
            _INSTALL,
            _pyproject(_MIRROR),
        ),
        Way("no-source", Suite.CONTROL, "no source is named", _INSTALL, _pyproject()),
    )

    def _program(self) -> Sequence[str | Path]:
        return (self._tools.bin / "pdm",)

    @property
    def _own(self) -> dict[str, object]:
        return {
            **super()._own,
            "XDG_CONFIG_HOME": self._folder / "config",
            "XDG_DATA_HOME": self._folder / "data",
            "PDM_CACHE_DIR": self._folder / "cache",
            "PDM_LOG_DIR": self._folder / "logs",
            "PDM_CHECK_UPDATE": "false",
            "PDM_NON_INTERACTIVE": "1",
            "VIRTUAL_ENV": self.venv,
            "NO_COLOR": "1",
        }
