"""Installers that go through the recipe's pages, with files as the reader has them."""

from __future__ import annotations

from drilling.damages import EVIL

from mirrorlab import clients
from mirrorlab.clients import Attempt, Client
from mirrorlab.runner import Run

MIRROR = "https://mirror.example/simple/"
NO_PATIENCE = {
    "PIP_RETRIES": "0",
    "PIP_RESUME_RETRIES": "0",
    "UV_HTTP_RETRIES": "0",
    "POETRY_REQUESTS_MAX_RETRIES": "0",
}
REFUSES = {
    "pip": "THESE PACKAGES DO NOT MATCH THE HASHES",
    "uv": "Hash mismatch for `",
    "poetry": "not found in known hashes",
    "pdm": "Hash mismatch for http",
    "pipenv": "THESE PACKAGES DO NOT MATCH THE HASHES",
    "hatch": "THESE PACKAGES DO NOT MATCH THE HASHES",
    "pip-sync": "THESE PACKAGES DO NOT MATCH THE HASHES",
    "buildout": "sha256 validation failed for",
}
"""Client -> what it says of a file that has not the hash of the page."""
LOCKS = {
    "uv": f"uv pip compile --default-index {MIRROR} --generate-hashes requirements.in"
    " -o requirements.txt",
    "pip": f"pip lock --index-url {MIRROR} -r requirements.in",
    "pip-compile": f"pip-compile --generate-hashes --index-url {MIRROR}",
}


def pages(run: Run) -> str:
    """The URL of the recipe's pages."""
    return f"http://{run.settings['LISTEN']}/simple/"


def attempt(
    run: Run, name: str, project: str = "demo-lib", *, login: str = "", **more: str
) -> Attempt:
    """Install a project through the recipe's pages; ``login`` is ``NAME:PASSWORD`` in the URL."""
    url = pages(run).replace("://", f"://{login}@") if login else pages(run)
    if name == "pip-22.1":
        return run.client(name).install(project, index=url, env=NO_PATIENCE | more)
    client, typed, own = _client(run, name, url, project)
    return client.follow(typed, env=NO_PATIENCE | own | more)


def lock(run: Run, name: str) -> str:
    """Lock demo-lib as an installer's user types it; the text of the lock."""
    client = run.client(name)
    (client.project / "requirements.in").write_text("demo-lib\n")
    done = client.follow(LOCKS[name].replace(MIRROR, pages(run)), env=NO_PATIENCE)
    assert done.exit_code == 0, done.output
    return next(client.project.glob("*lock.toml"), client.project / "requirements.txt").read_text()


def install_lock(run: Run, text: str) -> Attempt:
    """Install such a lock with pip."""
    pip = run.client("pip")
    (pip.project / "requirements.txt").write_text(text)
    typed = f"pip install --index-url {pages(run)} --require-hashes --no-deps -r requirements.txt"
    return pip.follow(typed, env=NO_PATIENCE)


def poetry_lock(run: Run) -> str:
    """Lock with Poetry, through the recipe's pages; the text of the lock."""
    client, _, more = _client(run, "poetry", pages(run), "demo-lib")
    done = client.follow("poetry lock", env=NO_PATIENCE | more)
    assert done.exit_code == 0, done.output
    return (client.project / "poetry.lock").read_text()


def is_evil(tried: Attempt) -> bool:
    """Whether something of an altered file is installed."""
    return bool(list(tried.site_packages.rglob(EVIL)))


def _client(run: Run, name: str, url: str, project: str) -> tuple[Client, str, dict[str, str]]:
    """A fresh client with the files of its configuration; what is typed, and its variables."""
    wanted = "by-name" if name == "pip-sync" else "mirror"
    way = next(each for each in clients.configurations(name) if each.name == wanted)

    def told(text: str) -> str:
        for old, new in ((MIRROR, url), (MIRROR.rstrip("/"), url.rstrip("/"))):
            text = text.replace(old, new)
        text = text.replace("demo-lib", project)
        return text.replace("==2.0", "==1.0") if project == "demo-sdist" else text

    client = run.client(name)
    for file, text in way.files.items():
        (client.project / file).write_text(told(text))
    variables = {variable: told(value) for variable, value in way.environment.items()}
    return client, told(way.install), variables
