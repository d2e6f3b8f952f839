"""Showing a URL without its secrets: what cannot be told from a secret is taken for one.

A secret stands in a URL as ``user:password@``, as a query, as a fragment, or as a part of the
path. A mistyped URL is the dangerous one: in ``https://me:pa/ss@host/`` the password is part of
the path. So everything before the last ``@`` goes, whatever it looks like.
"""

from __future__ import annotations

import re

HIDDEN = "****"

_SCHEME = re.compile(r"(?P<scheme>(?:https?|file)://)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_VARIABLES = re.compile(r"(?:\$\{[A-Za-z_][A-Za-z0-9_]*\}|\$[A-Z_][A-Z0-9_]*)")
_PLACEHOLDERS = re.compile(rf"{_VARIABLES.pattern}(?::{_VARIABLES.pattern})?")
_HOST = re.compile(r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*(?::\d{1,5})?")
_HOST_6 = re.compile(r"\[[0-9A-Fa-f:.]{2,45}\](?::\d{1,5})?")
_HARMLESS = re.compile(r"(?:[A-Z]?[a-z]{0,14}|[A-Z]{0,14})\d{0,2}|v?\d{1,8}")
_TELLTALE = re.compile(r"(?:api[-_]?|access[-_]?)?(?:auth|basic|key|pass(?:word)?|secret|token)s?")
_UNPRINTABLE = re.compile(r"[^ -~\u00a1-\u024f]")
_PROJECT = re.compile(r"[A-Za-z0-9*?\[][A-Za-z0-9._*?\[\]-]{0,60}")
_URL_WITHIN = re.compile(r"[A-Za-z]{2,}:/")
"""Also of a URL that was taken for a path, which has one slash only."""
_LOCAL = re.compile(r"(?:/(?!/)|\./|\.\./|~|[A-Za-z]:[\\/])")


def masked(text: str) -> str:
    """Return a URL or a path as it may be printed, on one line."""
    shown = _UNPRINTABLE.sub("?", text.strip())
    userinfo, at, rest = _without_scheme(shown).rpartition("@")
    scheme = shown[: len(shown) - len(_without_scheme(shown))]
    if at:
        kept = userinfo if _PLACEHOLDERS.fullmatch(userinfo) else HIDDEN
        return f"{scheme}{kept}@{_place(rest)}"
    if scheme.lower().startswith("file"):
        return scheme + _cut(rest, hide_path=False)
    if scheme:
        return scheme + _place(rest)
    if _LOCAL.match(rest) and not _URL_WITHIN.search(rest):
        return rest
    return _cut(rest, hide_path=True)


def masked_project(name: str) -> str:
    """Return the name of a project, or a pattern of names, as it may be printed."""
    return name if _PROJECT.fullmatch(name) else masked(name)


def has_secret(url: str) -> bool:
    """Tell whether a URL holds what should not be in it: more than a variable's name."""
    userinfo, at, _ = _without_scheme(url.strip()).rpartition("@")
    if at and not _PLACEHOLDERS.fullmatch(userinfo):
        return True
    return bool(_SCHEME.match(url.strip())) and HIDDEN in masked(url)


def _without_scheme(text: str) -> str:
    found = _SCHEME.fullmatch(text)
    return found["rest"] if found else text


def _place(rest: str) -> str:
    """Mask what follows the userinfo: a host is shown where it is one, then the path."""
    host = re.match(r"[^/?#\\]*", rest)
    assert host is not None, "it matches the empty text"
    if not (_HOST.fullmatch(host[0]) or _HOST_6.fullmatch(host[0])):
        variables = _VARIABLES.sub("x", host[0])
        if not (_HOST.fullmatch(variables) and "$" in host[0]):
            return HIDDEN
    return host[0] + _cut(rest[host.end() :], hide_path=True)


def _cut(rest: str, *, hide_path: bool) -> str:
    """Mask query, fragment and, with ``hide_path``, each segment that is no plain word."""
    found = re.match(r"[^?#;]*", rest)
    assert found is not None, "it matches the empty text"
    path, mark = found[0], rest[found.end() : found.end() + 1]
    if hide_path:
        path = _segments(path)
    return f"{path}{mark}{HIDDEN}" if mark else path


def _segments(path: str) -> str:
    shown: list[str] = []
    telltale = False
    for segment in path.split("/"):
        plain = all(_HARMLESS.fullmatch(part) for part in re.split(r"[-_.+~]", segment))
        plain = plain or _VARIABLES.fullmatch(segment) is not None
        shown.append(segment if not segment or (plain and not telltale) else HIDDEN)
        telltale = _TELLTALE.fullmatch(segment.lower()) is not None
    return "/".join(shown)
