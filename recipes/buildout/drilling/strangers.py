"""Who else has a say: the public index, and who reads what a password was written into."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from drilling.projects import WHEEL, buildout, project_in, sh
from drilling.serving import serving

from mirrorlab.index import Index
from mirrorlab.runner import Run
from mirrorlab.scenario import File

SECRET = "sesame-1f2e3d"


def build_dependency(run: Run) -> None:
    """What builds an sdist is asked of pip's index, not of buildout's; filling tells pip of it."""
    pins = "demo-sdist = 1.0\ndemo-dep = 2.0"
    with Index(run.index.scenario) as public:
        public.publish("demo-backend", "99.0", files=(File(),))
        stranger = {"PIP_INDEX_URL": f"{public.http_url}/simple/"}  # as pypi.org is by default
        project = project_in(run, "own-backend", eggs="demo-sdist", pins=pins)
        new = {"CONFIG": project / "demo.cfg", "CACHE": run.tmp / "backend-cache"}
        fill = sh(run, "fill-cache.sh", BUILDERS="demo-backend", **new, **stranger)
        assert not public.requests(), f"filling asked the public index:\n{fill.output}"
        assert fill.exit_code == 0, fill.output
        hosts = f"buildout:allow-hosts={urlsplit(run.index.url).netloc}"
        cached = f"buildout:download-cache={run.tmp / 'backend-cache'}"
        cached_only = (cached, "buildout:install-from-cache=true", hosts)
        naive = buildout(run, project, *cached_only, **stranger)
        assert naive.exit_code == 0, naive.output
        came = public.requests("/packages/*demo_backend-99.0*.whl")
        assert came, "buildout builds with what its own index has: mend the page"


def password(run: Run) -> None:
    """A password in the index lands in the output and in files; one in .pypirc does not."""
    refused = sh(run, "point-at.sh", INDEX=f"https://me:{SECRET}@mirror.example/simple/")
    assert refused.exit_code == 2, "a password was written into the configuration"
    home = run.tmp / "user"
    home.mkdir()
    with serving(_one_project(run), f"me:{SECRET}") as url:
        _in_pypirc(run, url, home)
        inside = url.replace("//", f"//me:{SECRET}@")
        naive = project_in(run, "naive-private", index=f"{inside}/simple/")
        done = buildout(run, naive, HOME=home)
        assert done.exit_code == 0, done.output
        assert SECRET in done.output, "it hides a password: mend the page"
        kept = {file.name for file in _with_secret(naive)}
        assert kept == {"demo.cfg", ".installed.cfg"}, f"the password is in {kept}: mend the page"


def _one_project(run: Run) -> dict[str, bytes]:
    """The pages of an index that has demo-dep alone."""
    (entry,) = (each for each in run.index.files("demo-dep") if each.filename == WHEEL)
    page = f'<a href="/{WHEEL}#sha256={entry.hashes["sha256"]}">{WHEEL}</a>'
    wheel = run.get(f"{run.index.url}{entry.url}").body
    return {"/simple/demo-dep/": page.encode(), f"/{WHEEL}": wheel}


def _in_pypirc(run: Run, url: str, home: Path) -> None:
    """buildout reads .pypirc, and not .netrc; what it reads there it does not write down."""
    project = project_in(run, "private", index=f"{url}/simple/")
    machine = f"machine {urlsplit(url).hostname} login me password {SECRET}\n"
    (home / ".netrc").write_text(machine)
    assert buildout(run, project, HOME=home).exit_code == 1, "it reads .netrc: mend the page"
    rc = (run.folder / "pypirc").read_text()
    rc = rc.replace("https://private.example", url).replace("PASSWORD", SECRET)
    (home / ".pypirc").write_text(rc.replace("NAME", "me"))
    new = {"CONFIG": project / "demo.cfg", "CACHE": run.tmp / "private-cache", "HOME": home}
    fill = sh(run, "fill-cache.sh", **new)
    assert fill.exit_code == 0, f".pypirc does not do:\n{fill.output}"
    assert SECRET not in fill.output, "the password is shown"
    assert not _with_secret(run.tmp / "private-cache"), "the password is in the cache"
    (home / ".pypirc").unlink()


def _with_secret(folder: Path) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return [file for file in files if SECRET.encode() in file.read_bytes()]
