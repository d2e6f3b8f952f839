"""What builds that obey the mirror promise, how they reach out, and how a mirror reaches in."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

SET = {"demo-dep": "2.0", "demo-sdist": "1.0"}
WITH = ("pip", "build", "uv")
BUILT = "demo_sdist-1.0-py3-none-any.whl"
MIRROR = "https://mirror.example/simple/"

PIP = ("python3", "-m", "pip", "wheel", "-q", "--no-deps", "-w", "dist", "demo-sdist")
BUILD = ("python3", "-m", "build", "-q", "--wheel", "demo")
BUILD_UV = ("python3", "-m", "build", "-q", "--wheel", "--installer", "uv", "demo")
UV = ("uv", "build", "-q", "--wheel", "demo")
HATCH = ("sh", "-c", "cd demo && hatch build -t wheel")
PDM = ("sh", "-c", "cd demo && pdm build -q --no-sdist")
POETRY = ("poetry", "build", "-q", "-f", "wheel", "-C", "with-poetry")

FETCHES = {
    "by a proxy": "import urllib.request as u; u.urlopen('https://public.example/data')",
    "by name": "import socket; socket.create_connection(('public.example', 443), 5)",
    "by number": "import socket; socket.create_connection(('192.0.2.7', 443), 5)",
}
"""What a build may do on the way; 192.0.2.0/24 is nobody's (RFC 5737)."""
BACKEND = """
from demo_backend import *  # build_wheel and all
from demo_backend import build_wheel as _build_wheel

def build_wheel(*args):
    try:
        {fetch}
    except OSError:
        pass  # and go on without
    return _build_wheel(*args)
"""


def promise(run: Run) -> None:
    """Each builder builds the same wheel from the mirror; installs take it, and build nothing."""
    lock = (run.folder / "build-requirements.txt").read_text()
    wheel = "demo_backend-1.0-py3-none-any.whl"
    assert run.index.sha256(wheel) in lock, f"what builds is not locked:\n{lock}"
    built = {_sha256(run.folder / "wheels" / BUILT)}
    for builder in WITH[1:]:
        done, wheels = _build(run, builder)
        assert done.exit_code == 0, f"{builder}:\n{done.output}"
        built.add(_sha256(wheels / BUILT))
    assert len(built) == 1, f"the builders differ: {built}"
    assert built.pop() in (run.folder / "wheels" / "requirements.txt").read_text()
    run.index.forget_requests()
    venv = run.tmp / "venv-uv"
    done = run.step("install", WITH="uv", VENV=venv)
    assert done.exit_code == 0, done.output
    for each in (venv, run.tmp / "venv-pip"):
        assert _installed(each) == SET, f"{each.name} has {_installed(each)}"
    for path in ("/packages/*.tar.gz", "*demo-backend*"):
        assert not run.index.requests(path), f"the install asked for {path}"
    _settings_obey(run)


def _settings_obey(run: Run) -> None:
    """With the files of settings/, whatever builds asks the mirror, and nobody else."""
    told = _settings(run)
    names = dict(line.split("=") for line in _lines(told / "builds.env"))
    pip: dict[str, Any] = {"PIP_CONFIG_FILE": told / "pip.conf"}
    uv: dict[str, Any] = {"UV_CONFIG_FILE": told / "uv.toml"}
    with_poetry = run.folder / "with-poetry"
    shutil.copytree(run.folder / "demo", with_poetry)
    with (with_poetry / "pyproject.toml").open("a") as project:
        project.write("\n" + (told / "poetry-pyproject.toml").read_text())
    ways: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
        (PIP, pip),
        (BUILD, pip),
        (BUILD_UV, uv),
        (UV, uv),
        (HATCH, names),
        (PDM, names),
        (POETRY, {}),
    )
    for command, settings in ways:
        run.index.forget_requests()
        done = _check(run, command, **settings)
        assert done.exit_code == 0, f"{command} does not obey the mirror:\n{done.output}"
        assert run.index.requests("*demo_backend*.whl"), f"{command} built without its backend"


