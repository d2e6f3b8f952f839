"""The world in which messages are said: an index, every client, a devpi server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import distributions
from pathlib import Path
from urllib.parse import urlsplit

from mirrorlab import clients
from mirrorlab.index import Index
from mirrorlab.lab import Completed, Lab, Tools, wait_for_url
from mirrorlab.site.known import PLACEHOLDER

INSTALLERS = tuple(clients.REQUIREMENTS)
PYTHON = "3.11"
ONCE: Mapping[str, object] = {
    "PIP_RETRIES": 0,
    "PIP_NO_CACHE_DIR": 1,
    "UV_HTTP_RETRIES": 0,
    "UV_NO_CACHE": 1,
    "TWINE_NON_INTERACTIVE": 1,
}
# bandersnatch ignores no_proxy, so it would ask the lab's trap for loopback.
NO_PROXY = dict.fromkeys(
    ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), ""
)
# Argon2 as weak as it can be: devpi starts in seconds. For tests only.
QUICK = ("--argon2-memory-cost", "8", "--argon2-parallelism", "1", "--argon2-time-cost", "1")


@dataclass
class World:
    """What a case finds: it may fault the index, write files, and set the environment."""

    lab: Lab
    tool: Callable[[str], Tools]
    folder: Path
    """Where commands run; each case has its own."""
    env: dict[str, object] = field(default_factory=dict)
    """What the case adds to the environment of its commands."""
    _venvs: dict[str, Path] = field(default_factory=dict)
    _servers: list[Devpi] = field(default_factory=list)

    @property
    def devpi(self) -> Devpi:
        """The devpi server, started when first asked for."""
        if not self._servers:
            tools = (self.tool("devpi-server"), self.tool("devpi-client"))
            self._servers.append(Devpi(self.lab, *tools))
        return self._servers[0]

    @property
    def index(self) -> Index:
        """The index."""
        return self.lab.index

    def values(self, **more: object) -> dict[str, str]:
        """Return what placeholders stand for: where the index is, and what the case says."""
        root = urlsplit(self.index.url)
        name = str(more.get("name", "demo-dep"))
        common = {
            "index-root": self.index.url,
            "index-url": f"{self.index.url}/simple/",
            "host": root.hostname,
            "port": root.port,
            "host-and-port": root.netloc,
            "name": name,
            "project-page": f"{self.index.url}/simple/{name}/",
            "python": PYTHON,
        }
        return {
            key.replace("_", "-"): str(value) for key, value in [*common.items(), *more.items()]
        }

    @contextmanager
    def fresh(self, name: str) -> Iterator[World]:
        """Give this world as if new: no fault, an empty folder, an untouched environment."""
        folder = self.folder / name
        folder.mkdir()
        self.index.clear()
        yield World(self.lab, self.tool, folder, {}, self._venvs, self._servers)
        self.index.clear()

    def say(self, by: str, command: str, values: Mapping[str, str]) -> str:
        """Run a shell command with the client ``by`` and return what it printed."""
        return self.run(by, command, values).output

    def run(self, by: str, command: str, values: Mapping[str, str]) -> Completed:
        """Run a shell command with the client ``by``."""
        filled = PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), command)
        settings = {**ONCE, "PATH": self.path(by), **self.env}
        if by in INSTALLERS:
            settings["VIRTUAL_ENV"] = self._venv(by)
        argv = ["/bin/sh", "-c", filled]
        return self.lab.run(argv, name=by, cwd=self.folder, settings=settings, timeout=120)

    def path(self, by: str) -> str:
        """Return the ``PATH`` on which the client ``by`` comes first."""
        own = self._venv(by).parent / "path" if by in INSTALLERS else self.tool(by).bin
        return f"{own}:{self.lab.environment()['PATH']}"

    def version(self, by: str) -> str:
        """Return the client's name and version, as its metadata has them: ``pip 26.3``."""
        tools = clients.prepare(by, PYTHON) if by in INSTALLERS else self.tool(by)
        name = by if by in ("devpi-client", "devpi-server") else by.partition("-")[0]
        [found] = distributions(name=name, path=[str(tools.site_packages)])
        return f"{name} {found.version}"

    def _venv(self, by: str) -> Path:
        """Return the environment of an installer, which no message changes for the next."""
        if by not in self._venvs:
            tools = clients.prepare(by, PYTHON)
            client = clients.make(self.lab, tools, by)
            programs = client.venv.parent / "path"
            programs.mkdir()
            if by == "uv":
                (programs / "uv").symlink_to(tools.bin / "uv")
            else:
                shim = programs / "pip"
                shim.write_text(f'#!/bin/sh\nexec "{client.python_path}" -m pip "$@"\n')
                shim.chmod(0o755)
            (programs / "python").symlink_to(client.python_path)
            self._venvs[by] = client.venv
        return self._venvs[by]


class Devpi:
    """A devpi server: root/mirror copies the index, root/dev builds on it, root/prod is final.

    alice may upload to both stages, bob to none; only root may make users and indexes.
    """

    def __init__(self, lab: Lab, tools: Tools, client: Tools) -> None:
        """Describe it; :attr:`url` starts it."""
        self._lab = lab
        self._tools = tools
        self._client = client

    @cached_property
    def url(self) -> str:
        """Where it is, once it answers and is filled."""
        folder = self._lab.tmp / "devpi"
        server = (self._tools.bin / "devpi-server", "--serverdir", folder)
        init = (self._tools.bin / "devpi-init", "--serverdir", folder, "--no-root-pypi")
        made = self._lab.run([*init, "--root-passwd", "secret"])
        assert made.exit_code == 0, made.output
        port = self._lab.port("devpi")
        options = ("--port", str(port), "--restrict-modify", "root", "--request-timeout", "5")
        self._lab.spawn([*server, *options, *QUICK])
        url = f"http://127.0.0.1:{port}"
        wait_for_url(f"{url}/+api", within=90)
        self._fill(url)
        return url

    def login(self, user: str, folder: Path, index: str = "") -> dict[str, object]:
        """Log a user in and return the environment in which they are; nobody: ``""``."""
        env = {"DEVPI_CLIENTDIR": folder / "devpi", "PIP_CONFIG_FILE": "/dev/null"}
        self._do(env, "use", f"{self.url}/{index}")
        if user:
            password = {"root": "secret", "alice": "wonder", "bob": "bobby"}[user]
            self._do(env, "login", user, "--password", password)
        return dict(env)

    def _fill(self, url: str) -> None:
        env = {"DEVPI_CLIENTDIR": self._lab.tmp / "devpi-root"}
        mirror = (f"mirror_url={self._lab.index.url}/simple/", "mirror_cache_expiry=1800")
        for words in (
            ("use", url),
            ("login", "root", "--password", "secret"),
            ("user", "-c", "alice", "password=wonder"),
            ("user", "-c", "bob", "password=bobby"),
            ("index", "-c", "root/mirror", "type=mirror", *mirror),
            ("index", "-c", "root/dev", "bases=root/mirror", "acl_upload=alice"),
            ("index", "-c", "root/prod", "volatile=False", "acl_upload=alice"),
        ):
            self._do(env, *words)

    def _do(self, env: Mapping[str, object], *words: str) -> None:
        done = self._lab.run([self._client.bin / "devpi", *words], settings=env)
        assert done.exit_code == 0, f"devpi {json.dumps(words)}: {done.output}"
