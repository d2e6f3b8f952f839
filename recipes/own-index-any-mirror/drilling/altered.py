"""The mirror alters files: who refuses them, whose code runs, and what is locked meanwhile."""

from __future__ import annotations

import re

from drilling.damages import altered, at_first, its_code_ran
from drilling.installers import (
    LOCKS,
    REFUSES,
    attempt,
    install_lock,
    is_evil,
    lock,
    poetry_lock,
)
from drilling.mirror import Mirror, untrusted

from mirrorlab.runner import Run
from mirrorlab.scenario import File

WHEEL, SDIST, METADATA = ".whl", ".tar.gz", ".metadata"
LOGIN = "alice:wonder"
"""All have a login of the host that they ask first, and are sent to the mirror by a redirect."""
TELLS_THE_MIRROR = {"buildout"}
"""Who sends the login of your host to the mirror that it is redirected to."""
ASKS_NO_METADATA = {"buildout"}
BUILDS_FIRST = {"poetry"}
"""Who runs an altered sdist before it looks at the hash."""


def altered_file(run: Run) -> None:
    """uv, pip and Poetry refuse what the mirror altered; Poetry has run its code by then."""
    run.step("serve", FILES_BY="redirect")
    with untrusted(run) as mirror:
        for name in ("uv", "pip", "poetry"):
            _refuses(run, mirror, name, WHEEL)
            _refuses(run, mirror, name, SDIST)
        mirror.change = altered(run, SDIST)
        more = {"POETRY_INSTALLER_ONLY_BINARY": ":all:"}
        tried = attempt(run, "poetry", "demo-sdist", login=LOGIN, **more)
        assert not its_code_ran(run), "poetry: it runs with ONLY_BINARY too"
        skipped = "skipped due to your installer.only-binary policy"
        assert skipped in tried.output, tried.output
    run.step("serve")


def altered_file_others(run: Run) -> None:
    """So do buildout and PDM."""
    run.step("serve", FILES_BY="redirect")
    with untrusted(run) as mirror:
        for name in ("buildout", "pdm"):
            _refuses(run, mirror, name, WHEEL)
            _refuses(run, mirror, name, SDIST)
    run.step("serve")


def altered_file_by_pip(run: Run) -> None:
    """So do the three that run pip; what pip does with an altered sdist is told above."""
    run.step("serve", FILES_BY="redirect")
    with untrusted(run) as mirror:
        for name in ("pip-sync", "hatch", "pipenv"):
            _refuses(run, mirror, name, WHEEL)
    run.step("serve")


def altered_metadata(run: Run) -> None:
    """Who looks at the hash of core metadata; what Poetry and uv believe without one."""
    run.step("serve", METADATA=run.settings["MIRROR"], FILES_BY="redirect")
    with untrusted(run) as mirror:
        _two_refuse_metadata(run, mirror)
        _pdm_reads_the_wheel(run, mirror)
        mirror.asked.clear()
        mirror.change = altered(run, WHEEL, SDIST, METADATA)
        assert "demo-python" in poetry_lock(run), "Poetry has learned to check what it reads"
        assert any(each.span for each in mirror.asked), "Poetry reads no part of a file any more"
        run.step("serve")
        mirror.asked.clear()
        assert "demo-python" not in poetry_lock(run), "the mirror has a say in what is locked"
        assert not mirror.asked, f"the mirror is asked: {mirror.asked}"
        _left_out_without_a_hash(run, mirror)


def locked_through_it(run: Run) -> None:
    """pip-compile hashes what the mirror gives it; uv and pip lock what the page says."""
    projects = ("demo-dep", "demo-lib")
    known = {file.hashes["sha256"] for each in projects for file in run.index.files(each)}
    with untrusted(run) as mirror:
        mirror.change = altered(run, WHEEL, SDIST, METADATA)
        run.step("serve")
        for name in LOCKS:
            text = lock(run, name)
            locked = set(re.findall(r"\b[0-9a-f]{64}\b", re.sub(r"http\S+", "", text)))
            assert locked, f"{name} locks no hash: {text}"
            poisoned = bool(locked - known)
            assert poisoned == (name == "pip-compile"), f"{name}: {locked - known} of the mirror"
            if poisoned:
                tried = install_lock(run, text)
                assert is_evil(tried), f"the poisoned lock is refused: {tried.output}"


