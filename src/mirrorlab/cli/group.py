"""The command itself, and its help."""

from __future__ import annotations

import rich_click as click

from mirrorlab import __version__
from mirrorlab.cli.checking import check
from mirrorlab.cli.completing import completion
from mirrorlab.cli.copying import copy
from mirrorlab.cli.ending import EXIT_CODES, Group
from mirrorlab.cli.faulting import fault
from mirrorlab.cli.listing import list_
from mirrorlab.cli.looking import which
from mirrorlab.cli.matrixing import matrix
from mirrorlab.cli.running import run
from mirrorlab.cli.serving import index
from mirrorlab.cli.starting import new
from mirrorlab.cli.tutoring import tutorial

_EPILOG = "\n\n".join(["Exit codes:", *(f"{int(c)}  {says}" for c, says in EXIT_CODES.items())])


@click.group(
    cls=Group,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.rich_config(
    help_config=click.RichHelpConfiguration(
        text_markup=None, text_paragraph_linebreaks="\n\n", max_width=100, show_arguments=True
    )
)
@click.version_option(
    __version__, "--version", prog_name="mirrorlab", message="%(prog)s %(version)s"
)
def mirrorlab() -> None:
    """Run recipes for Python package mirrors, caches and private indexes.

    A recipe is a folder of scripts and config files. The kit runs it against a local test index,
    breaks it on purpose, and sees whether it holds. You copy it to your server and change the
    settings at the top of its scripts.

    \b
    Begin here:
      mirrorlab list
      mirrorlab run find-links-folder
      mirrorlab copy find-links-folder my-folder
    """


for _command in (list_, run, copy, index, fault, matrix, which, check, tutorial, new, completion):
    mirrorlab.add_command(_command)
