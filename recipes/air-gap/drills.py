"""What a bundle promises across an air gap, and how it is broken."""

import gzip
import hashlib
import json
import shutil
import sysconfig
import tarfile
from collections.abc import Callable
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

SET = {
    "demo-app": "1.0",
    "demo-dep": "2.0",
    "demo-lib": "2.0",
    "demo-platform": "1.0",
    "demo-sdist": "1.0",
}
"""On Linux and Python 3.12 or newer; :func:`_set` adds what else there is."""
DEP = "files/demo_dep-2.0-py3-none-any.whl"
WINDOWS = "files/demo_platform-1.0-cp311-cp311-win_amd64.whl"
BUILD = "20260101"


def promise(run: Run) -> None:
    """All targets' files are in the bundle, and the project is installed from nothing else."""
    bundle = run.folder / "bundle"
    files = {file.name for file in (bundle / "files").iterdir()}
    assert "demo_win-1.0-py3-none-any.whl" in files, "what only Windows needs did not come"
    assert "demo_win_dep-1.0-py3-none-any.whl" in files, "nor what that needs"
    assert "demo_old-1.0-py3-none-any.whl" in files, "what only Python 3.11 needs did not come"
    assert WINDOWS.removeprefix("files/") in files, f"no wheel for Windows in {files}"
    for name in files - {"demo_app-1.0-py3-none-any.whl"}:
        assert _sha256(bundle / "files" / name) == run.index.sha256(name), f"{name} was changed"
    assert _installed(run.tmp / "venv") == _set(run), "the step installed something else"

    signers = _sign(run, bundle)
    assert run.step("receive").exit_code == 0
    run.index.forget_requests()
    done, venv = _install(run, run.tmp / "store", SIGNERS=signers)
    assert done.exit_code == 0, f"the installation failed:\n{done.output}"
    assert _installed(venv) == _set(run), f"it installed {_installed(venv)}"
    assert not run.index.requests(), "an installer asked the index"
    (bundle / "SHA256SUMS.sig").unlink()


def incomplete(run: Run) -> None:
    """pip passes over what another platform needs; each gap is named before the bundle leaves."""
    index: dict[str, Any] = {"PIP_INDEX_URL": run.settings["UPSTREAM"]}
    windows = ("--only-binary", ":all:", "--platform", "win_amd64", "--python-version", "3.11")
    plain, pip = run.tmp / "plain", ("python3", "-m", "pip")
    naive = run.command(*pip, "download", "--dest", plain, *windows, "demo-lib", **index)
    assert naive.exit_code == 0, naive.output
    assert not list(plain.glob("demo_win*")), "pip download judges markers by the target now"
    built = run.command(*pip, "wheel", "--wheel-dir", plain, "demo-sdist", **index)
    assert built.exit_code == 0, built.output
    assert not list(plain.glob("demo_backend*")), "pip wheel keeps build dependencies now"

    bundle = run.folder / "bundle"
    for pattern, said in (
        ("demo_win_dep-*", "demo-win-dep"),
        ("demo_platform-*-win_amd64.whl", "demo-platform"),
        ("demo_backend-*", "demo-backend"),
        ("pip-*", "pip"),
    ):
        (gone,) = (bundle / "files").glob(pattern)
        gone.rename(run.tmp / gone.name)
        _write_sums(bundle)
        check = run.command("sh", "check-bundle.sh", timeout=60)
        assert check.exit_code == 1, f"the bundle was let go without {gone.name}"
        assert said in check.output, f"the check does not name {said}:\n{check.output}"
        (run.tmp / gone.name).rename(gone)
    _write_sums(bundle)
    check = run.step("check")
    assert check.exit_code == 0, f"whole again, and yet:\n{check.output}"


