"""Builds that obey the mirror: what comes of it, and a mirror that lacks or alters what builds."""

from __future__ import annotations

import shutil
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from drilling.builds import (
    BUILD,
    BUILD_UV,
    HATCH,
    PDM,
    PIP,
    POETRY,
    TOX,
    UV,
    WITH,
    build_with,
    check,
    project_in,
    settings_in,
    sha256,
    wheels_in,
)

from mirrorlab.runner import Run

SET = {"demo-dep": "2.0", "demo-sdist": "1.0"}
BUILT = "demo_sdist-1.0-py3-none-any.whl"


def promise(run: Run) -> None:
    """Each builder builds the same wheel from the mirror; installs take it, and build nothing."""
    lock = (run.folder / "build-requirements.txt").read_text()
    wheel = "demo_backend-1.0-py3-none-any.whl"
    assert run.index.sha256(wheel) in lock, f"what builds is not locked:\n{lock}"
    built = {sha256(run.folder / "wheels" / BUILT)}
    done, wheels = build_with(run, "uv")
    assert done.exit_code == 0, f"uv:\n{done.output}"
    built.add(sha256(wheels / BUILT))
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
    told = settings_in(run)
    names = dict(line.split("=") for line in _lines(told / "builds.env"))
    pip: dict[str, Any] = {"PIP_CONFIG_FILE": told / "pip.conf"}
    uv: dict[str, Any] = {"UV_CONFIG_FILE": told / "uv.toml"}
    project_in(run, "more")
    with (project_in(run, "with-poetry") / "pyproject.toml").open("a") as project:
        project.write("\n" + (told / "poetry-pyproject.toml").read_text())
    shutil.copy(told / "tox.ini", project_in(run, "with-tox"))
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
        done = check(run, command, **settings)
        assert done.exit_code == 0, f"{command} does not obey the mirror:\n{done.output}"
        assert run.index.requests("*demo_backend*.whl"), f"{command} built without its backend"
        more = run.index.requests("*demo_dep*.whl")
        assert more or command == HATCH, f"{command} did not ask for what its backend adds"


def missing_build_dependency(run: Run) -> None:
    """Each builder ends with 1 and names what is missing; nobody looks for it elsewhere."""
    run.index.fault("404", "/simple/demo-backend/")
    before = wheels_in(run.folder / "wheels")
    for builder in WITH:
        done, _ = build_with(run, builder, WHEELS=run.folder / "wheels")
        assert done.exit_code == 1, f"{builder} builds without its backend:\n{done.output}"
        assert "demo-backend" in done.output, f"{builder} does not name it:\n{done.output}"
        assert "WANTED" not in done.output, f"{builder} looks elsewhere:\n{done.output}"
        assert wheels_in(run.folder / "wheels") == before, f"{builder} changed the wheels"


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
        done, wheels = build_with(run, builder)
        assert done.exit_code == 1, f"{builder} built with what the mirror altered"
        came = run.index.requests("/packages/*demo_backend*.whl")
        assert any(each.fault == "altered" for each in came), f"{builder} failed early"
        assert not wheels.exists(), f"{builder} left {wheels}"
        done, _ = build_with(run, builder, BUILD_LOCK=empty)
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
    hashes = (settings_in(run) / "uv-pyproject.toml").read_text()
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


def _lines(file: Path) -> list[str]:
    return [line for line in file.read_text().splitlines() if line and line[0] != "#"]


def _installed(venv: Path) -> dict[str, str]:
    (site,) = venv.glob("lib/python*/site-packages")
    return {each.name: each.version for each in distributions(path=[str(site)])}
