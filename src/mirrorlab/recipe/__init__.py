"""Recipes as people write them: the manifest, the settings in its scripts, where they are found.

Nothing here runs anything: this room needs neither the test index nor the lab, so ``mirrorlab
list`` and ``mirrorlab copy`` work on a server with the base install.
"""

from mirrorlab.recipe.catalogue import Entry, catalogue
from mirrorlab.recipe.copying import copy, files, zipped
from mirrorlab.recipe.drillfile import PROMISE, PROMISE_TITLE
from mirrorlab.recipe.finding import all_recipes, find, folder_of, home, names
from mirrorlab.recipe.manifest import load
from mirrorlab.recipe.model import Drill, Needs, Recipe, Step
from mirrorlab.recipe.settings import Setting
from mirrorlab.recipe.words import Capability, Topic

__all__ = [
    "PROMISE",
    "PROMISE_TITLE",
    "Capability",
    "Drill",
    "Entry",
    "Needs",
    "Recipe",
    "Setting",
    "Step",
    "Topic",
    "all_recipes",
    "catalogue",
    "copy",
    "files",
    "find",
    "folder_of",
    "home",
    "load",
    "names",
    "zipped",
]
