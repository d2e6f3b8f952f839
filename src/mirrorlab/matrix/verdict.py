"""From evidence to an outcome, or to the reason why there is none.

An installer's own words decide one thing only: whether a failure is clear. What is installed, and
from where, is read from the disk and from the logs of the indexes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mirrorlab.clients import Suite
from mirrorlab.clients.configuration import FOLDER
from mirrorlab.errors import NoVerdict
from mirrorlab.index import Request
from mirrorlab.index.faults import strikes
from mirrorlab.index.places import Kind, kind_of
from mirrorlab.matrix import causes, goods
from mirrorlab.matrix.evidence import Evidence
from mirrorlab.matrix.outcome import Outcome
from mirrorlab.matrix.trouble import MOVED
from mirrorlab.scenario import Fault

_WAITING = (Fault.HANG, Fault.SLOW)
_SPOILT = (Fault.ALTERED, Fault.ALTERED_FILE)
_OK = (200, 206)
_REFUSED = 400


@dataclass(frozen=True)
class Verdict:
    """What became of a cell; ``source`` is the role of the index that served what is installed."""

    outcome: Outcome
    source: str | None = None


def judge(evidence: Evidence) -> Verdict:
    """Give the verdict. Raises :class:`NoVerdict` where the evidence contradicts the cell."""
    _see_that_it_stayed(evidence)
    if evidence.configuration.suite is Suite.CONTROL:
        return Verdict(Outcome.CAUGHT)
    _see_that_it_asked_by_name(evidence)
    _see_that_the_fault_was_met(evidence)
    verdict = _verdict(evidence)
    if evidence.trouble.fault is None and evidence.trouble.name == "none":
        _see_that_it_works(evidence, verdict)
    return verdict


def _verdict(evidence: Evidence) -> Verdict:
    if not evidence.ended:
        return Verdict(Outcome.WAITING)
    if evidence.version is not None or evidence.locked:
        return _installed(evidence)
    return Verdict(_failed(evidence))


# -- what makes a cell worthless -----------------------------------------------------------------


def _see_that_it_stayed(evidence: Evidence) -> None:
    control = evidence.configuration.suite is Suite.CONTROL
    if evidence.escapes and not control:
        raise _none(evidence, evidence.escapes[0])
    if control and not evidence.escapes:
        raise _none(evidence, "told of no index, it was not caught leaving")
    if control and evidence.version is not None:
        raise _none(evidence, f"told of no index, it installed {evidence.version}")


def _see_that_it_asked_by_name(evidence: Evidence) -> None:
    for role, requests in evidence.requests.items():
        for request in requests:
            if request.host != evidence.hosts[role]:
                told = evidence.hosts[role]
                raise _none(evidence, f"the {role} is {told} and was asked as {request.host!r}")


def _see_that_the_fault_was_met(evidence: Evidence) -> None:
    """A fault that a request should have met and did not is no healthy index."""
    trouble, fault = evidence.trouble, evidence.trouble.fault
    if fault is None or evidence.faulty is None or evidence.configuration.suite is Suite.DNS:
        return
    asked = evidence.requests.get(evidence.faulty, ())
    if fault is Fault.UNTRUSTED_TLS:
        if asked and trouble.times is not None and not evidence.handshakes:
            raise _none(evidence, "its first handshake was with the trusted certificate")
        return
    struck = [each for each in asked if _strikes(fault, trouble.path, each)]
    due = struck if trouble.times is None else struck[: trouble.times]
    for request in due:
        if request.fault is not fault:
            raise _none(evidence, f"{request.method} {request.path} did not meet {fault.value!r}")


def _strikes(fault: Fault, path: str, request: Request) -> bool:
    kind = kind_of(request.path)
    if fault is Fault.ALTERED:  # of a page that is not shown, and of what is no file, it is silent
        return kind is Kind.FILE and request.status in _OK
    return strikes(fault, kind) and fnmatchcase(request.path, path)


def _see_that_it_works(evidence: Evidence, verdict: Verdict) -> None:
    fine = {Outcome.NEWEST}
    if evidence.configuration.suite is Suite.CONFUSION:
        fine.add(Outcome.HOSTILE)
    if verdict.outcome not in fine:
        last = evidence.output.strip().rpartition("\n")[2]
        raise _none(evidence, f"all is healthy, and it comes to {verdict.outcome.value!r}: {last}")


# -- what is installed ---------------------------------------------------------------------------


def _installed(evidence: Evidence) -> Verdict:
    if evidence.version is None:
        return _locked(evidence)
    source = _source(evidence, (Kind.FILE,))
    own = {path: digest for path, digest in evidence.files.items() if goods.is_module(path)}
    if any(map(goods.is_altered, own)) or _was_served_altered(evidence, source):
        return Verdict(Outcome.ALTERED, source)
    for kind in goods.kinds():
        if kind.version == evidence.version and kind.modules == own:
            return _kind(kind, source)
    found = ", ".join(sorted(own)) or "no module of it"
    raise _none(evidence, f"{evidence.version} is installed, but from no release there is: {found}")


def _locked(evidence: Evidence) -> Verdict:
    """A lock was written, nothing installed: it is judged by the hashes in it."""
    assert evidence.locked
    source = _source(evidence, (Kind.FILE, Kind.METADATA, Kind.PAGE))
    for kind in goods.kinds():
        if evidence.locked & kind.altered:
            return Verdict(Outcome.ALTERED, source)
        if evidence.locked <= kind.distributions:
            return _kind(kind, source)
    raise _none(evidence, f"the lock names files of no release there is: {set(evidence.locked)}")


def _kind(kind: goods.Kind, source: str) -> Verdict:
    if kind.hostile:
        return Verdict(Outcome.HOSTILE, source)
    return Verdict(Outcome.NEWEST if kind.version == goods.NEWEST else Outcome.STALE, source)


def _was_served_altered(evidence: Evidence, source: str) -> bool:
    """An altered sdist leaves no trace in what is installed: only the index knows."""
    served = [each for each in _served(evidence, Kind.FILE) if each[0] == source]
    last = served[-1][1] if served else None
    return last is not None and last.path.endswith(".tar.gz") and last.fault in _SPOILT


def _source(evidence: Evidence, wanted: Sequence[Kind]) -> str:
    """Return the role of the index that served it last: a complete file, or else a part."""
    for kind in wanted:
        served = list(_served(evidence, kind))
        if served:
            whole = [each for each in served if each[1].fault is not Fault.TRUNCATED]
            return (whole or served)[-1][0]
    if evidence.has_folder:
        return FOLDER
    raise _none(evidence, "something is installed that no index served")


def _served(evidence: Evidence, kind: Kind) -> Iterator[tuple[str, Request]]:
    """Yield role and request of what was answered with content, in order of time."""
    every = [(role, each) for role, some in evidence.requests.items() for each in some]
    for role, request in sorted(every, key=lambda pair: pair[1].moment):
        if kind_of(request.path) is kind and request.status in _OK and request.bytes_sent:
            yield role, request


# -- what is said --------------------------------------------------------------------------------


def _failed(evidence: Evidence) -> Outcome:
    if evidence.exit_code == 0:
        return Outcome.MISLEADING
    trouble = evidence.trouble
    if trouble.name != MOVED and trouble.fault is not None and not evidence.met:
        last = evidence.output.strip().rpartition("\n")[2]
        raise _none(evidence, f"it failed, and no fault was met: {last}")
    if (trouble.fault in _WAITING or trouble.cuts_off) and causes.says_time_out(evidence.output):
        return Outcome.GAVE_UP
    return Outcome.CLEAR if causes.named(trouble, evidence.output) else Outcome.MISLEADING


def _none(evidence: Evidence, reason: str) -> NoVerdict:
    name = f"{evidence.configuration.name}/{evidence.trouble.name}"
    return NoVerdict(name, reason, evidence.output)
