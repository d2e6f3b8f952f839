"""What the safe settings promise, and how a stranger tries to get in.

`acme-lib` 1.0 is on the private index; it needs the private `acme-core` and the public `demo-dep`.
A stranger has both private names on the public index: another 1.0, and 99.0.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mirrorlab.distributions import Built, wheel
from mirrorlab.index import Index
from mirrorlab.lab import Completed
from mirrorlab.runner import Run
from mirrorlab.scenario import File, Project, Release, Scenario

PRIVATE = ("acme-lib", "acme-core")
NEEDS = ("acme-core", "demo-dep")
WHEEL = (File(),)
PAD = 10  # bytes by which the stranger's 1.0 is another file than yours
OURS = Scenario(
    "ours",
    projects=(
        Project("acme-lib", releases=(Release("1.0", requires=NEEDS, files=WHEEL),)),
        Project("acme-core", releases=(Release("1.0", files=WHEEL),)),
    ),
)
CLIENTS = ("pip", "pip-tools", "uv", "poetry", "pdm", "pipenv", "hatch")
NAIVE = ("pip", "pip-tools", "uv", "poetry", "pdm", "pipenv")  # hatch starts pip
QUICK = ("pip", "uv", "poetry", "pdm")
NO_RETRIES: dict[str, Any] = {
    "PIP_RETRIES": "0",
    "UV_HTTP_RETRIES": "0",
    "POETRY_REQUESTS_MAX_RETRIES": "0",
}


def promise(run: Run) -> None:
    """With safe settings every installer takes ours, and the public index hears no private name."""
    with _both(run):
        for spelling in ("Acme_Lib", "acme.lib", "ACME--LIB", "acme-not-yet"):
            answer = run.get(f"{run.settings['ONE']}{spelling}/")
            place = answer.headers["Location"]
            assert place.startswith(run.settings["PRIVATE"]), f"{spelling} leads to {place}"
        broken = [why for client in CLIENTS for why in _not_safe(run, client)]
        assert not broken, "\n".join(broken)


def naive_settings(run: Run) -> None:
    """The attack works: nothing is down, nobody is told, and the exit code is 0."""
    with _both(run):
        for client in NAIVE:
            done = _try(run, "naive", client)
            whose = _whose(run, "acme-lib")
            assert whose == "the stranger's", f"{client} naive gives {whose}: mend the page"
            assert done.exit_code == 0, f"{client} complains: {done.output}"
        assert run.step("check-names").exit_code == 1, "check-names.sh sees no stranger"
        run.index.fault("503", "/simple/acme-core/")
        code = run.step("check-names").exit_code
        assert code == 3, f"check-names.sh takes an outage for an answer: {code}"


def private_down(run: Run) -> None:
    """A safe installer stops. pip with naive settings goes on without you."""
    _broken(
        run, "refused", gives_in=("pip",), stops=("uv-first-index",), clients=("pip", "uv", "pdm")
    )


def private_401(run: Run) -> None:
    """Your index wants a login that is missing or has ended: to pdm, too, that is no answer."""
    _broken(run, "401", gives_in=("pip", "pdm-source-order"), stops=("uv-first-index",))


def private_404(run: Run) -> None:
    """The hole in every order of indexes: to an installer, 404 means that you do not have it."""
    ordered = ("uv-first-index", "poetry-supplemental", "pdm-source-order")
    _broken(run, "404", gives_in=("pip", *ordered))


def private_empty(run: Run) -> None:
    """To uv a page without files is an answer, and its order holds; poetry and pdm go on."""
    ordered = ("poetry-supplemental", "pdm-source-order")
    _broken(run, "empty", gives_in=("pip", *ordered), stops=("uv-first-index",))


def unnamed_dependency(run: Run) -> None:
    """Where names are bound one by one, one that is forgotten comes from the stranger."""
    settings = {"uv": "pyproject.toml", "poetry": "pyproject.toml"}
    with _both(run), _forgotten(run, settings):
        for client in settings:
            _try(run, "safe", client)
            assert _whose(run, "acme-lib") == "ours", f"{client}: the bound name is not ours"
            whose = _whose(run, "acme-core")
            assert whose == "the stranger's", f"{client} binds unnamed ones: mend the page"
        for client in ("pip", "pdm"):
            _try(run, "safe", client)
            assert _whose(run, "acme-core") == "ours", f"{client}: an unnamed one is not ours"


def locks(run: Run) -> None:
    """A lock keeps what was there when it was made: yours, or the stranger's."""
    with _both(run):
        for client, name in (("uv", "uv.lock"), ("pip-tools", "requirements.txt")):
            for way, code in (("naive", 1), ("safe", 0)):
                _try(run, way, client)
                lock = Path(run.settings["WORK"], name)
                said = run.command("sh", "check-lock.sh", LOCK=lock)
                assert said.exit_code == code, f"{way} {name}: {said.output}"
        lock = run.tmp / "requirements.txt"
        text = Path(run.settings["WORK"], "requirements.txt").read_text()
        lock.write_text("".join(line for line in text.splitlines(True) if "-url" not in line))
        naive: dict[str, Any] = {
            "PIP_INDEX_URL": run.settings["PUBLIC"],
            "PIP_EXTRA_INDEX_URL": run.settings["PRIVATE"],
        }
        for stranger_only in (False, True):
            venv = run.tmp / f"locked-{stranger_only}"
            assert run.command("python3", "-m", "venv", "--without-pip", venv).exit_code == 0
            args = ("--require-hashes", "-r", lock)
            index = {**naive, "PIP_EXTRA_INDEX_URL": ""} if stranger_only else naive
            done = run.command("pip", "--python", venv, "install", *args, **index, **NO_RETRIES)
            names = {path.name for path in venv.glob("lib/python*/site-packages/*.dist-info")}
            if stranger_only:
                assert not names, f"a hash that is not in the lock was installed: {names}"
            else:
                assert "acme_lib-1.0.dist-info" in names, done.output


