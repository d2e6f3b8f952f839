"""What the home page says of the recipes: which there are, and how many are planned."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from sphinx.util import logging

from mirrorlab.errors import MirrorlabError
from mirrorlab.site.guide import guide_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HOME = "index"
_logger = logging.getLogger(__name__)


def add_context(app: Sphinx, pagename: str, _: str, context: dict[str, Any], __: Any) -> None:
    """Give the template of the home page its recipes and counts."""
    if pagename != HOME:
        return
    guide = guide_of(app.env)
    try:
        built = [entry for entry in guide.entries if not entry.planned]
        context["guide_topics"] = [
            (topic.value.capitalize(), [guide.recipes[entry.name] for entry in entries])
            for topic, entries in groupby(built, key=lambda entry: entry.topic)
        ]
        context["guide_drills"] = sum(len(recipe.drills) for recipe in guide.recipes.values())
        context["guide_planned"] = sum(entry.planned for entry in guide.entries)
    except MirrorlabError as error:
        _logger.warning("%s", error, location=HOME)
