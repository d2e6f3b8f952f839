"""``.. message::``: an error message, the drill that reproduces it, its cause and its cure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives

from mirrorlab.errors import BrokenFile
from mirrorlab.recipe import Recipe
from mirrorlab.site import blocks
from mirrorlab.site.guide import GuideDirective
from mirrorlab.site.labels import drill_label, folded, message_anchor

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_LINKED = "guide-linked-message"


@dataclass(frozen=True)
class Explained:
    """Where a message is explained."""

    docname: str
    anchor: str


class MessageDirective(GuideDirective):
    """One message: a section with its own anchor, whose content says cause and cure. ::

        .. message:: No matching distribution found for demo-dep
           :drill: find-links-folder/no-network

           Cause and cure.

    The message must stand in ``shows`` of each drill named (several: separated by spaces), so a
    test brings it about. Anything else is an error of the build.
    """

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = {"drill": directives.unchanged_required}

    def render(self) -> list[Any]:
        """Give the section."""
        message = folded(self.arguments[0])
        drills = [self._drill(message, name) for name in self.options.get("drill", "").split()]
        if not drills:
            raise self.error("say which drill brings the message about, as :drill: RECIPE/DRILL")
        self.env.note_reread()
        anchor = message_anchor(message)
        explained = explained_of(self.env)
        if message in explained:
            raise self.error(f"this message is explained already in {explained[message].docname}")
        explained[message] = Explained(self.env.docname, anchor)
        source = blocks.paragraph(
            "Reproduced by ", *blocks.separated(drills, " and by "), ".", classes=["small"]
        )
        made = blocks.section([blocks.literal(message)], anchor, source)
        made["classes"].append("message")
        self.state.nested_parse(self.content, self.content_offset, made)
        return [made]

    def _drill(self, message: str, name: str) -> Any:
        recipe, _, drill = name.partition("/")
        shows = self.guide.drill(recipe, drill).shows
        if message not in map(folded, shows):
            path = self.guide.recipes_folder / recipe / "recipe.toml"
            known = "; ".join(shows) or "none at all"
            problem = f"does not show {message!r}; it shows: {known}"
            raise BrokenFile(path, f"drill {drill}", problem)
        return blocks.label_link(drill_label(recipe, drill), name, self.env.docname)


class MessagesDirective(GuideDirective):
    """Every message that drills reproduce, by recipe, each linked to where it is explained."""

    def render(self) -> list[Any]:
        """Give a section for each recipe; :func:`resolve` makes the links."""
        self.env.note_reread()
        return [
            blocks.section(
                [recipe.title],
                nodes.make_id(f"messages-of-{recipe.name}"),
                blocks.bullets(self._items(recipe), "messages"),
            )
            for recipe in self.guide.recipes.values()
            if any(drill.shows for drill in recipe.drills)
        ]

    def _items(self, recipe: Recipe) -> Iterator[list[Any]]:
        for drill in recipe.drills:
            for message in drill.shows:
                label = drill_label(recipe.name, drill.name)
                link = blocks.label_link(label, drill.title, self.env.docname)
                yield [
                    said(message),
                    nodes.inline("", "", link, classes=["small", "message-drill"]),
                ]


def said(message: str) -> Any:
    """A message as it is printed; :func:`resolve` links it to its explanation, if there is one."""
    return blocks.literal(folded(message), "message-text", _LINKED)


def explained_of(env: BuildEnvironment) -> dict[str, Explained]:
    """Every message that some page explains."""
    if not hasattr(env, "guide_explained"):
        env.guide_explained = {}  # type: ignore[attr-defined]
    found: dict[str, Explained] = env.guide_explained  # type: ignore[attr-defined]
    return found


def purge(_: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget what a page explained, before it is read again."""
    explained = explained_of(env)
    for message in [m for m, where in explained.items() if where.docname == docname]:
        del explained[message]


def merge(_: Sphinx, env: BuildEnvironment, __: Iterable[str], other: BuildEnvironment) -> None:
    """Take over what another process read."""
    explained_of(env).update(explained_of(other))


def resolve(app: Sphinx, doctree: Any, docname: str) -> None:
    """Link every message to where it is explained, if a page does."""
    explained = explained_of(app.env)
    for node in list(doctree.findall(nodes.literal)):
        if _LINKED in node["classes"] and (where := explained.get(node.astext())):
            uri = app.builder.get_relative_uri(docname, where.docname)
            node.replace_self(
                nodes.reference(
                    "", "", node.deepcopy(), refuri=f"{uri}#{where.anchor}", internal=True
                )
            )
