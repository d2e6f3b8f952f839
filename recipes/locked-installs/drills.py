"""What a lock with hashes promises, how a mirror tries to break it, and what it cannot do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from mirrorlab.index import Index
from mirrorlab.lab import Completed
from mirrorlab.runner import Run

SET = {"demo-dep": "2.0", "demo-lib": "2.0"}
LOCKS = ("requirements.txt", "uv.lock", "pylock.toml")
WAYS = (
    ("install.sh", "requirements.txt"),
    ("install-with-uv.sh", "requirements.txt"),
    ("install-with-uv.sh", "uv.lock"),
    ("install.sh", "pylock.toml"),
    ("install-with-uv.sh", "pylock.toml"),
)
MOVES = WAYS[:3]  # these ask INDEX; a pylock.toml names each file's address
EVIL = "mirrorlab_altered.py"  # what an altered distribution brings along


def promise(run: Run) -> None:
    """What was locked from the trusted index is installed from a mirror, and only from there."""
    project = run.folder / "demo"
    for lock in LOCKS:
        assert _hashes(project / lock) == _known(run), f"{lock} has not the hashes of the index"
    with _mirror(run) as mirror:
        for script, lock in MOVES:
            run.index.forget_requests()
            done, venv = _install(run, script, project / lock, mirror)
            assert done.exit_code == 0, f"{script} failed:\n{done.output}"
            assert _installed(venv) == SET, f"{script} of {lock} installed {_installed(venv)}"
            assert not run.index.requests(), f"{script} of {lock} asked another than the mirror"
            assert mirror.requests("/packages/*.whl"), f"{script} of {lock} asked no mirror"
    for script, lock in WAYS[3:]:
        done, venv = _install(run, script, project / lock, run.index)
        assert _installed(venv) == SET, f"{script} of {lock}:\n{done.output}"
    again = {lock: (project / lock).read_bytes() for lock in LOCKS}
    assert run.step("lock").exit_code == 0
    assert {lock: (project / lock).read_bytes() for lock in LOCKS} == again, "a lock has changed"


def altered_file(run: Run) -> None:
    """Other bytes under a good hash in the index, half a file, a flipped bit: all refused."""
    with _mirror(run) as mirror:
        project = _locked(run, "altered-file", mirror)
        for fault in ("altered-file", "truncated", "corrupt"):
            mirror.clear()
            mirror.fault(fault, "/packages/*demo_dep*.whl")
            for script, lock in WAYS if fault == "altered-file" else MOVES[:2]:
                _refused(run, script, project / lock, mirror, fault)
        mirror.clear()
        mirror.fault("altered-file")
        naive, venv = _naive(run, project, mirror)
        assert naive.exit_code != 0, f"pip installs against the index: {_installed(venv)}"
        for how in ("--frozen", "--locked"):
            _sync_refused(run, project, mirror, "altered-file", how)
        locked = project / "uv.lock"  # as if it had been locked through the trusted index
        locked.write_text(locked.read_text().replace(mirror.http_url, run.index.http_url))
        _sync_refused(run, project, mirror, "altered-file")


def altered_index(run: Run) -> None:
    """Other bytes, and their hash in the index: refused by each lock, but one without hashes."""
    with _mirror(run) as mirror:
        project = _locked(run, "altered-index", mirror)
        mirror.fault("altered")
        done, venv = _naive(run, project, mirror)
        assert done.exit_code == 0, f"pip refuses what no hash protects:\n{done.output}"
        assert _evil(venv), "the mirror's file did not come, so this shows nothing"
        for script in ("install.sh", "install-with-uv.sh"):
            _refused(run, script, project / "naive.txt", mirror, asks=False)
            again, _ = _install(run, script, project / "requirements.txt", mirror, VENV=venv)
            assert again.exit_code == 0, f"{script} now sees what is installed:\n{again.output}"
            assert _evil(venv), f"{script} now replaces what is installed"
        check = _check(run, project / "naive.txt")
        assert check.exit_code == 1, f"a lock without hashes is good:\n{check.output}"
        for script, lock in WAYS:
            _refused(run, script, project / lock, mirror, "altered")
        for how in ("--frozen", "--locked"):
            _sync_refused(run, project, mirror, "altered", how)
        done, venv = _pip_sync(run, project / "requirements.txt", mirror)
        assert done.exit_code != 0, f"pip-sync installed {_installed(venv)}"
        assert mirror.requests("/packages/*.whl"), f"pip-sync failed early:\n{done.output}"
        assert not SET.keys() & _installed(venv).keys(), f"pip-sync left {_installed(venv)}"
        done, venv = _pip_sync(run, project / "naive.txt", mirror)
        assert done.exit_code == 0, f"pip-sync now wants hashes:\n{done.output}"
        assert _evil(venv), "pip-sync did not install the mirror's file"


def poisoned_lock(run: Run) -> None:
    """A lock made through a hostile mirror installs its file in silence; comparing finds it."""
    with _mirror(run) as mirror:
        mirror.fault("altered", "/simple/demo-dep/")
        project = _locked(run, "poisoned", mirror)
        for lock in LOCKS:
            check = _check(run, project / lock, MAY_NAME=f"{mirror.http_url}/")
            assert check.exit_code == 1, f"the poisoned {lock} is good:\n{check.output}"
            assert "demo-dep 2.0: no file at" in check.output, f"{lock}: demo-dep is not named"
            assert "demo-lib" not in check.output, f"{lock}: what is good is accused"
        for script, lock in WAYS:
            done, venv = _install(run, script, project / lock, mirror)
            assert done.exit_code == 0, f"{script} of {lock} sees what no lock can tell:\n{done}"
            assert _evil(venv), f"{script} of {lock} did not install the mirror's file"
        done, venv = _install(run, "install.sh", project / "requirements.txt", run.index)
        assert done.exit_code == 1, "the poisoned lock is good for the trusted index"
    gone = run.command("sh", "check-lock.sh", TRUSTED=f"{mirror.http_url}/simple/")
    assert gone.exit_code == 3, f"nobody was compared with, yet: {gone.output}"
    assert gone.output.count("\n") == 1, f"not one sentence:\n{gone.output}"


def relocked(run: Run) -> None:
    """Requirements keep the hashes they have; a uv.lock takes another mirror's in silence."""
    with _mirror(run) as mirror:
        _named_by_project_alone(run, mirror)
        project = _locked(run, "relocked", run.index)
        mirror.fault("altered")
        before = {lock: (project / lock).read_text() for lock in LOCKS}
        done = run.command("sh", "lock.sh", PROJECT=project, **_from(mirror))
        assert done.exit_code == 0, done.output
        kept = _hashes(project / "requirements.txt")
        assert kept == _known(run), "pip-compile took the mirror's hashes for what was locked"
        check = _check(run, project / "uv.lock", MAY_NAME=f"{mirror.http_url}/")
        assert check.exit_code == 1, "uv.lock took the mirror's hashes, and is good"

        (project / "uv.lock").write_text(before["uv.lock"])
        _sync_refused(run, project, mirror, None, "--locked")
        done, venv = _sync(run, project, mirror, UV_LOCKED="1")
        assert done.exit_code != 0, "UV_LOCKED is not what --locked is"
        done, venv = _sync(run, project, mirror)
        assert done.exit_code == 0, f"uv sync now refuses:\n{done.output}"
        assert _evil(venv), "uv sync did not install the mirror's file"
        assert _hashes(project / "uv.lock") != _known(run), "uv sync kept the hashes of the lock"

        source = ("pyproject.toml", "--quiet", "--generate-hashes", "--output-file")
        for name, more in (("again.txt", ()), ("upgraded.txt", ("--upgrade",))):
            (project / name).write_text(before["requirements.txt"])
            command = ("uv", "--directory", project, "pip", "compile", *source, name, *more)
            assert run.command(*command, **_own(mirror)).exit_code == 0
        assert _hashes(project / "again.txt") == _known(run), "uv pip compile took other hashes"
        assert _check(run, project / "upgraded.txt").exit_code == 1, "an upgrade keeps hashes"
        (project / "requirements.txt").write_text(before["requirements.txt"])
        done = run.command("sh", "lock.sh", PROJECT=project, UPGRADE="demo-dep", **_from(mirror))
        assert done.exit_code == 0, done.output
        assert _check(run, project / "requirements.txt").exit_code == 1, "an upgrade keeps hashes"


