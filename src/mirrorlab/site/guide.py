"""What pages are made from: the recipes, the catalogue and the results of one repository."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.util.docutils import SphinxDirective

from mirrorlab.errors import BrokenFile, MirrorlabError
from mirrorlab.recipe import Drill, Entry, Recipe, all_recipes, catalogue, load
from mirrorlab.site.known import Known, Said, known
from mirrorlab.site.measured import Measured

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment


class Guide:
    """One repository: ``recipes/`` and ``results/`` beneath its root, read when asked for."""

    def __init__(self, root: Path) -> None:
        """Stand for the repository at ``root``, the source directory of the build."""
        self.root = root

    @property
    def recipes_folder(self) -> Path:
        """Where the recipes are."""
        return self.root / "recipes"

    @cached_property
    def recipes(self) -> dict[str, Recipe]:
        """Every recipe by its name. Raises BrokenFile for the first that is broken."""
        if not self.recipes_folder.is_dir():
            return {}
        return {recipe.name: recipe for recipe in all_recipes(self.recipes_folder)}

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The catalogue. Raises BrokenFile."""
        return catalogue(self.recipes_folder) if self.recipes_folder.is_dir() else ()

    def recipes_without_row(self) -> list[str]:
        """Name the recipes that the catalogue forgets. Raises BrokenFile."""
        return sorted(set(self.recipes) - {entry.name for entry in self.entries})

    def recipe(self, name: str) -> Recipe:
        """One recipe, without reading the others. Raises BrokenFile."""
        return load(self.recipes_folder / name)

    def drill(self, recipe: str, drill: str) -> Drill:
        """One drill. Raises BrokenFile where there is no such recipe or drill."""
        found = self.recipe(recipe).drill(drill)
        if found is None:
            path = self.recipes_folder / recipe / "recipe.toml"
            raise BrokenFile(path, "drill", f"has no drill {drill!r}")
        return found

    @cached_property
    def messages(self) -> dict[str, Known]:
        """Every message that tests bring about, by name. Raises BrokenFile."""
        return known(self.root)

    @cached_property
    def said(self) -> Said | None:
        """Who said them when that was last tried; None: never for the record. Raises BrokenFile."""
        return Said.read(self.root)

    def measured(self, recipe: str) -> Measured | None:
        """What the last run of a recipe measured; None: not run for the record yet."""
        path = self.results_file(recipe)
        return Measured.read(path) if path.is_file() else None

    def results_file(self, recipe: str) -> Path:
        """Where the results of a recipe stand."""
        return self.root / "results" / f"{recipe}.json"


def guide_of(env: BuildEnvironment) -> Guide:
    """Give the guide whose source directory Sphinx builds."""
    return Guide(Path(env.srcdir))


class GuideDirective(SphinxDirective):
    """A directive made from the project's files; a mistake in one is an error of the build."""

    def run(self) -> list[Any]:
        """Render, and let an error of the kit break the build with its sentence."""
        try:
            return self.render()
        except MirrorlabError as error:
            raise self.error(str(error)) from None

    def render(self) -> list[Any]:
        """Give the nodes. Raises MirrorlabError."""
        raise NotImplementedError

    @property
    def guide(self) -> Guide:
        """The guide of this build."""
        return guide_of(self.env)

    def this_recipe(self) -> Recipe:
        """Read the recipe in whose folder this page stands, and depend on all it is read from.

        Raises BrokenFile where there is no manifest beside the page.
        """
        folder = Path(self.env.doc2path(self.env.docname)).parent
        recipe = self.guide.recipe(folder.name)
        for name in ("recipe.toml", *sorted({step.run for step in recipe.steps})):
            self.env.note_dependency(str(folder / name))
        self.depend_on(self.guide.results_file(recipe.name))
        return recipe

    def depend_on(self, path: Path) -> None:
        """Read this page again when a file changes or appears."""
        if path.is_file():
            self.env.note_dependency(str(path))
        else:
            self.env.note_reread()
