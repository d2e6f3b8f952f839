"""What users log in with: a password each, from set-up.sh, and tokens, from token.sh."""

from __future__ import annotations

from pathlib import Path

from mirrorlab.runner import Run

READ = "acme/production acme/staging acme/dev root/pypi"


def secrets(run: Run) -> Path:
    """The folder of all of them, a file each."""
    return Path(run.settings["SECRETS"])


def password(run: Run, user: str) -> Path:
    """The file of a user's password."""
    return secrets(run) / f"{user}.password"


def token(run: Run, user: str, indexes: str) -> Path:
    """The file of a token for these indexes; made where there is none yet."""
    name = _name(user, indexes)
    file = secrets(run) / f"{name}.token"
    return file if file.exists() else _made(run, name, user, indexes)


def bounded(run: Run, user: str, indexes: str, **bounds: str) -> Path:
    """The file of a new token with these bounds too."""
    return _made(run, _name(user, indexes, *bounds.values()), user, indexes, **bounds)


def _name(user: str, *bounds: str) -> str:
    return "-".join([user, *" ".join(bounds).replace("/", "-").split()])


def _made(run: Run, name: str, user: str, indexes: str, **bounds: str) -> Path:
    given = {"TOKEN": name, "TOKEN_USER": user, "TOKEN_INDEXES": indexes, **bounds}
    made = run.step("token", **given)
    assert made.exit_code == 0, made.output
    return secrets(run) / f"{name}.token"
