"""``.. settings::`` and ``.. drills::``: parts of a recipe's page, read from its files."""

from __future__ import annotations

from typing import Any

from docutils import nodes

from mirrorlab.recipe import Drill, Recipe
from mirrorlab.site import blocks
from mirrorlab.site.guide import GuideDirective
from mirrorlab.site.labels import declare, drill_anchor, drill_label
from mirrorlab.site.measured import DrillRecord
from mirrorlab.site.messages import said


class SettingsDirective(GuideDirective):
    """What a copier may change: each setting with its default, its meaning and its script."""

    def render(self) -> list[Any]:
        """Give the table."""
        rows = [
            [
                blocks.paragraph(blocks.literal(setting.name)),
                blocks.paragraph(blocks.literal(setting.default) if setting.default else "empty"),
                [
                    blocks.paragraph(*blocks.with_words(setting.comment)),
                    blocks.paragraph("in ", blocks.literal(setting.script), classes=["small"]),
                ],
            ]
            for setting in self.this_recipe().settings
        ]
        if not rows:
            return [blocks.paragraph("No script of this recipe has settings.")]
        head = ["Setting", "Default", "What it is"]
        return [blocks.table(head, rows, "stacked", "settings")]


class DrillsDirective(GuideDirective):
    """How the recipe is broken on purpose: each drill, and the messages it brings about."""

    def render(self) -> list[Any]:
        """Give the list; every drill is a place that other pages link to."""
        recipe = self.this_recipe()
        measured = self.guide.measured(recipe.name)
        records = measured.drills if measured else {}
        rows = [self._item(recipe, drill, records.get(drill.name)) for drill in recipe.drills]
        return [blocks.definitions(rows, "drills", "simple")]

    def _item(
        self, recipe: Recipe, drill: Drill, record: DrillRecord | None
    ) -> tuple[Any, list[Any]]:
        anchor = drill_anchor(drill.name)
        declare(self.env, drill_label(recipe.name, drill.name), anchor, drill.title)
        term = nodes.term("", "", nodes.Text(drill.title), ids=[anchor])
        term += [nodes.Text(" "), *_verdict(record)]
        run = f"mirrorlab run {recipe.name} --drill {drill.name}"
        body: list[Any] = [blocks.paragraph(blocks.literal(run), classes=["small"])]
        body += [blocks.paragraph("shows ", said(message)) for message in drill.shows]
        return term, body


def _verdict(record: DrillRecord | None) -> list[Any]:
    if record is None:
        return []
    if record.holds is None:
        return [blocks.badge("could not tell", "unknown")]
    if not record.holds:
        return [blocks.badge("does not hold", "fails")]
    seconds = "" if record.seconds is None else f" in {record.seconds:.1f} s"
    return [blocks.badge(f"held{seconds}", "holds")]
