"""What builds that obey the mirror promise, how they reach out, and how a mirror reaches in."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from importlib.metadata import distributions
from pathlib import Path
from textwrap import indent
from typing import Any

from mirrorlab.lab import Completed
from mirrorlab.runner import Run
from mirrorlab.scenario import File

SET = {"demo-dep": "2.0", "demo-sdist": "1.0"}
WITH = ("pip", "uv")
BUILT = "demo_sdist-1.0-py3-none-any.whl"
MIRROR = "https://mirror.example/simple/"

PIP = ("python3", "-m", "pip", "wheel", "-q", "--no-deps", "-w", "dist", "./more")
BUILD = ("python3", "-m", "build", "-q", "--wheel", "more")
BUILD_UV = ("python3", "-m", "build", "-q", "--wheel", "--installer", "uv", "more")
UV = ("uv", "build", "-q", "--wheel", "more")
HATCH = ("sh", "-c", "cd demo && hatch build -t wheel")
PDM = ("pdm", "build", "-q", "--no-sdist", "-p", "more")
POETRY = ("poetry", "build", "-q", "-f", "wheel", "-C", "with-poetry")
TOX = ("tox", "-qq", "--pkg-only", "-c", "with-tox", "-x", "testenv.package=wheel")
SETUP = ("sh", "-c", "cd old && python3 setup.py -q egg_info")

WAYS_OUT = """
import socket, urllib.request
for fetch in (
    lambda: urllib.request.urlopen("https://public.example/data"),
    lambda: socket.create_connection(("public.example", 443), 5),
    lambda: socket.create_connection(("192.0.2.7", 443), 5),
):
    try:
        fetch()
    except OSError:
        pass  # and go on without
"""
"""What a build may do on the way; 192.0.2.0/24 is nobody's (RFC 5737)."""
BACKEND = """
from demo_backend import *  # build_wheel and all

def get_requires_for_build_wheel(config_settings=None):
    {on_the_way}
    return ["demo-dep==2.0"]
"""
OLD = """
from setuptools import setup
setup(name="old", version="1", setup_requires=["demo-lib==2.0"])
"""


def promise(run: Run) -> None:
    """Each builder builds the same wheel from the mirror; installs take it, and build nothing."""
    lock = (run.folder / "build-requirements.txt").read_text()
    wheel = "demo_backend-1.0-py3-none-any.whl"
    assert run.index.sha256(wheel) in lock, f"what builds is not locked:\n{lock}"
    built = {_sha256(run.folder / "wheels" / BUILT)}
    done, wheels = _build(run, "uv")
    assert done.exit_code == 0, f"uv:\n{done.output}"
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
    """With the files of settings/, whatever builds asks the mirror, and nobody else.

    The project also asks in the middle, for what its backend adds (PEP 517).
    """
    told = _settings(run)
    names = dict(line.split("=") for line in _lines(told / "builds.env"))
    pip: dict[str, Any] = {"PIP_CONFIG_FILE": told / "pip.conf"}
    uv: dict[str, Any] = {"UV_CONFIG_FILE": told / "uv.toml"}
    _project(run, "more")
    with (_project(run, "with-poetry") / "pyproject.toml").open("a") as project:
        project.write("\n" + (told / "poetry-pyproject.toml").read_text())
    shutil.copy(told / "tox.ini", _project(run, "with-tox"))
    ways: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
        (PIP, pip),
        (BUILD, pip),
        (BUILD_UV, uv),
        (UV, uv),
        (HATCH, names),
        (PDM, names),
        (POETRY, {}),
        (TOX, {}),
    )
    for command, settings in ways:
        run.index.forget_requests()
        done = _check(run, command, **settings)
        assert done.exit_code == 0, f"{command} does not obey the mirror:\n{done.output}"
        assert run.index.requests("*demo_backend*.whl"), f"{command} built without its backend"
        more = run.index.requests("*demo_dep*.whl")
        assert more or command == HATCH, f"{command} did not ask for what its backend adds"


