"""Locks that are made through a mirror: poisoned, made again, naming it, moved, brought forward."""

from __future__ import annotations

import re
from pathlib import Path

from drilling.locks import (
    LOCKS,
    MOVES,
    SET,
    STAYS,
    WAYS,
    check,
    demo,
    hashes,
    hashes_of_all,
    known,
    lock_again,
    locked,
    of_pdm,
    of_pip,
    of_pip_compile,
    of_pipenv,
    of_poetry,
)
from drilling.machine import (
    install,
    installed,
    is_evil,
    is_refused,
    own,
    sync,
    sync_is_refused,
    untrusted,
    url,
)

from mirrorlab.index import Index
from mirrorlab.runner import Run


def poisoned_lock(run: Run) -> None:
    """A lock made through a hostile mirror installs its file in silence; comparing finds it."""
    with untrusted(run) as mirror:
        mirror.fault("altered", "/simple/demo-dep/")
        project = locked(run, "poisoned", mirror)
        for lock in LOCKS:
            checked = check(run, project / lock, MAY_NAME=f"{mirror.http_url}/")
            assert checked.exit_code == 1, f"the poisoned {lock} is good:\n{checked.output}"
            assert "demo-dep 2.0: no file at" in checked.output, f"{lock}: demo-dep is not named"
            assert "demo-lib" not in checked.output, f"{lock}: what is good is accused"
        for script, lock in WAYS:
            done, venv = install(run, script, project / lock, mirror)
            assert done.exit_code == 0, f"{script} of {lock} sees what no lock can tell:\n{done}"
            assert is_evil(venv), f"{script} of {lock} did not install the mirror's file"
        done, venv = install(run, "install.sh", project / "requirements.txt", run.index)
        assert done.exit_code == 1, "the poisoned lock is good for the trusted index"
    gone = run.command("sh", "check-lock.sh", TRUSTED=url(mirror))
    assert gone.exit_code == 3, f"nobody was compared with, yet: {gone.output}"
    assert gone.output.count("\n") == 1, f"not one sentence:\n{gone.output}"


def relocked(run: Run) -> None:
    """Requirements keep the hashes they have; a uv.lock takes another mirror's in silence."""
    with untrusted(run) as mirror:
        project = _locked_whatever_it_names(run, mirror)
        good = {lock: (project / lock).read_text() for lock in LOCKS}
        _only_a_source_is_asked(run, project, mirror)
        mirror.fault("altered")
        (project / "uv.lock").write_text(good["uv.lock"])
        lock_again(run, project, mirror)
        kept = hashes(project / "requirements.txt")
        assert kept == known(run), "pip-compile took the mirror's hashes for what was locked"
        checked = check(run, project / "uv.lock", MAY_NAME=f"{mirror.http_url}/")
        assert checked.exit_code == 1, "uv.lock took the mirror's hashes, and is good"

        (project / "uv.lock").write_text(good["uv.lock"])
        _uv_sync_locks_again(run, project, mirror)
        _an_upgrade_takes_hashes(run, project, mirror, good["requirements.txt"])


def mirror_named(run: Run) -> None:
    """Which lock names the mirror that it was made through; each that does is found."""
    with untrusted(run) as mirror:
        project = locked(run, "named", mirror)
        names = {lock for lock in LOCKS if mirror.http_url in (project / lock).read_text()}
        assert names == {"uv.lock", "pylock.toml"}, f"the mirror is named in {sorted(names)}"
        for lock in (project / "requirements.txt", of_pdm(run, mirror)):
            checked = check(run, lock)
            assert checked.exit_code == 0, f"{lock.name}:\n{checked.output}"
        others = [
            of_pip_compile(run, mirror, project),
            of_pip(run, mirror, project),
            of_poetry(run, mirror),
            of_pipenv(run, mirror),
            of_pdm(run, mirror, "--static-urls"),
        ]
        for path in (*(project / name for name in names), *others):
            assert hashes(path) >= known(run, ".whl"), f"{path.name} has not the index's hashes"
            checked = check(run, path)
            assert checked.exit_code == 1, f"{path.name} names the mirror, and is good"
            assert f"names {mirror.http_url}/" in checked.output, checked.output
            allowed = check(run, path, MAY_NAME=f"{mirror.http_url}/")
            assert allowed.exit_code == 0, f"{path.name}:\n{allowed.output}"


