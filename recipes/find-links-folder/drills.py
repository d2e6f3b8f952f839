"""What a collected folder promises, and how it is broken."""

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distributions
from pathlib import Path

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

SET = {"demo-dep": "2.0", "demo-lib": "2.0", "demo-platform": "1.0", "demo-sdist": "1.0"}
INSTALLERS = ("install.sh", "install-with-uv.sh")
ARM = "demo_platform-1.0-cp312-cp312-manylinux_2_17_aarch64.manylinux2014_aarch64.whl"
NOWHERE = "https://index.invalid/simple/"  # RFC 6761: this name never resolves


def promise(run: Run) -> None:
    """Pip and uv install the set from the folder, and no index hears of it."""
    packages = run.folder / "packages"
    files = {file.name for file in packages.iterdir()}
    assert ARM in files, "no wheel for Python 3.12 on ARM"
    assert "demo_platform-1.0.tar.gz" not in files, "an sdist came where a wheel was to be had"
    for name in files - {"SHA256SUMS", "requirements.txt", "build-requirements.txt"}:
        assert _sha256(packages / name) == run.index.sha256(name), f"{name} is not what was served"

    run.index.forget_requests()
    for script in INSTALLERS:
        done, venv = _install(run, script)
        assert done.exit_code == 0, f"{script} failed:\n{done.output}"
        assert _installed(venv) == SET, f"{script} installed {_installed(venv)}"
        assert not _differing(venv, packages), f"{script} installed other files than the wheels'"
    assert not run.index.requests(), "an installer asked the index"


def wrong_hash(run: Run) -> None:
    """An altered file is found by its sum, and where that was altered too, by the lock."""
    with _honest(run) as packages:
        _alter(packages / ARM)
        assert run.step("check").exit_code == 1, "the altered folder was let go"
        _refused(run, "a file was altered")

    with _honest(run) as packages:
        _alter(packages / "demo_dep-2.0-py3-none-any.whl")
        _write_sums(packages)
        _refused(run, "a file and SHA256SUMS were altered")


def wrong_build_dependency(run: Run) -> None:
    """What an sdist is built with is held to its lock as well."""
    with _honest(run) as packages:
        _alter(packages / "demo_backend-1.0-py3-none-any.whl")
        _write_sums(packages)
        _refused(run, "a build dependency and SHA256SUMS were altered")


def wrong_lock(run: Run) -> None:
    """A lock that asks for nothing is refused; one that asks for other files, by the sum."""
    with _honest(run) as packages:
        sum_on_paper = _sha256(packages / "SHA256SUMS")
        lock, wheel = packages / "requirements.txt", packages / "demo_dep-2.0-py3-none-any.whl"
        pins = [line.split()[0] for line in lock.read_text().splitlines() if "==" in line]
        before, honest = _sha256(wheel), lock.read_text()
        _alter(wheel)
        lock.write_text("\n".join(pins))
        _write_sums(packages)
        _refused(run, "a file was altered, its lock has lost the hashes")

        lock.write_text(honest.replace(before, _sha256(wheel)))
        _write_sums(packages)
        _refused(run, "a file, its lock and SHA256SUMS were altered", SUM=sum_on_paper)


def no_network(run: Run) -> None:
    """What asks an index fails; what asks the folder does not notice."""
    offline = {"no_proxy": "*", "NO_PROXY": "*", "PIP_RETRIES": "1", "UV_HTTP_RETRIES": "0"}
    for name in ("pip", "uv"):
        naive = run.client(name).install("demo-lib", index=NOWHERE, env=offline)
        assert naive.exit_code != 0, f"{name} installed without a network"
        assert not naive.installed, f"{name} left {naive.installed} behind"

    folder = {file: file.read_bytes() for file in (run.folder / "packages").iterdir()}
    again = run.command("sh", "collect.sh", UPSTREAM=NOWHERE, timeout=60, **offline)
    assert again.exit_code != 0, "collecting ended well without an index"
    left = {file: file.read_bytes() for file in (run.folder / "packages").glob("*")}
    assert left == folder, "a failed collection changed the folder"
    assert not (run.folder / "packages.new").exists(), "a failed collection left its scraps behind"

    run.index.forget_requests()
    for script in INSTALLERS:
        done, venv = _install(run, script)
        assert not run.index.requests(), f"{script} asked the index"
        assert done.exit_code == 0, f"{script} failed:\n{done.output}"
        assert _installed(venv) == SET, f"{script} installed {_installed(venv)}"