def reaches_out(run: Run) -> None:
    """Settings of one tool are none to another: its build leaves, and the guard names for where."""
    pip: dict[str, Any] = {"PIP_INDEX_URL": run.settings["MIRROR"]}
    for command in (UV, HATCH, BUILD_UV):
        done = _check(run, command, **pip)
        assert done.exit_code == 1, f"{command} stays here, with settings of pip:\n{done.output}"
        assert "WANTED pypi.org:443" in done.output, f"nobody is named:\n{done.output}"
    done = _check(run, UV, WAY="proxy")
    assert done.exit_code == 1, f"a proxy alone does not see it:\n{done.output}"
    assert "WANTED pypi.org:443, for `uv build" in done.output, done.output
    uv: dict[str, Any] = {"UV_DEFAULT_INDEX": run.settings["MIRROR"]}
    done = _check(run, UV, WAY="proxy", **uv)
    assert done.exit_code == 3, f"a proxy alone is sure:\n{done.output}"
    done = _check(run, ("python3", "-c", "pass"))
    assert done.exit_code == 3, f"where nobody asks, all is good:\n{done.output}"
    done = _check(run, UV, MIRROR=f"http://127.0.0.1:{run.port('nobody')}/simple/", **uv)
    assert done.exit_code == 1, f"an index that is not MIRROR is good:\n{done.output}"


def fetches_while_building(run: Run) -> None:
    """A build that fetches, and goes on without: seen, named, and none of its wheels kept."""
    uv: dict[str, Any] = {"UV_DEFAULT_INDEX": run.settings["MIRROR"]}
    closed_port = f"http://127.0.0.1:{run.port('nobody')}"
    nobody: dict[str, Any] = {"https_proxy": closed_port, "HTTPS_PROXY": closed_port}
    wheels = _wheels(run.folder / "wheels")
    for number, (how, fetch) in enumerate(FETCHES.items()):
        sdists = run.tmp / f"fetches-{number}"
        sdist = _sdist(run, sdists, fetch)
        lock = run.tmp / f"fetches-{number}.txt"
        lock.write_text(f"demo-app==1.0 --hash=sha256:{_sha256(sdist)}\n")
        done, _ = _build(run, "uv", SDISTS=sdists, LOCK=lock, WHEELS=run.folder / "wheels")
        assert done.exit_code == 1, f"built although it fetches {how}:\n{done.output}"
        assert _wheels(run.folder / "wheels") == wheels, f"{how}: the wheels were changed"
        done, _ = _build(run, "uv", SDISTS=sdists, LOCK=lock, CLOSED="no", **nobody)
        assert done.exit_code == 0, f"{how}: the build itself fails:\n{done.output}"
    by_number = ("uv", "build", "-q", "--wheel", str(run.tmp / "fetches-2/demo_app-1.0.tar.gz"))
    done = _check(run, by_number, WAY="proxy", **uv)
    assert done.exit_code == 3, f"a proxy is sure of what it cannot see:\n{done.output}"


def missing_build_dependency(run: Run) -> None:
    """Each builder ends with 1 and names what is missing; nobody looks for it elsewhere."""
    run.index.fault("404", "/simple/demo-backend/")
    before = _wheels(run.folder / "wheels")
    for builder in ("pip", "uv"):
        done, _ = _build(run, builder, WHEELS=run.folder / "wheels")
        assert done.exit_code == 1, f"{builder} builds without its backend:\n{done.output}"
        assert "demo-backend" in done.output, f"{builder} does not name it:\n{done.output}"
        assert "WANTED" not in done.output, f"{builder} looks elsewhere:\n{done.output}"
        assert _wheels(run.folder / "wheels") == before, f"{builder} changed the wheels"


def altered_build_dependency(run: Run) -> None:
    """What is locked is refused when it is altered, and so is what nobody locked."""
    run.index.fault("altered", "/simple/demo-backend/")
    told: dict[str, Any] = {"UV_DEFAULT_INDEX": run.settings["MIRROR"], "UV_NO_CACHE": 1}
    naive = run.command(*UV, **told)
    assert naive.exit_code == 0, f"without a lock it is refused:\n{naive.output}"
    empty = run.tmp / "empty.txt"
    empty.write_text("# nothing\n")
    other = run.tmp / "other.txt"
    other.write_text(f"demo-lib==2.0 --hash=sha256:{'0' * 64}\n")
    for builder in WITH:
        run.index.forget_requests()
        done, wheels = _build(run, builder)
        assert done.exit_code == 1, f"{builder} built with what the mirror altered"
        came = run.index.requests("/packages/*demo_backend*.whl")
        assert any(each.fault == "altered" for each in came), f"{builder} failed early"
        assert not wheels.exists(), f"{builder} left {wheels}"
        done, _ = _build(run, builder, BUILD_LOCK=empty)
        assert done.exit_code == 1, f"{builder} builds with what nobody locked"
    _uv_by_settings(run, other)


