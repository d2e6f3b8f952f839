"""What a bundle promises across an air gap, and how it is broken."""

import hashlib
import shutil
from collections.abc import Callable
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from mirrorlab.distributions.interpreter import Interpreter, make, pack_again
from mirrorlab.lab import Completed
from mirrorlab.runner import Run

APP = {"demo-app": "1.0"}
SET = {**APP, "demo-dep": "2.0", "demo-lib": "2.0", "demo-platform": "1.0", "demo-sdist": "1.0"}
"""On Linux and Python 3.12 or newer; :func:`_set` adds what else there is."""
DEP = "files/demo_dep-2.0-py3-none-any.whl"
NEWER = "files/demo_dep-2.1-py3-none-any.whl"
WINDOWS = "demo_platform-1.0-cp311-cp311-win_amd64.whl"
SUMS = "SHA256SUMS"
LONG = 300.0  # seconds that no step needs, for a machine with other work


def promise(run: Run) -> None:
    """All targets' files are in the bundle, and the project is installed from nothing else."""
    bundle = run.folder / "bundle"
    files = {file.name for file in (bundle / "files").iterdir()}
    for name in ("demo_win-1.0", "demo_win_dep-1.0", "demo_old-1.0"):
        assert f"{name}-py3-none-any.whl" in files, f"what only Windows or 3.11 needs: no {name}"
    assert WINDOWS in files, f"no wheel for Windows in {files}"
    for name in files - {"demo_app-1.0-py3-none-any.whl"}:
        assert _sha256(bundle / "files" / name) == run.index.sha256(name), f"{name} was changed"
    assert _installed(run.tmp / "venv") == _set(run), "the step installed something else"

    key, signers = _key(run)
    done = run.step("check", KEY=key)
    assert done.exit_code == 0, done.output
    assert run.step("receive").exit_code == 0
    run.index.forget_requests()
    done, venv = _install(run, run.tmp / "store", SIGNERS=signers)
    assert done.exit_code == 0, f"the installation failed:\n{done.output}"
    assert _installed(venv) == _set(run), f"it installed {_installed(venv)}"
    assert not run.index.requests(), "an installer asked the index"
    (bundle / "SHA256SUMS.sig").unlink()


def incomplete(run: Run) -> None:
    """pip passes over what another platform needs; each gap is named before the bundle leaves."""
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
        check = run.command("sh", "check-bundle.sh", timeout=LONG)
        assert check.exit_code == 1, f"the bundle was let go without {gone.name}"
        assert said in check.output, f"the check does not name {said}:\n{check.output}"
        (run.tmp / gone.name).rename(gone)
    _write_sums(bundle)

    index: dict[str, Any] = {"PIP_INDEX_URL": run.settings["UPSTREAM"], "timeout": LONG}
    windows = ("--only-binary", ":all:", "--platform", "win_amd64", "--python-version", "3.11")
    plain, pip = run.tmp / "plain", ("python3", "-m", "pip")
    naive = run.command(*pip, "download", "--dest", plain, *windows, "demo-lib", **index)
    assert naive.exit_code == 0, naive.output
    assert not list(plain.glob("demo_win*")), "pip download judges markers by the target now"
    built = run.command(*pip, "wheel", "--wheel-dir", plain, "demo-sdist", **index)
    assert built.exit_code == 0, built.output
    assert not list(plain.glob("demo_backend*")), "pip wheel keeps build dependencies now"


def damaged(run: Run) -> None:
    """A broken disk is named; a forger who makes the sums again is refused by the signature."""
    stick = run.tmp / "stick"
    key, signers = _key(run)
    _signed(run, run.folder / "bundle", key)
    for what, harm, said in (
        ("cut short", lambda: _cut(stick / DEP), f"verify: damaged: {DEP}"),
        ("missing", (stick / DEP).unlink, f"verify: missing: {DEP}"),
    ):
        _refused(run, stick, what, harm, said)

    forger, _ = _key(run, "forger")

    def forge() -> None:
        _cut(stick / DEP)
        _write_sums(stick)

    def forge_and_sign() -> None:
        forge()
        (stick / "SHA256SUMS.sig").unlink()
        _signed(run, stick, forger)

    refused = "the signature is not that of packer"
    _refused(run, stick, "sums made again", forge, refused, SIGNERS=signers)
    _refused(run, stick, "signed by another", forge_and_sign, refused, SIGNERS=signers)
    unsigned = (stick / "SHA256SUMS.sig").unlink
    _refused(run, stick, "unsigned", unsigned, "the bundle is not signed", SIGNERS=signers)
    (run.folder / "bundle" / "SHA256SUMS.sig").unlink()


