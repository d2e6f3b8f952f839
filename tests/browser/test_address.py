"""The bar for the reader's own index: every snippet follows, and nothing hostile gets in."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.browser.audit import NARROW, SYSTEMS, System, pale
from tests.browser.conftest import Open
from tests.browser.visit import Visit
from tests.browser.walk import go_to
from tests.whole_site import ROOT

PAGE = "recipes/dependency-confusion/index.html"  # both addresses, tabs, a download
OTHER = "docs/errors/pip.html"  # the mirror alone
NONE = "recipes/find-links-folder/index.html"
MIRROR, PRIVATE = "https://pypi.corp/root/+simple/", "http://127.0.0.1:3141/simple/"
EXAMPLES = ("https://mirror.example/simple/", "https://private.example/simple/")
EVIL = "https://evil.test/simple/"
LONG = f"https://{'a' * 60}.corp/{'b' * 125}/"  # 200 characters
TYPED = """
() => [...document.querySelectorAll("article :is(pre, code)")]
  .filter((code) => !code.parentElement.closest("pre, code"))
  .filter((code) => !code.closest(".matrix-box, .message-text"))
  .map((code) => {
    const copy = code.cloneNode(true);
    copy.querySelectorAll(".not-typed").forEach((printed) => printed.remove());
    return copy.textContent;
  })