def _not_safe(run: Run, client: str) -> Iterator[str]:
    """Try the safe settings of one installer, and say what they do not keep."""
    run.index.forget_requests()
    done = _try(run, "safe", client)
    for name in PRIVATE:
        if (whose := _whose(run, name)) != "ours":
            yield f"{client} safe: {name} is {whose}: {done.output[-300:]}"
    if "demo-dep" not in _installed(run):
        yield f"{client} safe: a public project does not come: {done.output[-300:]}"
    if told := _told(run):
        yield f"{client} safe tells the public index of {told}"


def _broken(
    run: Run,
    fault: str,
    *,
    gives_in: Iterable[str],
    stops: Iterable[str] = (),
    clients: Iterable[str] = QUICK,
) -> None:
    """Break the private index: safe settings stop, these naive ones give in or stop."""
    with _both(run) as private:
        private.fault(fault)
        for client in clients:
            run.index.forget_requests()
            private.forget_requests()
            done = _try(run, "safe", client)
            assert not _theirs(run), f"{client} safe installs the stranger's, private: {fault}"
            assert done.exit_code != 0, f"{client} safe ends with 0, private: {fault}"
            assert private.requests(), f"{client} did not ask the private index: {done.output}"
            assert not _told(run), f"{client} safe tells the public index of {_told(run)}"
        for client in gives_in:
            _try(run, "naive", client)
            assert "acme-lib" in _theirs(run), f"{client} naive holds at {fault}: mend the page"
        for client in stops:
            done = _try(run, "naive", client)
            assert not _installed(run), f"{client} naive does not stop at {fault}: mend the page"
            assert done.exit_code != 0


@contextlib.contextmanager
def _both(run: Run) -> Iterator[Index]:
    """Start your index, and let the stranger publish where that has not happened yet."""
    for name in set(PRIVATE) - set(run.index.projects()):
        run.index.publish(name, "1.0", files=(File(pad=PAD),))
        run.index.publish(name, "99.0", files=WHEEL)
    with Index(OURS, port=run.port("private")) as private:
        yield private


@contextlib.contextmanager
def _forgotten(run: Run, settings: dict[str, str]) -> Iterator[None]:
    """Take acme-core out of the safe settings of some installers."""
    files = [run.folder / "safe" / client / name for client, name in settings.items()]
    before = {file: file.read_text() for file in files}
    for file, text in before.items():
        lines = text.replace('["acme-lib", "acme-core"]', '["acme-lib"]').splitlines(True)
        file.write_text("".join(line for line in lines if not line.startswith("acme-core")))
        assert "acme-core" not in file.read_text()
    try:
        yield
    finally:
        for file, text in before.items():
            file.write_text(text)


def _try(run: Run, way: str, client: str) -> Completed:
    return run.command("sh", "try.sh", CLIENT=client, WAY=way, **NO_RETRIES)


def _told(run: Run) -> list[str]:
    """What the public index was asked that has a private name in it."""
    return sorted({request.path for request in run.index.requests("*acme*")})


def _installed(run: Run) -> set[str]:
    """The projects in the environment that try.sh has made, but for pip."""
    found = (path.name for path in _site(run).glob("*.dist-info"))
    return {name.partition("-")[0].replace("_", "-") for name in found} - {"pip"}


def _theirs(run: Run) -> set[str]:
    return {name for name in PRIVATE if _whose(run, name) == "the stranger's"}


def _whose(run: Run, project: str) -> str:
    """Whose files are in the environment, by their bytes: ours, the stranger's, or nobody's."""
    if project not in _installed(run):
        return "nobody's"
    needs = NEEDS if project == "acme-lib" else ()
    known = {
        "ours": [wheel(project, "1.0", requires=needs)],
        "the stranger's": [wheel(project, "1.0", pad=PAD), wheel(project, "99.0")],
    }
    site = _site(run)
    (owner,) = (
        whose
        for whose, built in known.items()
        if any(
            all(_sha256(site / path) == digest for path, digest in _files(each).items())
            for each in built
        )
    )
    return owner


def _site(run: Run) -> Path:
    return Path(run.settings["WORK"], "venv", "lib", f"python{run.python}", "site-packages")


def _files(built: Built) -> dict[str, str]:
    """Path -> sha256 of each file of a wheel, but for its RECORD."""
    with zipfile.ZipFile(io.BytesIO(built.content)) as archive:
        return {
            path: hashlib.sha256(archive.read(path)).hexdigest()
            for path in archive.namelist()
            if not path.endswith("/RECORD")
        }


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
