"""What the home page says in figures: how many recipes there are, and how many are planned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mirrorlab.site.guide import guide_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def add_context(app: Sphinx, pagename: str, _: str, context: dict[str, Any], __: Any) -> None:
    """Give the template of the home page its recipes and counts."""
    if pagename != "index":
        return
    guide = guide_of(app.env)
    context["guide_recipes"] = list(guide.recipes.values())
    context["guide_drills"] = sum(len(recipe.drills) for recipe in guide.recipes.values())
    context["guide_planned"] = sum(entry.planned for entry in guide.entries)
