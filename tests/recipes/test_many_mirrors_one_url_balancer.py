"""balancer.sh of many mirrors behind one URL: what it refuses, and how it starts."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.bench.ports import free_port
from tests.recipes.many_mirrors_scripts import RECIPE, environment, run

from mirrorlab.lab.waiting import wait_until
from mirrorlab.runner.answer import get

LATE = "late.invalid"


@pytest.fixture
def taken() -> Iterator[str]:
    """An address and port at which somebody listens who would share it."""
    with socket.socket() as first:
        first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        first.bind(("127.0.0.1", 0))
        first.listen()
        yield f"127.0.0.1:{first.getsockname()[1]}"


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("MIRRORS", "a=https://192.0.2.11/simple/", "HAProxy verifies names only"),
        ("INTER", "2", "INTER='2': a number with its unit is needed"),
        ("INTER", "0s", "INTER='0s': a number with its unit is needed"),
        ("INTER", "2 s", "a number with its unit is needed"),
        ("ANSWER", "ten", "ANSWER='ten': a number with its unit is needed"),
        ("CA", "/no/such/file", "CA=/no/such/file cannot be read: No such file"),
        ("CA", __file__, "has no certificate; name the file with the CA"),
        ("NEAREST", "/no/such/file", "NEAREST=/no/such/file cannot be read: No such file"),
        ("NEAREST", "/bin/sh", "NEAREST=/bin/sh cannot be read: it is not text"),
    ],
)
def test_a_wrong_setting_is_told_in_one_sentence(
    tmp_path: Path, setting: str, value: str, said: str
) -> None:
    done = run("balancer.sh", tmp_path, **{setting: value})
    _is_refused(done, said, tmp_path)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("10.1.0.0/16", "line 2: '10.1.0.0/16' is not NETWORK NAME"),
        ("office a", "is not NETWORK NAME"),
        ("10.1.0.0/16 a # the office", "is not NETWORK NAME"),
        ("10.1.0.0/255.255.0.0 a", "is not NETWORK NAME"),
        ("10.1.0.0/33 a", "line 2: '10.1.0.0/33' does not appear to be"),
        ("10.1.0.7/16 a", "line 2: 10.1.0.7/16 has host bits set"),
        ("10.1 a", "does not appear to be"),
    ],
)
def test_a_line_that_is_no_network_is_told(tmp_path: Path, line: str, said: str) -> None:
    near = tmp_path / "near"
    near.write_text(f"# offices\n{line}\n\n2001:db8::/32 b\n")
    _is_refused(run("balancer.sh", tmp_path, NEAREST=str(near)), said, tmp_path)


def test_a_network_whose_mirror_is_not_there_is_told(tmp_path: Path, taken: str) -> None:
    near = tmp_path / "near"
    near.write_text("10.1.0.0/16 a\n  2001:db8::/32 d\n")
    done = run("balancer.sh", tmp_path, NEAREST=str(near), LISTEN=taken)
    told = [line for line in done.stderr.splitlines() if line.startswith("balancer: ")]
    assert told == [
        f"balancer: NEAREST={near} line 2: there is no mirror d: its network gets another one"
    ]
    assert "cannot bind socket" in done.stderr  # HAProxy itself has nothing against the file
    assert "nearest" not in done.stderr


def test_a_second_balancer_at_a_port_does_not_share_it(tmp_path: Path, taken: str) -> None:
    done = run("balancer.sh", tmp_path, LISTEN=taken)
    assert done.returncode == 1
    assert "cannot bind socket" in done.stderr


def test_a_name_that_is_found_later_stays_out_until_a_restart(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")
    port = free_port()
    here, late = f"http://localhost:{port}/simple/", f"http://{LATE}:{port}/simple/"
    nobody = run("balancer.sh", tmp_path, MIRRORS=f"a={late}")
    assert (nobody.returncode, nobody.stderr) == (
        3,
        "balancer: no host of MIRRORS has an address now: not begun\n",
    )
    _call(tmp_path, good="ab")
    with _balancer(tmp_path, hosts, MIRRORS=f"a={here} b={late}") as pool:
        _wait(pool, "a 1\nb 0\n")
        hosts.write_text(f"127.0.0.1 localhost {LATE}\n")
        for good, seen in (("b", "a 0\nb 0\n"), ("ab", "a 1\nb 0\n")):  # so verdicts are read
            _call(tmp_path, good=good)
            _wait(pool, seen)
    said = (tmp_path / "said").read_text()
    assert f"balancer: b: {LATE} has no address: it stays out until a restart\n" in said
    with _balancer(tmp_path, hosts, MIRRORS=f"a={here} b={late}") as pool:
        _wait(pool, "a 1\nb 1\n")


def _is_refused(done: subprocess.CompletedProcess[str], said: str, tmp: Path) -> None:
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert said in done.stderr
    assert not (tmp / "state" / "haproxy.cfg").exists()


def _call(tmp: Path, good: str) -> None:
    """Write a verdict of a and b that counts for an hour."""
    (tmp / "verdicts").mkdir(exist_ok=True)
    until = int(time.time()) + 3600
    for name in "ab":
        word = "good" if name in good else "bad"
        (tmp / "verdicts" / name).write_text(f"{word} {until} 0 by hand\n")


@contextmanager
def _balancer(tmp: Path, hosts: Path, **settings: str) -> Iterator[str]:
    """Start it on a machine with this hosts file; give the URL that says who is in."""
    listen = f"127.0.0.1:{free_port()}"
    script = f"mount --bind '{hosts}' /etc/hosts && exec sh '{RECIPE}/balancer.sh'"
    with (
        (tmp / "said").open("w") as said,
        subprocess.Popen(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", script],
            env=environment(tmp, LISTEN=listen, INTER="1s", **settings),
            stdout=said,
            stderr=said,
        ) as process,
    ):
        try:
            yield f"http://{listen}/pool"
        finally:
            process.terminate()


def _wait(pool: str, seen: str) -> None:
    wait_until(lambda: get(pool).text == seen, what=f"a pool of {seen!r}")
