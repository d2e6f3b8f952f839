"""Where a report goes: nothing of it is lost, and nothing that stood there is broken."""

from __future__ import annotations

import os
import socket
import stat
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.check.conftest import Serve
from tests.check.test_command import check as command
from tests.check.test_made_pages import file, page
from tests.check.test_made_pages import index as made

from mirrorlab.cli.group import mirrorlab
from mirrorlab.index import Index

pytestmark = pytest.mark.usefixtures("own_cache")
QUICK = ("--project", "demo-dep")
HEALTHY = "mirrorlab_check_healthy{"


def test_what_cannot_be_written_is_said_before_the_work(index: Index, tmp_path: Path) -> None:
    for option in ("--prometheus", "--html"):
        for path in (tmp_path, tmp_path / "no-such-folder" / "report"):
            done = command(index.http_url, option, path)
            assert (done.exit_code, done.stdout) == (3, "")
            assert f"cannot write {path}" in done.stderr
    assert not index.requests()


def test_what_cannot_be_written_costs_nothing_else(index: Index, tmp_path: Path) -> None:
    place, page = tmp_path / "socket", tmp_path / "mirrors.html"
    with socket.socket(socket.AF_UNIX) as bound:
        with chdir(tmp_path):  # the address of a socket holds no long path
            bound.bind(place.name)
        done = command(index.http_url, *QUICK, "--prometheus", place, "--html", page)
    assert done.exit_code == 3
    assert f"cannot write {place}" in done.stderr
    assert ": healthy: " in done.stdout
    assert "1 of 1 mirrors healthy" in page.read_text()
    assert sorted(tmp_path.iterdir()) == [page, place]


def test_a_pipe_stays_a_pipe_and_a_link_a_link(index: Index, tmp_path: Path) -> None:
    pipe, link, target = (tmp_path / name for name in ("pipe", "link", "target"))
    os.mkfifo(pipe)
    link.symlink_to(target)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        done = command(index.http_url, *QUICK, "--prometheus", pipe, "--html", link)
        assert (done.exit_code, done.stderr) == (0, "")
        assert HEALTHY in os.read(reader, 1 << 16).decode()
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert link.readlink() == target
    assert "1 of 1 mirrors healthy" in target.read_text()


def test_a_folder_whose_name_is_no_text_is_checked(tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"mirror-\xff")
    (odd / "web" / "simple").mkdir(parents=True)
    metrics, status = tmp_path / "mirrors.prom", tmp_path / "mirrors.html"
    done = command(odd, "--prometheus", metrics, "--html", status)
    assert (done.exit_code, done.stderr) == (3, "")
    assert "the target lists no project" in done.stdout
    assert HEALTHY in metrics.read_text()
    assert "0 of 1 mirrors healthy" in status.read_text()


def test_an_output_that_cannot_hold_a_name_holds_all_else(serve: Serve) -> None:
    url = serve(made(page(file("alpha-1.0-\u4e2d.tar.gz", url="/alpha-1.0.tar.gz"))))
    done = CliRunner(charset="latin-1").invoke(mirrorlab, ["check", url])
    assert (done.exit_code, done.stderr) == (1, "")
    assert r"alpha-1.0-\u4e2d.tar.gz" in done.stdout
