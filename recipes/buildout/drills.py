"""What a cache of buildout's promises, how it is broken, and what buildout does not look at."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mirrorlab.index import Index
from mirrorlab.lab import Completed
from mirrorlab.runner import Run
from mirrorlab.scenario import File

WHEEL = "demo_dep-2.0-py3-none-any.whl"
BACKEND = "demo_backend-1.0-py3-none-any.whl"
EVIL = "mirrorlab_altered.py"  # what an altered distribution brings along
SECRET = "sesame-1f2e3d"
PATIENCE = 180  # seconds; on a busy machine buildout takes its time


def promise(run: Run) -> None:
    """What was filled is what the index has; it was checked and built without the index."""
    dist = run.folder / "cache" / "dist"
    assert {file.name: _sha256(file) for file in dist.iterdir()} == {WHEEL: run.index.sha256(WHEEL)}
    assert _eggs(run.folder) == {"demo-dep": "2.0"}, _eggs(run.folder)
    asked = Counter(request.path.rsplit("/", 1)[-1] for request in run.index.requests("*.whl"))
    assert asked == {WHEEL: 1}, f"more than filling asked for a file: {asked}"
    pages = run.index.requests("/simple/*")  # by buildout, and by the comparison
    assert len(pages) == 2, f"more than filling asked for a page: {pages}"
    used = run.command(run.folder / "bin" / "python-with-eggs", "-c", "import demo_dep")
    assert used.exit_code == 0, used.output


def index_dead(run: Run) -> None:
    """Without its index buildout ends with an error; from the cache it builds, and asks nobody."""
    run.index.forget_requests()
    run.index.fault("503")
    project = _project(run, "offline")
    done = _sh(run, "build.sh", CONFIG=project / "demo.cfg", **_elsewhere(run))
    assert done.exit_code == 0, f"build.sh does not build:\n{done.output}"
    assert _eggs(project) == {"demo-dep": "2.0"}, done.output
    assert not run.index.requests(), f"build.sh asked: {run.index.requests()}"

    project = _project(run, "plain")
    done = _buildout(run, project)
    assert done.exit_code == 1, f"buildout builds without an index:\n{done.output}"
    assert not _eggs(project), f"buildout has installed {_eggs(project)}"
    asked = len(run.index.requests())
    _buildout(run, project, "buildout:allow-hosts=nobody.invalid")
    assert len(run.index.requests()) == asked, "allow-hosts allows all: mend the page"
    cache = f"buildout:download-cache={run.folder / 'cache'}"
    done = _buildout(run, project, cache)
    assert _eggs(project) == {"demo-dep": "2.0"}, f"a full cache alone does not do:\n{done.output}"
    assert len(run.index.requests()) > asked, "with a full cache it asks no page: mend the page"

    unpinned = _project(run, "plain", eggs="demo-dep", pins="")  # where the egg is installed
    run.index.forget_requests()
    assert _buildout(run, unpinned, "-N").exit_code == 0
    assert not run.index.requests(), "buildout -N asks for what is installed"
    done = _buildout(run, unpinned, "-o", **_no_network())
    assert done.exit_code == 1, "buildout -o works: mend the page"
    assert "Reading https://pypi.org/simple/demo-dep/" in done.output, done.output
    done = _buildout(run, unpinned, "-o", cache, "buildout:install-from-cache=true")
    assert "install-from-cache can't be used with offline mode" in done.output, done.output


def incomplete_cache(run: Run) -> None:
    """What is missing is named before the cache leaves, and is fetched from nowhere."""
    cache = run.tmp / "sdist-cache"
    sdist = _project(run, "sdist", eggs="demo-sdist", pins="demo-sdist = 1.0\ndemo-dep = 2.0")
    new = {"CONFIG": sdist / "demo.cfg", "CACHE": cache}
    assert _sh(run, "fill-cache.sh", BUILDERS="demo-backend", **new).exit_code == 0
    run.index.forget_requests()
    check = _sh(run, "check-cache.sh", **new, **_elsewhere(run))
    assert check.exit_code == 0, f"the whole cache is not enough:\n{check.output}"

    backend = (cache / "build" / BACKEND).read_bytes()
    (cache / "build" / BACKEND).unlink()
    _write_sums(cache)
    check = _sh(run, "check-cache.sh", **new, **_elsewhere(run))
    assert check.exit_code == 1, "a cache without what builds its sdist may leave"
    assert "demo-backend" in check.output, "the check does not name what is missing"
    (cache / "build" / BACKEND).write_bytes(backend)
    (cache / "dist" / WHEEL).unlink()
    assert _sh(run, "check-cache.sh", **new).exit_code == 1, "a cache with a file missing may leave"
    _write_sums(cache)
    check = _sh(run, "check-cache.sh", **new, **_elsewhere(run))
    assert check.exit_code == 1, "a cache that lacks a project may leave"
    assert "Couldn't find a distribution for 'demo-dep==2.0'" in check.output, check.output
    assert not run.index.requests(), "the check asked the index"

    project = _project(run, "installed-before")
    assert _buildout(run, project).exit_code == 0
    _buildout(run, project, f"buildout:download-cache={run.tmp / 'late'}")
    assert not list((run.tmp / "late" / "dist").iterdir()), "installed eggs now fill the cache"


def hash_mismatch(run: Run) -> None:
    """Buildout holds a file against the hash of its index, and against nothing else."""
    with _copy_of_cache(run) as cache, Index(run.index.scenario) as mirror:
        _altered_cache(run, cache)
        cache_before = _files(cache)
        project = _project(run, "mirror", index=f"{mirror.http_url}/simple/")
        new = {"CONFIG": project / "demo.cfg", "CACHE": run.tmp / "mirror-cache"}
        mirror.fault("altered")
        fill = _sh(run, "fill-cache.sh", **new)
        assert fill.exit_code == 1, f"a file with another hash is good:\n{fill.output}"
        assert WHEEL in fill.output, fill.output
        assert not list(run.tmp.glob("mirror-cache*")), "a cache that is refused was left behind"
        naive = _buildout(run, project)
        assert naive.exit_code == 0, f"buildout now refuses what its index is wrong about: {naive}"
        assert _evil(project), "the mirror's file did not come, so this shows nothing"

        mirror.clear()
        mirror.fault("altered-file")
        project = _project(run, "file", index=f"{mirror.http_url}/simple/")
        done = _buildout(run, project)
        assert done.exit_code == 1, "a file against the hash of its index is installed"
        assert not _eggs(project), f"buildout has installed {_eggs(project)}"
        (entry,) = (each for each in mirror.files("demo-dep") if each.filename == WHEEL)
        link = f"{mirror.http_url}{entry.url}#sha256={entry.hashes['sha256']}"
        done = _buildout(run, project, "buildout:index=nowhere", f"buildout:find-links={link}")
        assert done.exit_code == 1, "the hash of a link is not looked at"
        wrong = f"{mirror.http_url}{entry.url}#sha256={'A' * 64}"
        _buildout(run, project, "buildout:index=nowhere", f"buildout:find-links={wrong}")
        assert _evil(project), "a hash in capitals is looked at: mend the page"
        assert _files(cache) == cache_before, "the cache has changed"


def yanked(run: Run) -> None:
    """Buildout installs a yanked release as any other; filling the cache names it."""
    project = _project(run, "yanked", eggs="demo-dep", pins="")
    new = {"CONFIG": project / "demo.cfg", "CACHE": run.tmp / "yanked-cache"}
    done = _sh(run, "fill-cache.sh", **new)
    assert done.exit_code == 1, f"a yanked release is good:\n{done.output}"
    assert not list(run.tmp.glob("yanked-cache*")), "a cache that is refused was left behind"
    done = _buildout(run, project, "buildout:show-picked-versions=true")
    assert _eggs(project) == {"demo-dep": "2.1"}, f"buildout looks at yanks: {_eggs(project)}"
    assert "demo-dep = 2.1" in done.output, f"no pin is shown:\n{done.output}"
    strict = _project(run, "strict", eggs="demo-dep", pins="zc.recipe.egg = 6.0.0", picked="false")
    done = _buildout(run, strict)
    assert done.exit_code == 1, f"what is not pinned is installed:\n{done.output}"


def requires_python(run: Run) -> None:
    """On a page of the index it counts; in a folder it does not, and then pip stops the build."""
    project = _project(run, "python", eggs="demo-python", pins="")
    new = {"CONFIG": project / "demo.cfg", "CACHE": run.tmp / "python-cache"}
    assert _sh(run, "fill-cache.sh", **new).exit_code == 0
    dist = run.tmp / "python-cache" / "dist"
    assert [file.name for file in dist.iterdir()] == ["demo_python-1.0-py3-none-any.whl"]
    (newest,) = (f for f in run.index.files("demo-python") if "2.0-py3" in f.filename)
    body = run.get(f"{run.index.url}{newest.url}").body
    (dist / newest.filename).write_bytes(body)
    _write_sums(dist.parent)
    check = _sh(run, "check-cache.sh", **new)
    assert check.exit_code == 1, f"a cache with what this Python cannot run may leave:\n{check}"
    assert "requires a different Python" in check.output, check.output
    project = _project(run, "python-pinned", eggs="demo-python", pins="demo-python = 1.0")
    done = _sh(run, "build.sh", **{**new, "CONFIG": project / "demo.cfg"})
    assert _eggs(project) == {"demo-python": "1.0"}, f"a pin does not help:\n{done.output}"


def half_page(run: Run) -> None:
    """Of half a page buildout installs what it sees; a pin makes it an error."""
    run.index.fault("malformed", "/simple/demo-dep/")
    pinned = _project(run, "half-pinned")
    done = _buildout(run, pinned)
    assert not _eggs(pinned), f"half a page was taken: {_eggs(pinned)} was installed"
    assert done.exit_code == 1, done.output
    project = _project(run, "half", eggs="demo-dep", pins="")
    done = _buildout(run, project)
    assert done.exit_code == 0, f"half a page is an error: mend the page:\n{done.output}"
    assert _eggs(project) == {"demo-dep": "1.0"}, f"of half a page came {_eggs(project)}"


def build_dependency(run: Run) -> None:
    """What builds an sdist is asked of pip's index, not of buildout's; filling tells pip of it."""
    pins = "demo-sdist = 1.0\ndemo-dep = 2.0"
    with Index(run.index.scenario) as public:
        public.publish("demo-backend", "99.0", files=(File(),))
        stranger = {"PIP_INDEX_URL": f"{public.http_url}/simple/"}  # as pypi.org is by default
        project = _project(run, "own-backend", eggs="demo-sdist", pins=pins)
        new = {"CONFIG": project / "demo.cfg", "CACHE": run.tmp / "backend-cache"}
        fill = _sh(run, "fill-cache.sh", BUILDERS="demo-backend", **new, **stranger)
        assert not public.requests(), f"filling asked the public index:\n{fill.output}"
        assert fill.exit_code == 0, fill.output
        hosts = f"buildout:allow-hosts={urlsplit(run.index.url).netloc}"
        cached = f"buildout:download-cache={run.tmp / 'backend-cache'}"
        cached_only = (cached, "buildout:install-from-cache=true", hosts)
        naive = _buildout(run, project, *cached_only, **stranger)
        assert naive.exit_code == 0, naive.output
        came = public.requests("/packages/*demo_backend-99.0*.whl")
        assert came, "buildout builds with what its own index has: mend the page"


def extends_gone(run: Run) -> None:
    """What a buildout extends is in the cache, too; while it is there, any page replaces it."""
    pins = (run.folder / "demo.cfg").read_text().partition("[versions]")[2]
    pages = {"/versions.cfg": f"[versions]{pins}".encode()}
    project = _project(run, "extends", eggs="demo-dep", pins="", picked="false")
    cfg, cache = project / "demo.cfg", run.tmp / "extends-cache"
    new = {"CONFIG": cfg, "CACHE": cache}
    with _serving(pages) as url:
        cfg.write_text(cfg.read_text().replace("parts =", f"extends = {url}/versions.cfg\nparts ="))
        fill = _sh(run, "fill-cache.sh", **new)
        assert fill.exit_code == 0, fill.output
    done = _sh(run, "build.sh", **new)
    assert done.exit_code == 0, f"what it extends is gone, and it does not build:\n{done.output}"
    assert _eggs(project) == {"demo-dep": "2.0"}, done.output

    (run.tmp / "kept").mkdir()
    keep = f"buildout:extends-cache={run.tmp / 'kept'}"
    with _serving(pages) as url:
        cfg.write_text(f"[buildout]\nextends = {url}/versions.cfg\nparts =\n")
        query = (keep, "query", "versions:demo-dep")
        assert "2.0" in _buildout(run, project, *query).output
        pages["/versions.cfg"] = b"<html>Please log in</html>"
        assert _buildout(run, project, *query).exit_code == 1, "a login page is a configuration"
    gone = _buildout(run, project, *query)
    assert gone.exit_code == 1, "the good copy was kept: mend the page"


def password(run: Run) -> None:
    """A password in the index lands in the output and in files; one in .pypirc does not."""
    refused = _sh(run, "point-at.sh", INDEX=f"https://me:{SECRET}@mirror.example/simple/")
    assert refused.exit_code == 2, "a password was written into the configuration"
    (entry,) = (each for each in run.index.files("demo-dep") if each.filename == WHEEL)
    page = f'<a href="/{WHEEL}#sha256={entry.hashes["sha256"]}">{WHEEL}</a>'
    wheel = run.get(f"{run.index.url}{entry.url}").body
    home = run.tmp / "user"
    home.mkdir()
    pages = {"/simple/demo-dep/": page.encode(), f"/{WHEEL}": wheel}
    with _serving(pages, f"me:{SECRET}") as url:
        host = urlsplit(url).hostname
        project = _project(run, "private", index=f"{url}/simple/")
        (home / ".netrc").write_text(f"machine {host} login me password {SECRET}\n")
        assert _buildout(run, project, HOME=home).exit_code == 1, "it reads .netrc: mend the page"
        rc = (run.folder / "pypirc").read_text()
        rc = rc.replace("https://private.example", url).replace("PASSWORD", SECRET)
        (home / ".pypirc").write_text(rc.replace("NAME", "me"))
        new = {"CONFIG": project / "demo.cfg", "CACHE": run.tmp / "private-cache", "HOME": home}
        fill = _sh(run, "fill-cache.sh", **new)
        assert fill.exit_code == 0, f".pypirc does not do:\n{fill.output}"
        assert SECRET not in fill.output, "the password is shown"
        assert not _with_secret(run.tmp / "private-cache"), "the password is in the cache"
        (home / ".pypirc").unlink()
        inside = url.replace("//", f"//me:{SECRET}@")
        naive = _project(run, "naive-private", index=f"{inside}/simple/")
        done = _buildout(run, naive, HOME=home)
        assert done.exit_code == 0, done.output
        assert SECRET in done.output, "it hides a password: mend the page"
        kept = {file.name for file in _with_secret(naive)}
        assert kept == {"demo.cfg", ".installed.cfg"}, f"the password is in {kept}: mend the page"


def _altered_cache(run: Run, cache: Path) -> None:
    """A file of the cache is altered, cut or added, then the sums with it."""
    project = _project(run, "altered")
    build = {"CONFIG": project / "demo.cfg"}
    wheel = cache / "dist" / WHEEL
    honest, sums = wheel.read_bytes(), _sha256(cache / "SHA256SUMS")
    with Index(run.index.scenario) as mirror:
        mirror.fault("altered-file")
        (entry,) = (each for each in mirror.files("demo-dep") if each.filename == WHEEL)
        altered = run.get(f"{mirror.http_url}{entry.url}").body
    for what, content in {"half a file": honest[:300], "another file": altered}.items():
        wheel.write_bytes(content)
        done = _sh(run, "build.sh", **build)
        assert done.exit_code == 1, f"{what} in the cache, yet build.sh installed {_eggs(project)}"
    _write_sums(cache)
    done = _sh(run, "build.sh", SUM=sums, **build)
    assert done.exit_code == 1, f"other sums, yet build.sh installed {_eggs(project)}"
    naive = _buildout(run, project, f"buildout:download-cache={cache}")
    assert naive.exit_code == 0, naive.output
    assert _evil(project), "buildout looks at the hash of a cached file: mend the page"
    wheel.write_bytes(honest)
    _write_sums(cache)
    assert _sha256(cache / "SHA256SUMS") == sums, "the sums are not written as they were"
    (cache / "dist" / "demo_dep-2.0.tar.gz").symlink_to(wheel)
    done = _sh(run, "build.sh", **build)
    assert done.exit_code == 1, "a file was added to the cache, yet build.sh builds"
    (cache / "dist" / "demo_dep-2.0.tar.gz").unlink()


def _project(
    run: Run,
    name: str,
    *,
    index: str = "",
    eggs: str | None = None,
    pins: str | None = None,
    picked: str = "true",
) -> Path:
    """Make a folder with the recipe's demo.cfg, changed as said."""
    folder = run.tmp / "projects" / name
    folder.mkdir(parents=True, exist_ok=True)
    text = (run.folder / "demo.cfg").read_text()
    if index:
        text = text.replace(f"{run.index.url}/simple/", index)
    if eggs is not None:
        text = text.replace("eggs = demo-dep", f"eggs = {eggs}")
    if pins is not None:
        text = text.partition("[versions]")[0] + f"[versions]\n{pins}\n"
        text = text.replace("allow-picked-versions = false", f"allow-picked-versions = {picked}")
    (folder / "demo.cfg").write_text(text)
    return folder


