"""The drills of a recipe as the module ``drills``, or as a package with modules of its own.

Their asserts are kept whatever ``python -O`` says, and no bytecode is written beside them.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

from mirrorlab.recipe.drillfile import PACKAGE, file_of


def drills_of(folder: Path) -> ModuleType:
    """Read the drills of a recipe anew; those of another are forgotten."""
    sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, _Finder)]
    for name in [each for each in sys.modules if _is_ours(each)]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder(folder))
    return importlib.import_module(PACKAGE)


def _is_ours(name: str) -> bool:
    return name == PACKAGE or name.startswith(f"{PACKAGE}.")


class _Finder(MetaPathFinder):
    """Finds ``drills`` and what is in it, in one recipe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if not _is_ours(fullname):
            return None
        place = self._folder.joinpath(*fullname.split("."))
        package = fullname == PACKAGE and file_of(self._folder).parent == place
        file = place / "__init__.py" if package else place.with_suffix(".py")
        within = [str(place)] if package else None
        loader = _Loader(fullname, str(file))
        return spec_from_file_location(
            fullname, file, loader=loader, submodule_search_locations=within
        )


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return compile(self.get_data(path), path, "exec", dont_inherit=True, optimize=0)
