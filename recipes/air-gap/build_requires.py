"""Print what builds the sdists of a folder, a requirement a line.

Static ones stand in ``pyproject.toml``; the build backend may name more when it is asked (PEP 517),
so each is asked, on this machine.
"""

import sys
import tarfile
import tempfile
from pathlib import Path

from build import ProjectBuilder
from build.env import DefaultIsolatedEnv
from pyproject_hooks import quiet_subprocess_runner


def asked(source: Path) -> set[str]:
    """Return the build requirements (PEP 508) of a source tree."""
    with DefaultIsolatedEnv(installer="uv") as environment:
        # Quiet, because what a backend prints is no requirement.
        builder = ProjectBuilder.from_isolated_env(environment, source, quiet_subprocess_runner)
        environment.install(builder.build_system_requires)
        return builder.build_system_requires | builder.get_requires_for_build("wheel")


def main(folder: Path) -> None:
    """Print them for all sdists of a folder."""
    found: set[str] = set()
    for sdist in sorted(folder.glob("*.tar.gz")):
        with tempfile.TemporaryDirectory() as scratch, tarfile.open(sdist) as archive:
            if hasattr(tarfile, "data_filter"):  # PEP 706; Python 3.11 has it from 3.11.4 on
                archive.extraction_filter = tarfile.data_filter
            archive.extractall(scratch)
            (source,) = Path(scratch).iterdir()
            found |= asked(source)
    print("".join(f"{requirement}\n" for requirement in sorted(found)), end="")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
