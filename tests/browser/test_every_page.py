"""Every page there is, opened once: see audit.py for what must hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.browser.audit import audit, audit_without_scripts
from tests.browser.conftest import Open
from tests.whole_site import ROOT

FOLDERS = ("docs", "recipes", "tutorial")
OF_SPHINX = ("404.html", "genindex.html", "index.html", "search.html")
PAGES = sorted(
    [
        *OF_SPHINX,
        *(
            path.relative_to(ROOT).with_suffix(".html").as_posix()
            for folder in FOLDERS
            for path in (ROOT / folder).rglob("*.rst")
        ),
    ]
)


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_wrong_with(page: str, open_page: Open, open_plain: Open) -> None:
    visit = open_page(page)
    whole = visit.look("content")
    problems = audit(visit) + audit_without_scripts(whole, open_plain(page))
    if problems:
        pytest.fail("\n".join(map(str, problems)), pytrace=False)


def test_no_page_is_left_out(site: Path) -> None:
    assert sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html")) == PAGES
