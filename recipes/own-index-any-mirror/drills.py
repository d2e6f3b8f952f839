"""What pages from a trusted host promise of files from a mirror, and what the mirror tries.

The mirror is a server of this file's own: it has every file that the trusted index has, says what
it was asked, and alters what it is told to.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import socket
import ssl
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from mirrorlab import clients
from mirrorlab.clients import Attempt, Client
from mirrorlab.lab import Completed
from mirrorlab.runner import Run
from mirrorlab.scenario import File

Change = Callable[[str, bytes], bytes]
Damage = Callable[[bytes], bytes]

JSON = "application/vnd.pypi.simple.v1+json"
MIRROR = "https://mirror.example/simple/"
NO_PATIENCE = {
    "PIP_RETRIES": "0",
    "PIP_RESUME_RETRIES": "0",
    "UV_HTTP_RETRIES": "0",
    "POETRY_REQUESTS_MAX_RETRIES": "0",
}
BINARY = "application/octet-stream"
PROJECTS = ("demo-dep", "demo-lib")
LOCKS = {
    "uv": f"uv pip compile --default-index {MIRROR} --generate-hashes requirements.in"
    " -o requirements.txt",
    "pip": f"pip lock --index-url {MIRROR} -r requirements.in",
    "pip-compile": f"pip-compile --generate-hashes --index-url {MIRROR}",
}
REFUSES = {
    "pip": "THESE PACKAGES DO NOT MATCH THE HASHES",
    "uv": "Hash mismatch for `",
    "poetry": "not found in known hashes",
    "pdm": "Hash mismatch for http",
    "pipenv": "THESE PACKAGES DO NOT MATCH THE HASHES",
    "hatch": "THESE PACKAGES DO NOT MATCH THE HASHES",
    "pip-sync": "THESE PACKAGES DO NOT MATCH THE HASHES",
    "buildout": "sha256 validation failed for",
}
"""Client -> what it says of a file that has not the hash of the page."""
_HASHES = rb'"hashes":\{[^}]*\}'


def _put(pattern: bytes, new: bytes, count: int = 0) -> Damage:
    return lambda page: re.sub(pattern, new, page, count=count)


BAD_PAGES: dict[str, tuple[str, Damage]] = {
    "no hash": ("has no sha256", _put(_HASHES, b'"hashes":{}')),
    "one without": ("has no sha256", _put(_HASHES, b'"hashes":{}', 1)),
    "md5 alone": ("has no sha256", _put(rb'\{"sha256"', b'{"md5"')),
    "a short one": ("has no sha256", _put(rb'("hashes":\{"sha256":")..', rb"\1")),
    "another file": ("where no mirror", _put(rb'-2\.0-py3-none-any\.whl"', b'-9.whl"', 1)),
    "outside": ("where no mirror", _put(rb"/packages/", b"/packages/%2e%2e/")),
    "a query": ("where no mirror", _put(rb'\.whl","hashes', b'.whl?x","hashes')),
    "twice a key": ("twice", _put(rb'"hashes"', b'"hashes":{},"hashes"')),
    "twice a file": ("twice", _put(rb'"files":\[(.*)\]', rb'"files":[\1,\1]')),
    "no list": ("is no list", _put(rb'"files":\[', b'"files":{},"x":[')),
    "half a character": ("surrogates", _put(rb'"versions":\[', rb'"versions":["\\ud800",')),
    "another project": ("the page of", _put(rb'"name":"[^"]*"', b'"name":"demo-dep"')),
    "version 2": ("this knows 1.x", _put(rb'"api-version":"1', b'"api-version":"2')),
    "half a page": ("no page of the Simple API", lambda page: page[: len(page) // 2]),
    "HTML": ("text/html instead of", lambda _: b"<!DOCTYPE html>"),
    "nothing": ("no page of the Simple API", lambda _: b""),
}
"""What is wrong with a page -> the words by which it is refused, and how it comes about."""
LIKE = {f"like-{number}": what for number, what in enumerate(BAD_PAGES)}
"""Projects that only the lying index has; each has the page of demo-lib, and one fault in it."""
FIRST, SECOND = ("uv", "pip", "poetry"), ("buildout", "pdm")
TELLS_THE_MIRROR = {"buildout"}
"""Who sends the login of your host to the mirror that it is redirected to."""
RUN_PIP = ("pip-sync", "hatch", "pipenv")
"""Whose sdists pip downloads and builds; pip itself is held against an altered one."""
BUILDS_FIRST = {"poetry"}
"""Who runs an altered sdist before it looks at the hash."""


def promise(run: Run) -> None:
    """Old and new installers get pages from here and files from the mirror."""
    with _mirror(run) as mirror:
        for name in ("pip", "uv", "pip-22.1"):
            run.index.forget_requests()
            mirror.asked.clear()
            attempt = _try(run, name)
            assert attempt.installed == {"demo-lib": "2.0", "demo-dep": "2.0"}, attempt.output
            assert not _evil(attempt)
            assert len(mirror.wheels()) == 2, f"{name}: the mirror gave {mirror.wheels()}"
            upstream = [
                each.path
                for each in run.index.requests("/packages/*.whl")
                if each.user_agent != "mirrorlab-drill"  # which fills the mirror
            ]
            assert not upstream, f"{name} has files of the index that you trust: {upstream}"
        for accept, kind in ((JSON, JSON), (None, "text/html")):
            page = run.get(f"{_url(run)}demo-lib/", accept)
            assert page.headers["Content-Type"].startswith(kind), f"{accept} gets {page.headers}"
            assert "Accept" in page.headers.get_all("Vary", []), "a cache may mix up the two forms"
        mirror.change = partial(_alter, _ran(run), ".whl")
        checked = run.step("check")
        assert checked.exit_code == 1, f"the check sees nothing: {checked.output}"
        assert "error: altered: demo-lib" in checked.output, checked.output
        mirror.change = _as_it_is
        run.index.publish("demo-dep", "2.5")
        assert run.step("pages").exit_code == 0
        attempt = _try(run, "uv")
        assert attempt.installed["demo-dep"] == "2.5", f"the new release is not here: {attempt}"
        run.index.delete("demo-dep", "2.5")
        assert run.step("pages").exit_code == 0


def altered_file(run: Run) -> None:
    """Each of the first three refuses what the mirror altered."""
    _altered(run, FIRST)


def altered_file_others(run: Run) -> None:
    """So does each of the next two."""
    _altered(run, SECOND)


def altered_file_by_pip(run: Run) -> None:
    """So does each that runs pip."""
    _altered(run, RUN_PIP)


def altered_metadata(run: Run) -> None:
    """Who looks at the hash of core metadata; what Poetry and uv believe without one."""
    run.step("serve", METADATA=run.settings["MIRROR"], FILES_BY="redirect")
    with _mirror(run) as mirror:
        mirror.change = partial(_alter, _ran(run), ".metadata")
        for name, says in (("uv", "Hash mismatch for package metadata"), ("pip", REFUSES["pip"])):
            attempt = _try(run, name)
            assert attempt.exit_code != 0, f"{name} believes it, and installs {attempt.installed}"
            assert not attempt.installed, f"{name} installs {attempt.installed}"
            assert says in attempt.output, f"{name}: refused for another reason: {attempt.output}"
        mirror.asked.clear()
        wheels = _at_first(partial(_alter, _ran(run), ".whl"))
        mirror.change = lambda path, body: _alter(_ran(run), ".metadata", path, wheels(path, body))
        attempt = _try(run, "pdm")
        assert REFUSES["pdm"] in attempt.output, f"PDM reads it unchecked: {attempt.output}"
        assert "demo-python" not in attempt.installed, f"PDM believes it: {attempt.output}"
        assert any(each.path.endswith(".metadata") for each in mirror.asked), "PDM asks for none"
        assert mirror.wheels(), f"PDM refuses core metadata: {attempt.output}"
        mirror.asked.clear()
        mirror.change = lambda path, body: _alter(_ran(run), Path(path).suffix, path, body)
        assert "demo-python" in _poetry_lock(run), "Poetry has learned to check what it reads"
        assert any(each.span for each in mirror.asked), "Poetry reads no part of a file any more"
        run.step("serve")
        mirror.asked.clear()
        assert "demo-python" not in _poetry_lock(run), "the mirror has a say in what is locked"
        assert not mirror.asked, f"the mirror is asked: {mirror.asked}"

        run.index.publish("demo-lib", "3.0", requires=["demo-dep"], files=[File(metadata=False)])
        published = run.step("pages")
        assert "demo-lib: 1 wheels left out" in published.output, published.output
        for unread, expected in (("leave-out", "2.0"), ("publish", "3.0")):
            assert run.step("pages", UNREAD=unread).exit_code == 0
            mirror.change = _at_first(partial(_alter, _ran(run), "demo_lib-3.0-py3-none-any.whl"))
            attempt = _try(run, "uv")
            assert attempt.installed.get("demo-lib") == expected, attempt.output
            believed = "demo-python" in attempt.installed
            assert believed == (unread == "publish"), f"{unread}: uv installs {attempt}"
        run.index.delete("demo-lib", "3.0")
        assert run.step("pages").exit_code == 0


def fallback(run: Run) -> None:
    """What the mirror does not give, comes from the next one; where none has it, installs fail."""
    wheel = _wheel_of_demo_dep(run)
    for by in ("pass", "redirect"):
        run.step("serve", FILES_BY=by)
        with _mirror(run) as mirror:
            _comes(run, by, wheel, "well", run.settings["MIRROR"])
            for status in (302, 403, 404, 410, 500, 503):
                mirror.status, mirror.location = status, "http://localhost:9" * (status == 302)
                _comes(run, by, wheel, f"at {status}", run.index.url)
                assert mirror.asked.pop().path == wheel, f"{by}, {status}: it was not asked"
            mirror.status, mirror.location, mirror.lies_to = 302, run.index.http_url, ("GET",)
            run.index.forget_requests()
            attempt = _try(run, "uv")
            assert attempt.installed["demo-dep"] == "2.0", f"{by}: {attempt.output}"
            hosts = {each.host for each in run.index.requests("/packages/*.whl")}
            plain = run.index.http_url.removeprefix("http://") in hosts
            assert plain == (by == "redirect"), f"{by}: a redirect to plain http leads to {hosts}"
            mirror.lies_to = ("GET", "HEAD")
            mirror.status, mirror.location, mirror.folder = 0, "", "/pypi"
            below = f"{run.settings['MIRROR']}/pypi"
            run.step("serve", FILES_BY=by, MIRROR=f"{below}/")
            mirror.asked.clear()
            _comes(run, by, wheel, "below a folder", below)
            assert mirror.asked, f"{by}: the mirror below a folder is not asked"
        run.step("serve", FILES_BY=by)
        _comes(run, by, wheel, "dead", run.index.url)
        assert _try(run, "uv").installed["demo-dep"] == "2.0", f"{by}: no install without it"
        with socket.create_server(("127.0.0.1", run.port("mirror"))):
            _comes(run, by, wheel, "silent", run.index.url)
        run.step("serve", FILES_BY=by, NEXT=run.settings["MIRROR"])
        attempt = _try(run, "uv")
        assert attempt.exit_code != 0, f"{by}: installed from nowhere: {attempt.installed}"
        assert not attempt.installed
    run.step("serve")


def page_host_down(run: Run) -> None:
    """Upstream down, installs go on; the page host down, nobody installs, and says so."""
    with _mirror(run) as mirror:
        run.index.fault("refused", "/simple/*")
        pages = run.step("pages")
        assert pages.exit_code == 1, f"nobody is told that upstream is down: {pages.output}"
        assert _try(run, "uv").installed["demo-lib"] == "2.0", "upstream is missed at once"
        run.index.clear()
        run.process("serve").kill()
        mirror.asked.clear()
        for name in ("uv", "pip"):
            attempt = _try(run, name)
            assert attempt.exit_code != 0, f"{name} ends with 0"
            assert not attempt.installed, f"{name} installed {attempt.installed}"
            assert "127.0.0.1" in attempt.output, f"{name} does not say who is down"
        assert not mirror.asked, "somebody went to the mirror without a page"
        run.step("serve")


def login_kept(run: Run) -> None:
    """Your host wants a login: nginx keeps it from the mirror; by a redirect, uv does."""
    users, netrc = run.tmp / "users", run.tmp / "netrc"
    hashed = run.command("openssl", "passwd", "-apr1", "wonder").output.strip()
    users.write_text(f"alice:{hashed}\n")
    netrc.write_text("machine 127.0.0.1 login alice password wonder\n")
    netrc.chmod(0o600)
    wheel = _wheel_of_demo_dep(run)
    with _mirror(run) as mirror:
        for by, name in (
            ("pass", "uv"),
            ("redirect", "uv"),  # all others: altered-file and the like
        ):
            run.step("serve", FILES_BY=by, USERS=users)
            for path in ("/simple/demo-lib/", wheel, f"{wheel}.metadata"):
                without = run.get(_url(run).replace("/simple/", path))
                assert without.status == 401, f"{by}: {path} without a login: {without.status}"
            mirror.asked.clear()
            attempt = _try(run, name, NETRC=str(netrc))
            assert attempt.installed.get("demo-lib") == "2.0", attempt.output
            assert len(mirror.wheels()) >= 2, f"{by}, {name}: the mirror gave nothing"
            leaked = [each for each in mirror.asked if each.login]
            assert not leaked, f"{by}, {name}: the mirror got the login"
    run.step("serve")


def locked_through_it(run: Run) -> None:
    """pip-compile hashes what the mirror gives it; uv and pip lock what the page says."""
    known = {file.hashes["sha256"] for each in PROJECTS for file in run.index.files(each)}
    with _mirror(run) as mirror:
        mirror.change = lambda path, body: _alter(_ran(run), Path(path).suffix, path, body)
        run.step("serve")
        for name, typed in LOCKS.items():
            client = run.client(name)
            (client.project / "requirements.in").write_text("demo-lib\n")
            typed = typed.replace(MIRROR, _url(run))
            done = client.follow(typed, env=NO_PATIENCE)
            assert done.exit_code == 0, done.output
            lock = next(client.project.glob("*lock.toml"), client.project / "requirements.txt")
            locked = set(re.findall(r"\b[0-9a-f]{64}\b", re.sub(r"http\S+", "", lock.read_text())))
            assert locked, f"{name} locks no hash: {lock.read_text()}"
            poisoned = bool(locked - known)
            assert poisoned == (name == "pip-compile"), f"{name}: {locked - known} of the mirror"
        (pip := run.client("pip")).project.joinpath("requirements.txt").write_text(lock.read_text())
        typed = (
            f"pip install --index-url {_url(run)} --require-hashes --no-deps -r requirements.txt"
        )
        attempt = pip.follow(typed, env=NO_PATIENCE)
        assert _evil(attempt), f"the poisoned lock is refused: {attempt.output}"


def page_without_hash(run: Run) -> None:
    """A page that cannot be believed is not published: the one before stays, and pages.sh tells."""
    shown = Path(run.settings["SITE"]) / "current" / "simple"

    def published() -> dict[str, bytes]:
        forms = ("index.html", "index.json")
        return {
            f"{each}/{form}": (shown / each / form).read_bytes() for each in LIKE for form in forms
        }

    with _upstream(run) as (upstream, pages):
        good = pages()
        assert good.exit_code == 0, f"not healthy to begin with: {good.output}"
        before = published()
        upstream.change = lambda path, body: BAD_PAGES[LIKE[path.split("/")[2]]][1](body)
        done = pages()
        assert done.exit_code == 1, f"pages.sh ends with {done.exit_code}: {done.output}"
        for name, what in LIKE.items():
            told = re.search(f"pages: {name}: refused: (.*)", done.output)
            assert told, f"{what}: pages.sh does not tell: {done.output}"
            assert BAD_PAGES[what][0] in told[1], f"{what}: refused for another reason: {told[1]}"
        assert published() == before, "a page that was refused is published"
        upstream.change = _as_it_is
        upstream.status, upstream.location = 302, run.index.http_url
        done = pages()
        assert done.exit_code == 1, "a redirect to plain http is followed"
        assert "not the host that you trust" in done.output, done.output
        upstream.status, upstream.location = 404, ""
        assert pages().exit_code == 1
        assert published() == before, "a list of which nothing is left is published"
    assert run.step("pages").exit_code == 0
    run.index.delete("demo-lib")
    gone = run.step("pages")
    assert gone.exit_code == 1, "nobody is told that a project is gone"
    assert "demo-lib: gone upstream" in gone.output, gone.output
    assert run.get(f"{_url(run)}demo-lib/").status == 404, "what upstream deleted is served"


def cut_off(run: Run) -> None:
    """Killed half way, or begun twice, a refresh changes nothing; the next one brings all."""
    current = Path(run.settings["SITE"]) / "current"
    before = current.readlink()
    run.index.publish("demo-dep", "2.5")
    run.index.fault("hang", "/simple/demo-python/", times=1)
    run.index.forget_requests()
    first = run.start("pages")
    run.wait(lambda: run.index.requests("/simple/demo-python/"), "the page that hangs")
    second = run.command("sh", "pages.sh")
    assert second.exit_code == 1, f"two refreshes at once: {second.output}"
    assert "another refresh is at work" in second.output
    first.kill()
    run.index.clear()
    assert current.readlink() == before, "half a refresh is shown"
    assert run.step("pages").exit_code == 0, "the next refresh does not hold"
    versions = run.get(f"{_url(run)}demo-dep/", JSON).json()["versions"]
    assert "2.5" in versions, f"what was cut off did not come: {versions}"
    assert run.step("pages", FILES="https://public.example/packages/").exit_code == 0
    for accept in (JSON, None):
        page = run.get(f"{_url(run)}demo-dep/", accept).text
        addresses = re.findall(r'"(?:url": "|href=")?([^" ]*/demo_dep[^"#]*)', page)
        assert addresses, f"no address in {page}"
        assert all(each.startswith("https://public.example/packages/") for each in addresses)
    left = [each.name for each in current.parent.glob("pages-*")]
    assert len(left) == 2, f"what was cut off stays: {left}"


class Asked(NamedTuple):
    """One request that came to the mirror."""

    method: str
    path: str
    login: str | None
    span: str | None
    """The Range that was asked for."""


class Mirror(ThreadingHTTPServer):
    """A mirror that nobody needs to trust."""

    daemon_threads = True

    def __init__(self, run: Run, port: str = "mirror", kind: str | None = None) -> None:
        """Listen on a port of the recipe's settings; ``kind`` is what pages are asked for."""
        self.own = f"https://localhost:{run.port(port)}"
        super().__init__(("127.0.0.1", run.port(port)), _Answer)
        self.fetch, self.source, self.kind = run.get, run.index.url, kind
        self.asked: list[Asked] = []
        self.files: dict[str, tuple[int, bytes]] = {}
        self.change: Change = _as_it_is
        self.status, self.location, self.folder = 0, "", ""
        self.lies_to: tuple[str, ...] = ("GET", "HEAD")

    def has(self, path: str) -> tuple[int, bytes]:
        """Status and bytes of a file, as the trusted index has them."""
        if not path.startswith(self.folder):
            return 404, b""
        path = path.removeprefix(self.folder)
        if path not in self.files:
            name = next((each for each in LIKE if path == f"/simple/{each}/"), "demo-lib")
            answer = self.fetch(self.source + path.replace(name, "demo-lib"), self.kind)
            body = answer.body.replace(b'"name":"demo-lib"', f'"name":"{name}"'.encode())
            if self.kind:
                body = body.replace(self.source.encode(), self.own.encode())
            self.files[path] = answer.status, body
        return self.files[path]

    def wheels(self) -> list[str]:
        """The wheels that it was asked for, by name."""
        return [
            each.path.rpartition("/")[2]
            for each in self.asked
            if each.path.endswith(".whl") and each.method == "GET"
        ]


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Mirror

    def do_GET(self) -> None:
        login, span = self.headers.get("Authorization"), self.headers.get("Range")
        self.server.asked.append(Asked(self.command, self.path, login, span))
        status, body = self.server.has(self.path)
        if status == 200 and self.command == "GET":
            body = self.server.change(self.path, body)
        lies = self.server.status and self.command in self.server.lies_to
        status, body = (self.server.status, b"") if lies else (status, body)
        found = re.fullmatch(r"bytes=(\d*)-(\d*)", span or "")
        self.send_response(206 if found and status == 200 else status)
        if found and status == 200:
            first = int(found[1]) if found[1] else max(0, len(body) - int(found[2]))
            last = min(int(found[2] or len(body)), len(body) - 1) if found[1] else len(body) - 1
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
            body = body[first : last + 1]
        if lies and self.server.location:
            self.send_header("Location", self.server.location + self.path)
        html = body.startswith(b"<")
        self.send_header("Content-Type", "text/html" if html else self.server.kind or BINARY)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Accept-Ranges", "bytes")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing: ``asked`` has it."""


