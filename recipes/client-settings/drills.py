"""What each snippet promises, and where a password is found that was not put there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from drilling import indexes, installs, passwords

from mirrorlab.runner import Run

USER, SECRET = indexes.USER, indexes.SECRET
SYSTEM_STORE = {"pip": (), "uv": ("system-store",), "poetry": ("system-store",), "pdm": ()}
"""What makes each trust what the system trusts; to trust nobody else is what ``ca`` is for."""
STARTERS = (
    ("hatch", "mirror"),
    ("tox", "mirror"),
    ("nox", "plain", "pip/mirror"),
    ("pip-tools", "plain", "pip/mirror"),
)
"""Of pip: they read what pip reads."""
NETRC, CACHE_OF_PDM = "home/.netrc", "home/.cache/pdm/http/http-cache.db"
NAIVE = {
    "config": "pip config list",
    "pip": "pip -vvv --no-cache-dir download --dest DIR acme-lib",
    "compile": "pip-compile -o DIR/requirements.txt DIR/requirements.in",
    "lock": "pip lock -o DIR/pylock.toml acme-lib",
    "uv": "uv -v pip compile -o DIR/uv.txt DIR/requirements.in",
    "poetry": "poetry --directory DIR lock",
    "uv-emit": "uv pip compile --emit-index-url -o DIR/uv-emit.txt DIR/requirements.in",
}
NAIVE_LEAKS = {
    "config.output",
    "compile.output",
    "poetry.lock",
    "pyproject.toml",
    "requirements.txt",
    "uv-emit.output",
    "uv-emit.txt",
}


def promise(run: Run) -> None:
    """Each installer logs in at the index that it is told of, trusts the system, asks nobody else.

    pipenv trusts the authority of a file, for it is not tried with the store of the system.
    """
    with indexes.serving(run) as private:
        trusting = indexes.system_store(run)
        for client, ways in SYSTEM_STORE.items():
            there = {NETRC, CACHE_OF_PDM} if client == "pdm" else {NETRC}
            installs.as_mirror(run, private, client, "mirror", *ways, leaks=there, before=trusting)
        installs.as_mirror(run, private, "pipenv", "mirror", "ca", leaks={NETRC})
        run.index.fault("503")
        done = installs.attempt(run, "pip", "fallback", "ca")
        went_on = "demo-lib" in installs.installed(run)
        assert went_on, f"the public index is no fallback: {done.output}"


def starters(run: Run) -> None:
    """What starts pip hands on the index, the authority and the login, and writes none down."""
    with indexes.serving(run) as private:
        shared = run.tmp / "virtualenv"
        for client, *ways in STARTERS:
            own = {"VIRTUALENV_OVERRIDE_APP_DATA": shared}
            installs.as_mirror(run, private, client, *ways, "pip/ca", leaks={NETRC}, **own)
        assert not passwords.found(run, shared), "the cache of virtualenv has the password"


def environment(run: Run) -> None:
    """A login from variables gets in; no lock, no cache and no word of the installer has it."""
    ways = {
        "pip": ("environment", "ca"),
        "uv": ("private", "environment", "ca"),
        "poetry": ("private", "environment", "ca"),
        "pdm": ("environment", "ca"),
        "pipenv": ("environment", "ca"),
    }
    with indexes.serving(run) as private:
        for client, folders in ways.items():
            installs.logged_in(run, private, client, *folders)


def netrc(run: Run) -> None:
    """Beside a mirror without one, a login from ~/.netrc gets in. PDM keeps it in its cache."""
    with indexes.serving(run) as private:
        for client, there in (("pip", {NETRC}), ("uv", {NETRC}), ("pdm", {NETRC, CACHE_OF_PDM})):
            installs.logged_in(run, private, client, "private", "netrc", "ca", leaks=there)
        _asked_first(run)


def _asked_first(run: Run) -> None:
    """ask.sh tells a good index from one without a login, and from one that is not trusted."""
    login = run.tmp / "netrc"
    login.write_text(f"machine 127.0.0.1 login {USER} password {SECRET}\n")
    here: dict[str, Any] = {"INDEX": run.settings["PRIVATE"], "PROJECT": "acme-lib"}
    ca = indexes.authorities(run)
    cases: list[tuple[int, dict[str, Any]]] = [
        (0, {**here, "AUTHORITY": ca, "LOGIN": login}),
        (1, {**here, "LOGIN": login}),
        (1, {**here, "AUTHORITY": ca}),
        (1, {"LOGIN": login}),
        (3, {"INDEX": "http://127.0.0.1:9/simple/"}),
    ]
    for code, settings in cases:
        done = run.step("ask", **settings)
        assert done.exit_code == code, f"ask.sh {settings}: {done.output}"


def keyring(run: Run) -> None:
    """A login from the keyring gets in, and is written nowhere."""
    ways = {
        "pip": ("keyring", "ca"),
        "uv": ("private", "keyring", "ca"),
        "poetry": ("private", "keyring", "ca"),
        "pdm": ("keyring", "ca"),
    }
    with indexes.serving(run) as private:
        ring = passwords.ring(run)
        for client, folders in ways.items():
            installs.logged_in(run, private, client, *folders, **ring)
        knowing = {**ring, "PYTHON_KEYRING_BACKEND": "drill_ring.Knowing"}
        installs.logged_in(run, private, "pipenv", "private", "keyring", "ca", **knowing)


def find_links(run: Run) -> None:
    """A folder is enough, and no index is asked."""
    wheels = Path(run.settings["WHEELS"])
    wheels.mkdir(exist_ok=True)
    for entry in (*run.index.files("demo-lib"), *run.index.files("demo-dep")):
        if entry.filename.endswith(".whl") and "-2.0-" in entry.filename:
            (wheels / entry.filename).write_bytes(run.get(run.index.url + entry.url).body)
    run.index.forget_requests()
    with indexes.serving(run):
        for client in ("pip", "uv", "pdm"):
            done = installs.attempt(run, client, "find-links")
            names = installs.installed(run)
            assert names == {"demo-lib", "demo-dep"}, f"{client}: {done.output[-500:]}"
    assert not run.index.requests(), "an index was asked"


def authority(run: Run) -> None:
    """Nobody trusts an index whose authority nobody knows, and nothing is installed."""
    with indexes.serving(run):
        for client in ("pip", "uv"):
            done = installs.attempt(run, client, "mirror")
            assert not installs.installed(run), f"{client} trusts anybody"
            assert done.exit_code != 0, f"{client} says nothing: {done.output[-500:]}"


def leaks(run: Run) -> None:
    """A password in the address of an index: who writes it down, and where."""
    with indexes.serving(run) as private:
        done = installs.attempt(run, "tox", "in-tox-ini", "pip/ca", VERBOSE="yes")
        assert "acme-lib" in installs.installed(run), f"tox: {done.output[-500:]}"
        there = {Path(path).name for path in passwords.left_at_work(run)}
        assert ".tox-info.json" in there, f"tox no longer writes it down: {there}"
        folder = _naively(run)
        where = {path.removeprefix(f"{folder}/") for path in passwords.found(run, folder)}
        assert where == NAIVE_LEAKS, f"it is in {sorted(where)}: mend the page"
        assert private.users() == {USER}


def _naively(run: Run) -> Path:
    """Run each command of NAIVE with such an address; return the folder of what it left."""
    address = run.settings["PRIVATE"].replace("//", f"//{USER}:{SECRET}@")
    own: dict[str, Any] = {"PIP_INDEX_URL": address, "UV_DEFAULT_INDEX": address}
    bundles = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
    own |= dict.fromkeys(bundles, indexes.authorities(run))
    folder = run.tmp / "leaks"
    folder.mkdir(exist_ok=True)
    (folder / "requirements.in").write_text("acme-lib\n")
    project = (run.folder / "poetry/mirror/pyproject.toml").read_text()
    project = project.replace("https://mirror.example/simple/", address)
    (folder / "pyproject.toml").write_text(project.replace("demo-lib", "acme-lib"))
    for name, command in NAIVE.items():
        argv = command.replace("DIR", str(folder)).split()
        done = run.command(*argv, **own, **installs.QUICK)
        assert done.exit_code == 0, f"{command}: {done.output}"
        (folder / f"{name}.output").write_text(done.output)
    return folder
