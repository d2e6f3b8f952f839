"""What is locked is installed from any mirror; what a mirror altered since is refused."""

from __future__ import annotations

from pathlib import Path

from drilling.locks import LOCKS, MOVES, SET, STAYS, WAYS, check, demo, hashes, known, locked, pins
from drilling.machine import (
    install,
    installed,
    is_evil,
    is_refused,
    just_pip,
    pip_sync,
    sync_is_refused,
    untrusted,
)

from mirrorlab.index import Index
from mirrorlab.runner import Run


def promise(run: Run) -> None:
    """What was locked from the trusted index is installed from a mirror, and only from there."""
    project = demo(run)
    for lock in LOCKS:
        assert hashes(project / lock) == known(run), f"{lock} has not the hashes of the index"
    with untrusted(run) as mirror:
        for script, lock in MOVES:
            run.index.forget_requests()
            done, venv = install(run, script, project / lock, mirror)
            assert done.exit_code == 0, f"{script} failed:\n{done.output}"
            assert installed(venv) == SET, f"{script} of {lock} installed {installed(venv)}"
            assert not run.index.requests(), f"{script} of {lock} asked another than the mirror"
            assert mirror.requests("/packages/*.whl"), f"{script} of {lock} asked no mirror"
    for script, lock in STAYS:
        done, venv = install(run, script, project / lock, run.index)
        assert installed(venv) == SET, f"{script} of {lock}:\n{done.output}"
    again = {lock: (project / lock).read_bytes() for lock in LOCKS}
    assert run.step("lock").exit_code == 0
    assert {lock: (project / lock).read_bytes() for lock in LOCKS} == again, "a lock has changed"


def altered_file(run: Run) -> None:
    """Other bytes under a good hash in the index, half a file, a flipped bit: all refused."""
    wheel = "/packages/*demo_dep*.whl"
    with untrusted(run) as mirror:
        for fault in ("altered-file", "truncated", "corrupt"):
            mirror.fault(fault, wheel)
            for script, lock in MOVES if fault == "altered-file" else MOVES[:2]:
                is_refused(run, script, demo(run) / lock, mirror, fault)
            mirror.clear()
        project = locked(run, "altered-file", mirror)  # where it matters whom a lock names
        mirror.fault("altered-file", wheel)
        for script, lock in STAYS:
            is_refused(run, script, project / lock, mirror, "altered-file")
        mirror.clear()
        mirror.fault("altered-file")
        done, venv = just_pip(run, pins(run), mirror)
        assert done.exit_code != 0, f"pip installs against the index: {installed(venv)}"
        for how in ("--frozen", "--locked"):
            sync_is_refused(run, project, mirror, "altered-file", how)
        lock_of_uv = project / "uv.lock"  # as if it had been locked through the trusted index
        text = lock_of_uv.read_text()
        lock_of_uv.write_text(text.replace(mirror.http_url, run.index.http_url))
        sync_is_refused(run, project, mirror, "altered-file")


def altered_index(run: Run) -> None:
    """Other bytes, and their hash in the index: refused by each lock, but one without hashes."""
    with untrusted(run) as mirror:
        _no_hashes_no_install(run, mirror)
        project = locked(run, "altered-index", mirror)
        mirror.fault("altered")
        _what_is_installed_stays(run, project, mirror)
        for script, lock in WAYS:
            is_refused(run, script, project / lock, mirror, "altered")
        for how in ("--frozen", "--locked"):
            sync_is_refused(run, project, mirror, "altered", how)
        done, venv = pip_sync(run, project / "requirements.txt", mirror)
        assert done.exit_code != 0, f"pip-sync installed {installed(venv)}"
        assert mirror.requests("/packages/*.whl"), f"pip-sync failed early:\n{done.output}"
        assert not SET.keys() & installed(venv).keys(), f"pip-sync left {installed(venv)}"
        done, venv = pip_sync(run, pins(run), mirror)
        assert done.exit_code == 0, f"pip-sync now wants hashes:\n{done.output}"
        assert is_evil(venv), "pip-sync did not install the mirror's file"


def build_dependency(run: Run) -> None:
    """No lock here has a hash of what builds an sdist, so sdists are refused unless you say so."""
    with untrusted(run) as mirror:
        project = locked(run, "build", mirror, "demo-sdist")
        mirror.fault("altered", "/simple/demo-backend/")
        for script, lock in WAYS:
            assert "demo-backend" not in (project / lock).read_text(), f"{lock} locks it"
            is_refused(run, script, project / lock, mirror, asks=False)
            assert not mirror.requests("/packages/*demo_backend*.whl"), f"{script} builds an sdist"
        for script, lock in MOVES:
            done, venv = install(run, script, project / lock, mirror, SDISTS="yes")
            assert "demo-sdist" in installed(venv), f"{script} of {lock}:\n{done.output}"
            built_with = mirror.requests("/packages/*demo_backend*.whl")
            altered = [request for request in built_with if request.fault == "altered"]
            assert altered, f"{script} of {lock} built with nothing altered"


def _no_hashes_no_install(run: Run, mirror: Index) -> None:
    """The check and both scripts refuse a lock without hashes, whatever the mirror has."""
    checked = check(run, pins(run))
    assert checked.exit_code == 1, f"a lock without hashes is good:\n{checked.output}"
    for script in ("install.sh", "install-with-uv.sh"):
        is_refused(run, script, pins(run), mirror, asks=False)


def _what_is_installed_stays(run: Run, project: Path, mirror: Index) -> None:
    """Pins bring the mirror's file; no script sees it later, as the version is the locked one."""
    done, venv = just_pip(run, pins(run), mirror)
    assert done.exit_code == 0, f"pip refuses what no hash protects:\n{done.output}"
    assert is_evil(venv), "the mirror's file did not come, so this shows nothing"
    for script in ("install.sh", "install-with-uv.sh"):
        again, _ = install(run, script, project / "requirements.txt", mirror, VENV=venv)
        assert again.exit_code == 0, f"{script} now sees what is installed:\n{again.output}"
        assert is_evil(venv), f"{script} now replaces what is installed"