@contextmanager
def _mirror(run: Run) -> Iterator[Mirror]:
    """The mirror, until the end of the drill."""
    with Mirror(run) as mirror, _serving(mirror):
        yield mirror


@contextmanager
def _serving(server: Mirror) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


@contextmanager
def _upstream(run: Run) -> Iterator[tuple[Mirror, Callable[[], Completed]]]:
    """An index with TLS that is trusted, and lies; with it ``pages.sh``, told to believe it."""
    certificate, key = run.tmp / "upstream.pem", run.tmp / "upstream.key"
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    make = ("openssl", "req", "-x509", *kind, *names, "-keyout", key, "-out", certificate)
    made = run.command(*make)
    assert made.exit_code == 0, made.output
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Mirror(run, "upstream", JSON) as upstream:
        upstream.socket = context.wrap_socket(upstream.socket, server_side=True)
        url, projects = f"{upstream.own}/simple/", run.tmp / "like.txt"
        projects.write_text("\n".join(LIKE))
        told: dict[str, Any] = {"UPSTREAM": url, "PROJECTS": projects}
        told["SSL_CERT_FILE"] = certificate
        with _serving(upstream):
            yield upstream, lambda: run.command("sh", "pages.sh", **told)


def _altered(run: Run, names: tuple[str, ...]) -> None:
    """Hold these clients against a mirror that alters wheels, then sdists.

    They are sent to the mirror by a redirect, and have a login of the host that they ask first.
    """
    run.step("serve", FILES_BY="redirect")
    login = _url(run).replace("://", "://alice:wonder@")
    with _mirror(run) as mirror:
        for name in names:
            for suffix, project in ((".whl", "demo-lib"), (".tar.gz", "demo-sdist")):
                if suffix == ".tar.gz" and name in RUN_PIP:
                    continue
                _ran(run).unlink(missing_ok=True)
                mirror.asked.clear()
                run.index.forget_requests()
                mirror.change = partial(_alter, _ran(run), suffix)
                attempt = _try(run, name, project, url=login)
                what = f"{name}, {suffix} altered"
                assert attempt.exit_code != 0, f"{what}: installed {attempt.installed}"
                assert project not in attempt.installed, f"{what}: installed all the same"
                assert not _evil(attempt), f"{what}: something of it is installed"
                assert any(each.path.endswith(suffix) for each in mirror.asked), f"{what}: not met"
                said = " ".join(attempt.output.split())
                assert REFUSES[name] in said, f"{what}: refused for another reason: {said}"
                told = any(each.login for each in mirror.asked)
                assert told == (name in TELLS_THE_MIRROR), f"{what}: a login came along: {told}"
                metadata = run.index.requests("/packages/*.metadata")
                if suffix == ".whl":
                    assert bool(metadata) == (name != "buildout"), f"{what}: asks for {metadata}"
                built = _ran(run).exists()
                assert built == (suffix == ".tar.gz" and name in BUILDS_FIRST), f"{what}: {built=}"
            if name in BUILDS_FIRST:
                _ran(run).unlink()
                attempt = _try(run, name, project, url=login, POETRY_INSTALLER_ONLY_BINARY=":all:")
                assert not _ran(run).exists(), f"{name}: it runs with ONLY_BINARY too"
                assert "skipped due to your installer.only-binary policy" in attempt.output, (
                    attempt.output
                )
    run.step("serve")


