"""A login that leaked, into an image, a log, a lock: it is found, and the place is named."""

from __future__ import annotations

from drilling.images import build, saved
from drilling.jobs import commands_of
from drilling.private import look, netrc, private_index, url_with_login, write_lock

from mirrorlab.runner import Run

NAIVE = {
    "build-arg": "config: history",
    "env": "config: config.Env",
    "removed": "root/.netrc",
    "written": "srv/app/.venv/.netrc",
    "lock": "srv/app/requirements.txt",
}
"""A way to build that leaks, and the place in the image that must be named."""


def image_layers(run: Run) -> None:
    """Each naive way leaves the login in the image, and the place is named."""
    token, url = run.settings["SECRET"], url_with_login(run)
    with private_index(run):
        (run.folder / "netrc").write_text(netrc(run))
        (run.folder / "requirements.txt").write_text(f"--index-url {url}\nacme-lib\n")
        for name, place in NAIVE.items():
            done = build(
                run,
                CONTAINERFILE=f"image/naive/{name}.Containerfile",
                BUILD_FLAGS=f"--build-arg PIP_INDEX_URL={url}",
            )
            assert done.exit_code == 1, f"{name}: the login is not found:\n{done.output}"
            found = [line for line in done.output.splitlines() if line.startswith("FOUND")]
            assert any(place in line for line in found), f"{name}: {place} is not named: {found}"
            said = done.output.partition("find-secret")[0].rpartition("Successfully tagged")[2]
            assert token not in said, f"{name}: the search prints the login"
    for archive in saved(run):
        looked = look(run, archive)
        assert looked.exit_code == 1, f"{archive.name}: {looked.output}"
        named = NAIVE["lock"] in looked.output
        assert named, f"{archive.name}: the file is not named: {looked.output}"


def environment_dump(run: Run) -> None:
    """A log with the environment has the login; a trace of install.sh has none."""
    with private_index(run) as asked:
        write_lock(run)
        logs = []
        for number, (command, settings) in enumerate(commands_of(run, "naive.yml")["naive.yml"]):
            said = run.command("sh", "-ec", command, **settings).output
            for encoding in ("utf-8", "utf-16"):
                logs.append(run.tmp / f"naive-{number}.{encoding}.log")
                logs[-1].write_text(said, encoding=encoding)
        assert len(logs) == 4, f"naive.yml has other commands: {logs}"
        done = look(run, *logs)
        for log in logs:
            assert f"FOUND: {log} (" in done.output, f"{log.name} is taken for clean: {done.output}"
        traced = run.command(
            "sh", "-x", "install.sh", VENV=run.tmp / "traced", INDEX_TOKEN=run.settings["SECRET"]
        )
        assert traced.exit_code == 0, traced.output
        assert asked.with_login, "the trace is of an install without the login"
        log = run.tmp / "trace.log"
        log.write_text(traced.output)
        done = look(run, log)
        assert done.exit_code == 0, f"a trace of install.sh has the login: {done.output}"


def lock(run: Run) -> None:
    """pip-compile copies the index with its login into the lock; install.sh refuses that one."""
    url = url_with_login(run)
    with private_index(run) as asked:
        (run.folder / "requirements.in").write_text("acme-lib\n")
        for options, code in (((), 1), (("--no-emit-index-url",), 0)):
            (run.folder / "requirements.txt").unlink(missing_ok=True)
            command = ("pip-compile", "--quiet", "--generate-hashes", *options)
            done = run.command(*command, "requirements.in", PIP_INDEX_URL=url)
            assert done.exit_code == 0, done.output
            looked = look(run, run.folder / "requirements.txt")
            assert looked.exit_code == code, f"pip-compile {options}: {looked.output}"
            asked.clear()
            venv = run.tmp / f"locked-{code}"
            token = run.settings["SECRET"]
            done = run.command("sh", "install.sh", INDEX_TOKEN=token, VENV=venv)
            assert done.exit_code == 2 * code, f"a lock with a login: {done.output}"
            assert bool(asked) == (not code), f"with such a lock, asked: {list(asked)}"
