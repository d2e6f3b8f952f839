"""Compare what a program printed with what the guide says it prints: word by word, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mirrorlab.site.known import GOES_ON, PLACEHOLDER

ANYTHING = {
    "address": r"0x[0-9a-f]+",  # of an object in memory
    "digest": r"[0-9a-f]{64}",  # of a file that differs at each run
    "number": r"\d+",
}
"""Placeholders that no case gives a value for, and the little that they may stand for."""

Values = Mapping[str, str]


def says(output: str, text: str, values: Values) -> bool:
    """Whether ``output`` has ``text`` as whole lines, with ``values`` in its places.

    A program may break a line where it likes: white space counts as one space. Raises KeyError
    for a placeholder that has no value.
    """
    return re.search(pattern(text, values), output, re.MULTILINE) is not None


def says_alike(output: str, text: str) -> bool:
    """Whether ``output`` has ``text`` with anything at all in its places."""
    return re.search(pattern(text, None), output, re.MULTILINE) is not None


def pattern(text: str, values: Values | None) -> str:
    """Return the regular expression that finds ``text``; without values, any will do."""
    whole = ""
    for line in filter(None, map(str.strip, text.strip().splitlines())):
        if line == GOES_ON:
            whole += r"(?:.*\n)*?"
            continue
        words = line.removeprefix(GOES_ON).removesuffix(GOES_ON).split()
        start = r"^.*?" if line.startswith(GOES_ON) else r"^\s*"
        end = r".*?$\n?" if line.endswith(GOES_ON) else r"\s*?$\n?"
        whole += start + r"\s+".join(_word(word, values) for word in words) + end
    return whole


def reworded(text: str) -> Iterator[str]:
    """Give the text once for each of its words, with that word changed."""
    for word in re.finditer(r"\S+", text):
        if word.group() == GOES_ON or not PLACEHOLDER.sub("", word.group()).strip(GOES_ON):
            continue
        before, after = text[: word.start()], text[word.end() :]
        ends = GOES_ON if word.group().endswith(GOES_ON) else ""
        yield f"{before}{word.group().removesuffix(GOES_ON)}x{ends}{after}"


def _word(word: str, values: Values | None) -> str:
    made, end = "", 0
    for found in PLACEHOLDER.finditer(word):
        made += re.escape(word[end : found.start()]) + _value(found.group(1), values)
        end = found.end()
    return made + re.escape(word[end:])


def _value(name: str, values: Values | None) -> str:
    if values is None:
        return r"\S.*?"
    if name in ANYTHING:
        return ANYTHING[name]
    return r"\s+".join(map(re.escape, values[name].split()))