def _comes(run: Run, by: str, path: str, mirror: str, origin: str) -> None:
    """Assert that a file comes from this host, by the way that is set."""
    answer = run.get(_url(run).removesuffix("/simple/") + path)
    what = f"{by}, the mirror is {mirror}"
    if by == "redirect":
        assert answer.status == 302, f"{what}: {answer.status}"
        assert answer.headers["Location"] == origin + path, f"{what}: {answer.headers['Location']}"
    else:
        assert answer.status == 200, f"{what}: {answer.status}"
        digest = hashlib.sha256(answer.body).hexdigest()
        assert digest == run.index.sha256(path.rpartition("/")[2]), f"{what}: other bytes"


def _wheel_of_demo_dep(run: Run) -> str:
    """The path of a file that any mirror has."""
    return next(file.url for file in run.index.files("demo-dep") if "2.0-py3" in file.url)


def _poetry_lock(run: Run) -> str:
    """Lock with Poetry, through the recipe's pages."""
    client, _, more = _client(run, "poetry", _url(run), "demo-lib")
    done = client.follow("poetry lock", env=NO_PATIENCE | more)
    assert done.exit_code == 0, done.output
    return (client.project / "poetry.lock").read_text()


def _at_first(change: Change) -> Change:
    """Alter a file for who reads it first, and give it as it is to who comes again."""
    seen: set[str] = set()

    def changed(path: str, body: bytes) -> bytes:
        new = path not in seen
        seen.add(path)
        return change(path, body) if new else body

    return changed


