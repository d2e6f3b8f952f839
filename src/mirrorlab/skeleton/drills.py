"""What @RECIPE@ promises, and what happens when a file in its folder is altered."""

from mirrorlab.clients import Attempt
from mirrorlab.runner import Run


def promise(run: Run) -> None:
    """A client installs the project from the folder, and asks nobody else."""
    run.index.forget_requests()
    attempt = _install(run)
    assert run.settings["PROJECT"] in attempt.installed, attempt.output
    assert run.index.requests() == (), "the client asked the index, not the folder"


def altered_file(run: Run) -> None:
    """Nothing is served while a file is not the one that was downloaded."""
    folder = run.tmp / "served"
    wheel = next(folder.glob("*.whl"))
    wheel.write_bytes(wheel.read_bytes() + b"altered")
    run.step("serve")
    attempt = _install(run)
    assert not attempt.installed, "the altered file was served and installed"


def _install(run: Run) -> Attempt:
    served = f"http://127.0.0.1:{run.settings['PORT']}/"
    return run.client("pip").install(
        "--retries", "0", "--no-index", "--find-links", served, run.settings["PROJECT"]
    )
