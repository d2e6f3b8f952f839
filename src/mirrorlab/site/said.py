"""``.. said::`` and ``.. said-list::``: a message that a test brings about, and its cure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging

from mirrorlab.errors import BrokenFile, UnknownName
from mirrorlab.site import blocks, threads
from mirrorlab.site.guide import GuideDirective, guide_of
from mirrorlab.site.known import FILE, PLACEHOLDER, RECORD, Known, Program
from mirrorlab.site.not_run import NotRun, places_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_WANTED = ("cause", "cure", "recipe")
_FIELDS = (*_WANTED, "threads")
_LINK = "guide-said-link"
_STYLED = "said"
STYLE = "said.css"
"""The style of pages with messages."""
_OF_READERS = {
    "index-url": "https://mirror.example/simple/",
    "project-page": "https://mirror.example/simple/{name}/",
    "index-root": "https://mirror.example",
    "host": "mirror.example",
}
"""What a reader of pip and uv has own words for, which the bar of the page puts in (address.py)."""
_logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> None:
    """Add both, and the check that no message is left unexplained."""
    app.add_directive("said", SaidDirective)
    app.add_directive("said-list", SaidListDirective)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("env-check-consistency", check)
    app.connect("doctree-resolved", resolve)
    app.connect("html-page-context", add_style)


class SaidDirective(GuideDirective):
    """One message of ``docs/errors/messages.toml``: a section with its name as the anchor. ::

        .. said:: pip-not-trusted

           :cause: One or two sentences.
           :cure: What to do.
           :recipe: :recipe:`client-settings`
           :threads: pip#3925

    The text, the command that says it, the one that makes sure, and who said it when come from
    the data and the record. A name that is not in the data is an error of the build, and so is a
    message without cause, cure or recipe.
    """

    required_arguments = 1
    has_content = True

    def render(self) -> list[Any]:
        """Give the section."""
        message = self._message(self.arguments[0])
        told = told_of(self.env)
        if message.name in told:  # what this page said before it was read again is forgotten
            raise self.error(f"this message is explained already in {told[message.name]}")
        told[message.name] = self.env.docname
        written = self._fields()
        rows = [
            ("Cause", written["cause"]),
            ("Be sure", _sure(message)),
            ("Cure", written["cure"]),
            ("Recipe", written["recipe"]),
        ]
        if "threads" in written:
            rows.append(("Threads", [self._threads(written["threads"])]))
        rows.append(("Said by", [self._said(message)]))
        if message.also:
            rows.append(("Elsewhere", [self._elsewhere(message)]))
        section = blocks.section(_heading(message), message.name, _rows(rows))
        section["classes"].append("message")
        return [section]

    def _message(self, name: str) -> Known:
        self.depend_on(self.guide.root / FILE)
        self.depend_on(self.guide.root / RECORD)
        messages = self.guide.messages
        if name not in messages:
            raise UnknownName("message", name, tuple(messages))
        return messages[name]

    def _fields(self) -> dict[str, list[Any]]:
        holder = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, holder)
        fields = {
            field[0].astext(): list(field[1].children)
            for one in holder
            if isinstance(one, nodes.field_list)
            for field in one
        }
        if any(not isinstance(one, nodes.field_list) for one in holder):
            raise self.error("say everything in the fields cause, cure, recipe and threads")
        for name in _WANTED:
            if not fields.get(name):
                raise self.error(f"say its {name}, as :{name}:")
        if unknown := sorted(set(fields) - set(_FIELDS)):
            raise self.error(f"there is no field {unknown[0]!r} here: cause, cure, recipe, threads")
        return fields

    def _threads(self, written: list[Any]) -> Any:
        words = " ".join(node.astext() for node in written).split()
        return blocks.paragraph(*blocks.separated(map(threads.link, words)))

    def _said(self, message: Known) -> Any:
        command = blocks.literal(message.run)
        said = self.guide.said
        who = said.by.get(message.name) if said else None
        if said is None or not who:
            return blocks.paragraph("no run is on record yet: ", command)
        names = " and ".join(who)
        return blocks.paragraph(f"{names} on {said.date:%Y-%m-%d}, after ", command)

    def _elsewhere(self, message: Known) -> Any:
        place = NotRun(self.env.docname, message.name, "words of other systems and versions")
        places_of(self.env).append(place)
        words = blocks.separated([blocks.literal(words) for words in message.also])
        return blocks.paragraph(*words, " ", blocks.badge("not run here", "not-run"))


class SaidListDirective(GuideDirective):
    """The messages of one program, each a link to where it is explained: ``.. said-list:: pip``."""

    required_arguments = 1

    def render(self) -> list[Any]:
        """Give the list."""
        self.depend_on(self.guide.root / FILE)
        program = self.arguments[0]
        if program not in set(Program):
            raise UnknownName("program", program, tuple(one.value for one in Program))
        return [blocks.bullets(self._items(program), "messages", _STYLED)]

    def _items(self, program: str) -> Iterator[list[Any]]:
        for message in self.guide.messages.values():
            if message.program == program:
                link = nodes.inline("", "", _with_places(message.short), classes=[_LINK])
                link["message"] = message.name
                yield [link, *_when(message)]


def check(_: Sphinx, env: BuildEnvironment) -> None:
    """Complain about every message of the data that no page explains."""
    try:
        messages = guide_of(env).messages
    except BrokenFile as error:
        _logger.warning("%s", error)
        return
    for name in messages:
        if name not in told_of(env):
            path = guide_of(env).root / FILE
            _logger.warning("%s", BrokenFile(path, name, "is explained on no page: say .. said::"))


def purge(_: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget what a page explained, before it is read again."""
    told = told_of(env)
    for name in [name for name, where in told.items() if where == docname]:
        del told[name]