def reaches_out(run: Run) -> None:
    """Settings of one tool are none to another: its build leaves, and the guard names for where."""
    _project(run, "more")
    pip: dict[str, Any] = {"PIP_INDEX_URL": run.settings["MIRROR"]}
    for command in (UV, HATCH, BUILD_UV):
        done = _check(run, command, **pip)
        assert done.exit_code == 1, f"{command} stays here, with settings of pip:\n{done.output}"
        assert "WANTED pypi.org:443" in done.output, f"nobody is named:\n{done.output}"
    ours = (_settings(run) / "tox.ini").read_text()
    with_testenv = _project(run, "with-testenv")
    (with_testenv / "tox.ini").write_text(ours.replace("[pkgenv]", "[testenv]"))
    done = _check(run, tuple(word.replace("with-tox", "with-testenv") for word in TOX))
    assert done.exit_code == 1, f"tox builds with the settings of [testenv]:\n{done.output}"
    assert "WANTED pypi.org:443, for `python -I -m pip install" in done.output, done.output
    done = _check(run, ("virtualenv", "-q", "a-venv"))
    assert done.exit_code == 1, f"what virtualenv leaves running is not seen:\n{done.output}"
    assert "WANTED pypi.org:443, for `python -c import" in done.output, done.output
    done = _check(run, UV, WAY="proxy")
    assert done.exit_code == 1, f"a proxy alone does not see it:\n{done.output}"
    assert "WANTED pypi.org:443, for `uv build" in done.output, done.output
    uv: dict[str, Any] = {"UV_DEFAULT_INDEX": run.settings["MIRROR"]}
    done = _check(run, UV, WAY="proxy", **uv)
    assert done.exit_code == 3, f"a proxy alone is sure:\n{done.output}"
    done = _check(run, UV, MIRROR=f"http://127.0.0.1:{run.port('nobody')}/simple/", **uv)
    assert done.exit_code == 1, f"an index that is not MIRROR is good:\n{done.output}"
    direct = _project(run, "direct") / "pyproject.toml"
    url = "https://public.example/demo_backend-1.0-py3-none-any.whl"
    direct.write_text(direct.read_text().replace("demo-backend>=1", f"demo-backend @ {url}"))
    done = _check(run, ("uv", "build", "-q", "--wheel", "direct"), **uv)
    assert done.exit_code == 1, f"a build dependency with a URL is good:\n{done.output}"
    assert "WANTED public.example:443" in done.output, f"nobody is named:\n{done.output}"


def fetches_while_building(run: Run) -> None:
    """A build that fetches, and goes on without: seen, named, and none of its wheels kept."""
    nobody = f"http://127.0.0.1:{run.port('nobody')}"
    wheels = _wheels(run.folder / "wheels")
    sdist = _sdist(run, WAYS_OUT)
    lock = run.tmp / "fetches.txt"
    lock.write_text(f"demo-app==1.0 --hash=sha256:{_sha256(sdist)}\n")
    both = run.tmp / "both.txt"
    locked = (run.folder / "build-requirements.txt").read_text() + _pin(run, "demo_dep-2.0")
    both.write_text(locked.replace("demo_sdist", "demo_app"))
    told: dict[str, Any] = {"SDISTS": sdist.parent, "LOCK": lock, "BUILD_LOCK": both}
    done, _ = _build(run, "uv", WHEELS=run.folder / "wheels", **told)
    assert done.exit_code == 1, f"built although it fetches:\n{done.output}"
    assert _wheels(run.folder / "wheels") == wheels, "the wheels were changed"
    done, _ = _build(run, "uv", CLOSED="no", https_proxy=nobody, HTTPS_PROXY=nobody, **told)
    assert done.exit_code == 0, f"the build itself fails:\n{done.output}"
    _setup_py(run)
    _asks_what_builds(run)


def _setup_py(run: Run) -> None:
    """setup_requires: fetched by pip, for which setup.cfg counts more than pip.conf."""
    old = run.folder / "old"
    old.mkdir()
    (old / "setup.py").write_text(OLD)
    (old / "setup.cfg").write_text("[easy_install]\nindex_url = https://public.example/simple/\n")
    done = _check(run, SETUP, PIP_CONFIG_FILE=_settings(run) / "pip.conf")
    assert done.exit_code == 1, f"setup.py now obeys pip.conf: mend the page\n{done.output}"
    assert "WANTED public.example:443, for `python3 -m pip" in done.output, done.output
    done = _check(run, SETUP, PIP_INDEX_URL=run.settings["MIRROR"])
    assert done.exit_code == 0, f"setup.py does not obey the variable:\n{done.output}"
    assert run.index.requests("*demo_lib*.whl"), "setup.py did not ask the mirror"


