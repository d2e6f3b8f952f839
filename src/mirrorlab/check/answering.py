"""How a server answers: status, form, redirects, Vary. Nothing here connects."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from mirrorlab.check.fetching import Answer
from mirrorlab.check.findings import Finding, Kind, Severity
from mirrorlab.simple import JSON

_ASK_TWICE = "ask again; where it goes on, look into the log of the server"
_NEGOTIATE = "let the server choose the form by Accept, and send Vary: Accept"
_CREDENTIALS = "put a login into netrc or keyring, for this host"


def word(form: str) -> str:
    """Return the word for a form."""
    return "JSON" if form == JSON else "HTML"


def what(name: str) -> str:
    """Return what is asked for: the page of a project, or the list."""
    return "page" if name else "list of projects"


def no_page(kind: Kind, name: str, form: str, reason: str) -> Finding:
    """Say that a page did not come."""
    expected = f"the {what(name)} in {word(form)}"
    return Finding(kind, "page", expected, reason, _ASK_TWICE, project=name)


def judge_status(name: str, form: str, answer: Answer) -> Finding:
    """Say that a page came with a status that is none of a page."""
    status = answer.status
    expected = f"the {what(name)} in {word(form)}"
    if status in {404, 410} and name:
        advice = "make the page, or take the project from the list"
        return Finding(Kind.MISSING, "page", expected, f"status {status}", advice, project=name)
    advice = _ASK_TWICE
    if status in {401, 403, 407}:
        advice = _CREDENTIALS
    elif status in {404, 410}:
        advice = "name the index itself, which most often ends with /simple/"
    elif 300 <= status < 400:
        advice = "send a Location with the redirect"
    return Finding(Kind.UNREACHABLE, "page", expected, f"status {status}", advice, project=name)


def wrong_form(name: str, form: str, media: str) -> Finding:
    """Say that another form came than was asked for."""
    expected = f"{word(form)}, as Accept has it"
    return Finding(Kind.NOT_CONFORMING, "form", expected, media, _NEGOTIATE, project=name)


def judge_vary(name: str, answers: tuple[Answer, ...]) -> Iterator[Finding]:
    """Judge whether a cache is told that the answer depends on Accept."""
    for answer in answers:
        words = {word.strip().lower() for word in answer.head.header("Vary").split(",")}
        if not words & {"accept", "*"}:
            yield Finding(
                Kind.NOT_CONFORMING,
                "vary",
                "Vary: Accept, for the answer depends on it",
                f"Vary: {answer.head.header('Vary')}" if words - {""} else "no Vary",
                f"{_NEGOTIATE}; without it a shared cache gives one form to who asks for another",
                Severity.WARNING,
                name,
            )
            return


def judge_redirects(name: str, url: str, answer: Answer) -> Iterator[Finding]:
    """Judge where redirects led."""
    if not answer.redirects:
        return
    first, last = urlsplit(url), urlsplit(answer.head.url)
    steps = [*answer.redirects, answer.head.url]
    if first.scheme == "https" and any(urlsplit(step).scheme == "http" for step in steps):
        yield Finding(
            Kind.NOT_CONFORMING,
            "downgrade",
            "https all the way",
            "a redirect to http",
            "let the server, or the proxy before it, redirect to https",
            Severity.WARNING,
            name,
        )
    if first.netloc != last.netloc:
        yield Finding(
            Kind.NOT_CONFORMING,
            "redirect",
            "an answer from the host that was asked",
            f"a redirect to {last.hostname}",
            "name that host to installers; they send no login along a redirect",
            Severity.NOTE,
            name,
        )
