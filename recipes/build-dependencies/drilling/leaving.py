"""Builds that leave the mirror: by settings that they do not read, or by themselves."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

from drilling.builds import (
    BUILD_UV,
    HATCH,
    TOX,
    UV,
    build_with,
    check,
    project_in,
    settings_in,
    sha256,
    wheels_in,
)

from mirrorlab.runner import Run
from mirrorlab.scenario import File

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

OLD = """
from setuptools import setup
setup(name="old", version="1", setup_requires=["demo-lib==2.0"])
"""


def reaches_out(run: Run) -> None:
    """Settings of one tool are none to another: its build leaves, and the guard names for where."""
    project_in(run, "more")
    pip: dict[str, Any] = {"PIP_INDEX_URL": run.settings["MIRROR"]}
    for command in (UV, HATCH, BUILD_UV):
        done = check(run, command, **pip)
        assert done.exit_code == 1, f"{command} stays here, with settings of pip:\n{done.output}"
        assert "WANTED pypi.org:443" in done.output, f"nobody is named:\n{done.output}"
    ours = (settings_in(run) / "tox.ini").read_text()
    with_testenv = project_in(run, "with-testenv")
    (with_testenv / "tox.ini").write_text(ours.replace("[pkgenv]", "[testenv]"))
    done = check(run, tuple(word.replace("with-tox", "with-testenv") for word in TOX))
    assert done.exit_code == 1, f"tox builds with the settings of [testenv]:\n{done.output}"
    assert "WANTED pypi.org:443, for `python -I -m pip install" in done.output, done.output
    done = check(run, ("virtualenv", "-q", "a-venv"))
    assert done.exit_code == 1, f"what virtualenv leaves running is not seen:\n{done.output}"
    assert "WANTED pypi.org:443, for `python -c import" in done.output, done.output
    done = check(run, UV, WAY="proxy")
    assert done.exit_code == 1, f"a proxy alone does not see it:\n{done.output}"
    assert "WANTED pypi.org:443, for `uv build" in done.output, done.output
    uv: dict[str, Any] = {"UV_DEFAULT_INDEX": run.settings["MIRROR"]}
    done = check(run, UV, WAY="proxy", **uv)
    assert done.exit_code == 3, f"a proxy alone is sure:\n{done.output}"
    done = check(run, UV, MIRROR=f"http://127.0.0.1:{run.port('nobody')}/simple/", **uv)
    assert done.exit_code == 1, f"an index that is not MIRROR is good:\n{done.output}"
    direct = project_in(run, "direct") / "pyproject.toml"
    url = "https://public.example/demo_backend-1.0-py3-none-any.whl"
    direct.write_text(direct.read_text().replace("demo-backend>=1", f"demo-backend @ {url}"))
    done = check(run, ("uv", "build", "-q", "--wheel", "direct"), **uv)
    assert done.exit_code == 1, f"a build dependency with a URL is good:\n{done.output}"
    assert "WANTED public.example:443" in done.output, f"nobody is named:\n{done.output}"


def fetches_while_building(run: Run) -> None:
    """A build that fetches, and goes on without: seen, named, and none of its wheels kept."""
    nobody = f"http://127.0.0.1:{run.port('nobody')}"
    wheels = wheels_in(run.folder / "wheels")
    sdist = _sdist(run, WAYS_OUT)
    lock = run.tmp / "fetches.txt"
    lock.write_text(f"demo-app==1.0 --hash=sha256:{sha256(sdist)}\n")
    both = run.tmp / "both.txt"
    locked = (run.folder / "build-requirements.txt").read_text() + _pin(run, "demo_dep-2.0")
    both.write_text(locked.replace("demo_sdist", "demo_app"))
    told: dict[str, Any] = {"SDISTS": sdist.parent, "LOCK": lock, "BUILD_LOCK": both}
    done, _ = build_with(run, "uv", WHEELS=run.folder / "wheels", **told)
    assert done.exit_code == 1, f"built although it fetches:\n{done.output}"
    assert wheels_in(run.folder / "wheels") == wheels, "the wheels were changed"
    done, _ = build_with(run, "uv", CLOSED="no", https_proxy=nobody, HTTPS_PROXY=nobody, **told)
    assert done.exit_code == 0, f"the build itself fails:\n{done.output}"
    _setup_py(run)
    _asks_what_builds(run)


def _setup_py(run: Run) -> None:
    """setup_requires: fetched by pip, for which setup.cfg counts more than pip.conf."""
    old = run.folder / "old"
    old.mkdir()
    (old / "setup.py").write_text(OLD)
    (old / "setup.cfg").write_text("[easy_install]\nindex_url = https://public.example/simple/\n")
    done = check(run, SETUP, PIP_CONFIG_FILE=settings_in(run) / "pip.conf")
    assert done.exit_code == 1, f"setup.py now obeys pip.conf: mend the page\n{done.output}"
    assert "WANTED public.example:443, for `python3 -m pip" in done.output, done.output
    done = check(run, SETUP, PIP_INDEX_URL=run.settings["MIRROR"])
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


def _sdist(run: Run, on_the_way: str) -> Path:
    """Make an sdist of such a project, in a folder of its own."""
    source = project_in(run, "demo_app-1.0", on_the_way)
    sdist = run.tmp / "fetches" / "demo_app-1.0.tar.gz"
    sdist.parent.mkdir()
    with tarfile.open(sdist, "w:gz") as archive:
        archive.add(source, arcname=source.name)
    return sdist


def _pin(run: Run, release: str) -> str:
    name, version = release.split("-")
    digest = run.index.sha256(f"{release}-py3-none-any.whl")
    return f"{name}=={version} --hash=sha256:{digest}\n"