def _asks_what_builds(run: Run) -> None:
    """lock-build.sh runs in the closed network as well: a URL in build-system.requires is named."""
    url = "https://public.example/demo_backend-1.0-py3-none-any.whl"
    sdist = File(tag=None, build_requires=(f"demo-backend @ {url}",))
    run.index.publish("demo-direct", "1.0", files=[sdist])
    lock = run.tmp / "direct.txt"
    digest = run.index.sha256("demo_direct-1.0.tar.gz")
    lock.write_text(f"demo-direct==1.0 --hash=sha256:{digest}\n")
    told: dict[str, Any] = {"LOCK": lock, "SDISTS": run.tmp / "sdists-direct"}
    before = (run.folder / "build-requirements.txt").read_text()
    done = run.command("sh", "lock-build.sh", timeout=120, **told)
    assert done.exit_code == 1, f"locked what is on no index of yours:\n{done.output}"
    assert "WANTED public.example:443" in done.output, done.output
    assert (run.folder / "build-requirements.txt").read_text() == before, "the lock was changed"


def missing_build_dependency(run: Run) -> None:
    """Each builder ends with 1 and names what is missing; nobody looks for it elsewhere."""
    run.index.fault("404", "/simple/demo-backend/")
    before = _wheels(run.folder / "wheels")
    for builder in WITH:
        done, _ = _build(run, builder, WHEELS=run.folder / "wheels")
        assert done.exit_code == 1, f"{builder} builds without its backend:\n{done.output}"
        assert "demo-backend" in done.output, f"{builder} does not name it:\n{done.output}"
        assert "WANTED" not in done.output, f"{builder} looks elsewhere:\n{done.output}"
        assert _wheels(run.folder / "wheels") == before, f"{builder} changed the wheels"


def altered_build_dependency(run: Run) -> None:
    """What is locked is refused when it is altered, and so is what nobody locked."""
    run.index.fault("altered", "/simple/demo-backend/")
    told: dict[str, Any] = {"UV_DEFAULT_INDEX": run.settings["MIRROR"], "UV_NO_CACHE": 1}
    naive = run.command("uv", "build", "-q", "--wheel", "demo", **told)
    assert naive.exit_code == 0, f"without a lock it is refused:\n{naive.output}"
    empty = run.tmp / "empty.txt"
    empty.write_text("# Nothing but this builds the sdists of a lock.\n")
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
    build = ("python3", "-m", "build", "-q", "--wheel", "--dependency-constraints-txt")
    pip: dict[str, Any] = {"PIP_INDEX_URL": run.settings["MIRROR"], "PIP_REQUIRE_HASHES": 1}
    done = run.command(*build, "build-requirements.txt", "demo", **pip)
    assert done.exit_code == 1, f"build builds with what the mirror altered:\n{done.output}"
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
    python = run.command("sh", "-c", "command -v python3").output.strip()
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


def _project(run: Run, name: str, on_the_way: str = "pass") -> Path:
    """Copy demo/, with a backend of its own that adds demo-dep, and does this before it does."""
    folder = run.folder / name
    if folder.exists():
        return folder
    shutil.copytree(run.folder / "demo", folder, ignore=shutil.ignore_patterns("dist", ".venv"))
    (folder / "own.py").write_text(BACKEND.format(on_the_way=indent(on_the_way, "    ").strip()))
    project = folder / "pyproject.toml"
    own = 'build-backend = "own"\nbackend-path = ["."]'
    project.write_text(project.read_text().replace('build-backend = "demo_backend"', own))
    return folder


def _sdist(run: Run, on_the_way: str) -> Path:
    """Make an sdist of such a project, in a folder of its own."""
    source = _project(run, "demo_app-1.0", on_the_way)
    sdist = run.tmp / "fetches" / "demo_app-1.0.tar.gz"
    sdist.parent.mkdir()
    with tarfile.open(sdist, "w:gz") as archive:
        archive.add(source, arcname=source.name)
    return sdist


def _pin(run: Run, release: str) -> str:
    name, version = release.split("-")
    digest = run.index.sha256(f"{release}-py3-none-any.whl")
    return f"{name}=={version} --hash=sha256:{digest}\n"


def _wheels(folder: Path) -> dict[str, str]:
    return {file.name: _sha256(file) for file in folder.iterdir()}


def _installed(venv: Path) -> dict[str, str]:
    (site,) = venv.glob("lib/python*/site-packages")
    return {each.name: each.version for each in distributions(path=[str(site)])}


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