"""
COVERED = """
() => {
  const box = document.querySelector(".address-linked");
  return [...box.querySelectorAll("p, code, button")]
    .flatMap((part) => [...part.getClientRects()])
    .flatMap(({ left, right, top, bottom }) => {
      const middle = (top + bottom) / 2;
      return [[left + 3, middle], [right - 3, middle]];
    })
    .filter(([x, y]) => !box.contains(document.elementFromPoint(x, y)));
}
"""
NOTHING_KEPT = """
for (const name of ["getItem", "setItem", "removeItem"]) {
  const was = Storage.prototype[name];
  Storage.prototype[name] = function (key, ...rest) {
    if (key.startsWith("address-")) throw new DOMException("denied", "SecurityError");
    return was.call(this, key, ...rest);
  };
}
"""
EXAMPLE = re.compile(r"(?:mirror|private)\.example")

REFUSED = {
    "javascript:alert(1)": "begins with https://",
    "JaVaScRiPt:alert(1)": "begins with https://",
    "data:text/html,<script>alert(1)</script>": "begins with https://",
    "file:///etc/passwd": "begins with https://",
    "ftp://pypi.corp/simple/": "begins with https://",
    "//pypi.corp/simple/": "begins with https://",
    "pypi.corp": "begins with https://",
    "https:pypi.corp": "begins with https://",
    "https:///pypi.corp/": "begins with https://",
    "https://ci:secret@pypi.corp/simple/": "a secret must not be",
    "https://token@pypi.corp/simple/": "a secret must not be",
    "https://ci:pass/word@pypi.corp/simple/": "a secret must not be",
    "https://pypi.org\\@evil.test/simple/": "a secret must not be",
    "https://pypi.corp/%(here)s/": "without a percent sign",
    "https://pypi.corp/a%20b/": "without a percent sign",
    "https://pypi.corp/simple/ --trusted-host evil.test": "could mean something to a shell",
    'https://pypi.corp/"/': "could mean something to a shell",
    "https://pypi.corp/'/": "could mean something to a shell",
    "https://pypi.corp/$(touch${IFS}x)/": "could mean something to a shell",
    "https://pypi.corp/${HOME}/": "could mean something to a shell",
    "https://pypi.corp/`id`/": "could mean something to a shell",
    "https://pypi.corp/;id": "could mean something to a shell",
    "https://pypi.corp/&id": "could mean something to a shell",
    "https://pypi.corp/|id": "could mean something to a shell",
    "https://pypi.corp/>x": "could mean something to a shell",
    "https://pypi.corp/!!/": "could mean something to a shell",
    "https://pypi.corp/*/": "could mean something to a shell",
    "https://pypi.corp/{a,b}/": "could mean something to a shell",
    "https://pypi.corp/(a)/": "could mean something to a shell",
    "https://pypi.corp/[a]/": "could mean something to a shell",
    "https://pypi.corp/a\\b/": "could mean something to a shell",
    "https://pypi.corp/?x=1": "could mean something to a shell",
    "https://pypi.corp/#x": "could mean something to a shell",
    "https://pypi.corp/<img src=x onerror=alert(1)>": "could mean something to a shell",
    "https://pypi.corp/simple/\tx": "could mean something to a shell",
    "https://pypi.corp/\u202egro.ipyp/": "could mean something to a shell",
    "https://p\u0443pi.corp/simple/": "could mean something to a shell",
    "https://\uff50\uff59\uff50\uff49.corp/": "could mean something to a shell",
    "https://[::1]/simple/": "brackets of an IPv6 address",
    "https://[fe80::1%25eth0]:3141/simple/": "without a percent sign",
    "https://pypi.corp/a:~root/simple/": "path without a colon",
    "https://xn--pi-gmc.corp/simple/": "letters of another script",
    "https://-x.corp/": "no name of a host",
    "https://pypi..corp/": "no name of a host",
    "https://pypi.corp:99999/": "no name of a host",
    "https://pypi.corp:0/": "no name of a host",
    "https://pypi.corp:80:80/": "no name of a host",
    f"https://{'a' * 64}.corp/": "no name of a host",
    "https://999.1.1.1/": "no name of a host",
    "https://2130706433/": "Write 127.0.0.1",
    "https://0x7f.1/": "Write 127.0.0.1",
    f"{LONG}/": "at most 200 characters",
    f"https://pypi.corp/{'a' * 10_000}/": "at most 200 characters",
}
TAKEN = {
    "https://pypi.corp/simple/": "https://pypi.corp/simple/",
    "  https://pypi.corp/simple  ": "https://pypi.corp/simple/",
    "HTTPS://PyPI.Corp:443/Simple/": "https://pypi.corp/Simple/",
    "https://pypi.corp:8443/root/pypi/+simple/": "https://pypi.corp:8443/root/pypi/+simple/",
    "https://pypi.corp/a/../b/./simple//": "https://pypi.corp/b/simple/",
    "https://pypi.corp/~root/simple/": "https://pypi.corp/~root/simple/",
    "http://devpi:3141/root/pypi/+simple/": "http://devpi:3141/root/pypi/+simple/",
    "http://127.0.0.1:8080/simple/": "http://127.0.0.1:8080/simple/",
    "https://d-1.d.codeartifact.eu.corp/pypi/my_repo/simple/": (
        "https://d-1.d.codeartifact.eu.corp/pypi/my_repo/simple/"
    ),
    LONG: LONG,
}


def fill(page: Page, kind: str, text: str) -> None:
    """Type an address into the bar, as one who has finished typing."""
    page.locator(f"input[name={kind}]").fill(text)
    page.locator(f"input[name={kind}]").press("Enter")


def typed(page: Page) -> str:
    """All that a reader may type or copy, without what programs have printed."""
    return "\n".join(page.evaluate(TYPED))


def says(page: Page) -> str:
    """What the bar announces."""
    return page.locator(".address-says").inner_text()


def remembered(page: Page) -> dict[str, str]:
    """What the browser keeps of the bar."""
    kept: dict[str, str] = page.evaluate("({...localStorage})")
    return {key: kept[key] for key in kept if key.startswith("address-")}


def clean(visit: Visit) -> None:
    """Nothing was said in the console, and nothing asked of anybody else."""
    assert (visit.said, visit.failed, visit.elsewhere()) == ([], [], [])


def unseen_focus(visit: Visit) -> list[str]:
    """What has no line around it when it has the focus."""
    visit.look("still")
    visit.page.keyboard.press("Tab")
    found: list[str] = visit.look("unseenFocus")
    return found


# -- The snippets follow ---------------------------------------------------------------------------


def test_every_snippet_follows_and_reset_brings_the_examples_back(open_page: Open) -> None:
    visit = open_page(PAGE)
    page = visit.page
    before = typed(page)
    markup = page.locator("article").inner_html()
    fill(page, "mirror", MIRROR)
    fill(page, "private", PRIVATE)
    wanted = before.replace(EXAMPLES[0], MIRROR).replace(EXAMPLES[1], PRIVATE)
    assert wanted.count(PRIVATE) > 10
    assert wanted.count(MIRROR) > 2
    assert typed(page) == wanted
    number = int(says(page).partition(" places below have it.")[0])
    assert number == sum(before.count(each) for each in EXAMPLES)
    assert "A file that you download keeps the example." in says(page)
    page.get_by_role("button", name="Reset").click()
    assert typed(page) == before
    assert page.locator("article").inner_html() == markup
    assert remembered(page) == {}
    assert says(page) == "The examples are back, and nothing is remembered."
    assert page.evaluate("document.activeElement.name") == "mirror"
    clean(visit)


def test_the_copy_button_gives_what_is_shown(open_page: Open) -> None:
    visit = open_page(PAGE)
    fill(visit.page, "private", PRIVATE)
    blocks, copied = visit.look("codeBlocks"), visit.look("copied")
    assert sum(PRIVATE in text for text in copied) > 5
    for block, text in zip(blocks, copied, strict=True):
        assert text.count(PRIVATE) == block["text"].count(PRIVATE)
        assert "private.example" not in text
    uv = (ROOT / "recipes/dependency-confusion/safe/uv/pyproject.toml").read_text(encoding="utf-8")
    assert uv.replace(EXAMPLES[1], PRIVATE).removesuffix("\n") in copied


def with_forms(open_page: Open, forms: str) -> Visit:
    """The page, which arrives with these snippets before its own."""
    begin = '<article role="main" id="furo-main-content">'
    return open_page(PAGE, sabotage=(begin, f"{begin}<div id='forms'>{forms}</div>"))


FORMS = """
<div class="highlight-sh"><div class="highlight"><pre><span class="p">https://</span><span
>mirror</span>.exa<span class="nv">mple/sim</span>ple/demo/
https://mirror.example/simple
https://mirror.example
http://mirror.example:8080/simple/demo/
http://mirror.example:8080/last-modified
machine private.example login ci
--trusted-host mirror.example
https://ci@private.example/simple/
https://<b>__token__</b>@private.example/simple
https://ci:${PASSWORD}@private.example/simple/
https://ci:${{ secrets.TOKEN }}@private.example/simple/
https://ci:$(cat /run/token)@private.example/simple/
https://private.example:8443/acme/production/+simple/acme-lib/
allow-hosts = private.example *.elsewhere.test
https://mirror.example.com/simple/ a-mirror.example mirror.example-2 x.private.example
<span class="go not-typed">Looking in indexes: https://mirror.example/simple/
</span></pre></div></div>
<p>Prose: https://mirror.example/simple/, <code class="message-text">mirror.example</code>.</p>
"""
FOLLOWED = """\
https://pypi.corp/root/+simple/demo/
https://pypi.corp/root/+simple
https://pypi.corp
https://pypi.corp/root/+simple/demo/
https://pypi.corp/last-modified
machine 127.0.0.1 login ci
--trusted-host pypi.corp
http://ci@127.0.0.1:3141/simple/
http://__token__@127.0.0.1:3141/simple
http://ci:${PASSWORD}@127.0.0.1:3141/simple/
http://ci:${{ secrets.TOKEN }}@127.0.0.1:3141/simple/
https://ci:$(cat /run/token)@127.0.0.1:3141/simple/
http://127.0.0.1:3141/simple/acme-lib/
allow-hosts = 127.0.0.1:3141 *.elsewhere.test
https://mirror.example.com/simple/ a-mirror.example mirror.example-2 x.private.example
Looking in indexes: https://mirror.example/simple/
"""


def test_every_form_follows_and_what_was_printed_stays(open_page: Open) -> None:
    visit = with_forms(open_page, FORMS)
    forms, beside = visit.page.locator("#forms pre"), visit.page.locator("#forms > p")
    before = forms.text_content()
    fill(visit.page, "mirror", MIRROR)
    fill(visit.page, "private", PRIVATE)
    assert forms.text_content() == FOLLOWED
    assert beside.text_content() == "Prose: https://mirror.example/simple/, mirror.example."
    fill(visit.page, "mirror", "")
    fill(visit.page, "private", "")
    assert forms.text_content() == before


GAPS = {
    # the reader's address: what of it the snippets below can not have, and the bar says so
    "https://pypi.corp/simple/": ["8443"],
    "https://pypi.corp:8443/simple/": [],
    "https://pypi.corp:8443/acme/production/+simple/": [],
    "https://pypi.corp:8443/": ["whole", "root"],
    "https://pypi.corp:8443/devpi/acme/production/+simple/": ["root"],
    "https://pypi.corp/repository/all/": ["whole", "root", "8443"],
}
SAID = {
    "whole": "does not end with /simple/, as the address of an index mostly does: is it whole?",
    "root": "Where the example has no path, only https://pypi.corp",
    "8443": "The port 8443 of the example also stands alone below: yours is 443, change it there.",
}


def test_what_can_not_be_made_from_an_address_is_said(open_page: Open) -> None:
    snippets = ("LISTEN=8443 sh nginx.sh", "devpi use https://mirror.example:8443")
    visit = with_forms(open_page, "".join(f"<pre>{snippet}</pre>" for snippet in snippets))
    for address, gaps in GAPS.items():
        fill(visit.page, "mirror", address)
        assert [gap for gap, words in SAID.items() if words in says(visit.page)] == gaps, address
        assert visit.page.locator("#forms pre").last.text_content() == (
            f"devpi use https://{address.split('/')[2]}"
        )
    clean(visit)


def test_a_host_alone_wants_no_path(open_page: Open) -> None:
    page = with_forms(open_page, "<pre>machine mirror.example\nserver_name a8443b;</pre>").page
    fill(page, "mirror", "https://pypi.corp:3141/all/simple/")
    assert page.locator("#forms pre").text_content() == "machine pypi.corp\nserver_name a8443b;"
    assert re.fullmatch(
        r"\d+ places below have it\. A file that you download keeps the example\.", says(page)
    )


def test_on_every_page_with_a_bar_no_example_is_left(open_page: Open, site: Path) -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    pages = [path for path, text in texts.items() if '<form class="address"' in text]
    visit = open_page(PAGE)
    fill(visit.page, "mirror", MIRROR)
    fill(visit.page, "private", MIRROR)
    for path in pages:
        visit.page.goto(visit.base + path.relative_to(site).as_posix())
        left = [line for line in typed(visit.page).splitlines() if EXAMPLE.search(line)]
        # Patterns in scripts, and cells that were measured, are no addresses to type.
        kept = [line for line in left if r"\.example" not in line]
        assert kept == [], path
    assert len(pages) > 3
    assert (visit.said, visit.elsewhere()) == ([], [])


# -- Remembered, shared, reset ---------------------------------------------------------------------


def test_it_is_remembered_on_the_next_page(open_page: Open) -> None:
    visit = open_page(PAGE)
    fill(visit.page, "mirror", MIRROR)
    visit.open(OTHER)
    assert MIRROR in typed(visit.page)
    assert not EXAMPLE.search(typed(visit.page))
    assert visit.page.locator("input[name=mirror]").input_value() == MIRROR
    assert not visit.page.locator("input[name=private]").is_visible()
    visit.open(PAGE)
    fill(visit.page, "mirror", "")
    visit.open(OTHER)
    assert EXAMPLES[0] in typed(visit.page)
    clean(visit)


def test_another_tab_follows(open_page: Open) -> None:
    visit = open_page(PAGE)
    beside = visit.page.context.new_page()
    beside.goto(visit.base + OTHER)
    fill(visit.page, "mirror", MIRROR)
    beside.wait_for_function(
        "(url) => document.querySelector('article').innerText.includes(url)", arg=MIRROR
    )
    beside.close()


def test_another_tab_that_changes_something_else_takes_nothing_away(open_page: Open) -> None:
    visit = open_page(PAGE)
    beside = visit.page.context.new_page()
    beside.goto(visit.base + OTHER)
    visit.page.evaluate("() => addEventListener('storage', ({ key }) => { window.heard = key; })")
    visit.page.locator("input[name=mirror]").press_sequentially("https://half")
    beside.evaluate("localStorage.setItem('theme', 'dark')")
    visit.page.wait_for_function("() => window.heard === 'theme'")
    assert visit.page.locator("input[name=mirror]").input_value() == "https://half"
    beside.close()


def test_a_link_opens_the_page_with_the_address_and_is_not_remembered(open_page: Open) -> None:
    visit = open_page(f"{PAGE}#bind-the-names")
    fill(visit.page, "mirror", MIRROR)
    fill(visit.page, "private", PRIVATE)
    visit.page.get_by_role("button", name="Copy a link").click()
    visit.page.wait_for_function(
        "() => document.querySelector('.address-says').textContent.startsWith('The link')"
    )
    link = visit.page.evaluate("navigator.clipboard.readText()")
    assert link == f"{visit.base}{PAGE}#bind-the-names&mirror={MIRROR}&private={PRIVATE}"
    fresh = open_page(link.removeprefix(visit.base), viewport={"width": 1280, "height": 800})
    page = fresh.page
    assert MIRROR in typed(page)
    notice = page.get_by_role("alert")
    assert MIRROR in notice.inner_text()
    assert PRIVATE in notice.inner_text()
    assert remembered(page) == {}
    page.wait_for_url(f"**/{PAGE}#bind-the-names")
    assert page.evaluate("document.querySelector(':target').id") == "bind-the-names"
    fresh.open(OTHER)
    assert EXAMPLES[0] in typed(page)
    clean(fresh)


@pytest.mark.parametrize("way", ["keep", "drop", "drop to mine"])
def test_what_a_link_brought_is_kept_or_dropped(open_page: Open, way: str) -> None:
    visit = open_page(PAGE)
    page = visit.page
    before = EXAMPLES[0]
    if way == "drop to mine":
        fill(page, "mirror", MIRROR)
        before = MIRROR
    page.goto(f"{visit.base}{PAGE}?#mirror={EVIL}")  # another address, so that the page is loaded
    notice = page.locator(".address-linked")
    assert EVIL in typed(page)
    assert EVIL in notice.inner_text()
    assert notice.is_visible()
    assert not page.locator("input[name=mirror]").is_visible()
    assert EVIL not in remembered(page).values()
    if way == "keep":
        page.get_by_role("button", name="Keep it").click()
        assert remembered(page) == {"address-mirror": EVIL}
    else:
        back = "mine" if way == "drop to mine" else "the examples"
        page.get_by_role("button", name=f"No, back to {back}").click()
        assert EVIL not in typed(page)
    assert not notice.is_visible()
    assert page.evaluate("document.activeElement.name") == "mirror"
    page.reload()
    assert (EVIL if way == "keep" else before) in typed(page)
    assert not notice.is_visible()
    clean(visit)


def test_the_notice_is_in_sight_wherever_the_link_leads(open_page: Open) -> None:
    for viewport in ({"width": 1280, "height": 800}, NARROW):
        page = open_page(f"{PAGE}#settings&private={EVIL}", viewport=viewport).page
        page.wait_for_function("() => scrollY > 1000")
        box = page.locator(".address-linked").bounding_box()
        assert box is not None
        assert 0 <= box["y"] <= viewport["height"] - box["height"]
        assert page.evaluate(COVERED) == []
        assert EVIL in page.locator(".address-linked").inner_text()
        assert page.get_by_role("button", name="No, back to the examples").is_visible()


def test_a_link_that_is_pasted_over_the_open_page_is_read(open_page: Open) -> None:
    page = open_page(PAGE).page
    page.evaluate("(url) => { location.hash = `settings&mirror=${url}`; }", EVIL)
    page.wait_for_url(f"**/{PAGE}#settings")
    assert EVIL in typed(page)
    assert page.locator(".address-linked").is_visible()


def test_the_address_of_other_scripts_is_left_to_them(open_page: Open) -> None:
    page = open_page(f"docs/set-up.html#people=one&network=none&mirror={EVIL}").page
    assert page.locator("input[name=people][value=one]").is_checked()
    assert page.locator("input[name=network][value=none]").is_checked()


def test_a_browser_that_keeps_nothing_is_said(open_page: Open) -> None:
    visit = open_page(PAGE, viewport={"width": 1280, "height": 800})
    visit.page.add_init_script(NOTHING_KEPT)
    visit.open(PAGE)
    fill(visit.page, "mirror", MIRROR)
    assert MIRROR in typed(visit.page)
    assert "This browser does not remember it." in says(visit.page)
    clean(visit)


def test_a_site_that_is_read_from_a_folder_has_it_too(open_page: Open, site: Path) -> None:
    page = open_page("index.html", viewport={"width": 1280, "height": 800}).page
    page.goto(f"{(site / PAGE).as_uri()}#settings&mirror={EVIL}")
    page.wait_for_url("file:///**#settings")
    assert EVIL in typed(page)
    page.get_by_role("button", name="No, back to the examples").click()
    fill(page, "mirror", MIRROR)
    page.reload()
    assert MIRROR in typed(page)


def test_a_link_that_can_not_be_copied_is_shown(open_page: Open) -> None:
    visit = open_page(PAGE, permissions=[])
    visit.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    fill(visit.page, "mirror", MIRROR)
    visit.page.get_by_role("button", name="Copy a link").click()
    visit.page.wait_for_function(
        "() => document.querySelector('.address-says').textContent.startsWith('Copy')"
    )
    assert says(visit.page).endswith(f"{PAGE}#mirror={MIRROR}")


# -- What is no address ----------------------------------------------------------------------------


@contextmanager
def unharmed(visit: Visit) -> Iterator[None]:
    """What happens meanwhile changes no snippet, adds no element, opens and asks nothing."""
    count = "document.querySelectorAll('article *, form.address *').length"
    page = visit.page
    before = typed(page), page.evaluate(count)
    page.evaluate("() => { window.alerts = []; window.alert = (text) => alerts.push(text); }")
    yield
    assert (typed(page), page.evaluate(count)) == before
    assert page.evaluate("window.alerts ?? []") == []
    assert remembered(page) == {}
    clean(visit)


def test_what_is_no_address_is_refused_with_a_sentence(open_page: Open) -> None:
    visit = open_page(PAGE)
    page = visit.page
    with unharmed(visit):
        for text, why in REFUSED.items():
            fill(page, "mirror", text)
            assert why in says(page), text
            assert page.locator("input[name=mirror]").get_attribute("aria-invalid") == "true"
            assert page.locator("input[name=mirror]").input_value() == text
    fill(page, "mirror", MIRROR)
    assert page.locator("input[name=mirror]").get_attribute("aria-invalid") is None
    assert MIRROR in typed(page)


def test_what_is_refused_changes_nothing_of_what_was_there(open_page: Open) -> None:
    page = open_page(PAGE).page
    fill(page, "mirror", MIRROR)
    fill(page, "mirror", "https://pypi.corp/$(id)/")
    fill(page, "private", PRIVATE)
    assert says(page).endswith("mean something to a shell. The snippets keep what they had.")
    assert MIRROR in typed(page)
    assert PRIVATE in typed(page)
    assert remembered(page) == {"address-mirror": MIRROR, "address-private": PRIVATE}


def test_a_link_brings_nothing_that_is_refused(open_page: Open) -> None:
    visit = open_page(PAGE)
    page = visit.page
    with unharmed(visit):
        for text, why in [*REFUSED.items(), ("https://pypi.corp/\n", "shell"), ("", "begins")]:
            page.evaluate(
                "(text) => { location.hash = `mirror=${encodeURIComponent(text)}`; }", text
            )
            page.wait_for_function("() => !location.hash")
            assert f"The link brought an address that is not taken. {why}"[:46] in says(page), text
            assert why in says(page), text
            assert not page.locator(".address-linked").is_visible()
        page.goto(
            f"{visit.base}{PAGE}?#private=%3Cimg%20src=x%20onerror=alert(1)%3E&mirror=%E0%A4%A"
        )
        assert "not taken" in says(page)


def test_what_somebody_put_into_the_memory_is_held_to_the_same(open_page: Open) -> None:
    visit = open_page(PAGE)
    for text in REFUSED:
        visit.page.evaluate("(text) => localStorage.setItem('address-mirror', text)", text)
        visit.page.evaluate("dispatchEvent(new StorageEvent('storage'))")
        assert EXAMPLES[0] in typed(visit.page), text
    clean(visit)


def test_an_address_is_written_in_one_way(open_page: Open) -> None:
    page = open_page(PAGE).page
    for text, address in TAKEN.items():
        fill(page, "mirror", text)
        assert page.locator("input[name=mirror]").input_value() == address, text
        assert address in typed(page)
    fill(page, "mirror", EXAMPLES[0])
    assert remembered(page) == {}


def test_what_is_taken_means_itself_to_a_shell() -> None:
    for address in TAKEN.values():
        script = f"X={address} Y=a:{address}; printf '%s\\n' $X {address} --index={address} $Y"
        said = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
        assert said.stdout.split() == [address, address, f"--index={address}", f"a:{address}"]
        assert said.stderr == ""


def test_http_to_another_machine_is_warned_of(open_page: Open) -> None:
    page = open_page(PAGE).page
    for host, warned in {
        "http://pypi.corp/simple/": True,
        "http://127.0.0.1.nip.test/simple/": True,
        "http://127.0.0.1:3141/simple/": False,
        "http://localhost:3141/simple/": False,
        "https://pypi.corp/simple/": False,
    }.items():
        fill(page, "mirror", host)
        assert ("can change what you install" in says(page)) is warned, host
    page.goto(f"{page.url}?#mirror=http://pypi.corp/simple/")
    assert "can change what you install" in page.get_by_role("alert").inner_text()


def test_a_path_that_looks_like_a_token_is_warned_of(open_page: Open) -> None:
    page = open_page(PAGE).page
    for path, warned in {
        "aB3dE5fG7hJ9kL1m/acme/python/simple/": True,
        "0123abcd4567ef890123abcd4567ef89/simple/": True,
        "root/production2026/+simple/": False,
        "artifactory/api/pypi/python-packages-2026/simple/": False,
    }.items():
        fill(page, "private", f"https://pypi.corp/{path}")
        assert ("looks like a token" in says(page)) is warned, path


# -- Whoever the reader is -------------------------------------------------------------------------


def test_the_keyboard_is_enough(open_page: Open) -> None:
    visit = open_page(PAGE)
    page = visit.page
    go_to(visit, "input[name=mirror]")
    page.keyboard.type(MIRROR)
    page.keyboard.press("Tab")
    assert MIRROR in typed(page)
    page.keyboard.type(PRIVATE)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert PRIVATE in typed(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert EXAMPLES[0] in typed(page)


def test_a_telephone_has_it_folded_and_as_wide_as_the_page(open_page: Open) -> None:
    visit = open_page(PAGE, viewport=NARROW)
    page = visit.page
    fold = page.get_by_role("button", name="Fill the snippets with your own index")
    assert fold.get_attribute("aria-expanded") == "false"
    assert not page.locator("input[name=mirror]").is_visible()
    fold.click()
    assert fold.get_attribute("aria-expanded") == "true"
    page.get_by_label("Your index", exact=True).fill(LONG)
    page.get_by_role("button", name="Fill the snippets", exact=True).click()
    assert LONG in typed(page)
    assert visit.look("tooWide") == []
    insecure = LONG.replace("https:", "http:")
    page.goto(f"{page.url}?#mirror={insecure}&private={insecure}")
    assert page.locator(".address-linked").is_visible()
    assert page.get_by_role("alert").inner_text().count("Take https.") == 1
    assert visit.look("tooWide") == []
    assert page.evaluate(COVERED) == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_all_that_it_says_is_readable(open_page: Open, system: System) -> None:
    visit = open_page(PAGE, color_scheme=system)
    fill(visit.page, "mirror", "http://pypi.corp/")
    assert pale(visit) == []
    fill(visit.page, "mirror", "nonsense")
    assert pale(visit) == []
    assert unseen_focus(visit) == []
    visit.page.goto(f"{visit.page.url}?#mirror=http://evil.test/simple/")
    assert visit.page.locator(".address-linked").is_visible()
    assert pale(visit) == []
    assert unseen_focus(visit) == []


def test_paper_has_the_snippets_without_the_bar(open_page: Open) -> None:
    page = open_page(f"{PAGE}#mirror={EVIL}").page
    assert page.locator(".address-linked").is_visible()
    page.emulate_media(media="print")
    shown = [page.locator(each).is_visible() for each in ("form.address", ".address-linked")]
    page.emulate_media(media="screen")
    assert shown == [False, False]
    assert EVIL in typed(page)


def test_without_a_script_there_is_no_bar_and_the_examples_are_there(open_plain: Open) -> None:
    page = open_plain(f"{PAGE}#mirror={EVIL}").page
    assert not page.locator("form.address").is_visible()
    assert EXAMPLES[0] in page.locator("article").inner_text()


def test_a_page_without_an_example_has_no_bar(open_page: Open) -> None:
    page = open_page(f"{NONE}#settings&mirror={EVIL}").page
    assert page.locator("form.address").count() == 0
    assert "address.js" not in page.content()


def test_words_of_a_search_are_marked_and_still_follow(open_page: Open) -> None:
    page = open_page(PAGE).page
    page.goto(f"{page.url}?highlight=private")
    assert page.locator("article .highlighted").count() > 5
    fill(page, "private", PRIVATE)
    assert typed(page).count(PRIVATE) > 10
    assert EXAMPLES[1] not in typed(page)
