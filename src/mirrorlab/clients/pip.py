"""pip, in any version: run by the fresh environment's own interpreter, from outside of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mirrorlab.clients.base import Client
from mirrorlab.clients.configuration import MIRROR, PRIVATE, PROJECT, PUBLIC, SECOND, Suite
from mirrorlab.clients.configuration import Configuration as Way
from mirrorlab.lab import Lab, Tools


class Pip(Client):
    """pip as ``python -m pip`` of a fresh environment.

    A ``.pth`` file lends the environment the pip of ``tools``, and nothing else of them, so it
    need not be installed, and does not count as installed.
    """

    names = ("pip", "pip-22.1")
    configurations = (
        Way(
            "mirror-then-second",
            Suite.FALLBACK,
            "--index-url is the mirror, --extra-index-url the second index",
            f"pip install --index-url {MIRROR} --extra-index-url {SECOND} {PROJECT}",
        ),
        Way(
            "private-and-public",
            Suite.CONFUSION,
            "--index-url is the public index, --extra-index-url the private one",
            f"pip install --index-url {PUBLIC} --extra-index-url {PRIVATE} {PROJECT}",
        ),
        Way("no-index", Suite.CONTROL, "no option, no file", f"pip install {PROJECT}"),
    )

    def __init__(self, lab: Lab, tools: Tools, name: str = "pip") -> None:
        """Make the environment and lend it the pip that ``tools`` hold."""
        super().__init__(lab, tools, name)
        lent = self._folder / "lent"
        lent.mkdir()
        for part in ("pip", *(each.name for each in tools.site_packages.glob("pip-*.dist-info"))):
            (lent / part).symlink_to(tools.site_packages / part)
        (self.site_packages / "lent-pip.pth").write_text(f"{lent}\n")

    def _program(self) -> Sequence[str | Path]:
        return (self.python_path, "-m", "pip")

    def _install_command(self) -> Sequence[str | Path]:
        return (*self._program(), "install")