def _refuses(run: Run, mirror: Mirror, name: str, suffix: str) -> None:
    """Assert that a client installs nothing of an altered file, and that none of its code runs."""
    project = "demo-lib" if suffix == WHEEL else "demo-sdist"
    mirror.asked.clear()
    run.index.forget_requests()
    mirror.change = altered(run, suffix)
    tried = attempt(run, name, project, login=LOGIN)
    what = f"{name}, {suffix} altered"
    assert tried.exit_code != 0, f"{what}: installed {tried.installed}"
    assert project not in tried.installed, f"{what}: installed all the same"
    assert not is_evil(tried), f"{what}: something of it is installed"
    assert mirror.was_asked_for(suffix), f"{what}: not met"
    said = " ".join(tried.output.split())
    assert REFUSES[name] in said, f"{what}: refused for another reason: {said}"
    told = any(each.login for each in mirror.asked)
    assert told == (name in TELLS_THE_MIRROR), f"{what}: a login came along: {told}"
    if suffix == WHEEL:
        metadata = run.index.requests("/packages/*.metadata")
        assert bool(metadata) == (name not in ASKS_NO_METADATA), f"{what}: asks for {metadata}"
    built = its_code_ran(run)
    assert built == (suffix == SDIST and name in BUILDS_FIRST), f"{what}: {built=}"


def _two_refuse_metadata(run: Run, mirror: Mirror) -> None:
    mirror.change = altered(run, METADATA)
    for name, says in (("uv", "Hash mismatch for package metadata"), ("pip", REFUSES["pip"])):
        tried = attempt(run, name)
        assert tried.exit_code != 0, f"{name} believes it, and installs {tried.installed}"
        assert not tried.installed, f"{name} installs {tried.installed}"
        assert says in tried.output, f"{name}: refused for another reason: {tried.output}"


def _pdm_reads_the_wheel(run: Run, mirror: Mirror) -> None:
    """It takes core metadata for missing, and refuses the wheel, if only the first time."""
    mirror.asked.clear()
    metadata, wheels = altered(run, METADATA), at_first(altered(run, WHEEL))
    mirror.change = lambda path, body: metadata(path, wheels(path, body))
    tried = attempt(run, "pdm")
    assert REFUSES["pdm"] in tried.output, f"PDM reads it unchecked: {tried.output}"
    assert "demo-python" not in tried.installed, f"PDM believes it: {tried.output}"
    assert mirror.was_asked_for(METADATA), "PDM asks for none"
    assert mirror.wheels(), f"PDM refuses core metadata: {tried.output}"


def _left_out_without_a_hash(run: Run, mirror: Mirror) -> None:
    """A wheel is not published if no hash covers what it needs; uv would believe the mirror."""
    run.index.publish("demo-lib", "3.0", requires=["demo-dep"], files=[File(metadata=False)])
    for unread, expected in (("leave-out", "2.0"), ("publish", "3.0")):
        published = run.step("pages", UNREAD=unread)
        assert published.exit_code == 0, published.output
        left_out = "demo-lib: 1 wheels left out" in published.output
        assert left_out == (unread == "leave-out"), published.output
        mirror.change = at_first(altered(run, "demo_lib-3.0-py3-none-any.whl"))
        tried = attempt(run, "uv")
        assert tried.installed.get("demo-lib") == expected, tried.output
        believed = "demo-python" in tried.installed
        assert believed == (unread == "publish"), f"{unread}: uv installs {tried}"
    run.index.delete("demo-lib", "3.0")
    assert run.step("pages").exit_code == 0
