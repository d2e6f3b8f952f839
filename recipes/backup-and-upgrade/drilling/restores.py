"""What comes back from a backup: of three servers, of half an upload, of a withdrawn release."""

from __future__ import annotations

import re
from pathlib import Path

from drilling.devpi import fill, restored
from drilling.inventory import backups, difference, everything, hashes
from drilling.uploads import upload_to_pypiserver

from mirrorlab.runner import Run

PACKAGES = Path("web", "packages")


def promise(run: Run) -> None:
    """Each of the three comes back from its backup: files, users, permissions, indexes."""
    fill(run)
    upload_to_pypiserver(run, "acme-tool", "1.0")
    run.index.publish("demo-dep", "3.0")
    assert run.step("mirror").exit_code == 0
    cached, content = _cache(run)
    for name in ("backup-devpi", "backup-pypiserver", "backup-mirror"):
        done = run.step(name, SKIP="root/pypi")
        assert done.exit_code == 0, f"{name} failed: {done.output}"
    before = everything(run, run.settings["PRIMARY"])
    assert len(before) >= 10, f"there is too little to lose: {before}"
    run.wait(lambda: run.step("check-replica").exit_code == 0, "a replica that has everything")

    second = run.tmp / "second"
    url = restored(run, second / "devpi")
    after, again = everything(run, url), run.get(url + cached)
    assert after == before, f"not as before: {difference(before, after)}"
    assert again.body == content, f"a mirror index does not work again: {again.status}"
    _pypiserver_is_back(run, second / "pypiserver")
    _mirror_is_back(run, second / "mirror")

    assert run.step("backup-pypiserver", KEEP="2").exit_code == 0
    kept = backups(run, "pypiserver")
    assert len(kept) == 2, f"{len(kept)} backups are kept, not 2"


def half_an_upload(run: Run) -> None:
    """pypiserver leaves half a file where a disk was full; the backup leaves it out and says so."""
    small = run.tmp / "small"
    run.small_disk(small, 300_000)
    (small / "elsewhere").mkdir()
    (small / "packages").symlink_to("elsewhere")  # as on a server whose packages lie on a disk
    settings = {"PYPISERVER": small}
    assert run.step("pypiserver", **settings).exit_code == 0
    assert upload_to_pypiserver(run, "acme-tool", "1.0", small) == 200
    assert upload_to_pypiserver(run, "acme-tool", "2.0", small, pad=500_000) >= 500
    (half,) = small.glob("packages/acme_tool-2.0*")
    assert half.stat().st_size < 500_000, "pypiserver has learned to clean up"
    page = run.get(f"http://{run.settings['PYPISERVER_LISTEN']}/simple/acme-tool/").text
    assert half.name in page, "pypiserver has learned not to serve it"
    done = run.step("backup-pypiserver", **settings)
    held = backups(run, "pypiserver")[-1]
    assert not (held / "packages").is_symlink(), "links were not followed"
    assert done.exit_code == 1, "the backup did not tell"
    assert half.name in done.output, "it does not name the half file"
    target = run.tmp / "again"
    assert run.step("restore-pypiserver", PYPISERVER=target).exit_code == 0
    names = sorted(hashes(target / "packages"))
    assert names == ["acme_tool-1.0-py3-none-any.whl"], f"restored: {names}"
    assert _passwords(target) == _passwords(small), "no password came back"


def withdrawn_upstream(run: Run) -> None:
    """Without the tree a restore names what upstream no longer has; with it nothing is lost."""
    kept = run.folder / "requirements.in"
    assert run.step("backup-mirror", ALSO=kept).exit_code == 0
    without = backups(run, "mirror")[-1]
    assert run.step("backup-mirror", TREE="yes").exit_code == 0
    held = hashes(Path(run.settings["MIRROR"]) / PACKAGES)
    run.index.delete("demo-dep", "1.0")

    fresh = run.tmp / "fresh"
    done = run.step("restore-mirror", MIRROR=fresh, BACKUP=without)
    assert done.exit_code == 1, "the restore did not tell that a file is gone"
    assert (fresh / kept.name).read_text() == kept.read_text(), "what ALSO named did not come back"
    lost = set(re.findall(r"no longer has: .*/(\S+)$", done.output, re.MULTILINE))
    missing = {Path(name).name for name in held.keys() - hashes(fresh / PACKAGES).keys()}
    assert lost == missing, f"named {lost}, missing {missing}"
    assert "demo_dep-1.0-py3-none-any.whl" in lost

    whole = run.tmp / "whole"
    done = run.step("restore-mirror", MIRROR=whole)
    assert done.exit_code == 0, f"the tree was not restored: {done.output}"
    assert hashes(whole / PACKAGES) == held, "a file that only we have is lost"
    again = run.step("restore-mirror", MIRROR=whole)
    assert again.exit_code == 1, "it restored over a mirror"


def _cache(run: Run) -> tuple[str, bytes]:
    """Make devpi's mirror index fetch one file, as its last change; give its path and content."""
    url = run.settings["PRIMARY"]
    page = run.get(f"{url}/root/pypi/+simple/demo-lib/").text
    (link, *_) = re.findall(r'href="\.\./\.\.([^"#]+)', page)
    path = f"/root/pypi{link}"
    return path, run.get(url + path).body


def _pypiserver_is_back(run: Run, there: Path) -> None:
    assert run.step("restore-pypiserver", PYPISERVER=there).exit_code == 0
    here = Path(run.settings["PYPISERVER"])
    assert hashes(there / "packages") == hashes(here / "packages"), "pypiserver lost a file"
    assert _passwords(there) == _passwords(here), "no password came back"


def _passwords(pypiserver: Path) -> str:
    return (pypiserver / "htpasswd").read_text()


def _mirror_is_back(run: Run, there: Path) -> None:
    assert run.step("restore-mirror", MIRROR=there).exit_code == 0
    held = hashes(Path(run.settings["MIRROR"]) / PACKAGES)
    assert hashes(there / PACKAGES) == held, "the mirror lost a file"
    assert any("demo_dep-3.0" in name for name in held), "the mirror had nothing new"