def damaged(run: Run) -> None:
    """A broken disk is named; a forger who makes the sums again is refused by the signature."""
    stick = run.tmp / "stick"
    signers = _sign(run, run.folder / "bundle")
    for what, harm, said in (
        ("cut short", lambda: _cut(stick / DEP), f"verify: damaged: {DEP}"),
        ("a bit turned", lambda: _flip(stick / DEP), f"verify: damaged: {DEP}"),
        ("missing", (stick / DEP).unlink, f"verify: missing: {DEP}"),
        ("added", lambda: _cut(stick / "files/x.whl"), "verify: added: files/x.whl"),
        ("linked", lambda: (stick / "files/x").symlink_to("/etc"), "a link, not a file: files/x"),
        ("swapped", lambda: _swap(stick), "verify: damaged: files/demo_platform"),
        ("script", lambda: _cut(stick / "install.sh"), "verify: damaged: install.sh"),
        ("sums gone", (stick / "SHA256SUMS").unlink, "this is no bundle"),
        ("sums empty", lambda: (stick / "SHA256SUMS").write_text(""), "this is no bundle"),
        ("sums cut", lambda: _cut(stick / "SHA256SUMS"), "SHA256SUMS is damaged"),
        ("a line lost", lambda: _last_line_lost(stick), "SHA256SUMS does not name verify.sh"),
        ("other encoding", lambda: _as_utf_16(stick / "SHA256SUMS"), "SHA256SUMS is damaged"),
        ("upwards", lambda: _upwards(stick), "SHA256SUMS is damaged"),
    ):
        _refused(run, stick, what, harm, said)

    sum_on_paper = _sha256(run.folder / "bundle" / "SHA256SUMS")
    forger = run.tmp / "forger"
    assert run.command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", forger).exit_code == 0

    def forge() -> None:
        _flip(stick / DEP)
        _write_sums(stick)

    def forge_and_sign() -> None:
        forge()
        _signed(run, stick, forger)

    refused = "the signature is not that of packer"
    _refused(run, stick, "sums made again", forge, refused, SIGNERS=signers)
    _refused(run, stick, "signed by another", forge_and_sign, refused, SIGNERS=signers)
    unsigned = (stick / "SHA256SUMS.sig").unlink
    _refused(run, stick, "unsigned", unsigned, "the bundle is not signed", SIGNERS=signers)
    _refused(run, stick, "sums made again", forge, "not the one that was packed", SUM=sum_on_paper)
    (run.folder / "bundle" / "SHA256SUMS.sig").unlink()


def only_what_is_new(run: Run) -> None:
    """A small bundle is whole with the earlier one, and is nothing without it."""
    bundle, small, store = run.folder / "bundle", run.tmp / "small", run.tmp / "kept"
    assert _receive(run, bundle, store).exit_code == 0
    earlier = run.tmp / "earlier"
    shutil.copyfile(store / "SHA256SUMS", earlier)
    run.index.publish("demo-dep", "2.1")
    newer = run.tmp / "newer"
    fresh: dict[str, Any] = {
        "XDG_CACHE_HOME": run.tmp / "new-cache"
    }  # the one in use may keep pages for a while
    targets = _only_laptop(run)
    done = run.command("sh", "pack.sh", BUNDLE=newer, TARGETS=targets, timeout=90, **fresh)
    assert done.exit_code == 0, done.output
    done = run.command("sh", "only-new.sh", BUNDLE=newer, SINCE=earlier, SMALL=small)
    assert done.exit_code == 0, done.output
    carried = {file.name for file in (small / "files").iterdir()}
    assert carried == {"demo_dep-2.1-py3-none-any.whl"}, f"it carries {carried}"

    alone = _receive(run, small, run.tmp / "empty")
    assert alone.exit_code == 1, "half a bundle was received as a whole one"
    assert "verify: missing: files/" in alone.output, alone.output
    assert not (run.tmp / "empty").exists(), "half a bundle was left behind"
    assert _receive(run, small, store).exit_code == 0
    assert _sums(store) == _sums(newer), "the two together are not the new bundle"
    old = run.command("sh", "only-new.sh", BUNDLE=newer, SINCE=newer / DEP, SMALL=run.tmp / "x")
    assert old.exit_code == 2, "a wheel was taken for a list of sums"
    run.index.delete("demo-dep", "2.1")