def _buildout(run: Run, project: Path, *words: str, **settings: Any) -> Completed:
    """Run buildout as anybody does, without the recipe's scripts."""
    own: dict[str, Any] = {"PIP_INDEX_URL": f"{run.index.url}/simple/", **settings}
    return run.command("buildout", "-c", project / "demo.cfg", *words, timeout=PATIENCE, **own)


def _with_secret(folder: Path) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return [file for file in files if SECRET.encode() in file.read_bytes()]


@contextmanager
def _serving(pages: Mapping[str, bytes], login: str = "") -> Iterator[str]:
    """Serve pages, to those who send ``login`` where there is one; give the address."""
    basic = f"Basic {base64.b64encode(login.encode()).decode()}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            denied = bool(login) and self.headers["Authorization"] != basic
            body = pages.get(self.path)
            self.send_response(401 if denied else 404 if body is None else 200)
            kind = "text/html" if self.path.endswith("/") else "application/octet-stream"
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(b"" if denied else body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _sh(run: Run, script: str, **settings: Any) -> Completed:
    return run.command("sh", script, timeout=PATIENCE, **settings)


def _elsewhere(run: Run) -> dict[str, str]:
    """Settings of a machine that name the index."""
    return {"PIP_INDEX_URL": f"{run.index.url}/simple/", "PIP_FIND_LINKS": str(run.tmp)}


def _no_network() -> dict[str, str]:
    """What is asked outside of the lab fails, as without a network, and is no attempt to leave."""
    return {"no_proxy": "*", "NO_PROXY": "*"}


@contextmanager
def _copy_of_cache(run: Run) -> Iterator[Path]:
    """Give the cache, and put it back as it was."""
    cache = run.folder / "cache"
    before = _files(cache)
    try:
        yield cache
    finally:
        for name, content in before.items():
            (cache / name).write_bytes(content)


def _files(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _write_sums(cache: Path) -> None:
    names = sorted(name for name in _files(cache) if name != "SHA256SUMS")
    lines = [f"{_sha256(cache / name)}  ./{name}\n" for name in names]
    (cache / "SHA256SUMS").write_text("".join(lines))


def _eggs(project: Path) -> dict[str, str]:
    """Project -> version of the eggs that are installed, by their folders."""
    names = [egg.name.split("-") for egg in (project / "eggs").glob("v*/*.egg")]
    return {name[0].replace("_", "-"): name[1] for name in names}


def _evil(project: Path) -> bool:
    return any(project.glob(f"eggs/v*/demo_dep*/{EVIL}"))


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
