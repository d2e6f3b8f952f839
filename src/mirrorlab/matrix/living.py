"""One cell, from its healthy world to its verdict, in the process that is isolated for it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager

from mirrorlab import clients
from mirrorlab.clients import Attempt, Client, Configuration, Suite
from mirrorlab.clients.configuration import PROJECT
from mirrorlab.errors import NoVerdict
from mirrorlab.lab import Lab, Tools
from mirrorlab.matrix import dns, lines, verdict, world
from mirrorlab.matrix.evidence import Evidence
from mirrorlab.matrix.outcome import PATIENCE
from mirrorlab.matrix.record import Cell
from mirrorlab.matrix.trouble import MOVED, Trouble
from mirrorlab.matrix.world import World

_RANDOM = re.compile(r"/tmp/tmp\w{8}\b")
_WIDTH = {"COLUMNS": "1000"}  # no message is broken into lines that hide its words
PREPARE_WITHIN = 120
"""Seconds each command that prepares may take, on a busy machine."""
_NOT_COMMITTED = (
    ".venv",
    "__pypackages__",
    "__pycache__",
    ".pdm-python",
    ".pdm-build",
    "*.egg-info",
)


def live(
    client: str,
    tools: Tools,
    configuration: Configuration,
    trouble: Trouble,
    *,
    patience: float = PATIENCE,
) -> Cell:
    """Live one cell and return what became of it.

    Raises :class:`NoVerdict` where nothing became of it, and what the lab raises.
    """
    with Lab() as lab, _world(lab, configuration, trouble) as its:
        fresh = _prepared(lab, client, tools, configuration, its)
        for index in its.indexes.values():
            index.forget_requests()
        known = _moved(configuration, trouble, its, fresh)
        its.strike()
        attempt = fresh.follow(
            known.expand(configuration.install),
            env=_environment(configuration, known),
            timeout=patience,
        )
        evidence = _evidence(configuration, trouble, its, attempt, lab)
        try:
            found = verdict.judge(evidence)
        except NoVerdict as problem:
            said = _readable(evidence.output, its, lab)
            raise NoVerdict(f"{client}/{problem.cell}", problem.reason, said) from None
        return _cell(client, evidence, found, _readable(evidence.output, its, lab))


def _world(
    lab: Lab, configuration: Configuration, trouble: Trouble
) -> AbstractContextManager[World]:
    if configuration.suite is Suite.DNS:
        return dns.of(lab, trouble)
    return world.of(lab, configuration, trouble)


def _prepared(
    lab: Lab, name: str, tools: Tools, configuration: Configuration, its: World
) -> Client:
    """Return a client that nobody used, in whose folder the configuration and its lock stand."""
    client = clients.make(lab, tools, name)
    world.lay_out(client.project, configuration, its)
    if not configuration.prepare:
        return client
    for typed in configuration.prepare:
        attempt = client.follow(
            its.expand(typed), env=_environment(configuration, its), timeout=PREPARE_WITHIN
        )
        if attempt.exit_code:
            reason = f"all is healthy, and {typed!r} fails: {lines.first_error(attempt.output)}"
            raise NoVerdict(f"{name}/{configuration.name}", reason, attempt.output)
    other = clients.make(lab, tools, name)
    shutil.copytree(
        client.project,
        other.project,
        symlinks=True,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(*_NOT_COMMITTED),
    )
    return other


def _moved(configuration: Configuration, trouble: Trouble, its: World, client: Client) -> World:
    """Tell a client that is to move of its new index; what the lock says stays."""
    if trouble.name != MOVED:
        return its
    moved = its.moved()
    world.lay_out(client.project, configuration, moved)
    return moved


def _environment(configuration: Configuration, its: World) -> Mapping[str, object]:
    own = {name: its.expand(value) for name, value in configuration.environment.items()}
    return {**_WIDTH, **its.settings, **own}


def _evidence(
    configuration: Configuration, trouble: Trouble, its: World, attempt: Attempt, lab: Lab
) -> Evidence:
    version = attempt.installed.get(PROJECT)
    locked = getattr(attempt, "locked", {})
    roles = [role for role, index in its.indexes.items() if index is its.faulty]
    return Evidence(
        configuration,
        trouble,
        exit_code=attempt.exit_code,
        output=attempt.output,
        seconds=attempt.seconds,
        ended=attempt.ended,
        version=version,
        files=attempt.record(PROJECT) if version is not None else {},
        locked=locked.get(PROJECT, frozenset()) if locked else None,
        requests={role: index.requests() for role, index in its.indexes.items()},
        hosts=its.hosts,
        faulty=roles[0] if roles else None,
        handshakes=its.handshakes(),
        has_folder=world.has_folder(configuration),
        escapes=tuple(map(str, lab.escapes)),
    )


def _cell(client: str, evidence: Evidence, found: verdict.Verdict, said: str) -> Cell:
    failed = found.source is None
    return Cell(
        client=client,
        configuration=evidence.configuration.name,
        trouble=evidence.trouble.name,
        outcome=found.outcome,
        source=found.source,
        exit_code=evidence.exit_code,
        seconds=evidence.seconds,
        requests={role: len(some) for role, some in evidence.requests.items()},
        met=evidence.met,
        line=lines.first_error(said) if failed else "",
    )


def _readable(output: str, its: World, lab: Lab) -> str:
    """Put the example addresses and a short path into what was printed."""
    text = its.restore(lines.plain(output))
    for folder in sorted((lab.tmp / "clients").glob("*"), reverse=True):
        text = text.replace(f"{folder}/", "/")
    text = text.replace(f"{lab.tmp}/scratch/", "/tmp/").replace(f"{lab.tmp}/", "/")
    return _RANDOM.sub("/tmp/tmp…", text)
