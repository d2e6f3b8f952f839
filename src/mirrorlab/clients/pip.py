"""pip, in any version: run by the fresh environment's own interpreter, from outside of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from mirrorlab.clients.base import Client
from mirrorlab.clients.configuration import FOLDER, MIRROR, PRIVATE, PROJECT, PUBLIC, SECOND, Suite
from mirrorlab.clients.configuration import Configuration as Way
from mirrorlab.lab import Lab, Tools

_PIP_CONF = f"""\
[global]
index-url = {MIRROR}
extra-index-url = {SECOND}
timeout = 5
retries = 1
"""


class Pip(Client):
    """pip as ``python -m pip`` of a fresh environment.

    A ``.pth`` file lends the environment the pip of ``tools``, and nothing else of them, so it
    need not be installed, and does not count as installed.
    """

    names: ClassVar[tuple[str, ...]] = ("pip",)
    configurations: ClassVar[tuple[Way, ...]] = (
        Way(
            "mirror",
            Suite.FALLBACK,
            "--index-url is the mirror; there is no other index",
            f"pip install --index-url {MIRROR} {PROJECT}",
        ),
        Way(
            "mirror-then-second",
            Suite.FALLBACK,
            "--index-url is the mirror, --extra-index-url the second index",
            f"pip install --index-url {MIRROR} --extra-index-url {SECOND} {PROJECT}",
        ),
        Way(
            "second-then-mirror",
            Suite.FALLBACK,
            "--index-url is the second index, --extra-index-url the mirror",
            f"pip install --index-url {SECOND} --extra-index-url {MIRROR} {PROJECT}",
        ),
        Way(
            "mirror-and-folder",
            Suite.FALLBACK,
            "--index-url is the mirror, --find-links a folder with the same files",
            f"pip install --index-url {MIRROR} --find-links {FOLDER} {PROJECT}",
        ),
        Way(
            "short-time-outs",
            Suite.FALLBACK,
            "pip.conf: the mirror and the second index, 5 s and one retry instead of 15 s and five",
            f"pip install {PROJECT}",
            files={"pip.conf": _PIP_CONF},
            environment={"PIP_CONFIG_FILE": "pip.conf"},
            advised=True,
        ),
        Way(
            "pylock",
            Suite.LOCKED,
            "pylock.toml, as pip lock writes it: addresses and hashes of files (experimental)",
            f"pip install --index-url {MIRROR} -r pylock.toml",
            prepare=(f"pip lock --index-url {MIRROR} {PROJECT}",),
        ),
        Way(
            "pinned",
            Suite.LOCKED,
            "requirements.txt names the version and no hash",
            f"pip install --index-url {MIRROR} -r requirements.txt",
            files={"requirements.txt": f"{PROJECT}==2.0\n"},
        ),
        Way(
            "private-and-public",
            Suite.CONFUSION,
            "--index-url is the private index, --extra-index-url the public one",
            f"pip install --index-url {PRIVATE} --extra-index-url {PUBLIC} {PROJECT}",
        ),
        Way(
            "public-and-private",
            Suite.CONFUSION,
            "--index-url is the public index, --extra-index-url the private one",
            f"pip install --index-url {PUBLIC} --extra-index-url {PRIVATE} {PROJECT}",
        ),
        Way(
            "private-alone",
            Suite.CONFUSION,
            "--index-url is the private index, which passes public projects through",
            f"pip install --index-url {PRIVATE} {PROJECT}",
            advised=True,
        ),
        Way(
            "by-name",
            Suite.DNS,
            "--index-url is the mirror; there is no other index",
            f"pip install --index-url {MIRROR} {PROJECT}",
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


class OldPip(Pip):
    """The last pip that reads the HTML form of the Simple API only; recipes and pages try it."""

    names = ("pip-22.1",)
    configurations = ()
