"""Print what building the sdists of a folder needs, a requirement a line.

``pip download`` fetches these, uses them, and throws them away. Static ones stand in an sdist's
``pyproject.toml``; its build backend may name more when asked (PEP 517), so this asks.
"""

import sys
import tarfile
import tempfile
from pathlib import Path

from build import ProjectBuilder
from build.env import DefaultIsolatedEnv
from pyproject_hooks import quiet_subprocess_runner


def build_requires(sdist: Path) -> set[str]:
    """Return the build requirements (PEP 508) of an sdist, asked in a scratch environment."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(sdist) as archive:
        if hasattr(tarfile, "data_filter"):  # PEP 706; Python 3.11 has it from 3.11.4 on
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(folder)
        (source,) = Path(folder).iterdir()
        with DefaultIsolatedEnv(installer="uv") as environment:
            # Quiet, because what a build backend prints is no requirement.
            builder = ProjectBuilder.from_isolated_env(environment, source, quiet_subprocess_runner)
            environment.install(builder.build_system_requires)
            return builder.build_system_requires | builder.get_requires_for_build("wheel")


if __name__ == "__main__":
    for requirement in sorted(
        {r for s in Path(sys.argv[1]).glob("*.tar.gz") for r in build_requires(s)}
    ):
        print(requirement)
