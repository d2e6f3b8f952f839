"""pip-compile --generate-hashes takes every hash from the index, and downloads nothing for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from mirrorlab.clients import Client
from mirrorlab.index import Index
from mirrorlab.lab import Lab, Tools


def test_a_lock_holds_the_hashes_of_the_index_and_installs(
    shared_lab: Lab,
    index: Index,
    client: Callable[[str], Client],
    tool: Callable[[str], Tools],
    tmp_path: Path,
) -> None:
    (tmp_path / "wanted.in").write_text("demo-lib\n")
    lock = tmp_path / "wanted.txt"
    options = ("--generate-hashes", "--no-emit-index-url", "--no-header", "-q")
    done = shared_lab.run(
        [tool("pip-tools").bin / "pip-compile", *options, "wanted.in", "-o", lock],
        cwd=tmp_path,
        settings={"PIP_INDEX_URL": f"{index.url}/simple/"},
    )
    assert done.exit_code == 0, done.output

    pins = dict(re.findall(r"^(\S+)==(\S+)", lock.read_text(), re.MULTILINE))
    assert pins == {"demo-lib": "2.0", "demo-dep": "2.0"}
    expected = {
        file.hashes["sha256"]
        for project, version in pins.items()
        for file in index.files(project)
        if re.search(rf"-{re.escape(version)}[.-](?!\d)", file.filename)
    }
    assert len(expected) == 4
    assert set(re.findall("sha256:([0-9a-f]{64})", lock.read_text())) == expected
    assert [request.status for request in index.requests("/demo-lib/json")] == [200]
    assert index.requests("/packages/*.tar.gz") == (), "no sdist was fetched only to be hashed"

    arguments = ("--require-hashes", "-r", lock)
    attempt = client("pip").install(*arguments, index=f"{index.url}/simple/", expect=0)
    assert attempt.installed == pins
