"""Building without the index: from a cache that is whole, and from one that is not."""

from __future__ import annotations

from collections import Counter

from drilling.caches import sha256, write_sums
from drilling.projects import WHEEL, buildout, eggs_of, elsewhere, project_in, sh
from drilling.serving import serving

from mirrorlab.runner import Run

BACKEND = "demo_backend-1.0-py3-none-any.whl"


def promise(run: Run) -> None:
    """What was filled is what the index has; it was checked and built without the index."""
    dist = run.folder / "cache" / "dist"
    assert {file.name: sha256(file) for file in dist.iterdir()} == {WHEEL: run.index.sha256(WHEEL)}
    assert eggs_of(run.folder) == {"demo-dep": "2.0"}, eggs_of(run.folder)
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
    project = project_in(run, "offline")
    done = sh(run, "build.sh", CONFIG=project / "demo.cfg", **elsewhere(run))
    assert done.exit_code == 0, f"build.sh does not build:\n{done.output}"
    assert eggs_of(project) == {"demo-dep": "2.0"}, done.output
    assert not run.index.requests(), f"build.sh asked: {run.index.requests()}"
    _without_build_sh(run)


def incomplete_cache(run: Run) -> None:
    """What is missing is named before the cache leaves, and is fetched from nowhere."""
    cache = run.tmp / "sdist-cache"
    sdist = project_in(run, "sdist", eggs="demo-sdist", pins="demo-sdist = 1.0\ndemo-dep = 2.0")
    new = {"CONFIG": sdist / "demo.cfg", "CACHE": cache}
    assert sh(run, "fill-cache.sh", BUILDERS="demo-backend", **new).exit_code == 0
    run.index.forget_requests()
    check = sh(run, "check-cache.sh", **new, **elsewhere(run))
    assert check.exit_code == 0, f"the whole cache is not enough:\n{check.output}"

    backend = (cache / "build" / BACKEND).read_bytes()
    (cache / "build" / BACKEND).unlink()
    write_sums(cache)
    check = sh(run, "check-cache.sh", **new, **elsewhere(run))
    assert check.exit_code == 1, "a cache without what builds its sdist may leave"
    assert "demo-backend" in check.output, "the check does not name what is missing"
    (cache / "build" / BACKEND).write_bytes(backend)
    (cache / "dist" / WHEEL).unlink()
    assert sh(run, "check-cache.sh", **new).exit_code == 1, "a cache with a file missing may leave"
    write_sums(cache)
    check = sh(run, "check-cache.sh", **new, **elsewhere(run))
    assert check.exit_code == 1, "a cache that lacks a project may leave"
    assert "Couldn't find a distribution for 'demo-dep==2.0'" in check.output, check.output
    assert not run.index.requests(), "the check asked the index"

    project = project_in(run, "installed-before")
    assert buildout(run, project).exit_code == 0
    buildout(run, project, f"buildout:download-cache={run.tmp / 'late'}")
    assert not list((run.tmp / "late" / "dist").iterdir()), "installed eggs now fill the cache"


def extends_gone(run: Run) -> None:
    """What a buildout extends is in the cache, too; while it is there, any page replaces it."""
    pins = (run.folder / "demo.cfg").read_text().partition("[versions]")[2]
    pages = {"/versions.cfg": f"[versions]{pins}".encode()}
    project = project_in(run, "extends", eggs="demo-dep", pins="", picked="false")
    cfg, cache = project / "demo.cfg", run.tmp / "extends-cache"
    new = {"CONFIG": cfg, "CACHE": cache}
    with serving(pages) as url:
        cfg.write_text(cfg.read_text().replace("parts =", f"extends = {url}/versions.cfg\nparts ="))
        fill = sh(run, "fill-cache.sh", **new)
        assert fill.exit_code == 0, fill.output
    done = sh(run, "build.sh", **new)
    assert done.exit_code == 0, f"what it extends is gone, and it does not build:\n{done.output}"
    assert eggs_of(project) == {"demo-dep": "2.0"}, done.output

    (run.tmp / "kept").mkdir()
    keep = f"buildout:extends-cache={run.tmp / 'kept'}"
    with serving(pages) as url:
        cfg.write_text(f"[buildout]\nextends = {url}/versions.cfg\nparts =\n")
        query = (keep, "query", "versions:demo-dep")
        assert "2.0" in buildout(run, project, *query).output
        pages["/versions.cfg"] = b"<html>Please log in</html>"
        assert buildout(run, project, *query).exit_code == 1, "a login page is a configuration"
    gone = buildout(run, project, *query)
    assert gone.exit_code == 1, "the good copy was kept: mend the page"


def _without_build_sh(run: Run) -> None:
    """Neither a full cache nor an option of buildout's own does what build.sh does."""
    project = project_in(run, "plain")
    done = buildout(run, project)
    assert done.exit_code == 1, f"buildout builds without an index:\n{done.output}"
    assert not eggs_of(project), f"buildout has installed {eggs_of(project)}"
    asked = len(run.index.requests())
    buildout(run, project, "buildout:allow-hosts=nobody.invalid")
    assert len(run.index.requests()) == asked, "allow-hosts allows all: mend the page"
    cache = f"buildout:download-cache={run.folder / 'cache'}"
    done = buildout(run, project, cache)
    assert eggs_of(project) == {"demo-dep": "2.0"}, f"a cache alone does not do:\n{done.output}"
    assert len(run.index.requests()) > asked, "with a full cache it asks no page: mend the page"

    unpinned = project_in(run, "plain", eggs="demo-dep", pins="")  # where the egg is installed
    run.index.forget_requests()
    assert buildout(run, unpinned, "-N").exit_code == 0
    assert not run.index.requests(), "buildout -N asks for what is installed"
    done = buildout(run, unpinned, "-o", **_no_network())
    assert done.exit_code == 1, "buildout -o works: mend the page"
    assert "Reading https://pypi.org/simple/demo-dep/" in done.output, done.output
    done = buildout(run, unpinned, "-o", cache, "buildout:install-from-cache=true")
    assert "install-from-cache can't be used with offline mode" in done.output, done.output


def _no_network() -> dict[str, str]:
    """What is asked outside of the lab fails, as without a network, and is no attempt to leave."""
    return {"no_proxy": "*", "NO_PROXY": "*"}
