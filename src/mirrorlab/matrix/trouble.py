"""The troubles that befall an index: each fault for good, once, and of its files only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mirrorlab.clients import Suite
from mirrorlab.scenario import WITH_RETRY_AFTER, Fault

_FILES = "/packages/*"
_OF_FILES = (
    Fault.NOT_FOUND,
    Fault.FORBIDDEN,
    Fault.SERVER_ERROR,
    Fault.UNAVAILABLE,
    Fault.REFUSED,
    Fault.HANG,
    Fault.SLOW,
    Fault.TRUNCATED,
)
_RETRY_AFTER = 1
_MET = (Suite.FALLBACK, Suite.LOCKED, Suite.CONFUSION)
_ALSO_OF_FILES = (Suite.FALLBACK, Suite.LOCKED)
"""Who wins among two owners of a name is settled by their pages, before any file."""
NONE = "none"
MOVED = "moved"
CUT_OFF = "cut-off"
TURNING = "hung-turning"


@dataclass(frozen=True)
class Trouble:
    """A fault on the index that fails: which one, where, and for how many requests."""

    name: str
    """``503``, ``503-first``, ``503-files``; ``none`` is a healthy index."""
    says: str
    """One line for people: what the installer meets."""
    fault: Fault | None = None
    """None: nothing of the index fails, or the trouble is not one of its answers."""
    path: str = "*"
    """Glob on the path of the URL."""
    times: int | None = None
    """It strikes the first so many requests; None: until the end."""
    suites: tuple[Suite, ...] = _MET

    @property
    def retry_after(self) -> int | None:
        """Seconds of its ``Retry-After`` header, where it sends one."""
        return _RETRY_AFTER if self.name.endswith("-retry-after") else None

    @property
    def cuts_off(self) -> bool:
        """Whether packets are lost: neither refused nor accepted."""
        return self.name.startswith(CUT_OFF)


def _of_every_fault() -> Iterator[Trouble]:
    for fault in Fault:
        yield Trouble(fault.value, fault.says, fault)
    for fault in Fault:
        if fault is not Fault.ALTERED:
            says = f"once, then healthy: {fault.says}"
            yield Trouble(f"{fault}-first", says, fault, times=1)
    for fault in _OF_FILES:
        says = f"pages are healthy; of files: {fault.says}"
        yield Trouble(f"{fault}-files", says, fault, _FILES, suites=_ALSO_OF_FILES)
    for fault in WITH_RETRY_AFTER:
        says = fault.says.partition(", with")[0]
        says = f"{says}, with Retry-After: {_RETRY_AFTER}"
        yield Trouble(f"{fault}-retry-after", says, fault, suites=_ALSO_OF_FILES)


def _of_dns() -> Iterator[Trouble]:
    kinds = {
        "dead": ("nothing listens at it", None),
        CUT_OFF: ("what is sent to it is lost on the way", None),
        "hung": ("it accepts the connection and never answers", Fault.HANG),
        "lagging": ("it serves the index as it was before its newest releases", Fault.STALE),
    }
    for kind, (what, fault) in kinds.items():
        for place in ("first", "last"):
            says = f"of the two addresses, the {place} fails: {what}"
            yield Trouble(f"{kind}-{place}", says, fault, suites=(Suite.DNS,))
    says = "one address hangs, answered first at first; the order turns with each answer"
    yield Trouble(TURNING, says, Fault.HANG, suites=(Suite.DNS,))


def _all() -> Iterator[Trouble]:
    yield Trouble(NONE, "everything is healthy", suites=tuple(Suite))
    yield from _of_every_fault()
    says = "the index is gone for good; the address is now that of another one, the lock is kept"
    yield Trouble(MOVED, says, Fault.REFUSED, suites=(Suite.LOCKED,))
    yield from _of_dns()


def _named(troubles: Iterable[Trouble]) -> Mapping[str, Trouble]:
    named: dict[str, Trouble] = {}
    for trouble in troubles:
        assert named.setdefault(trouble.name, trouble) is trouble, f"{trouble.name} is there twice"
    return MappingProxyType(named)


TROUBLES: Mapping[str, Trouble] = _named(_all())
"""Every trouble by its name, in the order in which people read them."""


def of_suite(suite: Suite) -> tuple[Trouble, ...]:
    """Return the troubles that a suite meets."""
    return tuple(each for each in TROUBLES.values() if suite in each.suites)
