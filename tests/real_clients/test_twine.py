"""twine uploads to the test index; what must be refused is refused, and nothing is kept of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mirrorlab import clients
from mirrorlab.distributions import Built, sdist, wheel
from mirrorlab.lab import Completed, Lab, Tools

Upload = Callable[..., Completed]
NEW = wheel("demo-lib", "3.0")


@pytest.fixture
def upload(own_lab: Lab, tool: Callable[[str], Tools], tmp_path: Path) -> Upload:
    """Upload distributions as alice, or as somebody else, or somewhere else."""
    twine = tool("twine").bin / "twine"

    def upload(
        *built: Built, user: str = "alice", password: str = "wonder", url: str | None = None
    ) -> Completed:
        paths = [tmp_path / one.filename for one in built]
        for path, one in zip(paths, built, strict=True):
            path.write_bytes(one.content)
        settings = {
            "TWINE_REPOSITORY_URL": f"{url or own_lab.index.url}/legacy/",
            "TWINE_USERNAME": user,
            "TWINE_PASSWORD": password,
            "TWINE_NON_INTERACTIVE": 1,
        }
        options = ("--verbose", "--disable-progress-bar")  # without --verbose it keeps the reason
        return own_lab.run([twine, "upload", *options, *paths], settings=settings)

    return upload


@pytest.mark.parametrize(
    ("user", "password"), [("alice", "wonder"), ("__token__", "pypi-alice-wonder")]
)
def test_who_may_upload_does_and_pip_installs_it(
    user: str, password: str, upload: Upload, own_lab: Lab
) -> None:
    index = own_lab.index
    serial = index.serial
    new_sdist = sdist("demo-lib", "3.0")
    done = upload(NEW, new_sdist, user=user, password=password)
    assert done.exit_code == 0, done.output
    assert index.serial == serial + 2
    assert index.sha256(NEW.filename) == NEW.sha256
    assert index.sha256(new_sdist.filename) == new_sdist.sha256
    pip = clients.make(own_lab, clients.prepare("pip", "3.11"), "pip")
    attempt = pip.install("demo-lib", index=f"{index.url}/simple/", expect=0)
    assert attempt.installed == {"demo-lib": "3.0"}


@pytest.mark.parametrize(
    ("user", "password", "built"),
    [
        ("alice", "alice", NEW),
        ("mallory", "wonder", NEW),
        ("__token__", "wonder", NEW),
        ("alice", "wonder", wheel("demo-dep", "3.0")),
    ],
    ids=["wrong password", "unknown user", "wrong token", "somebody else's project"],
)
def test_who_may_not_is_refused(
    user: str, password: str, built: Built, upload: Upload, own_lab: Lab
) -> None:
    with _unchanged(own_lab):
        done = upload(built, user=user, password=password)
    assert done.exit_code == 1
    assert "403" in done.output


def test_a_file_that_exists_is_not_replaced(upload: Upload, own_lab: Lab) -> None:
    other = wheel("demo-lib", "2.0", pad=10)
    with _unchanged(own_lab):
        done = upload(other)
    assert done.exit_code == 1
    assert "400" in done.output
    assert "File already exists" in _folded(done)
    assert own_lab.index.sha256(other.filename) != other.sha256


def test_a_file_that_changed_on_the_way_has_the_wrong_digest(upload: Upload, own_lab: Lab) -> None:
    """twine tells the right digest; a wire that turns 3.0 into 6.6 inside the file does not."""
    original, changed = b'__version__ = "3.0"', b'__version__ = "6.6"'
    assert original in NEW.content
    with _wire(own_lab.index.http_url, original, changed) as url, _unchanged(own_lab):
        done = upload(NEW, url=url)
    assert done.exit_code == 1
    assert "400" in done.output
    assert "sha256_digest is not the digest of the file that was sent" in _folded(done)

    with _wire(own_lab.index.http_url, original, original) as url:
        done = upload(NEW, url=url)
    assert done.exit_code == 0, "the same wire, when it changes nothing"
    assert own_lab.index.sha256(NEW.filename) == NEW.sha256


def _folded(done: Completed) -> str:
    """What it said, on one line."""
    return " ".join(done.output.split())


@contextmanager
def _unchanged(lab: Lab) -> Iterator[None]:
    """Nothing is kept: the same serial, the same files, and the upload really arrived."""
    index = lab.index
    before = (index.serial, [index.files(project) for project in index.projects()])
    index.forget_requests()
    yield
    assert (index.serial, [index.files(project) for project in index.projects()]) == before
    assert [request.method for request in index.requests("/legacy/")] == ["POST"]


@contextmanager
def _wire(upstream: str, old: bytes, new: bytes) -> Iterator[str]:
    """Carry one connection to ``upstream`` and back, with ``old`` replaced on the way there."""
    address = urlsplit(upstream)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        carrier = threading.Thread(
            target=_carry, args=(listening, (address.hostname, address.port), old, new)
        )
        carrier.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        carrier.join(30)
        assert not carrier.is_alive()


def _carry(listening: socket.socket, upstream: tuple[str, int], old: bytes, new: bytes) -> None:
    client, _ = listening.accept()
    with client, socket.create_connection(upstream) as server:
        client.settimeout(10)
        request = b""
        while not _complete(request):
            request += client.recv(65536)
        server.sendall(request.replace(old, new).replace(b"keep-alive", b"close"))
        while answer := server.recv(65536):
            client.sendall(answer)


def _complete(request: bytes) -> bool:
    """Whether a request with a Content-Length is there as a whole."""
    head, found, body = request.partition(b"\r\n\r\n")
    if not found:
        return False
    headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    return len(body) >= int(headers[b"content-length"])
