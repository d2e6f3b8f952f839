"""The troubles: every fault is among them, and each is one that an index can have."""

from __future__ import annotations

import pytest

from mirrorlab.clients import Suite
from mirrorlab.index import Index
from mirrorlab.matrix import TROUBLES, Trouble, of_suite
from mirrorlab.scenario import Fault, builtin

FAULTS = [each for each in TROUBLES.values() if each.fault]


def test_every_fault_is_met_for_good_and_once() -> None:
    assert {each.fault for each in FAULTS if each.times is None and each.path == "*"} == set(Fault)
    once = {each.fault for each in FAULTS if each.times == 1}
    assert once == set(Fault) - {Fault.ALTERED}


@pytest.mark.parametrize("trouble", FAULTS, ids=lambda each: each.name)
def test_an_index_can_have_it(trouble: Trouble) -> None:
    assert trouble.fault is not None
    index = Index(builtin("default"))
    index.fault(trouble.fault, trouble.path, times=trouble.times, retry_after=trouble.retry_after)
    assert [rule.fault for rule in index.faults()] == [trouble.fault]


def test_each_suite_has_its_troubles() -> None:
    assert [each.name for each in of_suite(Suite.CONTROL)] == ["none"]
    dns = {
        f"{kind}-{place}"
        for kind in ("dead", "cut-off", "hung", "lagging")
        for place in ("first", "last")
    }
    assert {each.name for each in of_suite(Suite.DNS)} == {"none", "hung-turning", *dns}
    fallback = {each.name for each in of_suite(Suite.FALLBACK)}
    assert {each.name for each in of_suite(Suite.LOCKED)} == {*fallback, "moved"}
    of_files = {each for each in fallback if each.endswith(("-files", "-retry-after"))}
    assert {each.name for each in of_suite(Suite.CONFUSION)} == fallback - of_files
    assert {"none", "hang", "hang-first", "hang-files", "503-retry-after"} <= fallback


def test_what_retry_after_says_is_in_the_words() -> None:
    assert TROUBLES["503"].retry_after is None
    assert TROUBLES["503-retry-after"].retry_after == 1
    assert TROUBLES["503-retry-after"].says.endswith("with Retry-After: 1")