def missing_build_dependency(run: Run) -> None:
    """The gap is named before the folder leaves, and no index fills it in silence."""
    packages = run.folder / "packages"
    plain = run.tmp / "plain"
    download = ["python3", "-m", "pip", "download", "--quiet", "-r", "demo.in", "--dest"]
    assert run.command(*download, plain, PIP_INDEX_URL=run.settings["UPSTREAM"]).exit_code == 0
    assert not list(plain.glob("demo_backend*")), "pip download now keeps build dependencies"
    naive = run.client("pip").install("--no-index", "--find-links", plain, "demo-sdist")
    assert not naive.installed, f"without its backend came {naive.installed}"

    with _honest(run):
        _move_backend(packages, run.tmp / "elsewhere")
        check = run.step("check")
        assert check.exit_code == 1, "the incomplete folder was let go"
        assert "demo-backend" in check.output, "the check does not say what is missing"
        run.index.forget_requests()
        _refused(run, "a build dependency is missing")
        assert not run.index.requests(), "an installer asked the index"

    assert run.step("collect", SDISTS="build", TARGETS="here").exit_code == 0
    _move_backend(packages, run.tmp / "elsewhere")
    for script in INSTALLERS:
        done, venv = _install(run, script)
        assert _installed(venv) == SET, f"{script} had nothing to build, yet:\n{done.output}"


def wrong_platform(run: Run) -> None:
    """A folder for another platform is not enough here; both installers say why."""
    windows = f"{run.python}:x86_64-pc-windows-msvc"
    run.index.publish("demo-colour", "1.0")
    needs = ["demo-dep", "demo-colour; sys_platform == 'win32'"]
    run.index.publish("demo-lib", "3.0", requires=needs)
    cache = run.tmp / "new-cache"  # the one in use may keep pages for a while
    collect = run.command("sh", "collect.sh", TARGETS=windows, XDG_CACHE_HOME=cache)
    assert collect.exit_code == 0, f"collecting for Windows failed:\n{collect.output}"
    files = [file.name for file in (run.folder / "packages").iterdir()]
    (wheel,) = (name for name in files if name.startswith("demo_platform"))
    assert wheel.endswith("-win_amd64.whl"), f"for Windows came {wheel}"
    assert "demo_colour-1.0-py3-none-any.whl" in files, "what only Windows needs did not come"
    assert run.step("check", TARGETS=windows).exit_code == 0, "not enough even for Windows"
    check = run.step("check")
    assert check.exit_code == 1, "the folder was let go without wheels for this machine"
    assert "it is not enough for here" in check.output, "the check names no target"
    _refused(run, "all wheels are for Windows")


def _install(run: Run, script: str, **settings: str) -> tuple[Completed, Path]:
    """Install into a new environment, where the machine's own settings name other sources."""
    venv = run.tmp / f"fresh-{len(list(run.tmp.iterdir()))}"
    index, folder = run.settings["UPSTREAM"], str(run.tmp / "elsewhere")
    own = {"PIP_INDEX_URL": index, "UV_DEFAULT_INDEX": index, "PIP_RETRIES": "0"}
    own |= {"PIP_FIND_LINKS": folder, "UV_FIND_LINKS": folder}
    return run.command("sh", script, timeout=60, VENV=venv, **own, **settings), venv


def _refused(run: Run, why: str, **settings: str) -> None:
    """Assert that both installers refuse the folder and leave nothing behind."""
    for script in INSTALLERS:
        done, venv = _install(run, script, **settings)
        assert done.exit_code != 0, f"{why}, yet {script} installed {_installed(venv)}"
        assert not venv.exists(), f"{why}: {script} left a half-made environment behind"


def _installed(venv: Path) -> dict[str, str]:
    paths = [str(path) for path in venv.glob("lib/python*/site-packages")]
    return {found.name: found.version for found in distributions(path=paths)}


def _differing(venv: Path, packages: Path) -> list[str]:
    """Name the installed files whose bytes are not those of the folder's wheels."""
    (site,) = venv.glob("lib/python*/site-packages")
    modules = {
        name: archive.read(name)
        for wheel in packages.glob("*-none-any.whl")
        if "backend" not in wheel.name
        for archive in [zipfile.ZipFile(wheel)]
        for name in archive.namelist()
        if name.endswith("__init__.py")
    }
    return [name for name, content in modules.items() if (site / name).read_bytes() != content]


def _alter(wheel: Path) -> None:
    """Slip a file into a wheel; it stays a valid one."""
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("slipped_in.py", "print('not what you collected')")


@contextmanager
def _honest(run: Run) -> Iterator[Path]:
    """Lend the folder as it was collected; afterwards it is so again."""
    packages = run.folder / "packages"
    honest = {file: file.read_bytes() for file in packages.iterdir()}
    try:
        yield packages
    finally:
        for file, content in honest.items():
            file.write_bytes(content)


def _move_backend(packages: Path, elsewhere: Path) -> None:
    """Leave out what builds demo-sdist, as if it had never been collected."""
    elsewhere.mkdir(exist_ok=True)
    (wheel,) = packages.glob("demo_backend*")
    wheel.replace(elsewhere / wheel.name)
    _write_sums(packages)


def _write_sums(packages: Path) -> None:
    files = sorted(file for file in packages.iterdir() if file.name != "SHA256SUMS")
    lines = [f"{_sha256(file)}  {file.name}\n" for file in files]
    (packages / "SHA256SUMS").write_text("".join(lines))


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
