"""``fetch.py`` of the recipe air-gap: which file it takes, and what it refuses."""

from __future__ import annotations

import base64
import hashlib
import runpy
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

FETCH = runpy.run_path(str(Path(__file__).parents[2] / "recipes" / "air-gap" / "fetch.py"))
BODY = b"a wheel"
SUM = hashlib.sha256(BODY).hexdigest()
LINUX = "x86_64-manylinux_2_28"
WINDOWS = "x86_64-pc-windows-msvc"


class _Files(BaseHTTPRequestHandler):
    """Answers BODY to everything; only half of it to what is called cut."""

    logins: list[str | None]

    def do_GET(self) -> None:
        self.logins.append(self.headers["Authorization"])
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY[: 3 if "cut" in self.path else None])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def files() -> Iterator[tuple[str, list[str | None]]]:
    """Serve; give the address, and the login of each request."""
    _Files.logins = []
    with ThreadingHTTPServer(("127.0.0.1", 0), _Files) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", _Files.logins
        server.shutdown()


def _package(*tags: str, **more: Any) -> dict[str, Any]:
    wheels = [{"url": f"https://public.example/f/x-1.0-{tag}.whl"} for tag in tags]
    return {"name": "x", "version": "1.0", "wheels": wheels, **more}


@pytest.mark.parametrize(
    ("python", "platform", "best_first"),
    [
        (
            "3.13",
            LINUX,
            [
                "cp313-cp313-manylinux_2_28_x86_64",
                "cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64",
                "cp313-abi3-manylinux_2_17_x86_64",
                "cp39-abi3-manylinux2014_x86_64",
                "py3-none-manylinux1_x86_64",
                "2-py3-none-any",
                "1-py3-none-any",
                "py3-none-any",
            ],
        ),
        ("3.12", WINDOWS, ["cp312-cp312-win_amd64", "cp312-none-win_amd64", "py2.py3-none-any"]),
        ("3.13", "aarch64-apple-darwin", ["cp313-cp313-macosx_11_0_arm64", "py3-none-any"]),
        ("3.13", "x86_64-unknown-linux-musl", ["cp313-cp313-musllinux_1_2_x86_64", "py3-none-any"]),
    ],
)
def test_the_wheel_that_fits_best_is_taken(
    python: str, platform: str, best_first: list[str]
) -> None:
    order = FETCH["tags"](python, platform)
    never = ["cp311-cp311-win_amd64", "cp313-cp313-manylinux_2_39_x86_64", "cp313-cp313-win32"]
    for place in range(len(best_first)):
        rest = [*never, *reversed(best_first[place:])]
        chosen = FETCH["choose"](_package(*rest), order, wheels=True)
        assert chosen["url"].endswith(f"x-1.0-{best_first[place]}.whl")


def test_the_sdist_is_taken_where_no_wheel_fits() -> None:
    order = FETCH["tags"]("3.13", LINUX)
    sdist = {"url": "https://public.example/f/x-1.0.tar.gz"}
    package = _package("cp313-cp313-win_amd64", "not.a.wheel", sdist=sdist)
    assert FETCH["choose"](package, order, wheels=False) == sdist
    with pytest.raises(SystemExit, match=r"^pack: x 1\.0 has no wheel that fits$"):
        FETCH["choose"](package, order, wheels=True)


@pytest.mark.parametrize(
    ("pylock", "said"),
    [
        ("packages = 1 = 2", "is no pylock.toml: "),
        ("\x00", "is no pylock.toml: "),
        ('vcs = {url = "https://public.example/x.git"}', "x comes from a vcs, not from an index"),
        ('directory = {path = "../x"}', "x comes from a directory, not from an index"),
        ("", "x 1.0 has no wheel that fits, and no sdist"),
        ('sdist = {path = "x-1.0.tar.gz"}', "x-1.0.tar.gz comes from a folder"),
        (
            'sdist = {url = "https://public.example/x-1.0.zip"}',
            "its sdist is no .tar.gz: x-1.0.zip",
        ),
        ('sdist = {url = "https://public.example/x%20y.tar.gz"}', "'x y.tar.gz' is no name"),
        ('sdist = {url = "https://public.example/-x.tar.gz"}', "'-x.tar.gz' is no name"),
        ('sdist = {url = "https://public.example/.."}', "'..' is no name"),
        ('sdist = {url = "https://public.example/x-1.0.tar.gz"}', "x-1.0.tar.gz has no sha256"),
        (
            f'sdist = {{url = "file:///x-1.0.tar.gz", hashes = {{sha256 = "{SUM}"}}}}',
            "file:///x-1.0.tar.gz is neither http nor https",
        ),
    ],
)
def test_a_lock_that_cannot_be_fetched_is_one_sentence(
    pylock: str, said: str, tmp_path: Path
) -> None:
    if "packages" not in pylock and "\x00" not in pylock:
        pylock = f'[[packages]]\nname = "x"\nversion = "1.0"\n{pylock}\n'
    (tmp_path / "pylock.toml").write_text(pylock)
    with pytest.raises(SystemExit) as ended:
        FETCH["main"](str(tmp_path / "pylock.toml"), str(tmp_path), "lock", "3.13", LINUX, "any")
    assert str(ended.value).startswith("pack: ")
    assert said in str(ended.value)
    assert [path.name for path in tmp_path.iterdir()] == ["pylock.toml"]


def test_each_file_is_fetched_once_and_must_have_its_hash(
    files: tuple[str, list[str | None]], tmp_path: Path
) -> None:
    url, logins = files
    file = {"url": f"{url}/a/x-1.0-py3-none-any.whl", "hashes": {"sha256": SUM}}
    for _ in range(2):
        assert FETCH["get"](file, tmp_path) == SUM
    assert len(logins) == 1
    other = {"url": f"{url}/b/x-1.0-py3-none-any.whl", "hashes": {"sha256": "0" * 64}}
    with pytest.raises(SystemExit, match=r"two files are called x-1\.0-py3-none-any\.whl"):
        FETCH["get"](other, tmp_path)
    wrong = {"url": f"{url}/y.whl", "hashes": {"sha256": "0" * 64}}
    with pytest.raises(SystemExit, match=r"y\.whl is not the file that the index states"):
        FETCH["get"](wrong, tmp_path)
    cut = {"url": f"{url}/cut.whl", "hashes": {"sha256": SUM}}
    with pytest.raises(SystemExit, match=r"cut\.whl cannot be fetched: IncompleteRead"):
        FETCH["get"](cut, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["x-1.0-py3-none-any.whl"]


def test_a_login_goes_to_its_own_host_only(
    files: tuple[str, list[str | None]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, logins = files
    monkeypatch.setenv("HOME", str(tmp_path))
    own = tmp_path / ".netrc"
    for host in ("private.example", "127.0.0.1"):
        own.write_text(f"machine {host} login me password secret\n")
        own.chmod(0o600)
        assert FETCH["asked"](f"{url}/x") == BODY
    expected = base64.b64encode(b"me:secret").decode()
    assert logins == [None, f"Basic {expected}"]