def merge(_: Sphinx, env: BuildEnvironment, __: object, other: BuildEnvironment) -> None:
    """Take over what another process read."""
    told_of(env).update(told_of(other))


def told_of(env: BuildEnvironment) -> dict[str, str]:
    """Message -> the page that explains it."""
    if not hasattr(env, "guide_told"):
        env.guide_told = {}  # type: ignore[attr-defined]
    found: dict[str, str] = env.guide_told  # type: ignore[attr-defined]
    return found


def resolve(app: Sphinx, doctree: Any, docname: str) -> None:
    """Link every message of a list to the page that explains it."""
    told = told_of(app.env)
    for node in list(doctree.findall(nodes.inline)):
        if _LINK in node["classes"] and (page := told.get(node["message"])):
            uri = f"{app.builder.get_relative_uri(docname, page)}#{node['message']}"
            link = nodes.reference("", "", *node.children, refuri=uri, internal=True)
            node.replace_self(link)


def add_style(app: Sphinx, _: str, __: str, ___: dict[str, Any], doctree: Any) -> None:
    """Give the pages with messages their style; ``doctree`` is None for those made otherwise."""
    found = doctree.findall(nodes.Element) if doctree is not None else ()
    if any(_STYLED in node.get("classes", ()) for node in found):
        app.add_css_file(STYLE)


def _heading(message: Known) -> list[Any]:
    lines = map(_with_places, message.lines)
    return [*blocks.separated(lines, " "), *_when(message)]


def _when(message: Known) -> list[Any]:
    if not message.when:
        return []
    return [nodes.Text(" "), nodes.inline("", f"when {message.when}", classes=["said-when"])]


def _with_places(line: str) -> Any:
    """A line as it is printed; what varies in it looks as if it did."""
    made = nodes.literal("", "", classes=["message-text"])
    end = 0
    text = " ".join(line.split())
    for found in PLACEHOLDER.finditer(text):
        made += nodes.Text(text[end : found.start()])
        made += nodes.inline("", found.group(1), classes=["varies"])
        end = found.end()
    made += nodes.Text(text[end:])
    return made


def _sure(message: Known) -> list[Any]:
    shown = blocks.paragraph("says ", _with_places(message.shows))
    return [blocks.code(f"$ {_for_readers(message)}"), shown]


def _for_readers(message: Known) -> str:
    """The command that makes sure, with example addresses where the reader's own belong."""
    command = message.sure
    if message.program in {Program.PIP, Program.UV}:
        for place, example in _OF_READERS.items():
            command = command.replace(f"{{{place}}}", example)
    return command


def _rows(rows: list[tuple[str, list[Any]]]) -> Any:
    made = nodes.field_list("", classes=["facts", _STYLED])
    for name, body in rows:
        made += nodes.field("", nodes.field_name(name, name), nodes.field_body("", *body))
    return made
