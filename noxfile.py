# /// script
# requires-python = ">=3.11"
# dependencies = ["nox>=2025.2.9"]
# ///
"""One session a check. ``python3 noxfile.py`` needs nothing but Python: it starts itself.

``python3 noxfile.py -s recipes`` checks every recipe this machine can run.
``python3 noxfile.py -s test`` checks everything, and is what CI runs.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCKS = HERE / "locks"
OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
CI = os.environ.get("CI", "").lower() == "true"
INTERPRETERS = ("3.11", "3.12", "3.13")  # what the kit supports
# Three workers on two cores: many tests wait. Who is done takes from what another has left.
PYTEST = ("pytest", "-q", "-n", "3", "--dist", "worksteal")
RECIPE_INTERPRETERS = (OWN, "3.13")  # what recipes run on, where it is found

# What `test` does and `kit` leaves out: it drives other programs, and is the same on each Python.
ONCE = (
    "browser",
    "check/test_bandersnatch.py",
    "check/test_servers.py",
    "clients",
    "explanation",
    "lab/test_store.py",
    "lab/test_tools.py",
    "matrix/test_cells.py",
    "matrix/test_command.py",
    "matrix/test_dns.py",
    "matrix/test_drift.py",
    "messages",
    "real_clients",
    "recipes",
    "site/test_pasted.py",
    "site/test_whole_site.py",
    "tutorial/test_chapters.py",
    "tutorial/test_preparing.py",
    "which/test_against_clients.py",
)
# What runs whole worlds: on the oldest Python and on the newest, not on those between.
WORLDS = ("cli/test_new.py", "cli/test_run.py", "cli/test_views.py", "lab", "runner")


def _start_itself() -> None:
    """Make a virtual environment with the locked nox under .nox, and go on in it."""
    home = HERE / ".nox" / "nox"
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    lock = LOCKS / "nox.txt"
    mark = home / "lock.txt"
    if not mark.is_file() or mark.read_bytes() != lock.read_bytes():
        print(f"noxfile.py: nox is not installed here; installing it into {home}", file=sys.stderr)
        venv.create(home, clear=True, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        code = subprocess.call([*install, "--require-hashes", "-r", str(lock)])
        if code:
            sys.exit(f"noxfile.py: nox could not be installed (pip ended with {code}, see above)")
        shutil.copyfile(lock, mark)
    os.execv(python, [str(python), str(HERE / "noxfile.py"), *sys.argv[1:]])


try:
    import nox
except ImportError:
    if __name__ != "__main__":
        raise
    _start_itself()

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["recipes"]
nox.options.reuse_venv = "yes"
nox.options.error_on_external_run = True


@nox.session
def recipes(session: nox.Session) -> None:
    """Check every recipe this machine can run (`-- NAME...` for some)."""
    _install(session, "recipes")
    _run_recipes(session, *(session.posargs or ["--all"]))


@nox.session
def test(session: nox.Session) -> None:
    """Check everything; in CI, or with `-- --install`, install missing Debian packages."""
    kits = [f"kit-{each}" for each in INTERPRETERS if each != OWN and _found(session, each)]
    with _installing(session, kits):  # each is one pip on one core
        _install(session, "dev")
    _debian_packages(session, install=CI or "--install" in session.posargs)
    with ThreadPoolExecutor() as both:  # one core each
        for checked in [both.submit(_lint, session), both.submit(_types, session)]:
            checked.result()
    _unit(session)
    _test_recipes(session)
    _wheel(session)
    for each in kits:
        session.notify(each)


@nox.session(python=INTERPRETERS, name="kit")
def kit(session: nox.Session) -> None:
    """Check the kit itself on each Python it supports; on the newest, build the site as well."""
    _install(session, "dev")
    newest = session.python == INTERPRETERS[-1]
    without = ONCE if newest else ONCE + WORLDS
    session.run(*PYTEST, *(f"--ignore=tests/{each}" for each in without), "tests")
    if newest:
        _docs(session)  # `test` has built it on the oldest: tests/site/test_whole_site.py


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, import contracts and shell scripts."""
    _install(session, "dev")
    _lint(session)


@nox.session
def types(session: nox.Session) -> None:
    """Check types."""
    _install(session, "dev")
    _types(session)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into build/html, warnings as errors."""
    _install(session, "dev")
    _docs(session)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the kit beside its peers, in one run."""
    _install(session, "dev")
    session.run("python", "-m", "tests.bench", "--results=results", *session.posargs)


@nox.session
def results(session: nox.Session) -> None:
    """Run every recipe and message; write into results/ what came of it, for commit."""
    _install(session, "dev")
    newest = RECIPE_INTERPRETERS[-1]
    session.run("mirrorlab", "run", f"--python={newest}", "--all", "--strict", "--results=results")
    session.run(*PYTEST, "tests/messages", "--record-messages")


@nox.session
def matrix(session: nox.Session) -> None:
    """Run every client against every fault (`-- --client pip` for some); an hour, for commit."""
    _install(session, "dev")
    record = "--results=results/matrix.json"
    session.run("mirrorlab", "matrix", record, *session.posargs)


@nox.session(python=["3.11", "3.13"])
def lock(session: nox.Session) -> None:
    """Make every lock again from its .in file (`-- --upgrade` for newer versions)."""
    _install(session, "dev")
    session.run("python", "locks/make.py", *session.posargs)


def _install(session: nox.Session, name: str) -> None:
    """Install a lock of locks/, then the kit itself."""
    quiet = ("--quiet", "--disable-pip-version-check")
    session.install(*quiet, "--require-hashes", "-r", str(LOCKS / f"{name}.txt"))
    session.install(*quiet, "--no-deps", "--no-build-isolation", "--editable", ".")


