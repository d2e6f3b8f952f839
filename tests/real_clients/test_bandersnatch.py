"""bandersnatch mirrors it all: the old one over XML-RPC, the current one over the Simple API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from mirrorlab.lab import Completed, Lab, Tools, tools

CONFIG = """
[mirror]
directory = {mirror}
master = {upstream}
json = true
workers = 3
timeout = 10
"""
# bandersnatch ignores no_proxy, so it would ask the lab's trap for loopback.
NO_PROXY = {"http_proxy": "", "https_proxy": "", "all_proxy": ""}
VERSIONS = ["bandersnatch-6"] + ["bandersnatch-8"] * (tools.interpreter("3.13") is not None)


@dataclass(frozen=True)
class Mirror:
    """A mirror of the lab's index, and the bandersnatch that makes it."""

    lab: Lab
    program: Path
    folder: Path
    config: Path
    over_xmlrpc: bool

    def run(self, *arguments: str) -> Completed:
        argv: list[str | Path] = [self.program, "-c", self.config, *arguments]
        return self.lab.run(argv, settings=NO_PROXY)

    def sync(self) -> None:
        """Sync; all must be well: exit 0 says little, what is to do and the serial say more."""
        done = self.run("mirror")
        assert done.exit_code == 0, done.output
        assert not (self.folder / "todo").exists(), done.output
        assert (self.folder / "status").read_text() == str(self.lab.index.serial)

    def files(self) -> dict[str, str]:
        """Name -> sha256 of every distribution on disk."""
        packages = self.folder / "web" / "packages"
        return {
            path.name: sha256(path.read_bytes()).hexdigest()
            for path in packages.rglob("*")
            if path.is_file() and path.suffix != ".metadata"
        }

    def path(self, name: str) -> Path:
        return next((self.folder / "web" / "packages").rglob(name))


@pytest.fixture(params=VERSIONS)
def mirror(
    request: pytest.FixtureRequest, own_lab: Lab, tool: Callable[[str], Tools], tmp_path: Path
) -> Mirror:
    folder = tmp_path / "mirror"
    config = tmp_path / "bandersnatch.conf"
    config.write_text(CONFIG.format(mirror=folder, upstream=own_lab.index.url))
    program = tool(request.param).bin / "bandersnatch"
    return Mirror(own_lab, program, folder, config, over_xmlrpc=request.param == "bandersnatch-6")


def test_two_syncs_and_a_verify(mirror: Mirror) -> None:
    index = mirror.lab.index
    mirror.sync()
    assert mirror.files() == _published(mirror.lab)
    assert len(mirror.files()) > 20
    assert _asked_over_xmlrpc(mirror.lab) is mirror.over_xmlrpc
    assert bool(index.requests("/simple*")) is not mirror.over_xmlrpc

    # What changes upstream comes with the next sync, and only that.
    index.publish("demo-lib", "3.0")
    index.publish("demo-new", "1.0")
    index.forget_requests()
    mirror.sync()
    assert _asked_over_xmlrpc(mirror.lab) is mirror.over_xmlrpc
    assert mirror.files() == _published(mirror.lab)
    fetched = {request.path.rsplit("/", 1)[1] for request in index.requests("/packages/*.whl")}
    assert fetched == {"demo_lib-3.0-py3-none-any.whl", "demo_new-1.0-py3-none-any.whl"}
    assert (mirror.folder / "web" / "simple" / "demo-new" / "index.html").exists()

    # verify, over https: a file that went bad on disk is fetched again.
    damaged = mirror.path("demo_lib-2.0-py3-none-any.whl")
    damaged.write_bytes(b"no wheel")
    index.forget_requests()
    done = mirror.run("verify", "--json-update")
    assert done.exit_code == 0, done.output
    assert mirror.files() == _published(mirror.lab)
    assert index.requests("/packages/*/demo_lib-2.0-py3-none-any.whl")
    assert all(request.tls for request in index.requests())
    assert mirror.lab.escapes == ()


def test_a_release_deleted_upstream_leaves_the_page(mirror: Mirror) -> None:
    page = mirror.folder / "web" / "simple" / "demo-lib" / "index.html"
    mirror.sync()
    assert "demo_lib-1.0-py3-none-any.whl" in page.read_text()
    mirror.lab.index.delete("demo-lib", "1.0")
    mirror.sync()
    assert "demo_lib-1.0-py3-none-any.whl" not in page.read_text()
    assert "demo_lib-2.0-py3-none-any.whl" in page.read_text()


def _asked_over_xmlrpc(lab: Lab) -> bool:
    return any(request.method == "POST" for request in lab.index.requests("/pypi"))


def _published(lab: Lab) -> dict[str, str]:
    index = lab.index
    return {
        file.filename: file.hashes["sha256"]
        for project in index.projects()
        for file in index.files(project)
    }
