"""uv, installing into the fresh environment from outside of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mirrorlab.clients.base import Client
from mirrorlab.clients.configuration import FOLDER, MIRROR, PRIVATE, PROJECT, PUBLIC, SECOND, Suite
from mirrorlab.clients.configuration import Configuration as Way

_APP = f"""\
[project]
name = "my-app"
version = "1"
requires-python = ">=3.11"
dependencies = ["{PROJECT}"]
"""
_APP_OF_THE_MIRROR = f"""\
{_APP}
[[tool.uv.index]]
name = "mirror"
url = "{MIRROR}"
default = true
"""
_APP_OF_TWO = f"""\
{_APP}
[tool.uv.sources]
{PROJECT} = {{ index = "private" }}

[[tool.uv.index]]
name = "private"
url = "{PRIVATE}"
explicit = true

[[tool.uv.index]]
name = "public"
url = "{PUBLIC}"
default = true
"""
_IGNORE_ERRORS = f"""\
[[index]]
name = "mirror"
url = "{MIRROR}"
ignore-error-codes = [401, 403, 404, 429, 500, 502, 503, 504]

[[index]]
name = "second"
url = "{SECOND}"
default = true
"""


class Uv(Client):
    """uv as ``uv pip install --python ENVIRONMENT``, or by its project's ``uv sync``."""

    names = ("uv",)
    configurations = (
        Way(
            "mirror",
            Suite.FALLBACK,
            "--default-index is the mirror; there is no other index",
            f"uv pip install --default-index {MIRROR} {PROJECT}",
        ),
        Way(
            "mirror-then-second",
            Suite.FALLBACK,
            "--index is the mirror, --default-index the second index: first-index, the default",
            f"uv pip install --index {MIRROR} --default-index {SECOND} {PROJECT}",
        ),
        Way(
            "best-match",
            Suite.FALLBACK,
            "the same two, with --index-strategy unsafe-best-match",
            "uv pip install --index-strategy unsafe-best-match"
            f" --index {MIRROR} --default-index {SECOND} {PROJECT}",
        ),
        Way(
            "mirror-and-folder",
            Suite.FALLBACK,
            "--default-index is the mirror, --find-links a folder with the same files",
            f"uv pip install --default-index {MIRROR} --find-links {FOLDER} {PROJECT}",
        ),
        Way(
            "ignore-errors",
            Suite.FALLBACK,
            "uv.toml: the mirror with ignore-error-codes, then the second index",
            f"uv pip install {PROJECT}",
            files={"uv.toml": _IGNORE_ERRORS},
        ),
        Way(
            "short-time-outs",
            Suite.FALLBACK,
            "the mirror alone, 5 s and one retry instead of 30 s and three",
            f"uv pip install --default-index {MIRROR} {PROJECT}",
            environment={"UV_HTTP_TIMEOUT": "5", "UV_HTTP_RETRIES": "1"},
            advised=True,
        ),
        Way(
            "uv-sync",
            Suite.LOCKED,
            "uv.lock, and uv sync: it locks anew where it thinks it must",
            "uv sync",
            files={"pyproject.toml": _APP_OF_THE_MIRROR},
            prepare=("uv lock",),
        ),
        Way(
            "uv-sync-locked",
            Suite.LOCKED,
            "uv.lock, and uv sync --locked: it never locks anew",
            "uv sync --locked",
            files={"pyproject.toml": _APP_OF_THE_MIRROR},
            prepare=("uv lock",),
            advised=True,
        ),
        Way(
            "hashes",
            Suite.LOCKED,
            "requirements.txt of uv pip compile --generate-hashes: hashes and no addresses",
            f"uv pip sync --default-index {MIRROR} --require-hashes requirements.txt",
            files={"requirements.in": f"{PROJECT}\n"},
            prepare=(
                f"uv pip compile --default-index {MIRROR} --generate-hashes"
                " requirements.in --output-file requirements.txt",
            ),
            advised=True,
        ),
        Way(
            "private-then-public",
            Suite.CONFUSION,
            "--index is the private index, --default-index the public one: first-index",
            f"uv pip install --index {PRIVATE} --default-index {PUBLIC} {PROJECT}",
        ),
        Way(
            "words-of-pip",
            Suite.CONFUSION,
            "--index-url is the private index, --extra-index-url the public one, as for pip",
            f"uv pip install --index-url {PRIVATE} --extra-index-url {PUBLIC} {PROJECT}",
        ),
        Way(
            "explicit",
            Suite.CONFUSION,
            "tool.uv.sources gives the project to the private index, which is explicit",
            "uv sync",
            files={"pyproject.toml": _APP_OF_TWO},
            advised=True,
        ),
        Way(
            "by-name",
            Suite.DNS,
            "--default-index is the mirror; there is no other index",
            f"uv pip install --default-index {MIRROR} {PROJECT}",
        ),
        Way("no-index", Suite.CONTROL, "no option, no file", f"uv pip install {PROJECT}"),
    )

    def _program(self) -> Sequence[str | Path]:
        return (self._tools.bin / "uv",)

    def _install_command(self) -> Sequence[str | Path]:
        return (*self._program(), "pip", "install", "--python", self.python_path)

    @property
    def _own(self) -> dict[str, object]:
        here = {"VIRTUAL_ENV": self.venv, "UV_PROJECT_ENVIRONMENT": self.venv}
        return {**super()._own, **here}
