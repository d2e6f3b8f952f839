"""What is typed of a session, and what is left on the page by the copy button."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from tests.site.conftest import Build

from mirrorlab.site.typed import marked


class Copied(HTMLParser):
    """The text of a block, and that part of it which the copy button takes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = self.taken = ""
        self.open: list[bool] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append("not-typed" in (dict(attrs).get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
        self.taken += "" if any(self.open) else data


@pytest.mark.parametrize(
    ("language", "block", "typed"),
    [
        ("console", "$ pip --version\npip 26.2\n$ pip list", "pip --version\npip list"),
        ("console", "$ for n in 1; do\n> echo $n\n> done\n1", "for n in 1; do\necho $n\ndone"),
        ("console", "$ cat notes\n# no prompt here\n> nor here\n\nend", "cat notes"),
        ("console", "# apt update\n# apt install nginx", "apt update\napt install nginx"),
        ("console", "only output\n# and more", "only output\n# and more"),
        ("pycon", ">>> for n in ():\n...     n\n>>> 1\n1", "for n in ():\n    n\n1"),
        ("sh", "# A comment.\nset -eu\n\n$ odd", "# A comment.\nset -eu\n\n$ odd"),
    ],
)
def test_commands_are_typed_and_nothing_else(
    build: Build, language: str, block: str, typed: str
) -> None:
    page = f"P\n=\n\n.. code-block:: {language}\n\n" + re.sub("^(?=.)", "   ", block, flags=re.M)
    html = build(index=page).html("index")
    (inner,) = re.findall(r"<pre>(.*?)</pre>", html, re.DOTALL)
    copied = Copied(inner)
    assert copied.taken.removesuffix("\n") == typed
    assert copied.text == block + "\n"


def test_a_block_of_no_session_stays_as_it_is() -> None:
    html = "<div><pre><span></span># a comment\n</pre></div>"
    assert marked(html, "ini") == html
