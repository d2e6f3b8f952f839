"""A machine that installs through a mirror: its own settings, and what is in its environments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from mirrorlab.index import Index
from mirrorlab.lab import Completed
from mirrorlab.runner import Run

NO_CACHES: dict[str, Any] = {"PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1"}
_NO_PATIENCE = {"PIP_RETRIES": "0", "PIP_RESUME_RETRIES": "0", "UV_HTTP_RETRIES": "0"}
_EVIL = "mirrorlab_altered.py"  # what an altered distribution brings along


@contextmanager
def untrusted(run: Run) -> Iterator[Index]:
    """Another index with the same distributions: a mirror that is not trusted."""
    with Index(run.index.scenario) as mirror:
        yield mirror


def url(index: Index) -> str:
    """Its address, as the scripts and the installers take it."""
    return f"{index.http_url}/simple/"


def own(mirror: Index) -> dict[str, Any]:
    """A machine whose own settings name the mirror, with nothing in a cache, and no patience."""
    return {
        "PIP_INDEX_URL": url(mirror),
        "UV_DEFAULT_INDEX": url(mirror),
        **_NO_PATIENCE,
        **NO_CACHES,
    }


def install(
    run: Run, script: str, lock: Path, mirror: Index, **settings: Any
) -> tuple[Completed, Path]:
    """Install a lock through a mirror into a new environment; it, too."""
    venv = _unused(run)
    mirror.forget_requests()
    other = f"{run.index.url}/simple/"
    more = {"PIP_EXTRA_INDEX_URL": other, "UV_INDEX": other}  # the machine's own settings
    told: dict[str, Any] = {"LOCK": lock, "VENV": venv, "INDEX": url(mirror), **own(mirror), **more}
    told |= settings
    return run.command("sh", script, timeout=60, **told), venv


def is_refused(
    run: Run, script: str, lock: Path, mirror: Index, fault: str = "", asks: bool = True
) -> None:
    """Assert that a lock is not installed and nothing is left, though the mirror gave its file."""
    done, venv = install(run, script, lock, mirror)
    what = f"{fault or 'refusable'}: {script} of {lock.name}"
    assert done.exit_code != 0, f"{what} installed {installed(venv)}, evil: {is_evil(venv)}"
    assert not venv.exists(), f"{what} left a half-made environment behind"
    if asks:
        assert mirror.requests("/packages/*.whl"), f"{what} failed early:\n{done.output}"


def sync(
    run: Run, project: Path, mirror: Index, *how: str, **settings: Any
) -> tuple[Completed, Path]:
    """Run uv's own command for its own lock, told of a mirror as its documentation says."""
    venv = _unused(run)
    mirror.forget_requests()
    python = run.command("python3", "-c", "import sys; print(sys.executable)").output.strip()
    told: dict[str, Any] = {"UV_PROJECT_ENVIRONMENT": venv, "UV_PYTHON": python, **own(mirror)}
    told |= settings
    return run.command("uv", "sync", "--project", project, *how, **told), venv


def sync_is_refused(run: Run, project: Path, mirror: Index, fault: str | None, *how: str) -> None:
    """Assert that uv installs nothing; where there is a fault, though it met it."""
    done, venv = sync(run, project, mirror, *how)
    assert done.exit_code != 0, f"{fault}: uv sync {how} installed {installed(venv)}"
    assert not installed(venv), f"{fault}: uv sync {how} left {installed(venv)}"
    if fault:
        assert mirror.requests("/packages/*.whl"), f"uv sync {how} failed early:\n{done.output}"


def just_pip(run: Run, pins: Path, mirror: Index) -> tuple[Completed, Path]:
    """Install pins with nothing but pip, told nothing of hashes."""
    venv = _unused(run)
    assert run.command("python3", "-m", "venv", "--without-pip", venv).exit_code == 0
    pip = ("python3", "-m", "pip", "--python", venv / "bin/python")
    return run.command(*pip, "install", "-r", pins, **own(mirror)), venv


def pip_sync(run: Run, lock: Path, mirror: Index) -> tuple[Completed, Path]:
    """pip-sync wants a pip in the environment that it fills."""
    venv = run.client("pip").venv
    mirror.forget_requests()
    sync = ("pip-sync", "--python-executable", venv / "bin/python", lock)
    return run.command(*sync, **own(mirror)), venv


def installed(venv: Path) -> dict[str, str]:
    """Project -> version of what is in an environment; pip does not count."""
    paths = [str(path) for path in venv.glob("lib/python*/site-packages")]
    return {found.name: found.version for found in distributions(path=paths) if found.name != "pip"}


def is_evil(venv: Path) -> bool:
    """Whether something of an altered file is installed."""
    return bool(list(venv.glob(f"lib/python*/site-packages/{_EVIL}")))


def _unused(run: Run) -> Path:
    return run.tmp / f"fresh-{len(list(run.tmp.iterdir()))}"
