"""The verdict, on evidence made up for it: each outcome, and each reason why there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mirrorlab.clients import Configuration, Suite
from mirrorlab.errors import NoVerdict
from mirrorlab.index import Request
from mirrorlab.matrix import TROUBLES, Outcome, goods
from mirrorlab.matrix.evidence import Evidence
from mirrorlab.matrix.verdict import Verdict, judge
from mirrorlab.scenario import Fault

PAGE = "/simple/demo-lib/"
WHEEL = "/packages/29/34/x/demo_lib-2.0-py3-none-any.whl"
SDIST = "/packages/29/34/x/demo_lib-2.0.tar.gz"
OLD, NEW, FOREIGN, HIGHER = goods.kinds()
HOSTS = {"mirror": "127.0.0.1:1", "second": "127.0.0.1:2", "private": "p:1", "public": "p:2"}
START = datetime(2026, 11, 21, tzinfo=UTC)


def asked(role: str, *what: tuple[str, int, Fault | None], after: int = 0) -> tuple[Request, ...]:
    """Requests to an index, one a second: path, status and fault of each."""
    return tuple(
        Request(
            number=number,
            moment=START + timedelta(seconds=after + number),
            method="GET",
            path=path,
            status=status,
            bytes_sent=100 if status == 200 else 0,
            host=HOSTS[role],
            fault=fault,
        )
        for number, (path, status, fault) in enumerate(what, 1)
    )


FINE = asked("mirror", (PAGE, 200, None), (WHEEL, 200, None))


def evidence(trouble: str = "none", suite: Suite = Suite.FALLBACK, **changes: Any) -> Evidence:
    """A healthy installation of the newest release from the mirror, with ``changes``."""
    made = Evidence(
        Configuration("mirror", suite, "says", "install"),
        TROUBLES[trouble],
        exit_code=0,
        output="Successfully installed",
        seconds=1.0,
        version=NEW.version,
        files={**NEW.modules, "demo_lib-2.0.dist-info/RECORD": "x"},
        requests={"mirror": FINE},
        hosts=HOSTS,
        faulty="mirror",
    )
    return replace(made, **changes)


def failed(trouble: str, fault: Fault | None, output: str, **changes: Any) -> Evidence:
    """A failed installation whose request for the page met ``fault``."""
    given: dict[str, Any] = {
        "exit_code": 1,
        "version": None,
        "files": {},
        "output": output,
        "requests": {"mirror": asked("mirror", (PAGE, 503, fault))},
    }
    return evidence(trouble, **{**given, **changes})


def test_newest_is_from_the_index_that_served_the_file() -> None:
    assert judge(evidence()) == Verdict(Outcome.NEWEST, "mirror")
    page = asked("mirror", (PAGE, 503, Fault.UNAVAILABLE))
    both = {"mirror": page, "second": asked("second", (PAGE, 200, None), (WHEEL, 200, None))}
    assert judge(evidence("503", requests=both)) == Verdict(Outcome.NEWEST, "second")


def test_a_cut_file_is_not_the_one_that_is_installed() -> None:
    cut = asked("mirror", (PAGE, 200, None), (WHEEL, 200, Fault.TRUNCATED), after=10)
    whole = asked("second", (WHEEL, 200, None))
    both = {"mirror": cut, "second": whole}
    assert judge(evidence("truncated-files", requests=both)).source == "second"


def test_newest_from_the_folder_is_what_no_index_served() -> None:
    page = asked("mirror", (PAGE, 503, Fault.UNAVAILABLE))
    found = judge(evidence("503", requests={"mirror": page}, has_folder=True))
    assert found == Verdict(Outcome.NEWEST, "wheels")
    with pytest.raises(NoVerdict, match="something is installed that no index served"):
        judge(evidence("503", requests={"mirror": page}))


def test_stale_is_an_older_release() -> None:
    requests = {"mirror": asked("mirror", (PAGE, 200, Fault.STALE), (WHEEL, 200, None))}
    old = evidence("stale", version=OLD.version, files=OLD.modules, requests=requests)
    assert judge(old) == Verdict(Outcome.STALE, "mirror")


def test_altered_is_seen_in_the_installed_files() -> None:
    files = {**NEW.modules, "mirrorlab_altered.py": "x"}
    requests = {"mirror": asked("mirror", (PAGE, 200, Fault.ALTERED), (WHEEL, 200, Fault.ALTERED))}
    found = judge(evidence("altered", files=files, requests=requests))
    assert found == Verdict(Outcome.ALTERED, "mirror")


def test_an_altered_sdist_is_seen_in_the_log_alone() -> None:
    served = asked("mirror", (PAGE, 200, Fault.ALTERED), (SDIST, 200, Fault.ALTERED))
    found = judge(evidence("altered", requests={"mirror": served}))
    assert found == Verdict(Outcome.ALTERED, "mirror")


@pytest.mark.parametrize("kind", [FOREIGN, HIGHER], ids=["the same version", "a higher one"])
def test_hostile_is_seen_in_the_installed_files(kind: goods.Kind) -> None:
    served = asked("public", (PAGE, 200, None), (WHEEL, 200, None))
    found = judge(
        evidence(
            suite=Suite.CONFUSION,
            version=kind.version,
            files=kind.modules,
            requests={"public": served, "private": ()},
            faulty="private",
        )
    )
    assert found == Verdict(Outcome.HOSTILE, "public")


def test_a_lock_is_judged_by_its_hashes() -> None:
    def locked(hashes: frozenset[str], trouble: str = "none") -> Outcome:
        served = {"mirror": asked("mirror", (PAGE, 200, TROUBLES[trouble].fault))}
        found = evidence(trouble, version=None, files={}, locked=hashes, requests=served)
        return judge(found).outcome

    assert locked(NEW.distributions) is Outcome.NEWEST
    assert locked(OLD.distributions, "stale") is Outcome.STALE
    assert locked(NEW.altered, "altered") is Outcome.ALTERED
    with pytest.raises(NoVerdict, match="the lock names files of no release"):
        locked(frozenset({"0" * 64}))


@pytest.mark.parametrize(
    ("output", "outcome"),
    [
        ("ERROR: 503 Service Unavailable", Outcome.CLEAR),
        ("ERROR: No matching distribution found for demo-lib", Outcome.MISLEADING),
        ("", Outcome.MISLEADING),
    ],
)
def test_a_failure_is_clear_where_its_cause_is_named(output: str, outcome: Outcome) -> None:
    assert judge(failed("503", Fault.UNAVAILABLE, output)) == Verdict(outcome)


def test_success_that_installs_nothing_is_misleading() -> None:
    found = failed("503", Fault.UNAVAILABLE, "503 Service Unavailable", exit_code=0)
    assert judge(found) == Verdict(Outcome.MISLEADING)


def test_gave_up_is_a_time_out_that_is_named() -> None:
    said, silent = "error: operation timed out", "No matching distribution found"
    assert judge(failed("hang", Fault.HANG, said)) == Verdict(Outcome.GAVE_UP)
    assert judge(failed("hang", Fault.HANG, silent)) == Verdict(Outcome.MISLEADING)


def test_still_waiting_is_what_was_killed() -> None:
    found = failed("hang", Fault.HANG, "Collecting demo-lib", ended=False, exit_code=124)
    assert judge(found) == Verdict(Outcome.WAITING)


def test_caught_leaving_is_the_control() -> None:
    control = failed("none", None, "", suite=Suite.CONTROL, requests={}, faulty=None)
    assert judge(replace(control, escapes=("pip tried",))) == Verdict(Outcome.CAUGHT)
    with pytest.raises(NoVerdict, match="it was not caught leaving"):
        judge(control)
    with pytest.raises(NoVerdict, match=r"it installed 2\.0"):
        judge(replace(control, escapes=("pip tried",), version="2.0"))


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (evidence(escapes=("pip tried to leave",)), "pip tried to leave"),
        (
            evidence(hosts={**HOSTS, "mirror": "mirror.test:1"}),
            "the mirror is mirror.test:1 and was asked as '127.0.0.1:1'",
        ),
        (evidence("503"), "GET /simple/demo-lib/ did not meet '503'"),
        (evidence("503-first"), "GET /simple/demo-lib/ did not meet '503'"),
        (evidence("404-files"), f"GET {WHEEL} did not meet '404'"),
        (evidence("altered"), f"GET {WHEEL} did not meet 'altered'"),
        (evidence("untrusted-tls-first"), "its first handshake was with the trusted certificate"),
        (failed("503", None, "503", requests={"mirror": ()}), "it failed, and no fault was met"),
        (failed("none", None, "no such option"), "all is healthy, and it comes to 'failed"),
        (
            evidence(version=OLD.version, files=OLD.modules),
            "all is healthy, and it comes to 'stale'",
        ),
        (evidence(files={"demo_lib/__init__.py": "x"}), "2.0 is installed, but from no release"),
        (evidence(files=FOREIGN.modules), "all is healthy, and it comes to 'hostile installed'"),
    ],
    ids=lambda made: made[:30] if isinstance(made, str) else "",
)
def test_evidence_that_contradicts_the_cell_is_no_outcome(made: Evidence, reason: str) -> None:
    with pytest.raises(NoVerdict) as caught:
        judge(made)
    assert caught.value.reason.startswith(reason)


def test_a_fault_for_what_nobody_asks_for_is_no_mistake() -> None:
    assert judge(evidence("metadata-404")) == Verdict(Outcome.NEWEST, "mirror")
    assert judge(evidence("untrusted-tls", requests={"mirror": FINE})).outcome is Outcome.NEWEST


def test_once_means_the_first_request() -> None:
    first = (PAGE, 503, Fault.UNAVAILABLE)
    requests = {"mirror": asked("mirror", first, (PAGE, 200, None), (WHEEL, 200, None))}
    assert judge(evidence("503-first", requests=requests)) == Verdict(Outcome.NEWEST, "mirror")
    late = {"mirror": asked("mirror", (PAGE, 200, None), first, (WHEEL, 200, None))}
    with pytest.raises(NoVerdict, match="did not meet '503'"):
        judge(evidence("503-first", requests=late))
