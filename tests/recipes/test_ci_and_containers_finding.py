"""find-secret.sh: write the secret in every way, and give it what cannot be read."""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import html
import io
import json
import lzma
import os
import re
import subprocess
import tarfile
import urllib.parse
import zipfile
import zlib
from pathlib import Path

import pytest
from tests.recipes.ci_and_containers_scripts import RECIPE, SECRET, find, python, run


def _tar(content: bytes, kind: bytes = tarfile.REGTYPE) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("etc/inside")
        member.size, member.type = len(content), kind
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _old_tar(content: bytes) -> bytes:
    """As tar was written before 1988: a sum, and no magic."""
    archive = _tar(content)
    head = archive[:148] + b" " * 8 + archive[156:257] + bytes(255)
    return head[:148] + b"%06o\0 " % sum(head) + head[156:] + archive[512:]


def _zip(content: bytes, before: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    buffer.write(before)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside", content)
    return buffer.getvalue()


RAW = SECRET.encode()
BASIC = [base64.b64encode(f"{user}:{SECRET}".encode()) for user in ("u", "me", "you")]
ZSTD = bytes.fromhex(
    "28b52ffd2045fd0000c0612f622b637e643d653a6625672168265c692d30313233610100a8e61c03"
)
"""The secret three times, packed with zstd, for which Python 3.13 has no module."""
WRITTEN = {
    "raw": RAW,
    "url": urllib.parse.quote(SECRET, safe="").encode(),
    "url-lower": re.sub("%..", lambda m: m[0].lower(), urllib.parse.quote(SECRET)).encode(),
    "form": urllib.parse.quote_plus(SECRET).encode(),
    "url-of-a-browser": urllib.parse.quote(SECRET, safe="!~*'()").encode(),
    "url-each": "".join(f"%{byte:02x}" for byte in RAW).encode(),
    "url-twice": urllib.parse.quote(urllib.parse.quote(SECRET, safe="")).encode(),
    "json": json.dumps(SECRET).encode(),
    "json-twice": json.dumps(json.dumps(SECRET)).encode(),
    "json-of-dotnet": SECRET.replace("+", "\\u002B").replace("\\i", "\\\\i").encode(),
    "html": html.escape(SECRET).replace("+", "&#43;").encode(),
    "html-hex": SECRET.replace("&", "&#x26;").replace("/", "&#x2F;").encode(),
    "base64": base64.b64encode(RAW),
    **{f"basic-{number}": each for number, each in enumerate(BASIC)},
    "base64-url": base64.urlsafe_b64encode(b"xy:" + RAW),
    "base64-lines": base64.encodebytes(b"a name that is long enough for two lines" * 2 + RAW),
    "base64-twice": base64.b64encode(b'{"auth":"' + BASIC[1] + b'"}'),
    "base64-in-json": json.dumps(base64.encodebytes(b"." * 50 + RAW).decode()).encode(),
    "base64-in-url": urllib.parse.quote(BASIC[2], safe="").replace("%2B", "%2b").encode(),
    "base64-utf-16": base64.b64encode(SECRET.encode("utf-16-le")),
    "hex": RAW.hex().encode(),
    "hex-upper": RAW.hex().upper().encode(),
    "utf-16": SECRET.encode("utf-16"),
    "utf-16-basic": BASIC[1].decode().encode("utf-16"),
    "utf-32": SECRET.encode("utf-32"),
    "utf-16-be": SECRET.encode("utf-16-be"),
    "gz": gzip.compress(RAW),
    "bz2": bz2.compress(RAW),
    "xz": lzma.compress(RAW),
    "lzma": lzma.compress(RAW, format=lzma.FORMAT_ALONE),
    "two-gz": gzip.compress(b"one") + bytes(9) + gzip.compress(RAW),
    "two-bz2": bz2.compress(b"one") + bz2.compress(RAW),
    "git-fast": zlib.compress(b"blob 7\0" + RAW, 1),
    "git": zlib.compress(b"blob 7\0" + RAW),
    "zst": ZSTD,
    "zst-after-a-note": b"\x50\x2a\x4d\x18\4\0\0\0note" + ZSTD,
    "tar": _tar(RAW),
    "tar-of-old": _old_tar(gzip.compress(RAW)),
    "tar-odd-kind": _tar(gzip.compress(RAW), b"Q"),
    "tar-after-a-tar": _tar(b"one") + _tar(gzip.compress(RAW)),
    "zip": _zip(RAW),
    "zip-behind-a-script": _zip(RAW, b"#!/bin/sh\n"),
    "nested": gzip.compress(_tar(_zip(gzip.compress(_tar(BASIC[0]))))),
}
"""What a file may hold instead of the secret as it is."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What find-secret.sh says of a folder with each of them in a file of its own."""
    folder = tmp_path_factory.mktemp("written")
    for name, content in WRITTEN.items():
        (folder / name).write_bytes(b"." * (1 << 20) + content if name == "raw" else content)
    done = find(folder)
    assert done.returncode == 1
    assert SECRET not in done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", WRITTEN)
def test_the_secret_is_found_however_it_is_written(name: str, written: str) -> None:
    assert re.search(rf"^FOUND: \S*/written0/{name}[ :]", written, re.MULTILINE), written


UNREADABLE = {
    "an empty file": b"",
    "half a gz": gzip.compress(b"x" * 999)[:-5],
    "half a zstd": ZSTD[:-9],
    "half an xz": lzma.compress(b"x" * 999)[:-5],
    "half a tar": _tar(b"x" * 2000)[:1024],
    "a tar without its end": _tar(b"x" * 512)[:1024],
    "half a zip": _zip(b"x" * 999)[:40],
    "half a zip behind a script": _zip(b"x" * 999, b"#!/bin/sh\n")[:60],
    "half an object of git": zlib.compress(bytes(range(256)))[:-9],
    "a gz with more behind it": gzip.compress(b"x") + b"more",
    "a bz2 with more behind it": bz2.compress(b"x") + b"more",
    "an xz with more behind it": lzma.compress(b"x") + b"more",
    "packed with compress": b"\x1f\x9d\x90x",
    "packed with lzip": b"LZIP\1\x0cx",
    "a pack of git": b"PACK\0\0\0\2\0\0\0\0",
    "a 7z archive": b"7z\xbc\xaf\x27\x1c" + b"x" * 40,
    "a zstd that is none": b"\x28\xb5\x2f\xfdnothing",
}


@pytest.fixture(scope="module")
def unreadable(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What find-secret.sh says where each of them is a place of its own."""
    folder = tmp_path_factory.mktemp("unreadable")
    for name, content in UNREADABLE.items():
        (folder / name.replace(" ", "-")).write_bytes(content)
    done = find(*sorted(folder.iterdir()))
    assert done.returncode == 3, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_never_clean(name: str, unreadable: str) -> None:
    place = rf"\S*/unreadable0/{name.replace(' ', '-')}"
    assert re.search(rf"^NOT READ: {place}: ", unreadable, re.MULTILINE), unreadable


def test_an_empty_folder_tells_nothing(tmp_path: Path) -> None:
    assert find(tmp_path).returncode == 3


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert find(tmp_path / "pipe").returncode == 3


def _image(folder: Path, *, kind: str) -> Path:
    """Make an image of two layers, of which the second one is not there."""
    blobs = folder if kind == "dir" else folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def blob(content: bytes) -> dict[str, str]:
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"digest": f"sha256:{digest}"}

    absent = {"digest": f"sha256:{'0' * 64}"}
    manifest = {"config": blob(b"{}"), "layers": [blob(gzip.compress(_tar(b"x"))), absent]}
    if kind == "dir":
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder
    entry = blob(json.dumps(manifest).encode())
    if kind != "no index":
        (folder / "index.json").write_text(json.dumps({"manifests": [entry]}))
    if kind != "no layout":
        (folder / "oci-layout").write_text("{}")
    return folder


@pytest.mark.parametrize("kind", ["oci", "no layout", "no index", "dir", "deep"])
def test_an_image_without_a_layer_is_never_clean(kind: str, tmp_path: Path) -> None:
    _image(tmp_path / "deep" if kind == "deep" else tmp_path / "image", kind=kind)
    place = tmp_path if kind == "deep" else tmp_path / "image"
    done = find(place)
    assert done.returncode == 3, done.stdout
    assert "is not there" in done.stdout


def test_what_may_not_be_read_is_never_clean(tmp_path: Path) -> None:
    """As nobody, where the tests run as root, whom nothing is refused."""
    (tmp_path / "readable").write_text("nothing")
    (tmp_path / "closed").write_bytes(RAW)
    (tmp_path / "closed").chmod(0)
    tmp_path.chmod(0o755)
    script = (
        f"import os, sys; sys.path[:0] = [{str(RECIPE)!r}]; from pathlib import Path;"
        "from looking import Looker; from spellings import Searcher;"
        "looker = Looker(Searcher([b'a-secret-of-one-line']));"
        "os.getuid() or os.setuid(65534); looker.look_in(Path()); print(looker.unread)"
    )
    done = subprocess.run(
        [python(), "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "(('closed', 'Permission denied'),)\n"


def test_what_has_no_secret_is_clean(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("x^2 is no zlib, and BZ is no bzip2")
    (tmp_path / "note").write_text("hC\n")
    (tmp_path / "layer.tar").write_bytes(_tar(b"nothing"))
    (tmp_path / "manifest.json").write_text('{"name": "an app for browsers"}')
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "manifest.json").write_text("{} // with a remark")
    (tmp_path / "dangling").symlink_to("nowhere")
    done = find(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("place", ["name", "target"])
def test_a_name_is_searched_and_not_printed(place: str, tmp_path: Path) -> None:
    name, target = ("tok-12345678", "nowhere") if place == "name" else ("link", "tok-12345678")
    (tmp_path / name).symlink_to(target)
    done = find(tmp_path, SECRET="tok-12345678")
    assert done.returncode == 1
    assert "tok-12345678" not in done.stdout


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"SECRET": ""}, "set either SECRET_FILE or SECRET"),
        ({"SECRET_FILE": "line"}, "set either SECRET_FILE or SECRET"),
        ({"SECRET": "short"}, "less than 8 characters"),
        ({"SECRET": "         "}, "less than 8 characters"),
        ({"SECRET": "", "SECRET_FILE": "absent"}, "SECRET_FILE cannot be read: No such file"),
        ({"SECRET": "", "SECRET_FILE": "empty"}, "must hold one line of text"),
        ({"SECRET": "", "SECRET_FILE": "lines"}, "must hold one line of text"),
        ({"SECRET": "", "SECRET_FILE": "netrc"}, "a netrc file without a password"),
        ({"SECRET": "", "SECRET_FILE": "broken"}, "begins as a netrc file, and is none"),
        ({"SECRET": "INDEX_TOKEN=tok-12345678"}, "SECRET must be the secret alone"),
        ({"SECRET": "Bearer tok-12345678"}, "SECRET must be the secret alone"),
        ({"SECRET": "https://me:tok-12345678@a.example/"}, "SECRET must be the secret alone"),
        ({"SECRET": "", "SECRET_FILE": "quoted"}, "SECRET_FILE must be the secret alone"),
        ({"SECRET": "", "SECRET_FILE": "login"}, "SECRET_FILE must be the secret alone"),
        ({"SECRET": "", "SECRET_FILE": "json"}, "SECRET_FILE must be the secret alone"),
        ({"SECRET": "", "SECRET_FILE": "utf-16"}, "must hold one line of text"),
        ({"SECRET": "", "SECRET_FILE": "twice"}, "must name each machine once"),
        ({"LOOK_IN": " "}, "LOOK_IN names no place"),
        ({"LOOK_IN": "absent"}, "absent is not there"),
        ({"PYTHON": "false"}, "false must be Python 3.11 or newer"),
    ],
)
def test_wrong_use_is_one_sentence(settings: dict[str, str], said: str, tmp_path: Path) -> None:
    files = {
        "line": "a-secret-of-one-line\n",
        "empty": "",
        "lines": "one-line-of-it\nanother\n",
        "netrc": "machine a.example login me\n",
        "broken": "machine a.example passwort x\n",
        "twice": "machine a password tok-12345678\nmachine a password other-12345678\n",
        "quoted": '"tok-12345678"\n',
        "login": "__token__:tok-12345678\n",
        "json": '{"token":"tok-12345678"}\n',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "utf-16").write_text("tok-12345678\n", encoding="utf-16")
    done = find(tmp_path, **settings)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "content",
    [
        b"tok-12345678\n",
        b"tok-12345678\r\n\n",
        b"\xef\xbb\xbftok-12345678\n",
        b"machine a.example login me password tok-12345678\n",
        b'machine a.example login me password "tok 12345678"\n',
    ],
)
def test_the_secret_may_come_from_a_file(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(content)
    (tmp_path / "log").write_text("https://me:tok-12345678@a.example/?x=tok+12345678")
    settings = {"SECRET": "", "SECRET_FILE": str(tmp_path / "token")}
    assert find(tmp_path / "log", **settings).returncode == 1


def test_a_part_that_was_not_copied_is_named(tmp_path: Path) -> None:
    for name in ("find-secret.sh", "find_secret.py"):
        (tmp_path / name).write_bytes((RECIPE / name).read_bytes())
    done = run(str(tmp_path / "find-secret.sh"), tmp_path, SECRET=SECRET)
    assert done.returncode == 2
    assert done.stderr == "find-secret: looking.py must be beside find-secret.sh\n"
