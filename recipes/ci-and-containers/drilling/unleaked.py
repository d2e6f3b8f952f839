"""The login as it should be: it reaches the index, and no image, log or cache has it."""

from __future__ import annotations

from pathlib import Path

from drilling.images import broken, build, files
from drilling.jobs import GOOD, commands_of, run_job
from drilling.private import look, private_index, url_with_login, write_lock

from mirrorlab.runner import Run


def promise(run: Run) -> None:
    """CI and image builds install with the login, and the login is nowhere afterwards."""
    with private_index(run) as asked:
        write_lock(run)
        for installer in ("pip", "uv"):
            asked.clear()
            done = build(run, BUILD_FLAGS=f"--build-arg INSTALLER={installer}")
            assert done.exit_code == 0, f"the image of {installer} is not clean:\n{done.output}"
            assert asked.with_login, f"{installer} did not ask with the login"
            names = files(Path(run.settings["ARCHIVE"]))
            wheel = [name for name in names if "/acme_lib-1.0.dist-info/METADATA" in name]
            assert wheel, f"{installer} has installed nothing in the image: {names}"
        assert not [name for name in names if name.startswith("cache/")], "the cache is in a layer"
        cached = list(run.tmp.glob("scratch/buildah-cache*/**/acme*"))
        assert cached, "the cache mount keeps nothing"
        looked = look(run, run.tmp / "scratch")
        assert looked.exit_code == 0, f"the cache has the login: {looked.output}"
        for name, commands in commands_of(run, *GOOD).items():
            run_job(run, name, commands, asked)
        looked = look(run, run.tmp / "ci")
        assert looked.exit_code == 0, f"a job leaves the login: {looked.output}"


def no_login(run: Run) -> None:
    """A pull request from a fork has no secret, a wrong one opens nothing: both are said."""
    with private_index(run) as asked:
        write_lock(run)
        for script in ("install.sh", "build.sh"):
            done = run.command("sh", script, INDEX_TOKEN="")
            assert done.exit_code == 2, f"{script} without a login: {done.output}"
            assert done.output.count("\n") == 1, f"not one sentence: {done.output}"
        done = run.command("sh", "install.sh", INDEX=url_with_login(run))
        assert done.exit_code == 2, "a login in the URL is taken"
        assert run.settings["SECRET"] not in done.output, "the refusal prints the login"
        assert not asked, f"without a login the index was asked: {list(asked)}"
        wrong = "idx-wrong-wrong-wrong"
        for installer in ("pip", "uv"):
            done = run.command(
                "sh",
                "install.sh",
                INSTALLER=installer,
                INDEX_TOKEN=wrong,
                VENV=run.tmp / f"no-login-{installer}",
            )
            assert done.exit_code == 1, f"{installer} with a wrong login: {done.output}"
            assert wrong not in done.output, f"{installer} prints the login:\n{done.output}"


def half_an_archive(run: Run) -> None:
    """An archive that cannot be read to the end is never called clean."""
    whole = Path(run.settings["ARCHIVE"])
    if not whole.exists():  # the promise leaves one
        with private_index(run):
            write_lock(run)
            done = build(run)
        assert done.exit_code == 0, done.output
    archives = {}
    for number, (what, altered) in enumerate(broken(whole)):
        archives[what] = run.tmp / f"broken-{number}.tar"
        archives[what].write_bytes(altered)
    done = look(run, *archives.values())
    for what, place in archives.items():
        assert f"NOT READ: {place}" in done.output, f"{what} is taken for clean: {done.output}"
    assert done.exit_code == 3, f"the login is found, or nothing is wrong: {done.output}"
    done = look(run, archives["half an archive"])
    assert done.exit_code == 3, f"half an archive alone: {done.output}"
