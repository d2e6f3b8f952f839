"""``.. catalogue::`` and ``:recipe:``: every recipe the guide is to have, linked or *planned*."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from mirrorlab.errors import BrokenFile, MirrorlabError, UnknownName
from mirrorlab.recipe import Entry
from mirrorlab.site import blocks
from mirrorlab.site.guide import GuideDirective, guide_of

_logger = logging.getLogger(__name__)


def page_of(recipe: str) -> str:
    """The page of a recipe, as Sphinx names it."""
    return f"recipes/{recipe}/index"


class CatalogueDirective(GuideDirective):
    """A table for each topic; recipes that exist are linked, the rest is *planned*.

    It is also the table of contents of the recipes' pages, in the order of the catalogue.
    """

    def render(self) -> list[Any]:
        """Give the hidden contents and a section for each topic."""
        self.env.note_reread()
        if missing := self.guide.recipes_without_row():
            # Said here alone: it is one mistake, however many pages name a recipe.
            path = self.guide.recipes_folder / "catalogue.toml"
            problem = BrokenFile(path, "recipe", f"has no row for {', '.join(missing)}")
            _logger.warning("%s", problem, location=self.env.docname)
        made: list[Any] = [self._contents()]
        for topic, entries in groupby(self.guide.entries, key=lambda entry: entry.topic):
            rows = [self._row(entry) for entry in entries]
            table = blocks.table(["Recipe", "What it shows"], rows, "stacked", "catalogue")
            title = topic.value.capitalize()
            made.append(blocks.section([title], nodes.make_id(title), table))
        return made

    def _contents(self) -> Any:
        pages: list[str] = []
        for page in (page_of(entry.name) for entry in self.guide.entries if not entry.planned):
            if page in self.env.found_docs:
                pages.append(page)
            else:
                problem = f"{page}.rst is missing: this recipe has no page"
                _logger.warning("%s", problem, location=self.env.docname)
        return addnodes.toctree(
            "",
            parent=self.env.docname,
            entries=[(None, page) for page in pages],
            includefiles=pages,
            rawentries=[],
            rawcaption="",
            caption=None,
            glob=False,
            hidden=True,
            includehidden=False,
            maxdepth=1,
            numbered=0,
            titlesonly=True,
        )

    def _row(self, entry: Entry) -> list[Any]:
        first = blocks.paragraph(*named(entry, self.env.docname))
        drills = "; ".join(entry.drills)
        return [
            first,
            [
                blocks.paragraph(blocks.sentence(entry.shows)),
                blocks.fields(
                    [
                        ("Made of", blocks.with_words(entry.components)),
                        ("Broken on purpose", [drills]),
                        ("Answers", blocks.with_words(entry.answers)),
                    ],
                    "small-facts",
                ),
            ],
        ]


class RecipeRole(SphinxRole):
    """A recipe by its name: a link, or *planned*. A name outside the catalogue is an error."""

    def run(self) -> tuple[list[Any], list[Any]]:
        """Give the name, linked or marked."""
        self.env.note_reread()
        try:
            entries = {entry.name: entry for entry in guide_of(self.env).entries}
            if self.text not in entries:
                raise UnknownName("recipe", self.text, tuple(entries))
        except MirrorlabError as error:
            problem = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, problem)], [problem]
        return blocks.inlines(named(entries[self.text], self.env.docname)), []


def named(entry: Entry, docname: str) -> list[Any]:
    """Give the name of a recipe: a link from the page ``docname``, or marked as planned."""
    if entry.planned:
        return [f"{entry.name} ", blocks.badge("planned", "planned")]
    return [blocks.page_link(page_of(entry.name), entry.name, docname)]
