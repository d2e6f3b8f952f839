"""Who has it: ``who.py`` of the recipe incident, and each log that it reads, or cannot."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.recipes.incident_scripts import WHEEL, a_list, run

PEER = "127.0.0.2 - some body [21/Nov/2026:03:00:00 +0100]"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f'{PEER} "GET /p/{{w}} HTTP/1.1" 200 1000 "-" "pip"', "whole"),
        (f'{PEER} "GET /p/{{w}} HTTP/1.1" 200 999 "-" "pip"', "part"),
        (f'{PEER} "GET /p/{{w}} HTTP/1.1" 302 0 "-" "pip"', "sent on"),
        (f'{PEER} "GET /p/{{w}} HTTP/1.1" 403 9 "-" "pip"', "refused"),
        (f'{PEER} "GET /p/{{w}}?x=1 HTTP/2.0" 200 1000 "-" "pip" "-"', "whole"),
        (
            '{{"time":"2026-11-21T03:00:00+01:00","client":"127.0.0.2","method":"GET",'
            '"path":"/p/{w}","status":200,"bytes":1000,"agent":"pip"}}',
            "whole",
        ),
        (
            '{{"ts":1795226400.5,"request":{{"remote_ip":"127.0.0.2","method":"GET","uri":"/p/{w}",'
            '"headers":{{"User-Agent":["pip"]}}}},"status":200,"size":1000}}',
            "whole",
        ),
        ("2026-11-21 03:00:00,123 INFO  [req7] GET /root/pypi/+f/0b4/3b2/{w}", "asked"),
    ],
)
def test_each_log_is_read(tmp_path: Path, line: str, told: str) -> None:
    log = tmp_path / "access.log"
    log.write_text(line.format(w=WHEEL) + "\n")
    done = run("who.py", a_list(tmp_path), tmp_path / "who.csv", log)
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = csv.DictReader((tmp_path / "who.csv").read_text().splitlines())
    assert (row["outcome"], row["file"]) == (told, WHEEL)
    assert row["address"] == ("-" if told == "asked" else "127.0.0.2")
    hour = "03" if told == "asked" else "02"  # devpi writes the time of its machine
    assert row["time"].startswith(f"2026-11-21T{hour}:00:00")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_log_is_read_and_half_of_it_is_said(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    log = tmp_path / "access.log.1"
    lines = f'{PEER} "GET /p/{WHEEL} HTTP/1.1" 200 1000 "-" "pip"\n' * 3
    log.write_bytes(pack(lines.encode()))
    done = run("who.py", a_list(tmp_path), tmp_path / "who.csv", log)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 requests read" in done.stdout
    log.write_bytes(pack(lines.encode())[:-9])
    done = run("who.py", a_list(tmp_path), tmp_path / "who.csv", log)
    assert done.returncode == 3, done.stdout + done.stderr
    assert str(log) in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (b"nonsense\n", 3, "1 lines, none understood"),
        (b"", 3, "the logs tell nothing"),
        (f"GET {WHEEL}".encode("utf-16"), 3, "the logs tell nothing"),
        (b"\x28\xb5\x2f\xfd....", 3, "packed with zstd"),
    ],
)
def test_logs_that_tell_nothing_do_not_tell_that_nobody_has_it(
    tmp_path: Path, text: bytes, code: int, words: str
) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(text)
    done = run("who.py", a_list(tmp_path), tmp_path / "who.csv", log)
    assert done.returncode == code
    assert words in done.stderr
    assert not (tmp_path / "who.csv").exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f'{PEER} "GET /p/{WHEEL}" 200 1000 "-" "-"', "whole"),  # HTTP/0.9
        ("\0" * 9999 + f'{PEER} "GET /p/{WHEEL} HTTP/1.1" 200 1000 "-" "pip"', "whole"),
        (f'{PEER} "GET /p/demo_lib-2.0-cp311-none-any.whl HTTP/1.1" 206 9 "-" "pip"', "asked"),
        (f'{PEER} "GET /p/{WHEEL} HTTP/1.1" 200 1000 "-" "\\x1b[2J\\x0awho: 0"', "whole"),
    ],
)
def test_nobody_is_left_out(tmp_path: Path, line: str, told: str) -> None:
    log = tmp_path / "access.log"
    log.write_text(line + "\n")
    done = run("who.py", a_list(tmp_path), tmp_path / "who.csv", log)
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = csv.DictReader(io.StringIO((tmp_path / "who.csv").read_text()))
    assert (row["address"], row["outcome"]) == ("127.0.0.2", told)
    assert "who: HAS IT" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\nwho: 0" not in done.stdout


def test_parts_that_two_programs_got_are_the_whole(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    parts = [f'{PEER} "GET /p/{WHEEL} HTTP/1.1" 206 500 "-" "{agent}"\n' for agent in "ab"]
    log.write_text("".join(parts))
    done = run("who.py", a_list(tmp_path), tmp_path / "who.csv", log)
    assert "HAS IT in parts" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    "line",
    [
        f'mirror.example:443 {PEER} "GET /p/{WHEEL} HTTP/1.1" 200 1000 "-" "pip"',
        f'{PEER} "GET /p/Demo.Lib-2.0.tar.gz HTTP/1.1" 200 1000 "-" "pip" 0.001',
        f'{{"request": "GET /p/{WHEEL} HTTP/1.1", "status": 200}}',
        f'{{"ts": 1e300, "request": {{"uri": "/{WHEEL}"}}}}',
        f'{{"a":"{WHEEL}","b":' + '{"a":' * 99999,
        f'{{"time":"2026-11-21T03:00:00Z","client":"127.0.0.2","method":"GET","path":["{WHEEL}"],'
        '"status":200,"bytes":1000,"agent":"pip"}',
        "x" * 999999 + WHEEL,
    ],
    ids=["vhost", "more", "json", "moment", "deep", "types", "long"],
)
def test_a_line_of_another_format_is_shown(tmp_path: Path, line: str) -> None:
    log = tmp_path / "access.log"
    log.write_text(f'{line}\n{PEER} "GET / HTTP/1.1" 200 1000 "-" "pip"\n')
    done = run("who.py", a_list(tmp_path), tmp_path / "who.csv", log)
    assert done.returncode == 3, done.stdout + done.stderr
    assert f"look yourself: {log}:1" in done.stdout, done.stdout + done.stderr


def test_a_packed_log_with_a_bad_byte_is_said(tmp_path: Path) -> None:
    log = tmp_path / "access.log.1.gz"
    lines = "".join(f'{PEER} "GET /{n * n} HTTP/1.1" 200 {n} "-" "pip"\n' for n in range(9999))
    packed = bytearray(gzip.compress(lines.encode()))
    packed[len(packed) // 2 :] = bytes(len(packed) // 2)
    log.write_bytes(packed)
    done = run("who.py", a_list(tmp_path), tmp_path / "who.csv", log)
    assert done.returncode == 3, done.stdout + done.stderr
    assert f"not read to its end: {log}" in done.stdout, done.stdout + done.stderr