def _uv_by_settings(run: Run, other: Path) -> None:
    """uv's own settings: a table with hashes; constraints alone let pass what they do not name."""
    told: dict[str, Any] = {"UV_DEFAULT_INDEX": run.settings["MIRROR"], "UV_NO_CACHE": 1}
    project = run.tmp / "of-uv"
    project.mkdir()
    app = '[project]\nname = "my-app"\nversion = "1"\ndependencies = ["demo-sdist"]\n'
    hashes = (_settings(run) / "uv-pyproject.toml").read_text()
    (project / "pyproject.toml").write_text(f'{app}requires-python = ">=3.11"\n\n{hashes}')
    sync = ("uv", "sync", "-q", "--no-install-project", "--python", "python3", "--project", project)
    done = run.command(*sync, **told)
    assert done.exit_code == 1, f"uv sync built with what the mirror altered:\n{done.output}"
    install = ("uv", "pip", "install", "-q", "--python", "python3", "--no-deps", "demo-sdist")
    passed = run.command(*install, "--target", "t1", UV_BUILD_CONSTRAINT=other, **told)
    assert passed.exit_code == 0, "uv now wants a hash for each build dependency: mend the page"
    told |= {"UV_BUILD_CONSTRAINT": other, "UV_REQUIRE_BUILD_HASHES": 1}
    done = run.command(*install, "--target", "t2", **told)
    assert done.exit_code == 1, f"uv builds with what has no hash:\n{done.output}"


def _build(run: Run, builder: str, **settings: Any) -> tuple[Completed, Path]:
    """Run build.sh with one builder, into a folder of its own."""
    wheels = run.tmp / f"wheels-{len(list(run.tmp.iterdir()))}"
    told: dict[str, Any] = {"WITH": builder, "WHEELS": wheels, **settings}
    return run.command("sh", "build.sh", timeout=120, **told), wheels


def _check(run: Run, command: tuple[str, ...], **settings: Any) -> Completed:
    """Run a build under check-build.sh, with nothing told but these settings."""
    python = run.command("python3", "-c", "import sys; print(sys.executable)").output.strip()
    quiet: dict[str, Any] = {"HATCH_PYTHON": python, "HATCH_INTERACTIVE": 0}
    told = {**quiet, **settings}
    return run.command("sh", "check-build.sh", *command, timeout=120, **told)


def _settings(run: Run) -> Path:
    """The files of settings/, with the address of the test's own index."""
    told = run.tmp / "settings"
    if not told.exists():
        shutil.copytree(run.folder / "settings", told)
        for file in told.iterdir():
            file.write_text(file.read_text().replace(MIRROR, run.settings["MIRROR"]))
    return told


def _lines(file: Path) -> list[str]:
    return [line for line in file.read_text().splitlines() if line and line[0] != "#"]


def _sdist(run: Run, folder: Path, fetch: str) -> Path:
    """Make an sdist of demo/ whose backend fetches something on the way."""
    source = folder / "demo_app-1.0"
    shutil.copytree(run.folder / "demo", source, ignore=shutil.ignore_patterns("dist", ".venv"))
    (source / "own.py").write_text(BACKEND.format(fetch=fetch))
    project = source / "pyproject.toml"
    own = 'build-backend = "own"\nbackend-path = ["."]'
    project.write_text(project.read_text().replace('build-backend = "demo_backend"', own))
    with tarfile.open(folder / "demo_app-1.0.tar.gz", "w:gz") as archive:
        archive.add(source, arcname=source.name)
    shutil.rmtree(source)
    return folder / "demo_app-1.0.tar.gz"


def _wheels(folder: Path) -> dict[str, str]:
    return {file.name: _sha256(file) for file in folder.iterdir()}


def _installed(venv: Path) -> dict[str, str]:
    (site,) = venv.glob("lib/python*/site-packages")
    return {each.name: each.version for each in distributions(path=[str(site)])}


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