def wrong_target(run: Run) -> None:
    """What is packed for another machine is not installed on this one, and that is said."""
    bundle = run.folder / "bundle"
    other = run.tmp / "other"
    shutil.copytree(bundle, other)
    targets = other / "targets.txt"
    text = targets.read_text().replace("windows 3.11", f"windows {run.python}")
    targets.write_text(text.replace(f"laptop {run.python}", "laptop 3.99"))
    _write_sums(other)
    for target, code, said in (
        ("", 2, "say in TARGET which of these you are: laptop windows"),
        ("nobody", 2, "the bundle has nothing for nobody, only for laptop windows"),
        ("laptop", 1, "laptop is Python 3.99 on linux-"),
        ("windows", 1, f"windows is Python {run.python} on win32-AMD64; this is"),
    ):
        done, venv = _install(run, other, TARGET=target)
        assert done.exit_code == code, f"as {target!r} it ended with {done.exit_code}"
        assert said in done.output, f"as {target!r} it does not say {said!r}:\n{done.output}"
        assert not venv.exists(), f"as {target!r} it left a half-made environment behind"


def interpreter(run: Run) -> None:
    """An interpreter comes along, checked by uv when packed and again when installed."""
    mirror, known, request = _made_up_interpreter(run)
    bundle = run.tmp / "with-python"
    settings: dict[str, Any] = {
        "INTERPRETERS": "yes",
        "BUNDLE": bundle,
        "TARGETS": _only_laptop(run),
        "PYTHON_MIRROR": mirror.as_uri(),
        "PYTHON_LIST": known.as_uri(),
    }
    done = run.command("sh", "pack.sh", timeout=90, **settings)
    assert done.exit_code == 0, done.output
    (archive,) = bundle.glob("interpreters/*/*.tar.gz")
    venv = run.tmp / "with-own-python"
    home = run.tmp / "opt"
    done = run.command("sh", "install.sh", FROM=bundle, VENV=venv, HOME_OF_PYTHON=home, timeout=60)
    assert _installed(venv) == _set(run), done.output
    assert (home / "python/bin/python3").is_file(), "the bundle's interpreter was not unpacked"

    offered = _uv_python(run, bundle, request)
    assert offered.exit_code == 0, f"uv does not install from the bundle:\n{offered.output}"
    _packed_again(archive)
    _write_sums(bundle)
    refused = _uv_python(run, bundle, request)
    assert refused.exit_code != 0, "uv installed a damaged interpreter"
    assert "Hash mismatch" in refused.output, refused.output
    archive.unlink()
    _write_sums(bundle)
    check = run.command("sh", "check-bundle.sh", BUNDLE=bundle)
    assert check.exit_code == 1, "a bundle without its interpreter was let go"
    assert "no interpreter for laptop" in check.output, check.output

    before = _sums(run.folder / "bundle")
    (mirrored,) = mirror.glob("*/*.tar.gz")
    _packed_again(mirrored)
    settings["BUNDLE"] = run.folder / "bundle"
    again = run.command("sh", "pack.sh", timeout=90, **settings)
    assert again.exit_code != 0, "an interpreter that the mirror altered was packed"
    assert _sums(run.folder / "bundle") == before, "a failed packing changed the bundle"
    assert not (run.folder / "bundle.new").exists(), "a failed packing left its scraps behind"


