"""``.. command::``: the reference of a click command, from the command itself."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

import click
from docutils import nodes

from mirrorlab.site import blocks
from mirrorlab.site.guide import GuideDirective


class CommandDirective(GuideDirective):
    """A click command and its subcommands, each a section: ``.. command:: mirrorlab.cli:app``.

    The argument is the module and the name of the command in it. Its name on the page is that of
    the package.
    """

    required_arguments = 1

    def render(self) -> list[Any]:
        """Give the sections."""
        self.env.note_reread()
        module, _, name = self.arguments[0].partition(":")
        try:
            command = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise self.error(f"{self.arguments[0]} cannot be imported: {error}") from None
        if not isinstance(command, click.Command):
            raise self.error(f"{self.arguments[0]} is not a click command")
        context = click.Context(command, info_name=module.partition(".")[0])
        return [*_body(command, context), *_children(command, context)]


def _children(command: click.Command, context: click.Context) -> list[Any]:
    """A section for each command of a group; none for a command that is no group."""
    if not isinstance(command, click.Group):
        return []
    known = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [_section(child, name, context) for name, child in known if child and not child.hidden]


def _section(command: click.Command, name: str, parent: click.Context) -> Any:
    context = click.Context(command, parent=parent, info_name=name)
    title = [blocks.literal(context.command_path)]
    inside = [*_body(command, context), *_children(command, context)]
    return blocks.section(title, nodes.make_id(context.command_path), *inside)


def _body(command: click.Command, context: click.Context) -> list[Any]:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    made = [blocks.code(f"$ {usage}"), *_help(command.help or "")]
    records = [record for p in command.params if (record := _record(p, context))]
    if records:
        rows = [(nodes.term("", "", blocks.literal(name)), _help(text)) for name, text in records]
        made.append(blocks.definitions(rows, "options"))
    return made


def _record(parameter: click.Parameter, context: click.Context) -> tuple[str, str] | None:
    if isinstance(parameter, click.Argument):
        text = getattr(parameter, "help", None)
        return (parameter.make_metavar(context), text) if text else None
    return parameter.get_help_record(context)


def _help(text: str) -> list[Any]:
    """Paragraphs; after ``\\b`` the lines stand as they are, as click has it."""
    made: list[Any] = []
    for block in inspect.cleandoc(text).partition("\f")[0].split("\n\n"):
        if block.strip().startswith("\b"):
            made += _lines(block.strip().removeprefix("\b").strip("\n"))
        elif block.strip():
            made.append(blocks.paragraph(*blocks.with_words(" ".join(block.split()))))
    return made


def _lines(block: str) -> list[Any]:
    """Titles with indented lines beneath them: commands of the kit, or lines as they stand."""
    made: list[Any] = []
    for part in re.split(r"\n(?=\S)", block):
        title, _, rest = part.partition("\n")
        lines = inspect.cleandoc(f"\n{rest}")
        if not title.endswith(":") or not lines:
            made.append(blocks.code(part, "text"))
        elif lines.startswith("mirrorlab "):
            prompted = "\n".join(f"$ {line}" for line in lines.splitlines())
            made += [blocks.paragraph(title), blocks.code(prompted)]
        else:
            made += [blocks.paragraph(title), blocks.code(lines, "text")]
    return made
