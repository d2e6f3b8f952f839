"""The local test index: a small, complete stand-in for PyPI that fails on demand."""

from mirrorlab.index.log import Request
from mirrorlab.index.testindex import Index

__all__ = ["Index", "Request"]
