"""Installs with the files of some folders, and what must have come of each."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path
from typing import Any

from drilling import indexes, passwords
from drilling.indexes import SECRET, USER, Login

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

QUICK: dict[str, Any] = {
    "PIP_RETRIES": "0",
    "UV_HTTP_RETRIES": "0",
    "POETRY_REQUESTS_MAX_RETRIES": "0",
}


def attempt(
    run: Run, client: str, *ways: str, before: tuple[str, ...] = (), **more: Any
) -> Completed:
    """Install with the files of the folders ``ways``, as a reader would try them."""
    settings: dict[str, Any] = {"CLIENT": client, "WAYS": " ".join(ways)}
    settings |= {"CA": indexes.authorities(run), "PRIVATE_PASSWORD": SECRET, **QUICK, **more}
    return run.command(*before, "sh", "try.sh", **settings)


def installed(run: Run) -> set[str]:
    """The projects in the environment that was made, but for pip."""
    found = Path(run.settings["WORK"]).rglob("site-packages/*.dist-info")
    names = {path.name.partition("-")[0].replace("_", "-") for path in found}
    return names - {"pip"}


def as_mirror(
    run: Run, private: Login, client: str, *ways: str, leaks: Set[str], **more: Any
) -> None:
    """Install with the index that has a login as the mirror; the password is in ``leaks``."""
    private.asked.clear()
    mirror: dict[str, Any] = {"MIRROR": run.settings["PRIVATE"], "ANY": "acme-lib"}
    done = attempt(run, client, *ways, "netrc", VERBOSE="yes", **mirror, **more)
    assert installed(run) >= {"acme-lib", "demo-dep"}, f"{client}: {done.output[-500:]}"
    assert private.users() == {USER}, f"{client} asks as {private.users()}"
    found = passwords.left_at_work(run)
    assert found == leaks, f"{client}: the password is in {sorted(found)}"


def logged_in(
    run: Run, private: Login, client: str, *ways: str, leaks: Set[str] = frozenset(), **more: Any
) -> None:
    """Install with a login: it comes from the private index, and the password is in ``leaks``."""
    run.index.forget_requests()
    private.asked.clear()
    done = attempt(run, client, *ways, VERBOSE="yes", **more)
    names = installed(run)
    assert names == {"acme-lib", "demo-dep"}, f"{client} {ways}: {names}: {done.output[-500:]}"
    assert USER in private.users(), f"{client} {ways} did not log in"
    told = {request.path for request in run.index.requests("*acme*")}
    assert not told, f"{client} {ways} tells the mirror of {told}"
    found = passwords.left_at_work(run)
    assert found == leaks, f"{client} {ways}: the password is in {sorted(found)}"
