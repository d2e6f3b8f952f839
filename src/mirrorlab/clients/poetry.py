"""Poetry, which locks what it finds in the sources of a project, then installs what it locked."""

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

[tool.poetry]
package-mode = false
"""
_FROM_PRIVATE = f"""
[tool.poetry.dependencies]
{PROJECT} = {{ source = "private" }}
"""


def _source(name: str, url: str, priority: str = "primary") -> str:
    return f"""
[[tool.poetry.source]]
name = "{name}"
url = "{url}"
priority = "{priority}"
"""


def _pyproject(*tables: str) -> dict[str, str]:
    return {"pyproject.toml": "".join((_PROJECT, *tables))}


_MIRROR = _source("mirror", MIRROR)
_SECOND = _source("second", SECOND)
_INSTALL = "poetry install"


class Poetry(Client):
    """Poetry, told of the fresh environment as one that is active."""

    names = ("poetry",)
    configurations = (
        Way(
            "mirror",
            Suite.FALLBACK,
            "the mirror is the only source, and so replaces PyPI",
            _INSTALL,
            _pyproject(_MIRROR),
        ),
        Way(
            "mirror-then-second",
            Suite.FALLBACK,
            "two primary sources: the mirror, then the second index",
            _INSTALL,
            _pyproject(_MIRROR, _SECOND),
        ),
        Way(
            "second-then-mirror",
            Suite.FALLBACK,
            "two primary sources: the second index, then the mirror",
            _INSTALL,
            _pyproject(_SECOND, _MIRROR),
        ),
        Way(
            "supplemental-second",
            Suite.FALLBACK,
            "the mirror is primary, the second index supplemental",
            _INSTALL,
            _pyproject(_MIRROR, _source("second", SECOND, "supplemental")),
        ),
        Way(
            "mirror-with-retries",
            Suite.FALLBACK,
            "the mirror alone, with a shorter time-out, and broken downloads resumed",
            _INSTALL,
            _pyproject(_MIRROR),
            environment={"POETRY_REQUESTS_TIMEOUT": "5", "POETRY_REQUESTS_MAX_RETRIES": "5"},
            advised=True,
        ),
        Way(
            "lock",
            Suite.LOCKED,
            "poetry.lock, with hashes, made from the mirror",
            _INSTALL,
            _pyproject(_MIRROR),
            prepare=("poetry lock",),
            advised=True,
        ),
        Way(
            "private-and-public",
            Suite.CONFUSION,
            "two primary sources: the private index, then the public one",
            _INSTALL,
            _pyproject(_source("private", PRIVATE), _source("public", PUBLIC)),
        ),
        Way(
            "explicit-private",
            Suite.CONFUSION,
            "the private index is explicit, and the project says that it comes from there",
            _INSTALL,
            _pyproject(
                _FROM_PRIVATE, _source("private", PRIVATE, "explicit"), _source("public", PUBLIC)
            ),
            advised=True,
        ),
        Way(
            "one-name",
            Suite.DNS,
            "the mirror is the only source; its name has two addresses",
            _INSTALL,
            _pyproject(_MIRROR),
        ),
        Way("no-source", Suite.CONTROL, "no source is named", _INSTALL, _pyproject()),
    )

    def _program(self) -> Sequence[str | Path]:
        return (self._tools.bin / "poetry", "--no-interaction", "--no-ansi")

    @property
    def _own(self) -> dict[str, object]:
        folders = {
            f"POETRY_{kind}_DIR": self._folder / kind.lower()
            for kind in ("CACHE", "CONFIG", "DATA")
        }
        return {
            **super()._own,
            **folders,
            "VIRTUAL_ENV": self.venv,
            "POETRY_KEYRING_ENABLED": "false",
        }
