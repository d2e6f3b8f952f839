"""The Sphinx extension of the guide: pages say what the project's own files say.

A page never repeats by hand what a recipe's manifest, its scripts, the catalogue, the command or
a result already says. It uses one of these, and a name that does not exist breaks the build:

=========================== ==================================================================
``.. catalogue::``          every recipe by topic, done or *planned*
``:recipe:``                one recipe by its name, linked or *planned*
``.. goals::``              from a goal and five answers to a recipe, as a table and a form
``.. recipe::``             the head of a recipe's page
``.. settings::``           what a copier may change, from the tops of the scripts
``.. drills::``             how the recipe is broken, and what that shows
``.. message::``            one error message that a drill reproduces; its content explains it
``.. messages::``           every message that drills reproduce, linked to its explanation
``.. said::``               one error message that a test brings about: its cause and its cure
``.. said-list::``          those of one program, each a link to where it is explained
``:measured:``              one figure of the last run: ``recipe/drill/name``
``.. results::``            the last run of every recipe
``.. also-run::``           what is run beside the recipes: messages, outcomes
``.. not-run-here::``       what nobody has run, marked; ``.. not-run-here-list::`` counts it
``.. outcomes::``           which file arrives from two indexes, as a test ran it
``.. matrix::``             what every client did under every fault; its kin: see matrix.py
``.. findings::``           what that shows, each finding held to its cells
``.. faults::``             every fault of the test index
``.. command::``            a click command and its subcommands
``.. exit-codes::``         the kit's exit codes and which errors end with them
=========================== ==================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import mirrorlab
from mirrorlab.site import (
    address,
    catalogue,
    commands,
    evidence,
    exit_codes,
    faults,
    head,
    home,
    look,
    matrix,
    messages,
    not_run,
    outcomes,
    pasted,
    pictures,
    recipe_parts,
    said,
    set_up,
    typed,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add everything to a Sphinx build."""
    app.add_directive("catalogue", catalogue.CatalogueDirective)
    app.add_role("recipe", catalogue.RecipeRole())
    app.add_directive("goals", set_up.GoalsDirective)
    app.add_directive("recipe", head.RecipeDirective)
    app.add_directive("settings", recipe_parts.SettingsDirective)
    app.add_directive("drills", recipe_parts.DrillsDirective)
    app.add_directive("message", messages.MessageDirective)
    app.add_directive("messages", messages.MessagesDirective)
    app.add_directive("results", evidence.ResultsDirective)
    app.add_directive("also-run", evidence.AlsoRunDirective)
    app.add_role("measured", evidence.MeasuredRole())
    app.add_directive("not-run-here", not_run.NotRunHereDirective)
    app.add_directive("not-run-here-list", not_run.NotRunHereListDirective)
    app.add_directive("outcomes", outcomes.OutcomesDirective)
    app.add_directive("faults", faults.FaultsDirective)
    app.add_directive("command", commands.CommandDirective)
    app.add_directive("exit-codes", exit_codes.ExitCodesDirective)
    app.connect("env-purge-doc", not_run.purge)
    app.connect("env-merge-info", not_run.merge)
    app.connect("env-purge-doc", messages.purge)
    app.connect("env-merge-info", messages.merge)
    app.connect("doctree-resolved", not_run.resolve)
    app.connect("doctree-resolved", messages.resolve)
    app.connect("html-page-context", home.add_context)
    app.connect("html-page-context", look.add)
    app.connect("html-page-context", address.add)
    app.connect("html-page-context", pasted.add_context)
    app.connect("build-finished", head.write_zips)
    matrix.setup(app)
    pictures.setup(app)
    said.setup(app)
    typed.setup(app)
    return {
        "version": mirrorlab.__version__,
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
