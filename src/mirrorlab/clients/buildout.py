"""zc.buildout, which puts each project into a folder of its own and scripts that name them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mirrorlab.clients.base import Client
from mirrorlab.clients.configuration import FOLDER, MIRROR, PRIVATE, PROJECT, PUBLIC, SECOND, Suite
from mirrorlab.clients.configuration import Configuration as Way

_PART = f"""\
parts = app

[app]
recipe = zc.recipe.egg
eggs = {PROJECT}
"""
_PINS = f"""
[versions]
{PROJECT} = 2.0
"""
_PINNED_ONLY = "allow-picked-versions = false"


def _page(index: str) -> str:
    """Return the page of the project, which is what ``find-links`` takes of a further index."""
    return f"{index}{PROJECT}/"


def _cfg(*options: str, more: str = "") -> dict[str, str]:
    lines = "".join(f"{option}\n" for option in options)
    return {"buildout.cfg": f"[buildout]\n{lines}{_PART}{more}"}


class Buildout(Client):
    """zc.buildout, with the recipe that installs; it starts with what ``tools`` hold."""

    names = ("buildout",)
    configurations = (
        Way("mirror", Suite.FALLBACK, "index is the mirror", "buildout", _cfg(f"index = {MIRROR}")),
        Way(
            "mirror-and-second",
            Suite.FALLBACK,
            "index is the mirror, find-links the project's page of the second index",
            "buildout",
            _cfg(f"index = {MIRROR}", f"find-links = {_page(SECOND)}"),
        ),
        Way(
            "second-and-mirror",
            Suite.FALLBACK,
            "index is the second index, find-links the project's page of the mirror",
            "buildout",
            _cfg(f"index = {SECOND}", f"find-links = {_page(MIRROR)}"),
        ),
        Way(
            "mirror-and-wheels",
            Suite.FALLBACK,
            "index is the mirror, find-links a folder",
            "buildout",
            _cfg(f"index = {MIRROR}", f"find-links = ${{buildout:directory}}/{FOLDER}"),
            advised=True,
        ),
        Way(
            "short-time-out",
            Suite.FALLBACK,
            "index is the mirror, socket-timeout five seconds",
            "buildout",
            _cfg(f"index = {MIRROR}", "socket-timeout = 5"),
        ),
        Way(
            "versions",
            Suite.LOCKED,
            "index is the mirror, a pin for each project, no hash: buildout has none",
            "buildout",
            _cfg(f"index = {MIRROR}", _PINNED_ONLY, more=_PINS),
        ),
        Way(
            "public-and-private",
            Suite.CONFUSION,
            "index is the public index, find-links the project's page of the private one",
            "buildout",
            _cfg(f"index = {PUBLIC}", f"find-links = {_page(PRIVATE)}"),
        ),
        Way(
            "private-alone",
            Suite.CONFUSION,
            "index is the private index, which has the public projects too",
            "buildout",
            _cfg(f"index = {PRIVATE}"),
            advised=True,
        ),
        Way(
            "one-name",
            Suite.DNS,
            "index is the mirror; its name has two addresses",
            "buildout",
            _cfg(f"index = {MIRROR}"),
        ),
        Way("no-index", Suite.CONTROL, "no index", "buildout", _cfg()),
    )

    @property
    def site_packages(self) -> Path:
        """The folder of eggs, which buildout keeps one of for each generation of their layout."""
        eggs = self.project / "eggs"
        return next(eggs.glob("v*"), eggs)

    def _program(self) -> Sequence[str | Path]:
        return (self._tools.bin / "buildout",)
