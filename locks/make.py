"""Make the locks of the Python it runs on, each from its ``.in`` file, with pip-compile.

A lock is made on Python 3.11, the base, unless its ``.in`` file says ``# locked on Python 3.13``.
A recipe's ``requirements*.txt`` is made on 3.13, its ``requirements-3.11.txt``, where there is one,
on 3.11. No lock names an index or a folder of this machine: it must be good everywhere.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
BASE, NEWEST = "3.11", "3.13"
OPTIONS = (
    "--quiet",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--strip-extras",
    "--allow-unsafe",
)
KIT = {  # these lock the kit's own dependencies too
    "server.in": ("pyproject.toml",),
    **dict.fromkeys(("recipes.in", "dev.in", "kit.in"), ("--extra=lab", "pyproject.toml")),
}


def locks() -> Iterator[tuple[Path, Path, str]]:
    """Give each ``.in`` file, the lock made from it, and the Python it is made on."""
    for source in sorted(ROOT.glob("recipes/*/requirements*.in")):
        yield source, source.with_suffix(".txt"), NEWEST
        old = source.with_name(f"requirements-{BASE}.txt")
        if source.stem == "requirements" and old.exists():
            yield source, old, BASE
    for pattern in ("locks/*.in", "src/**/*.in", "tests/**/*.in"):
        for source in sorted(ROOT.glob(pattern)):
            newest = f"# locked on Python {NEWEST}" in source.read_text(encoding="utf-8")
            yield source, source.with_suffix(".txt"), NEWEST if newest else BASE


def environment() -> dict[str, str]:
    """This machine's environment, with nothing of its pip settings but where its index is."""
    asked = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    index = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    ours |= {name: os.environ[name] for name in ("PIP_CERT", "PIP_INDEX_URL") if name in os.environ}
    if index:
        ours.setdefault("PIP_INDEX_URL", index)
    ours["PIP_CONFIG_FILE"] = os.devnull
    ours["CUSTOM_COMPILE_COMMAND"] = "python3 noxfile.py -s lock"
    return ours


def make(source: Path, target: Path, *options: str) -> None:
    """Run pip-compile for one lock."""
    own = KIT.get(source.name, ())
    command = [sys.executable, "-m", "piptools", "compile", *OPTIONS, *options, *own]
    names = [str(source.relative_to(ROOT)), "--output-file", str(target.relative_to(ROOT))]
    print(f"{names[0]} -> {names[2]}", flush=True)
    subprocess.run([*command, *names], cwd=ROOT, env=environment(), check=True)


def main() -> None:
    """Make every lock of this Python; the options go to pip-compile (``--upgrade``)."""
    for source, target, python in locks():
        if python == HERE:
            make(source, target, *sys.argv[1:])


if __name__ == "__main__":
    main()