def _as_it_is(_: str, body: bytes) -> bytes:
    return body


def _alter(ran: Path, suffix: str, path: str, body: bytes) -> bytes:
    """Alter the files with this suffix; what builds such an sdist leaves a file ``ran``."""
    if not path.endswith(suffix) or "demo_python" in path or "demo_backend" in path:
        return body
    if suffix == ".metadata":
        return body.replace(b"\n", b"\nRequires-Dist: demo-python\n", 1)
    return _wheel(ran, body) if suffix.endswith(".whl") else _sdist(ran, body)


def _wheel(ran: Path, body: bytes) -> bytes:
    """The wheel with a module more, and with a dependency more."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.infolist():
            data = old.read(member)
            if member.filename.endswith("/METADATA"):
                data = _alter(ran, ".metadata", ".metadata", data)
            new.writestr(member, data)
        new.writestr(zipfile.ZipInfo("evil.py"), "")  # the same bytes each time
    return out.getvalue()


def _sdist(ran: Path, body: bytes) -> bytes:
    """The sdist with a build backend of its own, which says that it ran."""
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(body)) as old,
        tarfile.open(fileobj=out, mode="w") as new,
    ):
        root = old.getnames()[0].partition("/")[0]
        for member in old.getmembers():
            if not member.name.endswith("/pyproject.toml"):
                new.addfile(member, old.extractfile(member))
        backend = f"open({str(ran)!r}, 'w').close()\nfrom demo_backend import *\n"
        table = '[build-system]\nrequires = ["demo-backend"]\nbuild-backend = "evil"\n'
        more = {"pyproject.toml": f'{table}backend-path = ["."]\n', "evil.py": backend}
        for name, text in more.items():
            member = tarfile.TarInfo(f"{root}/{name}")
            member.size = len(text)
            new.addfile(member, io.BytesIO(text.encode()))
    return gzip.compress(out.getvalue(), mtime=0)


def _url(run: Run) -> str:
    return f"http://{run.settings['LISTEN']}/simple/"


def _ran(run: Run) -> Path:
    return run.tmp / "altered-code-ran"


def _evil(attempt: Attempt) -> bool:
    """Whether something of an altered file is installed."""
    return bool(list(attempt.site_packages.rglob("evil.py")))


def _try(run: Run, name: str, project: str = "demo-lib", *, url: str = "", **more: str) -> Attempt:
    """Install a project through the recipe's pages, with files as the reader has them."""
    if name == "pip-22.1":
        return run.client(name).install(project, index=url or _url(run), env=NO_PATIENCE | more)
    client, typed, own = _client(run, name, url or _url(run), project)
    return client.follow(typed, env=NO_PATIENCE | own | more)


def _client(run: Run, name: str, url: str, project: str) -> tuple[Client, str, dict[str, str]]:
    """A fresh client with the files of its configuration; what is typed, and its variables."""
    wanted = "by-name" if name == "pip-sync" else "mirror"
    way = next(each for each in clients.configurations(name) if each.name == wanted)

    def told(text: str) -> str:
        for old, new in ((MIRROR, url), (MIRROR.rstrip("/"), url.rstrip("/"))):
            text = text.replace(old, new)
        text = text.replace("demo-lib", project)
        return text.replace("==2.0", "==1.0") if project == "demo-sdist" else text

    client = run.client(name)
    for file, text in way.files.items():
        (client.project / file).write_text(told(text))
    variables = {variable: told(value) for variable, value in way.environment.items()}
    return client, told(way.install), variables