def morgan(run: Run) -> None:
    """Morgan's mirror serves inside; what it passes over in silence is named before it leaves."""
    assert run.step("morgan").exit_code == 0
    assert run.step("serve-morgan").exit_code == 0
    inside: dict[str, Any] = {"index": f"http://127.0.0.1:{run.port('morgan')}/"}
    run.index.forget_requests()
    for name in ("pip", "uv"):
        came = run.client(name).install("demo-lib", "demo-sdist", "demo-platform", **inside)
        assert came.exit_code == 0, f"{name} does not install from morgan:\n{came.output}"
    assert not run.index.requests(), "an installer asked the index outside"

    run.index.fault("404", "/simple/demo-win-dep/")
    done = run.step("morgan", MIRROR=run.tmp / "gap")
    assert "Copying server script" in done.output, "morgan now stops at what it cannot have"
    assert done.exit_code == 1, "an incomplete mirror was let go"
    assert "it is not enough for windows" in done.output, done.output
    assert "demo-win-dep" in done.output, "what is missing is not named"
    run.index.clear()

    (wheel,) = (run.tmp / "mirror").glob("demo-dep/*.whl")
    honest = wheel.read_bytes()
    _cut(wheel)
    for name in ("pip", "uv"):
        came = run.client(name).install("demo-dep", **inside)
        assert not came.installed, f"{name} installed a file that was cut: {came.installed}"
    wheel.write_bytes(honest)


def _set(run: Run) -> dict[str, str]:
    return SET | ({"demo-old": "1.0"} if run.python == "3.11" else {})


def _install(run: Run, bundle: Path, **settings: Any) -> tuple[Completed, Path]:
    """Install where the machine's own settings name other sources."""
    venv = run.tmp / f"fresh-{len(list(run.tmp.iterdir()))}"
    index, folder = run.settings["UPSTREAM"], str(run.tmp / "elsewhere")
    own = {"PIP_INDEX_URL": index, "UV_DEFAULT_INDEX": index, "PIP_FIND_LINKS": folder}
    told: dict[str, Any] = {"FROM": bundle, "TARGET": "laptop", "VENV": venv, **own, **settings}
    done = run.command("sh", "install.sh", timeout=60, **told)
    return done, Path(str(told["VENV"]))


def _receive(run: Run, bundle: Path, store: Path, **settings: Any) -> Completed:
    return run.command("sh", "receive.sh", FROM=bundle, STORE=store, **settings)


def _refused(
    run: Run, stick: Path, what: str, harm: Callable[[], object], said: str, **settings: Any
) -> None:
    """Damage a copy of the bundle: it is neither received nor installed, and that is said."""
    shutil.rmtree(stick, ignore_errors=True)
    shutil.copytree(run.folder / "bundle", stick)
    harm()
    store = run.tmp / "received"
    done = _receive(run, stick, store, **settings)
    assert done.exit_code == 1, f"{what}, and it was received: {done.exit_code}"
    assert said in done.output, f"{what}: it does not say {said!r}:\n{done.output}"
    assert not store.exists(), f"{what}: half a bundle was left behind"
    done, venv = _install(run, stick, **settings)
    assert done.exit_code == 1, f"{what}, and it was installed: {done.exit_code}"
    assert not venv.exists(), f"{what}: a half-made environment was left behind"


def _sign(run: Run, bundle: Path) -> Path:
    """Make a key, check and sign the bundle; return the file of allowed signers."""
    key, signers = run.tmp / "key", run.tmp / "signers"
    if not key.exists():
        made = run.command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "me", "-f", key)
        assert made.exit_code == 0, made.output
        signers.write_text(f"packer {key.with_suffix('.pub').read_text()}")
    done = run.command("sh", "check-bundle.sh", BUNDLE=bundle, KEY=key)
    assert done.exit_code == 0, done.output
    return signers


def _signed(run: Run, bundle: Path, key: Path) -> None:
    (bundle / "SHA256SUMS.sig").unlink()
    sign = ("ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", "air-gap", bundle / "SHA256SUMS")
    assert run.command(*sign).exit_code == 0


def _only_laptop(run: Run) -> Path:
    targets = run.tmp / "only-laptop.txt"
    targets.write_text("laptop - -\n")
    return targets