def _named_by_project_alone(run: Run, mirror: Index) -> None:
    """An index in a project's own settings is not asked, but where its tool.uv.sources say so."""
    url = f"{mirror.http_url}/simple/"
    index = f'\n[[tool.uv.index]]\nname = "mirror"\nurl = "{url}"\n'
    compiler = f'[tool.pip-tools]\nextra-index-url = ["{url}"]\n'
    project = _locked(run, "settings", run.index, tables=index + compiler)
    assert not mirror.requests(), "an index that the project names is asked beside TRUSTED"
    source = '[tool.uv.sources]\ndemo-lib = { index = "mirror" }\n'
    with (project / "pyproject.toml").open("a") as text:
        text.write(source)
    lock_again = ("uv", "lock", "--project", project, "--no-config")
    assert run.command(*lock_again, **_own(run.index)).exit_code == 0
    check = _check(run, project / "uv.lock")
    assert check.exit_code == 1, f"uv no longer follows tool.uv.sources:\n{check.output}"
    assert f"names {mirror.http_url}/" in check.output, check.output


def mirror_named(run: Run) -> None:
    """Which lock names the mirror that it was made through; each that does is found."""
    with _mirror(run) as mirror:
        project = _locked(run, "named", mirror)
        names = {lock for lock in LOCKS if mirror.http_url in (project / lock).read_text()}
        assert names == {"uv.lock", "pylock.toml"}, f"the mirror is named in {sorted(names)}"
        assert _check(run, project / "requirements.txt").exit_code == 0
        naive = ("pip-compile", "-q", "--strip-extras", "--generate-hashes", "-o")
        own = project / "naive.txt"
        done = run.command(*naive, own, project / "pyproject.toml", **_own(mirror))
        assert done.exit_code == 0, done.output
        pylock = project / "pylock.pip.toml"
        lock = ("python3", "-m", "pip", "lock", "-r", project / "requirements.txt", "-o", pylock)
        done = run.command(*lock, **_own(mirror))
        assert done.exit_code == 0, done.output
        others = [own, pylock, _poetry_lock(run, mirror), _pipfile_lock(run, mirror)]
        pdm, static = _pdm_locks(run, mirror)
        assert _check(run, pdm).exit_code == 0, f"pdm.lock:\n{_check(run, pdm).output}"
        others.append(static)
        for path in (*(project / name for name in names), *others):
            assert _hashes(path) >= _known(run, ".whl"), f"{path.name} has not the index's hashes"
            check = _check(run, path)
            assert check.exit_code == 1, f"{path.name} names the mirror, and is good"
            assert f"names {mirror.http_url}/" in check.output, check.output
            allowed = _check(run, path, MAY_NAME=f"{mirror.http_url}/")
            assert allowed.exit_code == 0, f"{path.name}:\n{allowed.output}"


