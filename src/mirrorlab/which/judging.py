"""What is wrong with sources whatever the installer: each check gives findings, or none.

What depends on how an installer chooses, and on what it reads, is in its own module.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from mirrorlab.masking import has_secret, masked
from mirrorlab.which.model import Answer, Finding, Origin, Role, Source, Verdict
from mirrorlab.which.surroundings import Surroundings

CONFUSION = "dependency-confusion"
LOCKS = "locked-installs"
SETTINGS = "client-settings"

_PUBLIC = frozenset({"pypi.org", "pypi.python.org", "test.pypi.org", "pypi.io"})
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def host(url: str) -> str:
    """Return the host of a URL in lower case; empty where it has none."""
    try:
        return (urlsplit(url.strip()).hostname or "").lower()
    except ValueError:
        return ""


def is_public(url: str) -> bool:
    """Tell whether everybody can publish there."""
    return host(url) in _PUBLIC


def is_local(url: str) -> bool:
    """Tell whether it is a folder or a file of this machine."""
    text = url.strip()
    if text.lower().startswith("file:") or _DRIVE.match(text):
        return True
    return not _SCHEME.match(text) and "://" not in text


def is_loopback(url: str) -> bool:
    """Tell whether a URL stays on this machine."""
    name = host(url)
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return name.endswith(".localhost")


def of_sources(
    around: Surroundings, sources: Sequence[Source], *, lock: str = "", trusted: Sequence[str] = ()
) -> Iterator[Finding]:
    """Check each source alone; ``lock`` is the file that its URL is copied into."""
    for source in sources:
        if source.role is not Role.DISABLED:
            yield from _of_address(source)
            yield from _of_tls(source, trusted)
        yield from _of_secret(around, source, lock)


def _of_address(source: Source) -> Iterator[Finding]:
    url = source.url.strip()
    if is_local(url):
        if source.role is Role.INDEX and re.match(r"(?:www\.|[\w-]+\.[a-z]{2,}/)", url):
            says = f"{source.shown} has no https:// before it, and is taken for a folder"
            yield Finding(Verdict.WRONG, says, SETTINGS, source.origin)
        return
    if not re.match(r"https?://", url, re.IGNORECASE) or not host(url):
        says = f"{source.shown} is no URL of an index: it begins with https:// and a host"
        yield Finding(Verdict.WRONG, says, SETTINGS, source.origin)
        return
    if source.role is Role.INDEX and is_public(url):
        path = urlsplit(url).path.strip("/")
        if path != "simple":
            says = f"{source.shown} is not where {host(url)} has its index: that is at /simple/"
            yield Finding(Verdict.WRONG, says, SETTINGS, source.origin)


def _of_tls(source: Source, trusted: Sequence[str]) -> Iterator[Finding]:
    if is_local(source.url) or is_loopback(source.url) or not host(source.url):
        return
    if source.url.strip().lower().startswith("http://"):
        says = f"{source.shown} has no TLS: whoever is on the way can put a file in its place"
        yield Finding(Verdict.RISKY, says, SETTINGS, source.origin)
    elif host(source.url) in {_bare(name) for name in trusted}:
        says = f"the certificate of {source.shown} is not checked, so anybody can answer for it"
        yield Finding(Verdict.RISKY, says, SETTINGS, source.origin)


def _bare(trusted: str) -> str:
    """Return the host of a trusted one, which may have a port."""
    return host(trusted if "://" in trusted else f"https://{trusted}")


def _of_secret(around: Surroundings, source: Source, lock: str) -> Iterator[Finding]:
    if not has_secret(source.url):
        return
    origin = source.origin
    if lock:
        says = f"the secret in {source.shown} is copied into {lock}"
        yield Finding(Verdict.RISKY, says, LOCKS, origin)
    elif origin.file is not None and around.inside(origin.file):
        says = f"the secret in {source.shown} stands in a file of the project, and in its history"
        yield Finding(Verdict.RISKY, says, SETTINGS, origin)
    else:
        says = (
            f"the secret in {source.shown} goes wherever the URL goes; netrc or a keyring holds it"
        )
        yield Finding(Verdict.RISKY, says, SETTINGS, origin)
    if origin.file is not None and around.read_by_others(origin.file):
        says = f"everybody on this machine can read {masked(str(origin.file))}, which has a secret"
        yield Finding(Verdict.RISKY, says, SETTINGS, origin)


def of_merged(client: str, sources: Sequence[Source]) -> Iterator[Finding]:
    """Check sources that count alike, of which the highest version wins: version priority."""
    alike = [source for source in sources if source.role in {Role.INDEX, Role.FIND_LINKS}]
    asked = {source.url.strip().rstrip("/") for source in alike}
    remote = [source for source in alike if not is_local(source.url)]
    if len(asked) < 2 or not remote or all(is_public(source.url) for source in alike):
        return
    if len(remote) == 1 and not is_public(remote[0].url):
        return
    says = (
        f"{client} takes the highest version of all of these: a stranger who publishes"
        " your private name on one of them wins"
    )
    yield Finding(Verdict.RISKY, says, CONFUSION, remote[-1].origin, concerns_all=True)


def of_ordered(client: str, sources: Sequence[Source]) -> Iterator[Finding]:
    """Check sources that are asked one after the other: index priority."""
    indexes = [source for source in sources if source.role is Role.INDEX]
    if len({source.url.strip().rstrip("/") for source in indexes}) < 2:
        return
    if all(is_public(source.url) for source in indexes):
        return
    first = next((n for n, source in enumerate(indexes) if is_public(source.url)), None)
    if first is not None and first < len(indexes) - 1:
        says = (
            f"{client} asks a public index before yours: who publishes your private name there wins"
        )
        yield Finding(Verdict.RISKY, says, CONFUSION, indexes[first].origin, concerns_all=True)
        return
    says = (
        f"where {indexes[0].shown} does not have a name, {client} asks the next index,"
        " and a stranger's file may come"
    )
    yield Finding(Verdict.RISKY, says, CONFUSION, indexes[-1].origin, concerns_all=True)


def of_variables(
    around: Surroundings, prefix: str, known: Iterable[str], pattern: str
) -> Iterator[Finding]:
    """Find variables that are nearly one of the ``known`` ones, and mean nothing.

    Only those that match ``pattern`` are looked at: they are meant to name an index.
    """
    names = sorted(known)
    for name in sorted(around.environ):
        if not name.startswith(prefix) or name in names or not re.search(pattern, name):
            continue
        if near := get_close_matches(name, names, n=1, cutoff=0.75):
            says = f"nothing reads the variable {masked(name)}: did you mean {near[0]}?"
            yield Finding(Verdict.WRONG, says, SETTINGS, Origin(variable=masked(name)))


def misspelt(key: str, known: Iterable[str], others: Iterable[str] = ()) -> str:
    """Return the known key that ``key`` is nearly; empty where it is one, or is near none."""
    if key in set(known) | set(others):
        return ""
    near = get_close_matches(key.lower().replace("_", "-"), list(known), n=1, cutoff=0.75)
    return near[0] if near else ""


def not_read(client: str, answer: Answer, files: Mapping[str, Origin]) -> Iterator[Finding]:
    """Say which settings of others this installer does not read, where it has none of its own."""
    if any(source.origin != Origin() for source in answer.sources):
        return
    for what, origin in files.items():
        says = f"{client} does not read {what}: it asks {answer.sources[0].shown}"
        yield Finding(Verdict.RISKY, says, SETTINGS, origin)


def of_netrc(around: Surroundings) -> tuple[list[str], list[Finding]]:
    """Say whether there is a netrc, and whether others can read it; never what it holds."""
    named = around.variable("NETRC")
    paths = [Path(named)] if named else [around.home / ".netrc", around.home / "_netrc"]
    found = next((path for path in paths if around.exists(path)), None)
    if found is None:
        return ["there is no netrc"], []
    shown = masked(str(found))
    if not around.read_by_others(found):
        return [f"there is a netrc, {shown}: its passwords go to the hosts it names"], []
    says = f"everybody on this machine can read {shown}, which has passwords"
    return [], [Finding(Verdict.RISKY, says, SETTINGS, Origin(found))]
