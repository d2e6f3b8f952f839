"""Machines that install, with pip and uv and their caches, while a release is blocked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drilling import served
from drilling.served import RELEASE

from mirrorlab.clients import Client
from mirrorlab.runner import Run


@dataclass(frozen=True)
class Machine:
    """A machine with a pip and a uv, each with an environment of its own."""

    pip: Client
    uv: Client
    caches: dict[str, Path]
    """The cache of each, by the variable that names it."""

    @property
    def settings(self) -> dict[str, Any]:
        """What the scripts are told of it."""
        return {
            "PIP": f"{self.pip.python_path} -m pip",
            "UV": f"{self.uv._tools.bin}/uv",
            "VIRTUAL_ENV": str(self.uv.venv),
            **self.caches,
        }


def machine(run: Run) -> Machine:
    """Make one, with empty caches."""
    caches = {"PIP_CACHE_DIR": run.tmp / "pip-cache", "UV_CACHE_DIR": run.tmp / "uv-cache"}
    return Machine(run.client("pip"), run.client("uv"), caches)


def installs_go_on(run: Run, machine: Machine) -> None:
    """Behind the cache, whose page still names it, with a constraint; behind devpi without one."""
    index, options = served.cache(run), ("--constraint", run.folder / "constraints.txt")
    refused = machine.uv.install("demo-lib", "--no-deps", index=index)
    assert not refused.installed, f"without a constraint uv gets {refused.installed}"
    for client in (machine.pip, machine.uv):
        done = client.install("demo-lib", "--no-deps", *options, index=index, expect=0)
        assert done.installed == {"demo-lib": "1.0"}, f"{client.name} gets {done.installed}"
    old = run.client("pip-22.1")  # it reads HTML only
    done = old.install(RELEASE, "--no-deps", index=served.indexes(run)[0])
    assert not done.installed, f"an old pip gets it: {done.output}"
    done = old.install("demo-lib", "--no-deps", index=served.stage(run), expect=0)
    assert done.installed == {"demo-lib": "1.0"}, f"the stage gives {done.installed}"
