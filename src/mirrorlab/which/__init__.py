"""Which index each installer would use in a folder, from which setting, and whether that is safe.

One module an installer: it reads what that installer reads, and follows its precedence. Nothing
connects, but :mod:`mirrorlab.which.connecting`. Only the base install is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from mirrorlab.masking import masked
from mirrorlab.which import (
    buildout,
    hatch,
    judging,
    pdm,
    pip,
    pip_tools,
    pipenv,
    poetry,
    uv,
)
from mirrorlab.which.model import Answer, Finding, Origin, Problem, Report, Role, Source, Verdict
from mirrorlab.which.surroundings import Surroundings, here

__all__ = [
    "INSTALLERS",
    "Answer",
    "Finding",
    "Origin",
    "Problem",
    "Report",
    "Role",
    "Source",
    "Surroundings",
    "Verdict",
    "here",
    "look",
    "masked",
]

INSTALLERS: Mapping[str, Callable[[Surroundings], tuple[Answer, ...]]] = MappingProxyType(
    {
        module.NAME: module.look
        for module in (pip, uv, poetry, pdm, pipenv, hatch, pip_tools, buildout)
    }
)
"""What each installer is called -> what says which indexes it asks."""


def look(around: Surroundings, clients: Sequence[str] = ()) -> Report:
    """Say what the installers do here; ``clients`` empty: all of them."""
    answers = [answer for name in clients or tuple(INSTALLERS) for answer in _of(name, around)]
    notes, findings = judging.of_netrc(around)
    problems = tuple(around.problems)
    return Report(around.project, tuple(answers), problems, tuple(findings), tuple(notes))


def _of(name: str, around: Surroundings) -> Iterator[Answer]:
    """Yield the answers of one installer, each with what of its settings could not be read."""
    own = replace(around, problems=[])
    answers = INSTALLERS[name](own)
    for problem in own.problems:
        around.broken(problem.file, problem.line, problem.says)
    yield from (replace(answer, problems=tuple(own.problems)) for answer in answers)
