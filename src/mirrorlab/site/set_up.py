"""``.. goals::``: from a goal and constraints to one recipe.

Without JavaScript it is a table with every goal. ``docs/_static/set-up.js`` shows the form, and
narrows the table by the classes of its rows: a row that fits one person is ``people-one``.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes

from mirrorlab.recipe import Entry
from mirrorlab.site import blocks, look
from mirrorlab.site.catalogue import named
from mirrorlab.site.goals import Fits, Goals, Question, load
from mirrorlab.site.guide import GuideDirective


class GoalsDirective(GuideDirective):
    """The form, the table of goals, what does not go together, and the recipes to add."""

    def render(self) -> list[Any]:
        """Give all of it, from the TOML file beside the page."""
        path = Path(self.env.doc2path(self.env.docname)).with_suffix(".toml")
        self.env.note_dependency(str(path))
        self.env.note_reread()
        entries = {entry.name: entry for entry in self.guide.entries}
        goals = load(path, entries)
        besides = [
            [blocks.paragraph(*self._name(entries, beside.recipe)), beside.when]
            for beside in goals.besides
        ]
        return [
            nodes.raw("", _form(goals), format="html"),
            self._table(goals, entries),
            blocks.section(["What does not go together"], "refusals", _refusals(goals)),
            blocks.section(
                ["What you add to any of them"],
                "beside",
                blocks.table(["Recipe", "When"], besides, "stacked", "besides"),
            ),
        ]

    def _table(self, goals: Goals, entries: Mapping[str, Entry]) -> Any:
        rows = []
        for lead in goals.leads:
            goal = [
                blocks.paragraph(lead.goal, classes=["goal"]),
                blocks.paragraph(f"Take it if {lead.decides}.", classes=["decides", "small"]),
            ]
            facts = blocks.fields(_words(goals.questions, lead.fits), "small-facts")
            recipe = blocks.paragraph(*self._name(entries, lead.recipe), classes=["leads-to"])
            rows.append([goal, facts, recipe])
        table = blocks.table(["You want", "It fits", "Recipe"], rows, "stacked", look.LEADS)
        body = next(iter(table.findall(nodes.tbody)))
        for row, lead in zip(body, goals.leads, strict=True):
            row["classes"] += _classes(lead.fits)
        return table

    def _name(self, entries: Mapping[str, Entry], recipe: str) -> list[Any]:
        return named(entries[recipe], self.env.docname)


def _words(questions: tuple[Question, ...], fits: Fits) -> list[tuple[str, list[Any]]]:
    """Give each question's word with the answers that fit, or *any*."""
    rows: list[tuple[str, list[Any]]] = []
    for question in questions:
        given = fits[question.name]
        short = ", ".join(question.answers[name].short for name in given)
        rows.append((question.head, ["any" if len(given) == len(question.answers) else short]))
    return rows


def _refusals(goals: Goals) -> Any:
    """List them; each item has the classes of the answers it refuses."""
    made = nodes.bullet_list("", classes=["refusals"])
    for refusal in goals.refusals:
        answers = [
            (question.head, " or ".join(question.answers[name].short for name in given))
            for question in goals.questions
            if (given := refusal.fits.get(question.name))
        ]
        together = ", ".join(f"{head}: {short}" for head, short in answers)
        says = nodes.inline("", refusal.says, classes=["refusal"])
        item = nodes.list_item("", blocks.paragraph(nodes.strong("", together), ". ", says))
        item["classes"] += _classes(refusal.fits)
        made += item
    return made


def _classes(fits: Fits) -> list[str]:
    return [f"{name}-{answer}" for name, answers in fits.items() for answer in answers]


def _form(goals: Goals) -> str:
    """Give the form, hidden until the script is there to answer it."""
    fieldsets = "".join(map(_fieldset, goals.questions))
    return (
        '<form class="which-recipe" aria-label="Which recipe fits?" hidden>'
        f'{fieldsets}<div class="which-answer" role="status"></div>'
        '<button type="reset">Start again</button></form>'
    )


def _fieldset(question: Question) -> str:
    """Give one question with a radio button for each answer, and one for none."""
    choices = {"": "any, or not sure"} | {n: a.says for n, a in question.answers.items()}
    labels = "".join(
        f'<label><input type="radio" name="{escape(question.name)}" value="{escape(name)}"'
        f"{' checked' if not name else ''}> {escape(says)}</label>"
        for name, says in choices.items()
    )
    head = escape(question.head)
    return (
        f'<fieldset data-head="{head}"><legend>{escape(question.asks)}</legend>{labels}</fieldset>'
    )