def mirror_moved(run: Run) -> None:
    """Requirements go on from another mirror; a uv.lock does once its addresses are left out."""
    with _mirror(run) as old:
        project = _locked(run, "moved", old)
    with _mirror(run) as new:
        for script, lock in MOVES:
            done, venv = _install(run, script, project / lock, new)
            assert _installed(venv) == SET, f"{script} of {lock} does not move:\n{done.output}"
            assert not _evil(venv)
        for script, lock in WAYS[3:]:
            _refused(run, script, project / lock, new, asks=False)
        before = (project / "uv.lock").read_bytes()
        new.forget_requests()
        _sync_refused(run, project, new, None, "--frozen")
        assert not new.requests(), "uv sync --frozen asks the index that it is told of"
        _sync_refused(run, project, new, None, "--locked")
        assert (project / "uv.lock").read_bytes() == before, "uv sync --locked changed the lock"
        done, venv = _sync(run, project, new)
        assert _installed(venv) == SET, f"uv sync does not lock again:\n{done.output}"
        lock = (project / "uv.lock").read_text()
        assert old.http_url not in lock, "uv.lock still names the mirror that is gone"
        assert _hashes(project / "uv.lock") == _known(run), "moving has changed a hash"


def new_release(run: Run) -> None:
    """What appears after the lock is not installed, and not locked either before you ask for it."""
    with _mirror(run) as mirror:
        project = _locked(run, "new-release", mirror)
        mirror.publish("demo-lib", "3.0")
        mirror.publish("demo-dep", "2.0.1")
        for script, lock in WAYS:
            _, venv = _install(run, script, project / lock, mirror)
            assert _installed(venv) == SET, f"{script} of {lock} installed {_installed(venv)}"
        before = {lock: _hashes(project / lock) for lock in LOCKS}
        again = {"PROJECT": project, **_from(mirror), **_own(mirror)}
        assert run.command("sh", "lock.sh", **again).exit_code == 0
        assert {lock: _hashes(project / lock) for lock in LOCKS} == before, "a lock has moved on"
        assert run.command("sh", "lock.sh", UPGRADE="demo-lib", **again).exit_code == 0
        for lock in LOCKS:
            text = (project / lock).read_text()
            assert re.search(r'demo-lib(==3\.0|"\nversion = "3\.0)', text), f"{lock} stays"


