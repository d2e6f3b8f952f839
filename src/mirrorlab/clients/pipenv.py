"""Pipenv, which locks what it finds on the sources of a Pipfile, then installs what it locked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mirrorlab.clients.base import Client
from mirrorlab.clients.configuration import MIRROR, PRIVATE, PROJECT, PUBLIC, SECOND, Suite
from mirrorlab.clients.configuration import Configuration as Way
from mirrorlab.lab import Lab, Tools


def _source(name: str, url: str) -> str:
    """Return a source as pipenv's documentation writes them: no slash at the end of its URL."""
    return f'[[source]]\nname = "{name}"\nurl = "{url.rstrip("/")}"\nverify_ssl = true\n\n'


def _pipfile(*sources: str, wants: str = '"*"', more: str = "") -> dict[str, str]:
    return {"Pipfile": "".join(sources) + f"[packages]\n{PROJECT} = {wants}\n{more}"}


_MIRROR = _source("mirror", MIRROR)
_SECOND = _source("second", SECOND)
_ALL_SOURCES = "\n[pipenv]\ninstall_search_all_sources = true\n"
_PYPI = _source("pypi", "https://pypi.org/simple")


class Pipenv(Client):
    """Pipenv, for which the fresh environment lies where it looks first: in the project."""

    names = ("pipenv",)
    configurations = (
        Way(
            "mirror",
            Suite.FALLBACK,
            "the mirror is the only source of the Pipfile",
            "pipenv install",
            _pipfile(_MIRROR),
        ),
        Way(
            "mirror-then-second",
            Suite.FALLBACK,
            "two sources in the Pipfile: the mirror, then the second index",
            "pipenv install",
            _pipfile(_MIRROR, _SECOND),
        ),
        Way(
            "search-all-sources",
            Suite.FALLBACK,
            "a lock, install_search_all_sources for both sources, a shorter time-out of pip",
            "pipenv sync",
            _pipfile(_MIRROR, _SECOND, more=_ALL_SOURCES),
            prepare=("pipenv lock",),
            environment={"PIP_DEFAULT_TIMEOUT": "5", "PIP_RETRIES": "2"},
            advised=True,
        ),
        Way(
            "lock",
            Suite.LOCKED,
            "Pipfile.lock, with hashes, made from the mirror, which it names",
            "pipenv sync",
            _pipfile(_MIRROR),
            prepare=("pipenv lock",),
        ),
        Way(
            "lock-of-pypi",
            Suite.LOCKED,
            "Pipfile.lock, with hashes, that names PyPI; PIPENV_PYPI_MIRROR says where it is",
            "pipenv sync",
            _pipfile(_PYPI),
            prepare=("pipenv lock",),
            environment={"PIPENV_PYPI_MIRROR": MIRROR.rstrip("/")},
            advised=True,
        ),
        Way(
            "public-and-private",
            Suite.CONFUSION,
            "two sources in the Pipfile: the public index, then the private one",
            "pipenv install",
            _pipfile(_source("public", PUBLIC), _source("private", PRIVATE)),
        ),
        Way(
            "index-private",
            Suite.CONFUSION,
            "two sources, and the project says that its index is the private one",
            "pipenv install",
            _pipfile(
                _source("public", PUBLIC),
                _source("private", PRIVATE),
                wants='{version = "*", index = "private"}',
            ),
            advised=True,
        ),
        Way(
            "one-name",
            Suite.DNS,
            "the mirror is the only source; its name has two addresses",
            "pipenv install",
            _pipfile(_MIRROR),
        ),
        Way("no-index", Suite.CONTROL, "no Pipfile", f"pipenv install {PROJECT}"),
    )

    def __init__(self, lab: Lab, tools: Tools, name: str = "pipenv") -> None:
        """Make the environment and put it into the project."""
        super().__init__(lab, tools, name)
        (self.project / ".venv").symlink_to(self.venv)

    def _program(self) -> Sequence[str | Path]:
        return (self._tools.bin / "pipenv",)

    @property
    def _own(self) -> dict[str, object]:
        return {
            **super()._own,
            "PIPENV_CACHE_DIR": self._folder / "cache",
            "PIPENV_DONT_LOAD_ENV": 1,
            "PIPENV_DONT_USE_ASDF": 1,
            "PIPENV_DONT_USE_PYENV": 1,
            "PIPENV_KEYRING_PROVIDER": "disabled",
            "PIPENV_NOSPIN": 1,
            "PIPENV_NO_INHERIT": 1,
            "PIPENV_YES": 1,
            "NO_COLOR": 1,
        }
