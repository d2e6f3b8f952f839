"""Discussions of the projects that a page speaks of, written as ``pip#4271``."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from docutils import nodes

from mirrorlab.errors import UnknownName

_REPOSITORIES = MappingProxyType(
    {
        "pip": "pypa/pip",
        "uv": "astral-sh/uv",
        "poetry": "python-poetry/poetry",
        "pdm": "pdm-project/pdm",
        "unearth": "frostming/unearth",
        "pipenv": "pypa/pipenv",
        "hatch": "pypa/hatch",
        "pip-tools": "jazzband/pip-tools",
        "buildout": "buildout/buildout",
        "setuptools": "pypa/setuptools",
        "twine": "pypa/twine",
        "bandersnatch": "pypa/bandersnatch",
        "devpi": "devpi/devpi",
        "warehouse": "pypi/warehouse",
        "packaging.python.org": "pypa/packaging.python.org",
    }
)


def link(word: str) -> Any:
    """Give the link of ``PROJECT#NUMBER``. Raises UnknownName where it is not written so."""
    project, _, number = word.partition("#")
    if project not in _REPOSITORIES or not number.isdigit():
        known = tuple(f"{name}#NUMBER" for name in _REPOSITORIES)
        raise UnknownName("thread", word, known)
    uri = f"https://github.com/{_REPOSITORIES[project]}/issues/{number}"
    return nodes.reference(word, word, refuri=uri)
