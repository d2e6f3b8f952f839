"""Read the TOML files people write, and name the place of every mistake.

A place reads like the path a person follows with a finger:
``projects.demo-lib.releases[1].requires[0]``. Reading goes through :class:`Table`: each key is
asked for by type, and :meth:`Table.finish` complains about what nobody asked for.

>>> from pathlib import Path
>>> table = parse('[web]\\nport = "many"', Path("site.toml"))
>>> table.table("web").integer("port")
Traceback (most recent call last):
mirrorlab.errors.BrokenFile: site.toml: web.port: must be a whole number, not a text ('many')
"""

from mirrorlab.tables.loading import load, parse
from mirrorlab.tables.table import Table

__all__ = ["Table", "load", "parse"]
