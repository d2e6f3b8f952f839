"""``:measured:``, ``.. results::``, ``.. also-run::``: figures of the last run on record."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxRole

from mirrorlab.errors import BrokenFile, MirrorlabError
from mirrorlab.recipe import Recipe
from mirrorlab.site import blocks, outcomes
from mirrorlab.site.catalogue import page_of
from mirrorlab.site.guide import Guide, GuideDirective, guide_of
from mirrorlab.site.measured import Figure, Measured


class MeasuredRole(SphinxRole):
    """One figure: ``:measured:`selective-mirror/kill-mid-sync/outage```.

    The drill may be ``promise``. A figure nobody measured breaks the build.
    """

    def run(self) -> tuple[list[Any], list[Any]]:
        """Give the figure with its unit, or an error of the build."""
        try:
            figure = _figure(guide_of(self.env), self.text)
        except MirrorlabError as error:
            problem = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, problem)], [problem]
        self.env.note_reread()
        text = str(figure)
        return [nodes.inline(text, text, classes=["measured"])], []


class ResultsDirective(GuideDirective):
    """Every recipe with its last run: what held, how long it took, when and with what."""

    def render(self) -> list[Any]:
        """Give the table, or say that there is no recipe."""
        self.env.note_reread()
        rows = [self._row(recipe) for recipe in self.guide.recipes.values()]
        if not rows:
            return [blocks.paragraph("No recipe is on this site yet.")]
        head = ["Recipe", "Drills that held", "Time", "Measured"]
        return [blocks.table(head, rows, "stacked", "results")]

    def _row(self, recipe: Recipe) -> list[Any]:
        name = blocks.literal(recipe.name)
        link = blocks.paragraph(blocks.page_link(page_of(recipe.name), name, self.env.docname))
        measured = self.guide.measured(recipe.name)
        if measured is None:
            return [link, f"{len(recipe.drills)} written", "", "no run is on record yet"]
        versions = ", ".join(f"{name} {version}" for name, version in measured.versions.items())
        return [
            link,
            _verdict(measured, recipe),
            f"{measured.seconds:.0f}\N{NO-BREAK SPACE}s",
            [f"{measured.date}, {measured.machine}", _small(versions)],
        ]


class AlsoRunDirective(GuideDirective):
    """What is run beside the recipes, how much and with what: ``.. also-run:: PAGE``.

    The page, named from here, is the one with the tables of outcomes.
    """

    required_arguments = 1

    def render(self) -> list[Any]:
        """Give the table."""
        self.env.note_reread()
        head = ["What", "How much", "With"]
        return [blocks.table(head, [self._messages(), self._outcomes()], "stacked", "results")]

    def _messages(self) -> list[Any]:
        told = f"{len(self.guide.messages)} messages"
        said = self.guide.said
        if said is None:
            return ["Messages", told, "no run is on record yet"]
        clients = Counter(client for by in said.by.values() for client in by)
        with_counts = ", ".join(f"{client} ({clients[client]})" for client in sorted(clients))
        return ["Messages", told, [f"{said.date}", _small(with_counts)]]

    def _outcomes(self) -> list[Any]:
        here = Path(self.env.doc2path(self.env.docname)).parent
        tables = outcomes.load(here / f"{self.arguments[0]}.toml")
        rows = [row for table in tables for row in table.rows]
        runs = sum(len(row.clients) * len(row.arrives) for row in rows)
        clients = sorted({outcomes.version(client) for row in rows for client in row.clients})
        return ["Choices", f"{len(rows)} commands, {runs} installs", _small(", ".join(clients))]


def _small(text: str) -> Any:
    return blocks.paragraph(text, classes=["small"])


def _verdict(measured: Measured, recipe: Recipe) -> Any:
    held = measured.held(recipe)
    kind = "holds" if held == len(recipe.drills) else "fails"
    return blocks.paragraph(blocks.badge(f"{held} of {len(recipe.drills)}", kind))


def _figure(guide: Guide, key: str) -> Figure:
    recipe, _, rest = key.partition("/")
    drill, _, name = rest.partition("/")
    path = guide.results_file(recipe)
    if not name:
        raise BrokenFile(path, key, "must be written RECIPE/DRILL/NAME")
    measured = guide.measured(recipe)
    if measured is None:
        raise BrokenFile(
            path, key, "is not measured: the file is missing; nox -s results writes it"
        )
    figure = measured.figure(drill, name)
    if figure is None:
        raise BrokenFile(path, key, "is not measured: no such drill, or no such figure")
    return figure
