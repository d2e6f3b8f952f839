"""Locks of the demo project, made by ``lock.sh`` and by other tools, and what stands in them."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from drilling.machine import NO_CACHES, own, url

from mirrorlab.index import Index
from mirrorlab.lab import Completed
from mirrorlab.runner import Run

SET = {"demo-dep": "2.0", "demo-lib": "2.0"}
"""What the demo project locks."""
LOCKS = ("requirements.txt", "uv.lock", "pylock.toml")
WAYS = (
    ("install.sh", "requirements.txt"),
    ("install-with-uv.sh", "requirements.txt"),
    ("install-with-uv.sh", "uv.lock"),
    ("install.sh", "pylock.toml"),
    ("install-with-uv.sh", "pylock.toml"),
)
"""Each script with each lock that it installs."""
MOVES, STAYS = WAYS[:3], WAYS[3:]
"""Those that ask INDEX; a pylock.toml names each file's address."""


def demo(run: Run) -> Path:
    """The demo project, which the step ``lock`` has locked through the trusted index."""
    return run.folder / "demo"


def locked(run: Run, name: str, index: Index, *more: str, tables: str = "") -> Path:
    """Copy the project, without its locks, and lock it through an index, whoever that is.

    ``more`` are projects that it needs, too, ``tables`` text more of its pyproject.toml.
    """
    project = Path(mkdtemp(prefix=f"{name}-", dir=run.tmp))
    text = _pyproject(run)
    for each in more:
        text = text.replace('["demo-lib', f'["{each}", "demo-lib')
    (project / "pyproject.toml").write_text(text + tables)
    lock_again(run, project, index, **NO_CACHES)
    return project


def lock_again(run: Run, project: Path, index: Index, **settings: Any) -> None:
    """Run ``lock.sh`` with an index that it is to trust."""
    done = run.command("sh", "lock.sh", PROJECT=project, TRUSTED=url(index), **settings)
    assert done.exit_code == 0, f"locking failed:\n{done.output}"


def pins(run: Run) -> Path:
    """What is locked, without hashes, as ``pip freeze`` writes it."""
    naive = run.tmp / "naive.txt"
    naive.write_text("".join(f"{name}=={version}\n" for name, version in SET.items()))
    return naive


def check(run: Run, lock: Path, **settings: Any) -> Completed:
    """Compare a lock with the index that is trusted."""
    return run.command("sh", "check-lock.sh", LOCKS=lock, **settings)


def hashes(lock: Path) -> set[str]:
    """Every sha256 in a lock; what looks like one in an address is none."""
    text = re.sub(r"https?://[^\s\"]+", "", lock.read_text())
    return set(re.findall(r"\b[0-9a-f]{64}\b", text))


def hashes_of_all(project: Path) -> dict[str, set[str]]:
    """Lock -> every sha256 in it."""
    return {lock: hashes(project / lock) for lock in LOCKS}


def known(run: Run, suffix: str = "") -> set[str]:
    """The hashes that the trusted index has for what is locked."""
    return {
        file.hashes["sha256"]
        for name, version in SET.items()
        for file in run.index.files(name)
        if f"-{version}" in file.filename and file.filename.endswith(suffix)
    }


def of_pip_compile(run: Run, mirror: Index, project: Path) -> Path:
    """The lock that pip-compile writes where nobody tells it to leave out the index."""
    lock = project / "unasked.txt"
    unasked = ("pip-compile", "-q", "--strip-extras", "--generate-hashes", "-o", lock)
    _done(run.command(*unasked, project / "pyproject.toml", **own(mirror)))
    return lock


def of_pip(run: Run, mirror: Index, project: Path) -> Path:
    """The pylock.toml that pip writes."""
    lock = project / "pylock.pip.toml"
    pip = ("python3", "-m", "pip", "lock", "-r", project / "requirements.txt", "-o", lock)
    _done(run.command(*pip, **own(mirror)))
    return lock


def of_poetry(run: Run, mirror: Index) -> Path:
    """A poetry.lock that was made through the mirror."""
    source = f'\n[[tool.poetry.source]]\nname = "mirror"\nurl = "{url(mirror)}"\n'
    mode = "\n[tool.poetry]\npackage-mode = false\n"
    files = {"pyproject.toml": _pyproject(run) + mode + source}
    return _typed(run, "poetry", files, "poetry lock", "poetry.lock")


def of_pdm(run: Run, mirror: Index, options: str = "") -> Path:
    """A pdm.lock that was made through the mirror."""
    source = f'\n[[tool.pdm.source]]\nname = "pypi"\nurl = "{url(mirror)}"\n'
    files = {"pyproject.toml": _pyproject(run) + source}
    return _typed(run, "pdm", files, f"pdm lock {options}", "pdm.lock")


def of_pipenv(run: Run, mirror: Index) -> Path:
    """A Pipfile.lock that was made through the mirror."""
    source = f'[[source]]\nname = "mirror"\nurl = "{url(mirror)}"\nverify_ssl = true\n'
    files = {"Pipfile": f'{source}\n[packages]\ndemo-lib = "*"\n'}
    return _typed(run, "pipenv", files, "pipenv lock", "Pipfile.lock")


def _typed(run: Run, name: str, files: dict[str, str], typed: str, lock: str) -> Path:
    """Have a client lock a project of these files."""
    client = run.client(name)
    for file, text in files.items():
        (client.project / file).write_text(text)
    done = client.follow(typed)
    assert done.exit_code == 0, done.output
    return client.project / lock


def _pyproject(run: Run) -> str:
    return (demo(run) / "pyproject.toml").read_text()


def _done(done: Completed) -> None:
    assert done.exit_code == 0, done.output
