"""A message pasted into the search leads to where it is explained, whatever varies in it.

The search of Sphinx wants every word of a query on one page. A pasted message has words that are on
none: the reader's project, host, numbers. So the search page carries a pattern for each message;
``docs/_static/pasted.js`` holds the query against them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sphinx.util import logging

from mirrorlab.errors import BrokenFile
from mirrorlab.site.guide import guide_of
from mirrorlab.site.known import GOES_ON, PLACEHOLDER, Known
from mirrorlab.site.said import STYLE, told_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PAGE = "search"
_FEWEST = 4  # words that a line must have of its own to be known by
_STANDS_FOR = {"number": r"\d+", "version": r"\d\S*?", "versions": r"\d.*?"}
_logger = logging.getLogger(__name__)


def add_context(app: Sphinx, pagename: str, _: str, context: dict[str, Any], __: Any) -> None:
    """Give the search page its patterns, their script and the style of messages."""
    if pagename != PAGE:
        return
    try:
        messages = guide_of(app.env).messages
    except BrokenFile as error:
        _logger.warning("%s", error, location=PAGE)
        return
    told = told_of(app.env).items()
    urls = {name: f"{app.builder.get_relative_uri(PAGE, doc)}#{name}" for name, doc in told}
    context["guide_messages"] = carried(messages, urls)
    app.add_css_file(STYLE)
    app.add_js_file("pasted.js", loading_method="defer")


def carried(messages: Mapping[str, Known], urls: Mapping[str, str]) -> str:
    """Return the messages that have a URL, as JSON that may stand in HTML."""
    known = [
        {"short": one.short, "when": one.when, "url": urls[name], "patterns": patterns(one)}
        for name, one in messages.items()
        if name in urls
    ]
    return json.dumps(known, ensure_ascii=False).replace("<", "\\u003c")


def patterns(message: Known) -> list[str]:
    """Return what the message is known by: regular expressions of Python and JavaScript alike."""
    words = dict.fromkeys([message.short, *message.also, *_telling_lines(message)])
    return [pattern(one) for one in words]


def pattern(words: str) -> str:
    """Return the expression that finds these words, with anything in their places.

    A full stop at the end is often left behind when a message is copied.
    """
    return r"\s+".join(map(_word, words.removesuffix(".").split()))


def _telling_lines(message: Known) -> Iterator[str]:
    for line in message.lines:
        told = line.strip().removeprefix(GOES_ON).removesuffix(GOES_ON).strip()
        if len(PLACEHOLDER.sub("", told).split()) >= _FEWEST:
            yield told


def _word(word: str) -> str:
    # Every odd part is the name of a placeholder.
    parts = enumerate(PLACEHOLDER.split(word))
    return "".join(_STANDS_FOR.get(p, r"\S.*?") if n % 2 else re.escape(p) for n, p in parts)
