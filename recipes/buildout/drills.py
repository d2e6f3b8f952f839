"""What a cache of buildout's promises, how it is broken, and what buildout does not look at."""

from drilling.looking import half_page, hash_mismatch, requires_python, yanked
from drilling.offline import extends_gone, incomplete_cache, index_dead, promise
from drilling.strangers import build_dependency, password

__all__ = [
    "build_dependency",
    "extends_gone",
    "half_page",
    "hash_mismatch",
    "incomplete_cache",
    "index_dead",
    "password",
    "promise",
    "requires_python",
    "yanked",
]
