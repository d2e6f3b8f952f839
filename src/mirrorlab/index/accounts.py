"""Who may upload what."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping

from packaging.utils import canonicalize_name

from mirrorlab.scenario import User

TOKEN_USER = "__token__"
"""The user name that says: the password is an API token."""


def who(authorization: str | None, users: Mapping[str, User]) -> User | None:
    """Return the user that an ``Authorization`` header (Basic, RFC 7617) proves, or ``None``."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    if name == TOKEN_USER:
        return next((user for user in users.values() if _same(user.token, password)), None)
    user = users.get(name)
    return user if user is not None and _same(user.password, password) else None


def allowed(user: User, project: str) -> bool:
    """Whether a user may upload to a project, be it there already or not."""
    return "*" in user.projects or canonicalize_name(project) in user.projects


def _same(secret: str | None, given: str) -> bool:
    return secret is not None and hmac.compare_digest(secret.encode(), given.encode())
