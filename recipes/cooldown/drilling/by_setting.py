"""Installers that wait by a setting of their own, and what becomes of it without upload times."""

from __future__ import annotations

from drilling.installers import NO_RETRIES, WAYS, client_of, tried
from drilling.releases import OLD, YOUNG, publish

from mirrorlab.runner import Run

OPEN = {"poetry", "pipenv"}
"""Who installs the newest where no upload-time is given, and says nothing."""


def young_release(run: Run) -> None:
    """While the index gives upload-time, each of the other installers waits by its own setting."""
    publish(run)
    for name in ("poetry", "pdm", "pipenv", "hatch", "pip-tools"):
        attempt, done = tried(run, WAYS[name])
        assert done == OLD, f"{name} with its setting gives {done or 'nothing'}: {attempt.output}"


def no_upload_time(run: Run) -> None:
    """Behind a proxy that drops it, five refuse everything, and two install the newest."""
    publish(run)
    run.index.fault("no-upload-time", "/simple/*")
    checked = run.step("check-index")
    assert checked.exit_code == 1, f"check-index is content: {checked.output}"
    for name, each in WAYS.items():
        attempt, done = tried(run, each)
        expected = YOUNG if name in OPEN else ""
        assert done == expected, f"{name} gives {done or 'nothing'}: mend the page"
        assert (attempt.exit_code == 0) == (name in OPEN), f"{name} ends with {attempt.exit_code}"


def locked_young(run: Run) -> None:
    """A lock made before: pip refuses it; poetry, and uv with --frozen, install it."""
    publish(run)
    young = {"uv sync --frozen": YOUNG, "uv sync --locked": "", "uv sync": OLD}
    for typed, expected in young.items():
        _locked_first(run, "uv", "uv lock", typed, expected)
    _locked_first(run, "poetry", "poetry lock", "poetry install", YOUNG)
    client = client_of(run, WAYS["pip"], run.settings["INDEX"])
    digest = run.index.sha256(f"demo_lib-{YOUNG}-py3-none-any.whl")
    lock = f"demo-lib=={YOUNG} --hash=sha256:{digest}\n"
    (client.project / "requirements.txt").write_text(lock)
    env = {**NO_RETRIES, **WAYS["pip"].environment}
    attempt = client.follow("pip install --no-deps -r requirements.txt", env=env)
    assert attempt.exit_code == 1, f"pip installs what is locked and young: {attempt.output}"
    assert f"requirement demo-lib=={YOUNG}" in attempt.output, attempt.output


def _locked_first(run: Run, name: str, lock: str, typed: str, expected: str) -> None:
    """Lock without the setting, then install with it."""
    client = client_of(run, WAYS[name], run.settings["INDEX"])
    text = {file: file.read_text() for file in client.project.iterdir() if file.is_file()}
    words = ("exclude-newer", "min-release-age", "[solver]", "[tool.uv]")
    for file, before in text.items():
        lines = [line for line in before.splitlines(True) if not line.startswith(words)]
        file.write_text("".join(lines))
    locked = client.follow(lock, env=NO_RETRIES)
    assert locked.exit_code == 0, f"{lock}: {locked.output}"
    for file, before in text.items():
        file.write_text(before)
    done = client.follow(typed, env=NO_RETRIES).installed.get("demo-lib", "")
    assert done == expected, f"{typed} of a young lock gives {done or 'nothing'}: mend the page"
