"""``.. recipe::``: the head of a recipe's page, and the zip file behind its download link."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

from mirrorlab.errors import MirrorlabError
from mirrorlab.lab.programs import PACKAGES
from mirrorlab.recipe import Capability, Recipe, zipped
from mirrorlab.site import blocks
from mirrorlab.site.guide import GuideDirective, guide_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_CAN = {
    Capability.NAMESPACES: "Linux with user namespaces",
    Capability.TMPFS: "a small temporary file system",
    Capability.SYSTEMD: "systemd",
}
_logger = logging.getLogger(__name__)
_OLDEST = re.compile(r">=\s*(?P<version>[0-9.]+)")
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class RecipeDirective(GuideDirective):
    """What the recipe answers, what it needs, how it was tested, and how to take it away."""

    def render(self) -> list[Any]:
        """Give the head of the page."""
        recipe = self.this_recipe()
        rows = [*_needs(recipe), ("Tested by", self._tested(recipe))]
        box = nodes.container("", classes=["recipe-head"])
        box += blocks.paragraph(recipe.answers, classes=["recipe-answers"])
        box += blocks.fields(rows, "facts")
        box += blocks.code(
            f"$ mirrorlab run {recipe.name}\n$ mirrorlab copy {recipe.name} ./{recipe.name}"
        )
        box += addnodes.only("", self._download(recipe), expr="html")
        return [box]

    def _tested(self, recipe: Recipe) -> list[Any]:
        drills = len(recipe.drills)
        words = f"a promise and {drills} drill{'' if drills == 1 else 's'}"
        measured = self.guide.measured(recipe.name)
        if measured is None:
            return [f"{words}; no run is on record yet"]
        return [
            f"{words}; on {measured.date} {measured.held(recipe)} of {drills} drills held, "
            f"in {measured.seconds:.0f} s on {measured.machine}"
        ]

    def _download(self, recipe: Recipe) -> Any:
        name = f"{recipe.name}.zip"
        link = nodes.reference(name, name, refuri=name, internal=True, classes=["download"])
        return blocks.paragraph(
            "Without the kit: download ", link, ". It holds the same files as the copy."
        )


def write_zips(app: Sphinx, exception: Exception | None) -> None:
    """Put the zip of every recipe beside its page, after a build of HTML pages."""
    if exception is not None or app.builder.format != "html":
        return
    guide = guide_of(app.env)
    try:
        for name, recipe in guide.recipes.items():
            target = Path(app.outdir) / "recipes" / name / f"{name}.zip"
            content = zipped(recipe)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    except MirrorlabError as error:
        _logger.warning("%s", error)


def _needs(recipe: Recipe) -> list[tuple[str, list[Any]]]:
    """Rows of what a machine must have; a row with nothing in it is left out."""
    programs = [_program(program) for program in recipe.needs.programs]
    for step in recipe.steps:
        programs += [_program(need, f"for {step.name} alone") for need in step.needs]
    allows = [_CAN[can] for can in recipe.needs.can]
    tools = [blocks.literal(tool) for tool in _tools(recipe)]
    rows = [
        ("Programs", blocks.separated(programs)),
        ("System", blocks.separated(allows)),
        ("Python", [_python(recipe.needs.python)]),
        ("Python tools", blocks.separated(tools)),
    ]
    return [(name, parts) for name, parts in rows if parts]


def _python(specifier: str | None) -> str:
    """A version specifier in words, where it is no more than the oldest version."""
    oldest = _OLDEST.fullmatch(specifier or ">=3.11")
    return f"{oldest['version']} or newer" if oldest else str(specifier)


def _program(either: str, remark: str = "") -> Any:
    """One need with the Debian packages that bring it: ``nginx|caddy`` is met by either."""
    programs = either.split("|")
    parts = blocks.separated(map(blocks.literal, programs), " or ")
    packages = dict.fromkeys(PACKAGES[program] for program in programs if program in PACKAGES)
    remarks = [f"Debian: {' or '.join(packages)}"] if packages else []
    remarks += [remark] if remark else []
    if remarks:
        parts.append(nodes.Text(f" ({'; '.join(remarks)})"))
    return nodes.inline("", "", *parts)


def _tools(recipe: Recipe) -> list[str]:
    """The names in requirements.in, as they stand there."""
    path = recipe.folder / "requirements.in"
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [found[0] for line in lines if (found := _REQUIREMENT.match(line))]
