"""The tree behind an index: what a cache in between should give out, and may not yet."""

from __future__ import annotations

from mirrorlab.check.tree import Tree
from mirrorlab.check.upstream import NotTold
from mirrorlab.simple import ProjectList, ProjectPage


class Behind:
    """A tree as what an index that serves it is held against: a cache in between may lag."""

    who = "the tree"
    url = ""

    def __init__(self, tree: Tree) -> None:
        """Take a tree of its own: what is found of it is found elsewhere."""
        self._tree = tree

    def listing(self) -> ProjectList:
        """Return its list. Raises :class:`NotTold`."""
        look = self._tree.listing()
        if look.listed is None or look.unread:
            raise NotTold("the tree's list of projects cannot be read")
        return look.listed

    def page(self, name: str) -> ProjectPage | None:
        """Return a page; None where the tree has none. Raises :class:`NotTold`."""
        look = self._tree.project(name)
        if look.unread or (look.page is None and not look.gone):
            raise NotTold(f"the tree's page of {name} cannot be read")
        return look.page
