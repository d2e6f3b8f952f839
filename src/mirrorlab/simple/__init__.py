"""The Simple API of an index: its pages as data, rendered, parsed and negotiated.

https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

from mirrorlab.simple.as_html import list_to_html, page_to_html
from mirrorlab.simple.as_json import list_to_json, page_to_json
from mirrorlab.simple.model import (
    API_VERSION,
    FileEntry,
    ListedProject,
    ProjectList,
    ProjectPage,
)
from mirrorlab.simple.negotiation import HTML, JSON, OFFERS, TEXT_HTML, negotiate
from mirrorlab.simple.reading import parse_list, parse_page

__all__ = [
    "API_VERSION",
    "HTML",
    "JSON",
    "OFFERS",
    "TEXT_HTML",
    "FileEntry",
    "ListedProject",
    "ProjectList",
    "ProjectPage",
    "list_to_html",
    "list_to_json",
    "negotiate",
    "page_to_html",
    "page_to_json",
    "parse_list",
    "parse_page",
]
