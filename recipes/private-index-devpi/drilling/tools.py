"""What users run: twine, devpi's client and installers, with the logins that they have."""

from __future__ import annotations

from pathlib import Path

from drilling.answers import ask, ca, files, simple
from drilling.logins import READ, token

from mirrorlab.clients import Attempt
from mirrorlab.distributions import Built, wheel
from mirrorlab.lab import Completed
from mirrorlab.runner import Run

LIB = wheel("acme-lib", "1.0", requires=["demo-lib"])


def released(run: Run) -> None:
    """See to it that acme-lib 1.0 is in every stage, as the promise leaves it."""
    if files(run, "production", "acme-lib"):
        return
    uploaded(run, LIB)
    release = {"name": "acme-lib", "version": "1.0"}
    for user, source, target in (("alice", "dev", "staging"), ("bob", "staging", "production")):
        status = ask(
            run, "PUSH", f"acme/{source}", user, {**release, "targetindex": f"acme/{target}"}
        )
        assert status == 200, f"{user} cannot push to {target}: {status}"


def uploaded(run: Run, built: Built) -> None:
    """Upload a wheel to dev, as ci."""
    done = twine(run, built, "dev", "ci", token(run, "ci", "acme/dev"))
    assert done.exit_code == 0, f"ci cannot upload to dev: {done.output}"


def twine(run: Run, built: Built, stage: str, user: str, secret: Path) -> Completed:
    """Upload a wheel to a stage, as whoever has the password or token in this file."""
    return run.command(
        *("twine", "upload", "--non-interactive", "--disable-progress-bar"),
        *("--repository-url", f"{run.settings['INDEX']}/acme/{stage}/", dist(run, built)),
        TWINE_USERNAME=user,
        TWINE_PASSWORD=secret.read_text().strip(),
        REQUESTS_CA_BUNDLE=ca(run),
    )


def dist(run: Run, built: Built) -> Path:
    """The file of a wheel."""
    file = run.tmp / "dist" / built.filename
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(built.content)
    return file


def push(
    run: Run, user: str, release: str, source: str, target: str, secret: Path | None = None
) -> Completed:
    """Push a release, as release.sh does it, with a token of this user."""
    return run.command(
        *("sh", "release.sh"),
        RELEASE=release,
        FROM=f"acme/{source}",
        TO=f"acme/{target}",
        TOKEN_FILE=secret or token(run, user, f"acme/{source} acme/{target}"),
    )


def install(run: Run, client: str, *what: str) -> Attempt:
    """Install from production in a fresh environment as carol, whose token a netrc file has."""
    netrc = run.tmp / "netrc"
    secret = token(run, "carol", READ).read_text().strip()
    netrc.write_text(f"machine 127.0.0.1 login carol password {secret}\n")
    netrc.chmod(0o600)
    env = {**trust(run), "NETRC": str(netrc)}
    return run.client(client).install(*what, index=simple(run, "production"), env=env)


def trust(run: Run) -> dict[str, str]:
    """What makes pip and uv trust the CA, and give up at once where an index has errors."""
    bundle = str(ca(run))
    return {"PIP_CERT": bundle, "SSL_CERT_FILE": bundle, "PIP_RETRIES": "0", "UV_HTTP_RETRIES": "0"}