def _made_up_interpreter(run: Run) -> tuple[Path, Path, str]:
    """Make a release of python-build-standalone that runs this machine's own Python.

    Returns the mirror, its list, and what uv is asked for.
    """
    real, stdlib = json.loads(
        run.command(
            "python3",
            "-c",
            "import json, sys, sysconfig;"
            "print(json.dumps([sys._base_executable, sysconfig.get_path('stdlib')]))",
        ).output
    )
    machine = sysconfig.get_platform().rsplit("-", 1)[1]
    version, folder = f"{run.python}.0", run.tmp / "python"
    lib = folder / "lib" / f"python{run.python}"
    (folder / "bin").mkdir(parents=True)
    lib.mkdir(parents=True)
    for data in Path(stdlib).glob("_sysconfigdata_*.py"):
        shutil.copyfile(data, lib / data.name)
    program = folder / "bin" / f"python{run.python}"
    program.write_text(f'#!/bin/sh\nexec {real} "$@"\n')
    program.chmod(0o755)
    (folder / "bin" / "python3").symlink_to(program.name)
    name = f"cpython-{version}+{BUILD}-{machine}-unknown-linux-gnu-install_only_stripped.tar.gz"
    archive = run.tmp / "python-mirror" / BUILD / name
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(folder, "python")
    key = f"cpython-{version}-linux-{machine}-gnu"
    major, minor = run.python.split(".")
    entry = {
        "name": "cpython",
        "arch": {"family": machine, "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": int(major),
        "minor": int(minor),
        "patch": 0,
        "prerelease": "",
        "url": "https://github.com/astral-sh/python-build-standalone/releases/download/"
        f"{BUILD}/{name.replace('+', '%2B')}",
        "sha256": _sha256(archive),
        "variant": None,
        "build": BUILD,
    }
    known = run.tmp / "known-pythons.json"
    known.write_text(json.dumps({key: entry}))
    return archive.parents[1], known, key


def _uv_python(run: Run, bundle: Path, request: str) -> Completed:
    """Install the bundle's interpreter with uv."""
    there = run.tmp / f"managed-{len(list(run.tmp.iterdir()))}"
    return run.command(
        *("uv", "python", "install", "--offline", "--no-bin", "--install-dir", there, request),
        UV_PYTHON_INSTALL_MIRROR=(bundle / "interpreters").as_uri(),
        UV_PYTHON_DOWNLOADS_JSON_URL=(bundle / "interpreters" / "list.json").as_uri(),
        UV_PYTHON_DOWNLOADS="automatic",
    )


def _cut(file: Path) -> None:
    """Leave half of a file, or make one that is not there."""
    content = file.read_bytes() if file.exists() else b"xx"
    file.write_bytes(content[: len(content) // 2])


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _packed_again(archive: Path) -> None:
    """Make another archive of the same files: it unpacks, and only its sum tells."""
    archive.write_bytes(gzip.compress(gzip.decompress(archive.read_bytes()) + bytes(512)))


def _swap(stick: Path) -> None:
    """Put the wheel of another platform under the name of this one's; its hash is in the lock."""
    (ours,) = set(stick.glob("files/demo_platform-*")) - {stick / WINDOWS}
    shutil.copyfile(stick / WINDOWS, ours)


def _last_line_lost(stick: Path) -> None:
    lines = (stick / "SHA256SUMS").read_text().splitlines(keepends=True)
    (stick / "SHA256SUMS").write_text("".join(lines[:-1]))


def _as_utf_16(file: Path) -> None:
    file.write_text(file.read_text(), encoding="utf-16")


def _upwards(stick: Path) -> None:
    sums = stick / "SHA256SUMS"
    sums.write_text(f"{'0' * 64}  files/../../x\n{sums.read_text()}")


def _sums(bundle: Path) -> str:
    return (bundle / "SHA256SUMS").read_text()


def _write_sums(bundle: Path) -> None:
    """Make the sums again, as a forger would."""
    own = {"SHA256SUMS", "SHA256SUMS.sig"}
    files = sorted(f for f in bundle.rglob("*") if f.is_file() and f.name not in own)
    lines = [f"{_sha256(file)}  {file.relative_to(bundle)}\n" for file in files]
    (bundle / "SHA256SUMS").write_text("".join(lines))


def _installed(venv: Path) -> dict[str, str]:
    paths = [str(path) for path in venv.glob("lib/python*/site-packages")]
    return {found.name: found.version for found in distributions(path=paths)}


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
