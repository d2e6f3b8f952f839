"""What buildout looks at before it installs a file, and what it does not look at."""

from __future__ import annotations

from pathlib import Path

from drilling.caches import files_in, kept_as_it_was, sha256, write_sums
from drilling.projects import WHEEL, buildout, eggs_of, evil, project_in, sh

from mirrorlab.index import Index
from mirrorlab.runner import Run


def hash_mismatch(run: Run) -> None:
    """Buildout holds a file against the hash of its index, and against nothing else."""
    with kept_as_it_was(run) as cache, Index(run.index.scenario) as mirror:
        _altered_cache(run, cache)
        cache_before = files_in(cache)
        project = project_in(run, "mirror", index=f"{mirror.http_url}/simple/")
        new = {"CONFIG": project / "demo.cfg", "CACHE": run.tmp / "mirror-cache"}
        mirror.fault("altered")
        fill = sh(run, "fill-cache.sh", **new)
        assert fill.exit_code == 1, f"a file with another hash is good:\n{fill.output}"
        assert WHEEL in fill.output, fill.output
        assert not list(run.tmp.glob("mirror-cache*")), "a cache that is refused was left behind"
        naive = buildout(run, project)
        assert naive.exit_code == 0, f"buildout now refuses what its index is wrong about: {naive}"
        assert evil(project), "the mirror's file did not come, so this shows nothing"
        mirror.clear()
        _other_than_its_page_says(run, mirror)
        assert files_in(cache) == cache_before, "the cache has changed"


def yanked(run: Run) -> None:
    """Buildout installs a yanked release as any other; filling the cache names it."""
    project = project_in(run, "yanked", eggs="demo-dep", pins="")
    new = {"CONFIG": project / "demo.cfg", "CACHE": run.tmp / "yanked-cache"}
    done = sh(run, "fill-cache.sh", **new)
    assert done.exit_code == 1, f"a yanked release is good:\n{done.output}"
    assert not list(run.tmp.glob("yanked-cache*")), "a cache that is refused was left behind"
    done = buildout(run, project, "buildout:show-picked-versions=true")
    assert eggs_of(project) == {"demo-dep": "2.1"}, f"buildout looks at yanks: {eggs_of(project)}"
    assert "demo-dep = 2.1" in done.output, f"no pin is shown:\n{done.output}"
    pins = "zc.recipe.egg = 6.0.0"
    strict = project_in(run, "strict", eggs="demo-dep", pins=pins, picked="false")
    done = buildout(run, strict)
    assert done.exit_code == 1, f"what is not pinned is installed:\n{done.output}"


def requires_python(run: Run) -> None:
    """On a page of the index it counts; in a folder it does not, and then pip stops the build."""
    project = project_in(run, "python", eggs="demo-python", pins="")
    new = {"CONFIG": project / "demo.cfg", "CACHE": run.tmp / "python-cache"}
    assert sh(run, "fill-cache.sh", **new).exit_code == 0
    dist = run.tmp / "python-cache" / "dist"
    assert [file.name for file in dist.iterdir()] == ["demo_python-1.0-py3-none-any.whl"]
    (newest,) = (f for f in run.index.files("demo-python") if "2.0-py3" in f.filename)
    body = run.get(f"{run.index.url}{newest.url}").body
    (dist / newest.filename).write_bytes(body)
    write_sums(dist.parent)
    check = sh(run, "check-cache.sh", **new)
    assert check.exit_code == 1, f"a cache with what this Python cannot run may leave:\n{check}"
    assert "requires a different Python" in check.output, check.output
    project = project_in(run, "python-pinned", eggs="demo-python", pins="demo-python = 1.0")
    done = sh(run, "build.sh", **{**new, "CONFIG": project / "demo.cfg"})
    assert eggs_of(project) == {"demo-python": "1.0"}, f"a pin does not help:\n{done.output}"


def half_page(run: Run) -> None:
    """Of half a page buildout installs what it sees; a pin makes it an error."""
    run.index.fault("malformed", "/simple/demo-dep/")
    pinned = project_in(run, "half-pinned")
    done = buildout(run, pinned)
    assert not eggs_of(pinned), f"half a page was taken: {eggs_of(pinned)} was installed"
    assert done.exit_code == 1, done.output
    project = project_in(run, "half", eggs="demo-dep", pins="")
    done = buildout(run, project)
    assert done.exit_code == 0, f"half a page is an error: mend the page:\n{done.output}"
    assert eggs_of(project) == {"demo-dep": "1.0"}, f"of half a page came {eggs_of(project)}"


def _altered_cache(run: Run, cache: Path) -> None:
    """A file of the cache is altered, cut or added, then the sums with it."""
    project = project_in(run, "altered")
    build = {"CONFIG": project / "demo.cfg"}
    wheel = cache / "dist" / WHEEL
    honest, sums = wheel.read_bytes(), sha256(cache / "SHA256SUMS")
    with Index(run.index.scenario) as mirror:
        mirror.fault("altered-file")
        (entry,) = (each for each in mirror.files("demo-dep") if each.filename == WHEEL)
        altered = run.get(f"{mirror.http_url}{entry.url}").body
    for what, content in {"half a file": honest[:300], "another file": altered}.items():
        wheel.write_bytes(content)
        done = sh(run, "build.sh", **build)
        assert done.exit_code == 1, f"{what} in the cache, yet it installed {eggs_of(project)}"
    write_sums(cache)
    done = sh(run, "build.sh", SUM=sums, **build)
    assert done.exit_code == 1, f"other sums, yet build.sh installed {eggs_of(project)}"
    naive = buildout(run, project, f"buildout:download-cache={cache}")
    assert naive.exit_code == 0, naive.output
    assert evil(project), "buildout looks at the hash of a cached file: mend the page"
    wheel.write_bytes(honest)
    write_sums(cache)
    assert sha256(cache / "SHA256SUMS") == sums, "the sums are not written as they were"
    (cache / "dist" / "demo_dep-2.0.tar.gz").symlink_to(wheel)
    done = sh(run, "build.sh", **build)
    assert done.exit_code == 1, "a file was added to the cache, yet build.sh builds"
    (cache / "dist" / "demo_dep-2.0.tar.gz").unlink()


def _other_than_its_page_says(run: Run, mirror: Index) -> None:
    """A file against the hash in its link, on a page and in find-links; one against no hash."""
    mirror.fault("altered-file")
    project = project_in(run, "file", index=f"{mirror.http_url}/simple/")
    done = buildout(run, project)
    assert done.exit_code == 1, "a file against the hash of its index is installed"
    assert not eggs_of(project), f"buildout has installed {eggs_of(project)}"
    (entry,) = (each for each in mirror.files("demo-dep") if each.filename == WHEEL)
    link = f"{mirror.http_url}{entry.url}#sha256={entry.hashes['sha256']}"
    done = buildout(run, project, "buildout:index=nowhere", f"buildout:find-links={link}")
    assert done.exit_code == 1, "the hash of a link is not looked at"
    wrong = f"{mirror.http_url}{entry.url}#sha256={'A' * 64}"
    buildout(run, project, "buildout:index=nowhere", f"buildout:find-links={wrong}")
    assert evil(project), "a hash in capitals is looked at: mend the page"
