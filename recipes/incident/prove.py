"""Ask all that serves for the release as installers do, and look on the disks: nothing is there.

Usage: python3 prove.py LIST INDEX ...
"""

from __future__ import annotations

import http.client
import os
import re
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cache_entries import entries
from find_files import JSON, links, login
from purge_tree import files, pages, purged
from release import Listed, Refused, main, read

FORMS = ("text/html", "application/vnd.pypi.simple.v1+html", JSON)
AGENT = "incident-runbook"
"""What logs have of our own requests; who.py leaves those out that were refused."""
REFUSED = (403, 404, 410, 451)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Where a file is sent on to another address, that is an answer, too."""

    def redirect_request(self, *_: object) -> None:
        """Follow nothing."""


OPENER = urllib.request.build_opener(NoRedirect)


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 where nothing did, and then why."""

    status: int
    why: str = ""
    kind: str = ""
    body: bytes = b""


def ask(url: str, method: str = "GET", **headers: str) -> Answer:
    """One request. Of a file no more than its beginning is read."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    sent |= {"User-Agent": AGENT, **login(url)}
    whole = "Accept" in sent
    try:
        request = urllib.request.Request(url, headers=sent, method=method)
        with OPENER.open(request, timeout=30) as answer:
            body = answer.read() if whole else answer.read(1)
            return Answer(answer.status, "", answer.headers.get_content_type(), body)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return Answer(0, str(getattr(error, "reason", error)))


def lying(listed: Listed, folder: Path) -> set[str]:
    """The names of its files below a folder, of what lies beside them, and of half of them."""
    if not folder.is_dir():
        raise Refused(f"{folder}: there is no such folder", 3)
    return {path.name for path in files(listed, folder)}


def cached(listed: Listed, folder: Path) -> set[str]:
    """The names of its files in an nginx cache, and of what lies beside them. Raises Refused."""
    return {name for each in entries(folder) for name in each.names() if listed.names_one(name)}


@dataclass
class Proof:
    """What was found."""

    listed: Listed
    served: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)
    refused: int = 0

    def page(self, index: str) -> set[str]:
        """Look at an index's page in each form; return the addresses of other files on it."""
        url, others = f"{index.rstrip('/')}/{self.listed.release.project}/", set()
        for form in FORMS:
            answer = ask(url, Accept=form, Cache_Control="no-cache")
            if answer.status == 404:
                home = ask(f"{index.rstrip('/')}/", Accept=form)
                if home.status != 200:
                    self.unknown.append(f"{index} itself answers {home.status} {home.why}")
                continue
            if answer.status != 200:
                self.unknown.append(f"{url} answers {answer.status} {answer.why}")
                continue
            try:
                found = links(self.listed.release.project, url, answer.kind, answer.body)
            except Refused as reason:
                self.unknown.append(str(reason))
                continue
            for link in found:
                if not self.listed.names_one(link.name):
                    others.add(link.url)
                    continue
                self.addresses.add(link.url)
                self.named.append(f"{url} ({form}) names {link.name}")
        return others

    def file(self, url: str) -> None:
        """Ask for a file whole, in part, by HEAD, and for its core metadata."""
        for address, method, headers in (
            (url, "GET", {}),
            (url, "GET", {"Range": "bytes=0-0"}),
            (url, "HEAD", {}),
            (f"{url}.metadata", "GET", {}),
        ):
            answer = ask(address, method, **headers)
            asked = f"{method} {address}" + (" (a part)" if headers else "")
            if answer.status in REFUSED:
                self.refused += 1
            elif 200 <= answer.status < 400:
                self.served.append(f"{asked} answers {answer.status}")
            else:
                self.unknown.append(f"{asked} answers {answer.status} {answer.why}")

    def neighbour(self, index: str, others: set[str]) -> None:
        """See that another file of the project comes: else all is refused, and nothing proven."""
        if others and ask(sorted(others)[0], Range="bytes=0-0").status not in (200, 206):
            self.unknown.append(f"{index} refuses other files too: {sorted(others)[0]}")

    def disk(self) -> int:
        """Look for its files and pages in the folders of the settings; return how many folders."""
        looked = 0
        for setting, look in (("TREES", lying), ("DEVPI", lying), ("CACHES", cached)):
            for folder in map(Path, os.environ.get(setting, "").split()):
                looked += 1
                try:
                    if names := look(self.listed, folder):
                        self.served.append(f"{folder} still holds {' '.join(sorted(names))}")
                    for page in pages(self.listed, folder) if setting == "TREES" else ():
                        before, after = purged(self.listed, page)
                        if after != before:
                            is_json = page.name == "json" or page.parent.name == "json"
                            (self.named if is_json else self.served).append(f"{page} names it")
                except (Refused, OSError, ValueError) as error:
                    self.unknown.append(str(error))
        return looked


def work(argv: list[str]) -> int:
    """Ask everything; say what is served, what is named, and what could not be told."""
    proof = Proof(read(Path(argv[0])))
    if len(argv) < 2:
        raise Refused("no index is given; set SERVED")
    for index in argv[1:]:
        if not re.match(r"https?://[^/]", index):
            raise Refused(f"SERVED: {index} is no address: write https://mirror.example/simple/")
    for index in argv[1:]:
        proof.neighbour(index, proof.page(index))
    ours = {urlsplit(index).netloc for index in argv[1:]}
    # What a page names is asked for wherever it is: installers follow it there.
    urls = {url for url in proof.listed.urls if urlsplit(url).netloc in ours} | proof.addresses
    for url in sorted(urls):
        proof.file(url)
    for url in sorted(proof.listed.urls - urls):
        print(f"prove: not on a host of SERVED, so not asked: {url}")
    folders = proof.disk()
    if not urls:
        proof.unknown.append("the list has no address on a host of SERVED")
    for kind, sentences in (
        ("named, and refused", [] if proof.served else proof.named),
        ("SERVED OR STILL HERE", proof.served + (proof.named if proof.served else [])),
        ("could not tell", proof.unknown),
    ):
        for sentence in sentences:
            print(f"prove: {kind}: {sentence}")
    print(
        f"prove: {proof.listed.release}: {len(argv) - 1} indexes, {len(urls)} addresses,"
        f" {folders} folders: {proof.refused} requests refused,"
        f" {len(proof.served)} served or still here"
    )
    return 1 if proof.served else 3 if proof.unknown else 0


if __name__ == "__main__":
    main("prove", work)