def only_what_is_new(run: Run) -> None:
    """A small bundle is whole with the earlier one, and is nothing without it."""
    bundle, small, store = run.folder / "bundle", run.tmp / "small", run.tmp / "kept"
    assert _receive(run, bundle, store).exit_code == 0
    earlier = run.tmp / "earlier"
    shutil.copyfile(store / SUMS, earlier)
    newer = run.tmp / "newer"
    shutil.copytree(bundle, newer)
    (newer / DEP).rename(newer / NEWER)
    (newer / NEWER).write_bytes(b"of January")
    _write_sums(newer)
    done = run.command("sh", "only-new.sh", BUNDLE=newer, SINCE=earlier, SMALL=small)
    assert done.exit_code == 0, done.output
    carried = list((small / "files").iterdir())
    assert carried == [small / NEWER], f"it carries {carried}"

    alone = _receive(run, small, run.tmp / "empty")
    assert alone.exit_code == 1, "half a bundle was received as a whole one"
    assert "verify: missing: files/" in alone.output, alone.output
    assert not (run.tmp / "empty").exists(), "half a bundle was left behind"
    assert _receive(run, small, store).exit_code == 0
    assert _sha256(store / SUMS) == _sha256(newer / SUMS), "the two together are not the new bundle"


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
    made = _made_up_interpreter(run)
    bundle = run.tmp / "with-python"
    shutil.copytree(run.folder / "bundle", bundle)
    (bundle / DEP).unlink()  # an old one, and damaged at that; it is replaced as a whole
    targets = run.tmp / "only-laptop.txt"
    targets.write_text("laptop - -\n")
    settings: dict[str, Any] = {
        "INTERPRETERS": "yes",
        "PROJECT": _alone(run),
        "BUNDLE": bundle,
        "TARGETS": targets,
        "PYTHON_MIRROR": made.mirror.as_uri(),
        "PYTHON_LIST": made.listed.as_uri(),
    }
    done = run.command("sh", "pack.sh", timeout=LONG, **settings)
    assert done.exit_code == 0, done.output
    (archive,) = bundle.glob("interpreters/*/*.tar.gz")
    home = run.tmp / "opt"
    done, venv = _install(run, bundle, HOME_OF_PYTHON=home)
    assert _installed(venv) == APP, done.output
    assert (home / "python/bin/python3").is_file(), "the bundle's interpreter was not unpacked"

    offered = _uv_python(run, bundle)
    assert offered.exit_code == 0, f"uv does not install from the bundle:\n{offered.output}"
    pack_again(archive)
    _write_sums(bundle)
    refused = _uv_python(run, bundle)
    assert refused.exit_code != 0, "uv installed a damaged interpreter"
    assert "Hash mismatch" in refused.output, refused.output
    archive.unlink()
    _write_sums(bundle)
    check = run.command("sh", "check-bundle.sh", BUNDLE=bundle)
    assert check.exit_code == 1, "a bundle without its interpreter was let go"
    assert "no interpreter for laptop" in check.output, check.output

    before = _sha256(bundle / SUMS)
    (mirrored,) = made.mirror.glob("*/*.tar.gz")
    pack_again(mirrored)
    again = run.command("sh", "pack.sh", timeout=LONG, **settings)
    assert again.exit_code != 0, "an interpreter that the mirror altered was packed"
    assert _sha256(bundle / SUMS) == before, "a failed packing changed the bundle"
    assert not list(run.tmp.glob("with-python.*")), "a failed packing left its scraps behind"


