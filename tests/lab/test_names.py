"""One name, two addresses: what programs of a lab are told, and what a DNS server cannot say.

The same program asks six times in each world. What it is told is what every installer is told.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mirrorlab.errors import ProgramMissing
from mirrorlab.lab import Lab, programs

WORLD = Path(__file__).with_name("names_world.py")
FORWARD = ["127.0.0.2", "127.0.0.3"]
BACKWARD = FORWARD[::-1]


def world(role: str) -> Any:
    done = subprocess.run(
        [sys.executable, str(WORLD), role], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def orders() -> Any:
    """What was told where the addresses are answered in each way."""
    return world("orders")


@pytest.fixture(scope="module")
def refusals() -> Any:
    """The sentence of each refusal."""
    return world("refusals")


def test_getaddrinfo_keeps_the_order_of_the_answer(orders: Any) -> None:
    assert orders["forward"]["orders"] == [FORWARD] * 6
    assert orders["backward"]["orders"] == [BACKWARD] * 6


def test_by_default_dnsmasq_turns_the_order_with_each_answer(orders: Any) -> None:
    told = orders["turning"]["orders"]
    assert told in ([FORWARD, BACKWARD] * 3, [BACKWARD, FORWARD] * 3)


def test_each_lookup_asks_the_server_anew(orders: Any) -> None:
    assert orders["forward"]["lookups"] == 6
    assert orders["turning"]["lookups"] == 6


def test_between_families_nothing_turns_and_one_is_always_first(orders: Any) -> None:
    told = orders["families"]["orders"]
    assert set(told[0]) == {"127.0.0.2", "::1"}
    assert told == [told[0]] * 6


def test_no_other_name_is_known_but_those_of_the_machine(orders: Any) -> None:
    forward = orders["forward"]
    assert forward["unknown"] == forward["names no host"]
    assert set(forward["localhost"]) <= {"127.0.0.1", "::1"}


def test_only_its_own_names_are_asked_without_the_proxy(orders: Any) -> None:
    assert orders["forward"]["direct"] == [True, False]


def test_afterwards_the_machine_is_as_it_was(orders: Any) -> None:
    assert orders["inside"] == "nameserver 127.0.0.1\n"
    assert orders["afterwards"] == orders["machine"]
    assert orders["processes"] == 0


def test_a_second_server_in_one_world_is_refused_and_the_first_goes_on(refusals: Any) -> None:
    place = "port 53 of 127.0.0.1: something listens there already"
    assert refusals["taken"] == f"a name server in the lab is not possible here: {place}"
    assert refusals["still answers"] == FORWARD


def test_a_name_of_the_machine_itself_is_refused(refusals: Any) -> None:
    said = refusals["not ours"]
    assert "localhost is resolved to" in said
    assert "not to 127.0.0.2, 127.0.0.3; see /etc/hosts" in said
    assert "\n" not in said


def test_what_is_no_address_is_refused(refusals: Any) -> None:
    assert "mirror.test is resolved to nothing, not to mirror;" in refusals["no address"]


def test_outside_namespaces_it_is_refused() -> None:
    reason = "this process shares its network; isolate it first"
    assert world("shared")["shared"] == f"a name server in the lab is not possible here: {reason}"


def test_without_dnsmasq_its_package_is_named(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "find", lambda *_: None)
    with pytest.raises(ProgramMissing) as caught:
        lab.serve_names({"mirror.test": FORWARD})
    said = "the program 'dnsmasq' is not installed; the package dnsmasq-base brings it"
    assert str(caught.value) == said
