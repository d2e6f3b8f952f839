"""An index over HTTP: its list and its pages, in both forms, and how it answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit, urlunsplit

from mirrorlab.check.answering import (
    judge_redirects,
    judge_status,
    judge_vary,
    no_page,
    what,
    word,
    wrong_form,
)
from mirrorlab.check.contents import judge_forms, judge_keys, judge_list, judge_page
from mirrorlab.check.exchange import NoAnswer
from mirrorlab.check.fetching import LARGEST_LIST, LARGEST_PAGE, Answer, Fetcher
from mirrorlab.check.files import look_at_file
from mirrorlab.check.findings import Finding, Kind
from mirrorlab.check.plain import is_plain
from mirrorlab.check.reading import be_of, read_list, read_page_and_keys
from mirrorlab.errors import BadPage
from mirrorlab.simple import (
    HTML,
    JSON,
    TEXT_HTML,
    FileEntry,
    ProjectList,
    ProjectPage,
)


@dataclass(slots=True)
class Look:
    """What came of looking at one page."""

    findings: list[Finding] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    """Sentences: answers that came and could not be read."""
    json: Answer | None = None
    html: Answer | None = None
    """The answers that are to be used, by form."""
    lacks: set[str] = field(default_factory=set)
    """The forms that the index does not have, and says so."""


@dataclass(slots=True)
class ListLook(Look):
    """What came of looking at the list of projects."""

    listed: ProjectList | None = None


@dataclass(slots=True)
class PageLook(Look):
    """What came of looking at the page of a project."""

    page: ProjectPage | None = None
    """The page, of JSON where that is served: it says more."""
    base: str = ""
    """What the URLs of its files are relative to."""
    is_json: bool = False
    """Whether the page is the JSON one."""
    html_page: ProjectPage | None = None
    gone: bool = False
    """Whether the index says that there is no such project."""


def index_url(url: str) -> str:
    """Return the URL of an index with a slash at its end; ``/simple/`` where it names a host."""
    parts = urlsplit(url)
    path = parts.path if parts.path.strip("/") else "/simple/"
    return urlunsplit(parts._replace(path=path if path.endswith("/") else f"{path}/", fragment=""))


class Served:
    """An index at a URL."""

    reads_all = False

    def __init__(self, fetcher: Fetcher, url: str) -> None:
        """``url`` without a login."""
        self.url = index_url(url)
        self._fetcher = fetcher
        self.forms: set[str] = {JSON, TEXT_HTML}
        """The forms its pages are asked for; those its list came in, once that was looked at."""

    def listing(self) -> ListLook:
        """Look at the list of projects."""
        look = ListLook()
        self._take(look, "", self.url)
        lists: dict[str, ProjectList] = {}
        for form, answer in _answers(look):
            try:
                read = read_list(answer.body, answer.head.header("Content-Type"))
            except BadPage as problem:
                unread(look, "", form, problem)
            else:
                lists[form] = read
        look.listed = lists.get(JSON) or lists.get(TEXT_HTML)
        if look.listed is not None:
            look.findings += judge_list(look.listed)
        if len(lists) > 1:
            look.findings += same_names(lists[JSON], lists[TEXT_HTML])
        look.findings = list(dict.fromkeys(look.findings))
        self.forms -= look.lacks if len(look.lacks) < len(self.forms) else set()
        return look

    def project(self, name: str, serial: int | None = None) -> PageLook:
        """Look at the page of a project; ``serial`` is what the list says of it."""
        look = PageLook(base=f"{self.url}{quote(name)}/")
        self._take(look, name, look.base)
        pages: dict[str, ProjectPage] = {}
        bases: dict[str, str] = {}
        for form, answer in _answers(look):
            bases[form] = answer.head.url
            try:
                media = answer.head.header("Content-Type")
                page, known = read_page_and_keys(answer.body, media)
                if form == TEXT_HTML:
                    be_of(name, page)
            except BadPage as problem:
                unread(look, name, form, problem)
                continue
            pages[form] = page
            if not is_plain(name, page, answer.head.url, json=form == JSON):
                look.findings += judge_page(name, page, answer.head.url, json=form == JSON)
            if form == JSON and not known:
                look.findings += judge_keys(name, json.loads(answer.body))
            if serial is not None and page.last_serial is not None and page.last_serial < serial:
                look.findings.append(
                    Finding(
                        Kind.STALE,
                        "serial-of-page",
                        f"serial {serial}, as the list of projects has it",
                        f"{page.last_serial} in the {word(form)}",
                        "let no cache keep a page longer than the list",
                        project=name,
                    )
                )
        look.html_page = pages.get(TEXT_HTML)
        look.page = pages.get(JSON) or look.html_page
        look.is_json = JSON in pages
        if look.page is not None:
            look.base = bases[JSON] if JSON in pages else bases[TEXT_HTML]
        if len(pages) > 1:
            look.findings += judge_forms(
                name, pages[JSON], pages[TEXT_HTML], bases[JSON], bases[TEXT_HTML]
            )
        look.findings = list(dict.fromkeys(look.findings))
        return look

    def file(
        self, name: str, file: FileEntry, base: str, upstream: FileEntry | None
    ) -> Iterator[Finding]:
        """Fetch a file and its core metadata, and judge both."""
        return look_at_file(self._fetcher, name, file, base, upstream)

    def reads(self, file: FileEntry, base: str) -> bool:  # noqa: ARG002  a tree needs them
        """Any file can be asked for."""
        return True

    def seen(self) -> object:
        """Hand over nothing: no page is remembered."""
        return None

    def take(self, seen: object) -> None:
        """Take nothing in."""

    def around(
        self,
        whole: bool,  # noqa: ARG002  a tree needs it
        serial: int | None,  # noqa: ARG002
    ) -> Iterator[Finding]:
        """Yield nothing: what no page names cannot be seen over HTTP."""
        return iter(())

    def _take(self, look: Look, name: str, url: str) -> None:
        """Ask for both forms, and judge how the server answers."""
        gone: list[bool] = []
        for form in sorted(self.forms):
            try:
                limit = LARGEST_PAGE if name else LARGEST_LIST
                answer = self._fetcher.page(url, {"Accept": form}, limit)
            except NoAnswer as problem:
                if problem.garbled:
                    unread(look, name, form, BadPage(f"cannot be decoded: {problem.reason}"))
                    continue
                kind = Kind.TRUNCATED if problem.cut else Kind.UNREACHABLE
                look.findings.append(no_page(kind, name, form, problem.reason))
                continue
            look.findings += judge_redirects(name, url, answer)
            if answer.status == 406 and len(self.forms) > 1:
                look.lacks.add(form)
                continue
            if answer.status != 200:
                look.findings.append(judge_status(name, form, answer))
                gone.append(answer.status in {404, 410})
                continue
            self._sort(look, name, form, answer)
        if isinstance(look, PageLook):
            look.gone = len(gone) == len(self.forms) and all(gone)
        if look.json is not None and look.html is not None:
            look.findings += judge_vary(name, (look.json, look.html))

    def _sort(self, look: Look, name: str, form: str, answer: Answer) -> None:
        """Keep an answer under the form that it has."""
        media = answer.head.media
        if form == JSON and media in {TEXT_HTML, HTML}:
            # An index without JSON may answer so; one that has JSON elsewhere may not.
            look.lacks.add(JSON)
            if isinstance(look, PageLook):
                look.findings.append(wrong_form(name, form, media))
            return
        if form == TEXT_HTML and media in {JSON, "application/json"}:
            look.findings.append(wrong_form(name, form, media))
            return
        if form == JSON:
            look.json = answer
        else:
            look.html = answer


def _answers(look: Look) -> Iterator[tuple[str, Answer]]:
    if look.json is not None:
        yield JSON, look.json
    if look.html is not None:
        yield TEXT_HTML, look.html


def unread(look: Look, name: str, form: str, problem: BadPage) -> None:
    """Note that a page came and could not be read: a finding, and a doubt."""
    where = f"the {word(form)} {what(name)}{f' of {name}' if name else ''}"
    look.unread.append(f"{where} cannot be read: {problem}")
    look.findings.append(
        Finding(
            Kind.NOT_CONFORMING,
            "unreadable",
            f"{'a page' if name else 'a list'} of the Simple API, in {word(form)}",
            str(problem),
            "see what the server sends; a proxy or a login portal may stand in between",
            project=name,
        )
    )


def same_names(as_json: ProjectList, as_html: ProjectList) -> Iterator[Finding]:
    """Judge whether the two forms of a list name the same projects."""
    one = {_plain(project.name) for project in as_json.projects}
    other = {_plain(project.name) for project in as_html.projects}
    for name in sorted(one ^ other):
        has, lacks = ("JSON", "HTML") if name in one else ("HTML", "JSON")
        yield Finding(
            Kind.NOT_CONFORMING,
            "forms",
            "the same projects in JSON and HTML",
            f"it in the {has} only, not in the {lacks}",
            "make both forms of the list from the same data",
            project=name,
        )


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