def build_dependency(run: Run) -> None:
    """No lock here has a hash of what builds an sdist, so sdists are refused unless you say so."""
    with _mirror(run) as mirror:
        project = _locked(run, "build", mirror, "demo-sdist")
        mirror.fault("altered", "/simple/demo-backend/")
        for script, lock in WAYS:
            assert "demo-backend" not in (project / lock).read_text(), f"{lock} locks it"
            _refused(run, script, project / lock, mirror, asks=False)
            assert not mirror.requests("/packages/*demo_backend*.whl"), f"{script} builds an sdist"
        for script, lock in MOVES:
            done, venv = _install(run, script, project / lock, mirror, SDISTS="yes")
            assert "demo-sdist" in _installed(venv), f"{script} of {lock}:\n{done.output}"
            built_with = mirror.requests("/packages/*demo_backend*.whl")
            altered = [request for request in built_with if request.fault == "altered"]
            assert altered, f"{script} of {lock} built with nothing altered"


@contextmanager
def _mirror(run: Run) -> Iterator[Index]:
    """Another index with the same distributions: a mirror that is not trusted."""
    with Index(run.index.scenario) as mirror:
        yield mirror


def _from(mirror: Index) -> dict[str, Any]:
    return {"TRUSTED": f"{mirror.http_url}/simple/"}


def _own(mirror: Index) -> dict[str, Any]:
    """A machine whose own settings name the mirror, with nothing in a cache, and no patience."""
    url = f"{mirror.http_url}/simple/"
    patience = {"PIP_RETRIES": "0", "PIP_RESUME_RETRIES": "0", "UV_HTTP_RETRIES": "0"}
    caches = {"PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1"}
    return {"PIP_INDEX_URL": url, "UV_DEFAULT_INDEX": url, **patience, **caches}


def _locked(run: Run, name: str, index: Index, *more: str, tables: str = "") -> Path:
    """Copy the project, without its locks, and lock it through an index, whoever that is."""
    project = run.tmp / name
    project.mkdir()
    text = (run.folder / "demo" / "pyproject.toml").read_text()
    wanted = "".join(f'"{each}", ' for each in more)
    (project / "pyproject.toml").write_text(
        text.replace('["demo-lib', f'[{wanted}"demo-lib') + tables
    )
    caches: dict[str, Any] = {"UV_NO_CACHE": "1", "PIP_NO_CACHE_DIR": "1"}
    done = run.command("sh", "lock.sh", PROJECT=project, **_from(index), **caches)
    assert done.exit_code == 0, f"locking failed:\n{done.output}"
    return project


def _install(
    run: Run, script: str, lock: Path, mirror: Index, **settings: Any
) -> tuple[Completed, Path]:
    """Install a lock through a mirror into a new environment."""
    venv = _unused(run)
    mirror.forget_requests()
    index, other = f"{mirror.http_url}/simple/", f"{run.index.url}/simple/"
    more = {"PIP_EXTRA_INDEX_URL": other, "UV_INDEX": other}  # the machine's own settings
    told: dict[str, Any] = {"LOCK": lock, "VENV": venv, "INDEX": index, **_own(mirror), **more}
    told |= settings
    return run.command("sh", script, timeout=60, **told), venv


def _refused(
    run: Run, script: str, lock: Path, mirror: Index, fault: str = "", asks: bool = True
) -> None:
    """Assert that a lock is not installed and nothing is left, though the mirror gave its file."""
    done, venv = _install(run, script, lock, mirror)
    what = f"{fault or 'refusable'}: {script} of {lock.name}"
    assert done.exit_code != 0, f"{what} installed {_installed(venv)}, evil: {_evil(venv)}"
    assert not venv.exists(), f"{what} left a half-made environment behind"
    if asks:
        assert mirror.requests("/packages/*.whl"), f"{what} failed early:\n{done.output}"


def _sync(
    run: Run, project: Path, mirror: Index, *how: str, **settings: Any
) -> tuple[Completed, Path]:
    """Run uv's own command for its own lock, told of a mirror as its documentation says."""
    venv = _unused(run)
    mirror.forget_requests()
    python = run.command("python3", "-c", "import sys; print(sys.executable)").output.strip()
    told: dict[str, Any] = {"UV_PROJECT_ENVIRONMENT": venv, "UV_PYTHON": python, **_own(mirror)}
    told |= settings
    return run.command("uv", "sync", "--project", project, *how, **told), venv


