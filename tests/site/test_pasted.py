"""A message pasted into the search, as people paste it, leads to where it is explained."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from urllib.parse import quote

import jinja2
import pytest
from tests.site.conftest import Build

from mirrorlab.site.known import known
from mirrorlab.site.pasted import carried, pattern, patterns

ROOT = Path(__file__).parents[2]
KNOWN = known(ROOT)
RETRYING = (
    "WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) "
)
PASTED = {
    "ERROR: No matching distribution found for corp-lib==0.0.16 (from -r reqs.in (line 1))": {
        *("pip-no-such-project", "pip-url-without-simple", "pip-forbidden", "pip-index-fails"),
        *("pip-login-portal", "pip-other-platform", "pip-quarantined", "pip-version-not-there"),
        "devpi-stage-empty-list",
    },
    "Could not find a version that satisfies the requirement six==9 (from versions: 1.0, 1.17)": {
        *("pip-version-not-there", "pip-only-pre-releases"),
    },
    f"{RETRYING}after connection broken by 'NewConnectionError(\"HTTPSConnection(host='pypi.corp', "
    "port=443): Failed to establish a new connection: [Errno 61] Connection refused\")': /a/": {
        "pip-connection-refused",
    },
    "[Errno 8] nodename nor servname provided, or not known": {
        *("pip-name-resolution", "pip-name-resolution-before-26"),
    },
    "Caused by: invalid peer certificate: UnknownIssuer": {"uv-certificate"},
    "HTTPError: 400 Bad Request from https://upload.corp.example/legacy/": {"twine-bad-request"},
    "2022-10-08 ERROR Stale serial for lusid (15334162) not updating. Giving up.": {
        "bandersnatch-stale-serial",
    },
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self\u2010signed": set(),
    "InvalidConfiguration: Missing \u2018testpypi\u2019 section from ~/.pypirc": {
        "twine-missing-section",
    },
    "403 Forbidden: no permission to create index eve/dev": {"devpi-may-not-make-indexes"},
    "AttributeError: 'Nothing' object has no attribute 'mirror'": set(),
}


@pytest.fixture
def search_page(tmp_path: Path, opened: Callable[[str], str]) -> Callable[[str], str]:
    """Open the search page of the guide with a query, in Chromium; give what its script made."""
    template = (ROOT / "docs" / "_templates" / "search.html").read_text(encoding="utf-8")
    below = "{% block content %}{% endblock %}"
    loader = jinja2.DictLoader({"search.html": template, "!search.html": below})
    page = jinja2.Environment(loader=loader, autoescape=False).get_template("search.html")
    names = {name: f"#{name}" for name in KNOWN}
    html = page.render(pathto=lambda to: to, guide_messages=carried(KNOWN, names))
    script = (ROOT / "docs" / "_static" / "pasted.js").as_uri()
    path = tmp_path / "search.html"
    whole = f'<meta charset="utf-8">{html}<script src="{script}"></script>'
    path.write_text(whole, encoding="utf-8")

    def asked(query: str) -> str:
        made = opened(f"{path.as_uri()}?q={quote(query)}")
        return made.partition('<section id="pasted"')[2].partition("</section>")[0]

    return asked


@pytest.mark.parametrize(("paste", "names"), PASTED.items(), ids=range(len(PASTED)))
def test_a_pasted_message_leads_to_its_causes(
    search_page: Callable[[str], str], paste: str, names: set[str]
) -> None:
    made = search_page(paste)
    assert set(re.findall(r'href="#([a-z0-9-]+)"', made)) == names
    assert made.partition(">")[0].strip() == ("" if names else 'hidden=""')


def test_what_is_listed_is_the_message_with_its_places_and_what_tells_it(
    search_page: Callable[[str], str],
) -> None:
    made = search_page("No matching distribution found for corp-lib")
    item = made.partition("<li>")[2].partition("</li>")[0]
    assert '<span class="varies">name</span>' in item
    text = unescape(re.sub(r"<[^>]*>", "", item))
    assert text == "No matching distribution found for name when the index has no such project"


@pytest.mark.parametrize("name", KNOWN)
def test_every_message_is_known_by_its_own_text(name: str) -> None:
    filled = re.sub(r"\{[a-z-]+\}", "1", KNOWN[name].text)
    assert re.search(patterns(KNOWN[name])[0], filled)


def test_a_pattern_has_anything_in_its_places_and_nothing_else() -> None:
    found = re.compile(pattern("no {name} (from versions: {versions})."))
    assert found.search("There is no\nsix (from  versions: 1.0, 2.0)")
    assert not found.search("no six (from versions: none)")
    assert not found.search("no (from versions: 1.0)")
    assert not found.search("no six [from versions: 1.0)")


def test_what_stands_in_html_can_not_end_its_script() -> None:
    name = "pip-no-such-project"
    told = {name: "#</script>"}
    assert "<" not in carried(KNOWN, told)
    assert json.loads(carried(KNOWN, told))[0]["url"] == "#</script>"


def test_the_search_page_needs_no_messages(build: Build) -> None:
    site = build()
    assert site.warnings == ""
    assert "pasted.js" in site.html("search")
    assert "pasted.js" not in site.html("index")
