"""What nox runs; pip.conf says where it installs from."""

import nox


@nox.session
def tests(session: nox.Session) -> None:
    """Install what the tests need."""
    session.install("demo-lib")