@contextlib.contextmanager
def _installing(session: nox.Session, others: Sequence[str]) -> Iterator[None]:
    """Install what other sessions need meanwhile; they find it done."""
    itself = [sys.executable, str(HERE / "noxfile.py"), "--install-only", "--session"]
    started = {each: subprocess.Popen([*itself, each]) for each in others}
    try:
        yield
    finally:
        failed = [each for each, process in started.items() if process.wait()]
    if failed:
        session.error(f"{' and '.join(failed)} could not be installed, see above")


def _lint(session: nox.Session) -> None:
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", "--no-cache")
    scripts = [str(path.relative_to(HERE)) for path in sorted(HERE.glob("**/*.sh")) if _ours(path)]
    session.run("shellcheck", "--shell=sh", *scripts)


def _ours(path: Path) -> bool:
    """Tell whether a file is the project's own: not built, not installed."""
    return path.relative_to(HERE).parts[0] in {"recipes", "src", "tests", "docs", "tutorial"}


def _types(session: nox.Session) -> None:
    session.run("mypy")
    for recipe in sorted(path.parent for path in HERE.glob("recipes/*/recipe.toml")):
        # each on its own: every recipe has a module named drills
        found = sorted([*recipe.glob("*.py"), *recipe.glob("drilling/*.py")])
        files = [str(path.relative_to(HERE)) for path in found]
        session.run("mypy", "--explicit-package-bases", *files, env={"MYPYPATH": str(recipe)})


def _unit(session: nox.Session) -> None:
    """Run the tests of the kit, its clients, and the sabotage tests of the recipes."""
    session.run(*PYTEST, "tests")


def _run_recipes(session: nox.Session, *arguments: str) -> None:
    """Run recipes on this Python, and on the newest that recipes support where it is found."""
    chosen = [option for version in _recipe_pythons(session) for option in ("--python", version)]
    session.run("mirrorlab", "run", *chosen, *arguments)


def _test_recipes(session: nox.Session) -> None:
    """Run recipes whole on the newest Python; the sabotage tests have run each on this one."""
    newest = _recipe_pythons(session)[-1]
    session.run("mirrorlab", "run", "--all", "--strict", "--jobs=3", "--python", newest)


def _recipe_pythons(session: nox.Session) -> list[str]:
    return [v for v in dict.fromkeys(RECIPE_INTERPRETERS) if v == OWN or _found(session, v)]


def _docs(session: nox.Session) -> None:
    if shutil.which("dot") is None:
        session.error("the site draws with Graphviz: apt-get install graphviz")
    out = "build" if session.python is None else f"build/{session.python}"
    build = ("sphinx-build", "-q", "-W", "--keep-going", "-c", "docs")
    session.run(*build, "-d", f"{out}/doctrees-html", ".", f"{out}/html")


def _wheel(session: nox.Session) -> None:
    """Build the wheel, install it elsewhere, and use it there."""
    away = Path(session.create_tmp()).resolve()
    session.run("python", "-m", "build", "--wheel", "--no-isolation", "--outdir", str(away))
    (wheel,) = away.glob("*.whl")
    home = away / "venv"
    python = home / "bin" / "python"
    venv.create(home, clear=True, with_pip=True)
    pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    session.run(*pip, "--require-hashes", "-r", str(LOCKS / "recipes.txt"), external=True)
    session.run(*pip, "--no-deps", str(wheel), external=True)
    wheel.unlink()
    mirrorlab = str(home / "bin" / "mirrorlab")
    with session.chdir(away):
        session.run(mirrorlab, "list", external=True)
        session.run(mirrorlab, "copy", "find-links-folder", str(away / "copied"), external=True)
        session.run(mirrorlab, "run", "find-links-folder", "--drill", "promise", external=True)
    _server(session, away / "server")
    shutil.rmtree(away)


def _server(session: nox.Session, home: Path) -> None:
    """Install the check as its page says: it runs, and nobody answers at that port."""
    settings = {"PREFIX": str(home), "PYTHON": sys.executable}
    session.run("sh", "docs/reference/install-check.sh", env=settings, external=True)
    check = (str(home / "bin/mirrorlab"), "check", "http://127.0.0.1:9/simple/")
    session.run(*check, external=True, success_codes=[3])


def _found(session: nox.Session, version: str) -> bool:
    """Tell whether pythonX.Y really answers; in CI a missing one is an error, never a skip."""
    command = [f"python{version}", "-c", "import sys; print(sys.version_info[:2])"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        answer = ""
    if answer.strip() == str(tuple(map(int, version.split(".")))):
        return True
    if CI:
        session.error(f"python{version} was not found; CI runs on {', '.join(INTERPRETERS)}")
    session.warn(f"python{version} was not found: nothing is checked on it")
    return False


def _debian_packages(session: nox.Session, *, install: bool) -> None:
    """Install the Debian packages that bring missing programs, or print the one line that does."""
    ask = "from mirrorlab.lab.programs import *; print(*{m.package for m in missing(PACKAGES)})"
    wanted = sorted(str(session.run("python", "-c", ask, silent=True)).split())
    if not wanted:
        return
    line = f"apt-get install --yes --no-install-recommends {' '.join(wanted)}"
    if not install:
        session.error(f"programs are missing; install them with: {line}")
    policy = Path("/usr/sbin/policy-rc.d")  # Debian asks it whether an installed service may start
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
        policy.chmod(0o755)
    try:
        session.run("apt-get", "update", "-qq", external=True)
        env = {"DEBIAN_FRONTEND": "noninteractive"}
        session.run(*line.split(), "-qq", external=True, env=env)
    finally:
        if ours:
            policy.unlink()


if __name__ == "__main__":
    os.chdir(HERE)
    nox.main()
