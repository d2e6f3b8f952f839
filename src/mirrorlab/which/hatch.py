"""Hatch: pip or uv in each of its environments, with the variables it sets for it.

Its own contribution is ``env-vars``, and the indexes of ``sources``, each an
``--extra-index-url``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mirrorlab.masking import masked
from mirrorlab.which import judging, pip, uv
from mirrorlab.which.files import Toml, toml
from mirrorlab.which.model import Answer, Finding, Origin, Role, Source
from mirrorlab.which.surroundings import Surroundings

NAME = "hatch"
_FIELD = re.compile(r"\{env:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::(?P<default>[^{}]*))?\}")
Place = tuple[Toml, tuple[str, ...]]


def look(around: Surroundings) -> tuple[Answer, ...]:
    """Say what ``hatch env create`` asks for each environment, those that ask alike as one."""
    places = _places(around)
    if not places:
        return (Answer(NAME, unused="no [tool.hatch] in pyproject.toml, and no hatch.toml"),)
    names = dict.fromkeys(
        ("default", *(name for place in places for name in _table(place, "envs")))
    )
    answers: list[Answer] = []
    for name in names:
        made = _answer(around, places, name)
        if not answers or made.sources != answers[0].sources:
            answers.append(made)
    return tuple(answers)


def _places(around: Surroundings) -> list[Place]:
    """Return the files with settings of Hatch, and where in them; hatch.toml wins."""
    found: list[Place] = []
    for folder in around.folders():
        own, shared = folder / "hatch.toml", folder / "pyproject.toml"
        if around.exists(own) and (read := toml(around, own)):
            found.append((read, ()))
        if (read := toml(around, shared)) and read.has("tool", "hatch"):
            found.append((read, ("tool", "hatch")))
        if around.exists(own) or around.exists(shared):
            break
    return found


def _table(place: Place, *keys: str) -> dict[str, Any]:
    return place[0].table(*place[1], *keys)


def _setting(places: list[Place], name: str, key: str, seen: frozenset[str]) -> Any:
    """Look a key up in an environment, then in its template."""
    for place in places:
        if key in (table := _table(place, "envs", name)):
            return table[key]
    template = _template(places, name)
    if template is None or template in seen:
        return None
    return _setting(places, template, key, seen | {template})


def _template(places: list[Place], name: str) -> str | None:
    if name == "default":
        return None
    for place in places:
        table = _table(place, "envs", name)
        if table.get("detached") is True:
            return None
        if isinstance(table.get("template"), str):
            return str(table["template"])
    return "default"


def _answer(around: Surroundings, places: list[Place], name: str) -> Answer:
    client = NAME if name == "default" else f"{NAME} ({masked(name)})"
    own = _variables(around, places, name)
    environ = {**_passed(around, places, name), **{k: v for k, (v, _) in own.items()}}
    inner = replace(around, environ=environ)
    installer = _setting(places, name, "installer", frozenset({name}))
    if installer == "uv":
        made = uv.answer(inner, client, of_pip=True, environ=environ)
    else:
        made = pip.answer(inner, client, pip.settings(inner, "install"))
    made = _with_places(made, {variable: origin for variable, (_, origin) in own.items()})
    extra = tuple(_of_sources(places, name))
    sources = (*made.sources, *extra)
    found = [*made.findings]
    if extra:
        found += judging.of_merged("hatch", sources)
        found += judging.of_sources(around, extra)
    which = "uv" if installer == "uv" else "pip"
    note = f"the environment {masked(name)!r} is filled by {which}"
    return Answer(client, sources, tuple(dict.fromkeys(found)), notes=(note, *made.notes))


def _passed(around: Surroundings, places: list[Place], name: str) -> dict[str, str]:
    """Return the variables that the environment lets in."""
    from fnmatch import fnmatch

    include = _setting(places, name, "env-include", frozenset({name}))
    exclude = _setting(places, name, "env-exclude", frozenset({name}))
    kept = dict(around.environ)
    if isinstance(include, list) and include:
        kept = {k: v for k, v in kept.items() if any(fnmatch(k, str(one)) for one in include)}
    if isinstance(exclude, list):
        kept = {k: v for k, v in kept.items() if not any(fnmatch(k, str(x)) for x in exclude)}
    return kept


def _variables(
    around: Surroundings, places: list[Place], name: str
) -> dict[str, tuple[str, Origin]]:
    """Return the ``env-vars`` of an environment, and where each stands."""
    owner: str | None = name
    seen: set[str] = set()
    while owner is not None and owner not in seen:
        seen.add(owner)
        for place in places:
            table = _table(place, "envs", owner, "env-vars")
            if table:
                return {
                    variable: (
                        _formatted(around, str(value)),
                        replace(
                            place[0].at(*place[1], "envs", owner, "env-vars", variable),
                            variable=variable,
                        ),
                    )
                    for variable, value in table.items()
                }
        owner = _template(places, owner)
    return {}


def _formatted(around: Surroundings, value: str) -> str:
    """Fill ``{env:NAME}`` and ``{root}`` as Hatch does."""
    value = value.replace("{root}", str(around.project)).replace("{home}", str(around.home))
    return _FIELD.sub(
        lambda found: around.environ.get(found["name"], found["default"] or ""), value
    )


def _with_places(made: Answer, places: Mapping[str, Origin]) -> Answer:
    """Name the line of the file where a variable is one of Hatch's own."""

    def placed(origin: Origin | None) -> Origin | None:
        variable = origin.variable if origin and origin.file is None else None
        return places.get(variable, origin) if variable else origin

    sources = tuple(replace(one, origin=placed(one.origin) or one.origin) for one in made.sources)
    findings: list[Finding] = [replace(one, origin=placed(one.origin)) for one in made.findings]
    return replace(made, sources=sources, findings=tuple(findings))


def _of_sources(places: list[Place], name: str) -> list[Source]:
    """Return the indexes of ``sources``: Hatch adds each for every project it installs then."""
    found: dict[str, Source] = {}
    for read, place in places:
        for keys in ((*place, "envs", name, "sources"), (*place, "sources")):
            for project, value in read.table(*keys).items():
                if isinstance(value, Mapping) and isinstance(value.get("index"), str):
                    origin = read.at(*keys, project)
                    note = "added for every project, not only for the one it is written for"
                    found.setdefault(
                        value["index"], Source(value["index"], origin, Role.INDEX, note=note)
                    )
    return list(found.values())