def mirror_moved(run: Run) -> None:
    """Requirements go on from another mirror; a uv.lock does once its addresses are left out."""
    with untrusted(run) as old:
        project = locked(run, "moved", old)
    with untrusted(run) as new:
        for script, lock in MOVES:
            done, venv = install(run, script, project / lock, new)
            assert installed(venv) == SET, f"{script} of {lock} does not move:\n{done.output}"
            assert not is_evil(venv)
        for script, lock in STAYS:
            is_refused(run, script, project / lock, new, asks=False)
        before = (project / "uv.lock").read_bytes()
        new.forget_requests()
        sync_is_refused(run, project, new, None, "--frozen")
        assert not new.requests(), "uv sync --frozen asks the index that it is told of"
        sync_is_refused(run, project, new, None, "--locked")
        assert (project / "uv.lock").read_bytes() == before, "uv sync --locked changed the lock"
        done, venv = sync(run, project, new)
        assert installed(venv) == SET, f"uv sync does not lock again:\n{done.output}"
        lock = (project / "uv.lock").read_text()
        assert old.http_url not in lock, "uv.lock still names the mirror that is gone"
        assert hashes(project / "uv.lock") == known(run), "moving has changed a hash"


def new_release(run: Run) -> None:
    """What appears after the lock is not installed, and not locked either before you ask for it."""
    with untrusted(run) as mirror:
        project = locked(run, "new-release", mirror)
        mirror.publish("demo-lib", "3.0")
        mirror.publish("demo-dep", "2.0.1")
        for script, lock in WAYS:
            _, venv = install(run, script, project / lock, mirror)
            assert installed(venv) == SET, f"{script} of {lock} installed {installed(venv)}"
        before = hashes_of_all(project)
        lock_again(run, project, mirror, **own(mirror))
        assert hashes_of_all(project) == before, "a lock has moved on"
        lock_again(run, project, mirror, UPGRADE="demo-lib", **own(mirror))
        for lock in LOCKS:
            text = (project / lock).read_text()
            assert re.search(r'demo-lib(==3\.0|"\nversion = "3\.0)', text), f"{lock} stays"


def _locked_whatever_it_names(run: Run, mirror: Index) -> Path:
    """The project, locked through the trusted index alone, though its settings name the mirror."""
    index = f'\n[[tool.uv.index]]\nname = "mirror"\nurl = "{url(mirror)}"\n'
    compiler = f'[tool.pip-tools]\nextra-index-url = ["{url(mirror)}"]\n'
    project = locked(run, "relocked", run.index, tables=index + compiler)
    assert not mirror.requests(), "an index that the project names is asked beside TRUSTED"
    return project


def _only_a_source_is_asked(run: Run, project: Path, mirror: Index) -> None:
    """uv asks an index that ``tool.uv.sources`` names; the check finds it. It is gone again then.

    What is left of the project's settings names no index at all.
    """
    own_settings = project / "pyproject.toml"
    with own_settings.open("a") as text:
        text.write('[tool.uv.sources]\ndemo-lib = { index = "mirror" }\n')
    again = ("uv", "lock", "--project", project, "--no-config")
    assert run.command(*again, **own(run.index)).exit_code == 0
    checked = check(run, project / "uv.lock")
    assert checked.exit_code == 1, f"uv no longer follows tool.uv.sources:\n{checked.output}"
    assert f"names {mirror.http_url}/" in checked.output, checked.output
    own_settings.write_bytes((demo(run) / "pyproject.toml").read_bytes())


def _uv_sync_locks_again(run: Run, project: Path, mirror: Index) -> None:
    """It takes the mirror's hashes, and its file; not so where it is told to obey the lock."""
    sync_is_refused(run, project, mirror, None, "--locked")
    done, venv = sync(run, project, mirror, UV_LOCKED="1")
    assert done.exit_code != 0, "UV_LOCKED is not what --locked is"
    done, venv = sync(run, project, mirror)
    assert done.exit_code == 0, f"uv sync now refuses:\n{done.output}"
    assert is_evil(venv), "uv sync did not install the mirror's file"
    assert hashes(project / "uv.lock") != known(run), "uv sync kept the hashes of the lock"


def _an_upgrade_takes_hashes(run: Run, project: Path, mirror: Index, good: str) -> None:
    """Of uv pip compile, and of lock.sh; uv pip compile without one keeps those of a good lock."""
    source = ("pyproject.toml", "--quiet", "--generate-hashes", "--output-file")
    for name, more in (("again.txt", ()), ("upgraded.txt", ("--upgrade",))):
        (project / name).write_text(good)
        command = ("uv", "--directory", project, "pip", "compile", *source, name, *more)
        assert run.command(*command, **own(mirror)).exit_code == 0
    assert hashes(project / "again.txt") == known(run), "uv pip compile took other hashes"
    assert check(run, project / "upgraded.txt").exit_code == 1, "an upgrade keeps hashes"
    (project / "requirements.txt").write_text(good)
    lock_again(run, project, mirror, UPGRADE="demo-dep")
    assert check(run, project / "requirements.txt").exit_code == 1, "an upgrade keeps hashes"
