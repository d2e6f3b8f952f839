"""The drills of a recipe: the module ``drills``, and those of the folder ``drilling`` beside it.

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

from mirrorlab.recipe.drillfile import DRILLING, DRILLS

_MODULE = DRILLS.removesuffix(".py")


def drills_of(folder: Path) -> ModuleType:
    """Read the drills of a recipe anew; those of another are forgotten."""
    sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, _Finder)]
    for name in [each for each in sys.modules if _is_ours(each)]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Finder(folder))
    return importlib.import_module(_MODULE)


def _is_ours(name: str) -> bool:
    return name.split(".")[0] in {_MODULE, DRILLING}


class _Finder(MetaPathFinder):
    """Finds both in one recipe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if not _is_ours(fullname):
            return None
        place = self._folder.joinpath(*fullname.split("."))
        if fullname == DRILLING:
            package = ModuleSpec(fullname, None, is_package=True)
            package.submodule_search_locations = [str(place)]
            return package
        file = str(place.with_suffix(".py"))
        return spec_from_file_location(fullname, file, loader=_Loader(fullname, file))


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return compile(self.get_data(path), path, "exec", dont_inherit=True, optimize=0)