def _sync_refused(run: Run, project: Path, mirror: Index, fault: str | None, *how: str) -> None:
    done, venv = _sync(run, project, mirror, *how)
    assert done.exit_code != 0, f"{fault}: uv sync {how} installed {_installed(venv)}"
    assert not _installed(venv), f"{fault}: uv sync {how} left {_installed(venv)}"
    if fault:
        assert mirror.requests("/packages/*.whl"), f"uv sync {how} failed early:\n{done.output}"


def _naive(run: Run, project: Path, mirror: Index) -> tuple[Completed, Path]:
    """Install pins without hashes, as ``pip freeze`` writes them, with nothing but pip."""
    pins = project / "naive.txt"
    pins.write_text("".join(f"{name}=={version}\n" for name, version in SET.items()))
    venv = _venv(run)
    pip = ("python3", "-m", "pip", "--python", venv / "bin/python")
    return run.command(*pip, "install", "-r", pins, **_own(mirror)), venv


def _pip_sync(run: Run, lock: Path, mirror: Index) -> tuple[Completed, Path]:
    """pip-sync wants a pip in the environment that it fills."""
    venv = run.client("pip").venv
    mirror.forget_requests()
    sync = ("pip-sync", "--python-executable", venv / "bin/python", lock)
    return run.command(*sync, **_own(mirror)), venv


def _check(run: Run, lock: Path, **settings: Any) -> Completed:
    """Compare a lock with the index that is trusted."""
    return run.command("sh", "check-lock.sh", LOCKS=lock, **settings)


def _poetry_lock(run: Run, mirror: Index) -> Path:
    poetry = run.client("poetry")
    source = f'\n[[tool.poetry.source]]\nname = "mirror"\nurl = "{mirror.http_url}/simple/"\n'
    text = (run.folder / "demo" / "pyproject.toml").read_text()
    mode = "\n[tool.poetry]\npackage-mode = false\n"
    (poetry.project / "pyproject.toml").write_text(text + mode + source)
    done = poetry.follow("poetry lock")
    assert done.exit_code == 0, done.output
    return poetry.project / "poetry.lock"


def _pdm_locks(run: Run, mirror: Index) -> list[Path]:
    """A pdm.lock as it is by default, and one with static URLs."""
    locks = []
    for how in ("", " --static-urls"):
        pdm = run.client("pdm")
        source = f'\n[[tool.pdm.source]]\nname = "pypi"\nurl = "{mirror.http_url}/simple/"\n'
        text = (run.folder / "demo" / "pyproject.toml").read_text()
        (pdm.project / "pyproject.toml").write_text(text + source)
        done = pdm.follow(f"pdm lock{how}")
        assert done.exit_code == 0, done.output
        locks.append(pdm.project / "pdm.lock")
    return locks


def _pipfile_lock(run: Run, mirror: Index) -> Path:
    pipenv = run.client("pipenv")
    source = f'[[source]]\nname = "mirror"\nurl = "{mirror.http_url}/simple/"\nverify_ssl = true\n'
    (pipenv.project / "Pipfile").write_text(f'{source}\n[packages]\ndemo-lib = "*"\n')
    done = pipenv.follow("pipenv lock")
    assert done.exit_code == 0, done.output
    return pipenv.project / "Pipfile.lock"


def _unused(run: Run) -> Path:
    return run.tmp / f"fresh-{len(list(run.tmp.iterdir()))}"


def _venv(run: Run) -> Path:
    venv = _unused(run)
    assert run.command("python3", "-m", "venv", "--without-pip", venv).exit_code == 0
    return venv


def _hashes(lock: Path) -> set[str]:
    """Every sha256 in a lock; what looks like one in an address is none."""
    text = re.sub(r"https?://[^\s\"]+", "", lock.read_text())
    return set(re.findall(r"\b[0-9a-f]{64}\b", text))


def _known(run: Run, suffix: str = "") -> set[str]:
    """The hashes that the trusted index has for what is locked."""
    return {
        file.hashes["sha256"]
        for name, version in SET.items()
        for file in run.index.files(name)
        if f"-{version}" in file.filename and file.filename.endswith(suffix)
    }


def _installed(venv: Path) -> dict[str, str]:
    paths = [str(path) for path in venv.glob("lib/python*/site-packages")]
    return {found.name: found.version for found in distributions(path=paths) if found.name != "pip"}


def _evil(venv: Path) -> bool:
    return bool(list(venv.glob(f"lib/python*/site-packages/{EVIL}")))
