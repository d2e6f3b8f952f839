"""Programs of a lab: run, killed, hung, stopped, awaited."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from mirrorlab import __version__
from mirrorlab.errors import NotPossible, ProgramMissing, TimedOut
from mirrorlab.lab import Lab, programs, wait_for_url, wait_until


def test_a_program_runs_to_its_end(lab: Lab) -> None:
    done = lab.run(["sh", "-c", "echo out; echo err >&2; echo out; exit 3"], name="speak")
    assert (done.name, done.exit_code, done.output) == ("speak", 3, "out\nerr\nout\n")


def test_a_daemon_that_keeps_the_output_open_delays_nobody(lab: Lab) -> None:
    done = lab.run(["sh", "-c", "sleep 100 & echo started"], timeout=20)
    assert done.output == "started\n"
    assert done.seconds < 20


def test_a_program_gets_no_input(lab: Lab) -> None:
    assert lab.run(["cat"]).output == ""


def test_the_kit_itself_is_a_program_of_the_lab(lab: Lab) -> None:
    done = lab.run([lab.kit, "--version"])
    assert (done.exit_code, done.output) == (0, f"mirrorlab {__version__}\n")
    assert lab.run(["sh", "-c", f"cd /; {lab.kit} check --help"]).exit_code == 0


def test_too_long_is_an_error_with_the_last_line(lab: Lab) -> None:
    with pytest.raises(TimedOut) as caught:
        lab.run(["sh", "-c", "echo so far; sleep 100"], name="slow", timeout=0.5)
    sentence = "the end of 'slow': not within 0.5 s; its last line was: so far"
    assert str(caught.value) == sentence


def test_a_missing_program_names_its_package(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "SYSTEM_PATH", "/nowhere")
    with pytest.raises(ProgramMissing) as caught:
        lab.run(["nginx"], settings={"PATH": "/nowhere"})
    sentence = "the program 'nginx' is not installed; the package nginx-light brings it"
    assert str(caught.value) == sentence


def test_kill_ends_the_whole_group(lab: Lab) -> None:
    parent = lab.spawn(["sh", "-c", "sleep 100 & echo $!; wait"])
    wait_until(lambda: parent.output().strip())
    child = Path("/proc") / parent.output().strip()
    assert child.exists()
    parent.kill()
    assert not parent.running
    wait_until(lambda: not child.exists(), what="the end of the child")
    assert parent.wait().exit_code == 137


def test_a_hung_server_keeps_its_port_and_says_nothing(lab: Lab) -> None:
    port = lab.port("web")
    argv = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    server = lab.spawn(argv, name="web")
    wait_for_url(f"http://127.0.0.1:{port}/")
    server.hang()
    with socket.create_connection(("127.0.0.1", port)) as caller:
        caller.settimeout(0.3)
        caller.sendall(b"GET / HTTP/1.0\r\n\r\n")
        with pytest.raises(TimeoutError):
            caller.recv(1)
        server.resume()
        caller.settimeout(10)
        assert caller.recv(8) == b"HTTP/1.0"
    assert server.stop() == 143
    assert not server.running


def test_stop_insists(lab: Lab) -> None:
    stubborn = lab.spawn(["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"])
    wait_until(lambda: "ready" in stubborn.output())
    assert stubborn.stop() == 137


def test_the_end_of_a_lab_ends_its_programs_and_files() -> None:
    with Lab() as lab:
        process = lab.spawn(["sleep", "100"])
        folder = lab.tmp
    assert not process.running
    assert not folder.exists()


def test_a_kept_lab_keeps_its_files(tmp_path: Path) -> None:
    with Lab(keep=True, root=tmp_path) as lab:
        (lab.tmp / "file").touch()
    assert (lab.tmp / "file").exists()


def test_a_port_is_free_its_own_and_the_same_each_time(lab: Lab) -> None:
    ports = {name: lab.port(name) for name in ("a", "b", "c")}
    assert len(set(ports.values())) == 3
    assert {name: lab.port(name) for name in ports} == ports
    with socket.create_server(("127.0.0.1", ports["a"])) as server:
        assert server.getsockname()[1] == ports["a"]


def test_a_lab_without_a_scenario_has_no_index(lab: Lab) -> None:
    with pytest.raises(NotPossible, match="without a scenario"):
        _ = lab.index