def morgan(run: Run) -> None:
    """Morgan's mirror serves inside; what it passes over in silence is named before it leaves."""
    run.index.fault("login-portal")
    done = run.step("morgan", MIRROR=run.tmp / "gap")
    assert done.exit_code == 1, "a login page was taken for an index"
    assert "/simple/ has no JSON (PEP 691)" in done.output, done.output
    run.index.clear()
    run.index.fault("404", "/simple/demo-win-dep/")
    done = run.step("morgan", MIRROR=run.tmp / "gap")
    assert "Copying server script" in done.output, "morgan now stops at what it cannot have"
    assert done.exit_code == 1, "an incomplete mirror was let go"
    assert "it is not enough for windows" in done.output, done.output
    assert "demo-win-dep" in done.output, "what is missing is not named"
    run.index.clear()

    assert run.step("morgan").exit_code == 0
    assert run.step("serve-morgan").exit_code == 0
    inside: dict[str, Any] = {"index": f"http://127.0.0.1:{run.port('morgan')}/"}
    run.index.forget_requests()
    clients = {name: run.client(name) for name in ("pip", "uv")}
    for name, client in clients.items():
        came = client.install("demo-lib", "demo-sdist", "demo-platform", **inside)
        assert came.exit_code == 0, f"{name} does not install from morgan:\n{came.output}"
    assert not run.index.requests(), "an installer asked the index outside"
    (wheel,) = (run.tmp / "mirror").glob("demo-win-dep/*.whl")
    _cut(wheel)
    for name, client in clients.items():
        came = client.install("demo-win-dep", **inside)
        assert "demo-win-dep" not in came.installed, f"{name} installed a file that was cut"


def _set(run: Run) -> dict[str, str]:
    return SET | ({"demo-old": "1.0"} if run.python == "3.11" else {})


def _install(run: Run, bundle: Path, **settings: Any) -> tuple[Completed, Path]:
    """Install where the machine's own settings name other sources, and bytecode is kept."""
    venv = run.tmp / f"fresh-{len(list(run.tmp.iterdir()))}"
    index, folder = run.settings["UPSTREAM"], str(run.tmp / "elsewhere")
    own = {"PIP_INDEX_URL": index, "UV_DEFAULT_INDEX": index, "PIP_FIND_LINKS": folder}
    own["PYTHONDONTWRITEBYTECODE"] = ""
    told: dict[str, Any] = {"FROM": bundle, "TARGET": "laptop", "VENV": venv, **own, **settings}
    return run.command("sh", "install.sh", timeout=LONG, **told), venv


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


def _key(run: Run, name: str = "key") -> tuple[Path, Path]:
    """Make a key to sign with; return it, and the file of allowed signers."""
    key, signers = run.tmp / name, run.tmp / f"{name}-signers"
    made = run.command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "me", "-f", key)
    assert made.exit_code == 0, made.output
    signers.write_text(f"packer {key.with_suffix('.pub').read_text()}")
    return key, signers


def _signed(run: Run, bundle: Path, key: Path) -> None:
    sign = ("ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", "air-gap", bundle / SUMS)
    assert run.command(*sign).exit_code == 0


def _made_up_interpreter(run: Run) -> Interpreter:
    asks = "import os, sys; print(sys._base_executable, os.__file__, sep='\\n')"
    program, module = run.command("python3", "-c", asks).output.splitlines()[:2]
    return make(run.tmp, run.python, Path(program), Path(module).parent)


def _alone(run: Run) -> Path:
    """Return the project without its dependencies."""
    project = run.tmp / "alone"
    shutil.copytree(run.folder / "demo", project)
    info = project / "PKG-INFO"
    info.write_text(info.read_text().partition("Requires-Dist")[0])
    return project


def _uv_python(run: Run, bundle: Path) -> Completed:
    """Install the bundle's interpreter with uv."""
    there = run.tmp / f"managed-{len(list(run.tmp.iterdir()))}"
    return run.command(
        *("uv", "python", "install", "--offline", "--no-bin", "--install-dir", there, run.python),
        UV_PYTHON_INSTALL_MIRROR=(bundle / "interpreters").as_uri(),
        UV_PYTHON_DOWNLOADS_JSON_URL=(bundle / "interpreters" / "list.json").as_uri(),
        UV_PYTHON_DOWNLOADS="automatic",
    )


def _cut(file: Path) -> None:
    """Leave half of a file."""
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def _write_sums(bundle: Path) -> None:
    """Make the sums again, as a forger would."""
    own = {SUMS, "SHA256SUMS.sig"}
    files = sorted(f for f in bundle.rglob("*") if f.is_file() and f.name not in own)
    text = "".join(f"{_sha256(file)}  {file.relative_to(bundle)}\n" for file in files)
    (bundle / SUMS).write_text(text)


def _installed(venv: Path) -> dict[str, str]:
    paths = [str(path) for path in venv.glob("lib/python*/site-packages")]
    return {found.name: found.version for found in distributions(path=paths)}


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
