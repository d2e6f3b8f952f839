"""``.. not-run-here::``: what the tests do not run is marked, and counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from mirrorlab.site import blocks

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_LIST = "guide-not-run-list"


@dataclass(frozen=True)
class NotRun:
    """One place that is shown and not run, and why."""

    docname: str
    anchor: str
    reason: str


class NotRunHereDirective(SphinxDirective):
    """Mark its content as not run, with the reason. ::

    .. not-run-here:: it needs an account with a cloud provider

       .. code-block:: console

          $ rclone sync …
    """

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[Any]:
        """Give a box with the mark, the reason and the content."""
        self.assert_has_content()
        number = self.env.new_serialno("not-run-here") + 1
        anchor = f"not-run-here-{number}"
        reason = " ".join(self.arguments[0].split())
        places_of(self.env).append(NotRun(self.env.docname, anchor, reason))
        box = nodes.container("", classes=["not-run-here"], ids=[anchor])
        box += blocks.paragraph(
            blocks.badge("not run here", "not-run"), " ", *_reason(reason), classes=["small"]
        )
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box]


class NotRunHereListDirective(SphinxDirective):
    """How many places are not run, and where they are."""

    def run(self) -> list[Any]:
        """Give a place that :func:`resolve` fills when all pages are read."""
        self.env.note_reread()
        return [nodes.container("", classes=[_LIST])]


def places_of(env: BuildEnvironment) -> list[NotRun]:
    """Every place that is not run, in the order the pages were read."""
    if not hasattr(env, "guide_not_run"):
        env.guide_not_run = []  # type: ignore[attr-defined]
    found: list[NotRun] = env.guide_not_run  # type: ignore[attr-defined]
    return found


def purge(_: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget the places of a page, before it is read again."""
    places_of(env)[:] = [place for place in places_of(env) if place.docname != docname]


def merge(
    _: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment
) -> None:
    """Take over what another process read."""
    read = set(docnames)
    places_of(env).extend(place for place in places_of(other) if place.docname in read)


def resolve(app: Sphinx, doctree: Any, docname: str) -> None:
    """Fill the lists."""
    places = sorted(places_of(app.env), key=lambda place: (place.docname, place.reason))
    for node in list(doctree.findall(nodes.container)):
        if _LIST in node["classes"]:
            node += _count(len(places))
            if places:
                groups = groupby(places, key=lambda place: (place.docname, place.reason))
                node += blocks.bullets(_item(app, list(group), docname) for _, group in groups)


def _count(number: int) -> Any:
    if number == 0:
        return blocks.paragraph("Nothing on this site is shown without being run.")
    places = "One place is" if number == 1 else f"{number} places are"
    return blocks.paragraph(nodes.strong("", f"{places} not run here."))


def _item(app: Sphinx, places: Sequence[NotRun], docname: str) -> list[Any]:
    """The places of one page that have one reason, with a link to the first."""
    first = places[0]
    title = app.env.titles[first.docname].astext()
    uri = app.builder.get_relative_uri(docname, first.docname)
    link = nodes.reference("", title, refuri=f"{uri}#{first.anchor}", internal=True)
    many = f", {len(places)} places" if len(places) > 1 else ""
    return [link, f"{many}: ", *_reason(first.reason)]


def _reason(text: str) -> list[Any]:
    """The reason, with what stands between backticks, single or double, as it is typed."""
    return blocks.with_words(text.replace("``", "`"))
