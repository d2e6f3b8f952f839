"""Which fault a request meets: rules by path, for good or for the first N requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from threading import Lock

from mirrorlab.errors import CannotChange, NothingToFault
from mirrorlab.index.content import State
from mirrorlab.index.places import Kind, kind_of, paths
from mirrorlab.scenario import WITH_RETRY_AFTER, Fault, FaultRule

_PAGES = frozenset({Kind.LIST, Kind.PAGE, Kind.PROJECT_JSON, Kind.XMLRPC})
_NARROW: dict[Fault, frozenset[Kind]] = {
    Fault.CORRUPT: frozenset({Kind.FILE, Kind.METADATA}),
    Fault.ALTERED_FILE: frozenset({Kind.FILE}),
    Fault.ALTERED: frozenset({Kind.FILE, Kind.PAGE}),
    Fault.STALE: _PAGES,
    Fault.EMPTY: _PAGES,
    Fault.MALFORMED: _PAGES,
    Fault.WRONG_TYPE: _PAGES,
    Fault.METADATA_404: frozenset({Kind.METADATA}),
    Fault.NO_UPLOAD_TIME: frozenset({Kind.PAGE}),
    Fault.NO_VARY: frozenset({Kind.LIST, Kind.PAGE}),
}


def strikes(fault: Fault, kind: Kind) -> bool:
    """Whether a fault can be met at such a path; most can be met anywhere."""
    return kind in _NARROW.get(fault, frozenset(Kind))


@dataclass(slots=True, eq=False)
class _Active:
    rule: FaultRule
    left: int | None


class Faults:
    """The rules in force. Where several match, the one set last strikes; one fault a request.

    A rule counts only requests it strikes: ``metadata-404`` everywhere, twice, waits for two
    requests for metadata. ``altered`` belongs to files, not to requests, and combines with others.
    """

    def __init__(self) -> None:
        """Start without any."""
        self._active: list[_Active] = []
        self._lock = Lock()
        self.cleared = 0
        """How often the rules were cleared: what hangs looks at it."""
        self.distrusted: Callable[[], None] = _nothing
        """Called when ``untrusted-tls`` was set: open connections would not notice."""

    def set(self, rule: FaultRule, state: State) -> None:
        """Put a rule in force.

        Raises :class:`NothingToFault` where no path of ``state`` can meet it, and
        :class:`CannotChange` for a rule that contradicts itself.
        """
        _check(rule)
        if rule.fault is Fault.UNTRUSTED_TLS:
            if rule.path != "*":
                raise CannotChange("'untrusted-tls' comes before any path; leave the path out")
        else:
            _find_a_path(rule, state)
        with self._lock:
            self._active.append(_Active(rule, rule.times))
        if rule.fault is Fault.UNTRUSTED_TLS:
            self.distrusted()

    def clear(self) -> None:
        """Take every rule back; what hangs is let go."""
        with self._lock:
            self._active.clear()
            self.cleared += 1

    def rules(self) -> tuple[FaultRule, ...]:
        """Return the rules in force, ``times`` being what is left."""
        with self._lock:
            return tuple(
                FaultRule(one.rule.fault, one.rule.path, one.left, one.rule.retry_after)
                for one in self._active
            )

    def strike(self, path: str) -> FaultRule | None:
        """Return the rule that the request for ``path`` meets, and count it."""
        kind = kind_of(path)
        return self._take(
            lambda rule: (
                rule.fault not in (Fault.ALTERED, Fault.UNTRUSTED_TLS)
                and strikes(rule.fault, kind)
                and fnmatchcase(path, rule.path)
            )
        )

    def untrusted(self) -> bool:
        """Whether the next TLS connection gets the untrusted certificate; counts it."""
        return self._take(lambda rule: rule.fault is Fault.UNTRUSTED_TLS) is not None

    def alters(self, *places: str) -> bool:
        """Whether ``altered`` is in force for a file, known by its path and its page's path."""
        with self._lock:
            globs = [one.rule.path for one in self._active if one.rule.fault is Fault.ALTERED]
        return any(fnmatchcase(place, glob) for glob in globs for place in places)

    def _take(self, wanted: Callable[[FaultRule], bool]) -> FaultRule | None:
        with self._lock:
            for one in reversed(self._active):
                if wanted(one.rule):
                    if one.left is not None:
                        one.left -= 1
                        if one.left == 0:
                            self._active.remove(one)
                    return one.rule
        return None


def _nothing() -> None:
    pass


def _check(rule: FaultRule) -> None:
    if rule.times is not None and rule.times < 1:
        raise CannotChange(f"a fault strikes at least one request, not {rule.times}")
    if rule.times is not None and rule.fault is Fault.ALTERED:
        raise CannotChange("'altered' concerns files, not requests; leave the number of times out")
    if rule.retry_after is not None and rule.fault not in WITH_RETRY_AFTER:
        raise CannotChange(f"Retry-After belongs to 429 and 503, not to {rule.fault.value!r}")
    if rule.retry_after is not None and rule.retry_after < 0:
        raise CannotChange(f"Retry-After is a number of seconds, not {rule.retry_after}")


def _find_a_path(rule: FaultRule, state: State) -> None:
    """Make sure that some path can meet the rule; a mistyped path is no healthy index."""
    cheap: list[str] = []
    for path in paths(state, rule.path):
        if fnmatchcase(path, rule.path) and strikes(rule.fault, kind_of(path)):
            return
        if not path.startswith("/packages/"):
            cheap.append(path)
    near = get_close_matches(rule.path, cheap[:5000], n=1)
    raise NothingToFault(rule.fault.value, rule.path, near[0] if near else None)
