"""Check each mirror in a thread of its own, and write a verdict that expires.

A verdict is one line: ``good UNTIL COMPARED text`` or ``bad UNTIL COMPARED text``. UNTIL and
COMPARED are seconds since 1970: when it no longer counts, and when the mirror was last found to
be what upstream is (0: never, or bad since). A line that was cut off has no end of line.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pool import Mirror, WrongSetting, check_ca, mirrors, seconds

FAILS = ("error", "warning")
LONGEST = 30 * 86400
"""Seconds: verdict.sh believes none that ends later."""


class CouldNotTell(Exception):
    """The check says nothing of the mirror; says why."""


class WrongUse(CouldNotTell):
    """The command does not run, or not with these settings."""


class TooLate(CouldNotTell):
    """The check took too long."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What check.sh hands on; times in seconds."""

    mirrors: tuple[Mirror, ...]
    upstream: str
    command: tuple[str, ...]
    within: int
    every: int
    good_for: int
    uncompared: int
    require: frozenset[str]
    verdicts: Path
    names: Path | None
    alarm: str

    @classmethod
    def read(cls) -> Settings:
        """Read the environment. Raises :class:`WrongSetting`."""
        given = os.environ
        good_for, within, every = (seconds(n) for n in ("GOOD_FOR", "WITHIN", "EVERY"))
        if not within:
            raise WrongSetting("WITHIN=0: a check needs some seconds")
        if good_for <= every + 2 * within:
            reason = "take more than EVERY + 2 * WITHIN, or it ends before the next one comes"
            raise WrongSetting(f"GOOD_FOR={good_for}: {reason}")
        if good_for > LONGEST:
            raise WrongSetting(f"GOOD_FOR={good_for}: take {LONGEST} or less, which is 30 days")
        if not re.fullmatch(r"https?://[^/\s]\S*", given["UPSTREAM"]):
            reason = "name the http or https URL of the index that the mirrors copy"
            raise WrongSetting(f"UPSTREAM={given['UPSTREAM']!r}: {reason}")
        check_ca(given["CA"])
        try:
            words = shlex.split(given["CHECK"])
        except ValueError as error:
            raise WrongSetting(f"CHECK={given['CHECK']!r}: {error}") from None
        return cls(
            mirrors(given["MIRRORS"]),
            given["UPSTREAM"],
            (given["MIRRORLAB"], "check", "--json", *words),
            within,
            every,
            good_for,
            seconds("UNCOMPARED"),
            frozenset(given["REQUIRE"].split()),
            Path(given["VERDICTS"]),
            Path(given["NAMES"]) if given["NAMES"] else None,
            given["ALARM"],
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a mirror is fit, since when it is known, and why."""

    good: bool
    text: str
    compared: int = 0

    @property
    def kind(self) -> str:
        """What it says in a word or two, without the particulars."""
        return self.text.partition(":")[0]

    def line(self, until: int) -> str:
        """The line that is written."""
        return f"{'good' if self.good else 'bad'} {until} {self.compared} {self.text}\n"


def judge(settings: Settings, mirror: Mirror, before: Verdict | None) -> Verdict:
    """Check a mirror. Raises :class:`CouldNotTell` where nothing speaks for or against it."""
    try:
        return _compared(settings, _check(settings, mirror.url, "--upstream", settings.upstream))
    except WrongUse:
        raise
    except CouldNotTell as unknown:
        since = before.compared if before and before.good else 0
        return _alone(settings, mirror, since, unknown)


def _compared(settings: Settings, report: dict[str, Any]) -> Verdict:
    """Judge by a report that compares with upstream."""
    if report["exit_code"]:
        return Verdict(False, _why(report))
    unknown = settings.require - {*report["serves"]["of_pages"], *report["serves"]["of_files"]}
    if unknown:
        raise WrongUse(f"REQUIRE: an index may serve no {', '.join(sorted(unknown))}")
    dropped = settings.require & set(report["serves"]["dropped"])
    if dropped:
        return Verdict(False, f"drops {', '.join(sorted(dropped))}")
    looked = f"{report['projects_looked_at']} of {report['projects']} projects looked at"
    return Verdict(True, f"healthy: {looked}", int(time.time()))


def _alone(settings: Settings, mirror: Mirror, since: int, reason: CouldNotTell) -> Verdict:
    """Judge by what the mirror says of itself; what was like upstream ``since`` stays a while."""
    try:
        report = _check(settings, mirror.url)
    except TooLate as late:
        return Verdict(False, f"unreachable: {late}")
    if report["exit_code"]:
        return Verdict(False, _why(report))
    if time.time() - since > settings.uncompared:
        return Verdict(False, f"not compared with upstream for too long: {reason}")
    return Verdict(True, f"good by itself, not compared with upstream: {reason}", since)


def _check(settings: Settings, *words: str) -> dict[str, Any]:
    """Run the command, and return its report, in which something was found or all is well.

    Raises :class:`TooLate`, and :class:`CouldNotTell` for whatever else is not understood.
    """
    try:
        done = subprocess.run(
            [*settings.command, *words],
            capture_output=True,
            text=True,
            timeout=settings.within,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TooLate(f"no verdict within {settings.within} s") from None
    except OSError as error:
        raise WrongUse(f"{settings.command[0]} does not start: {error.strerror}") from None
    try:
        whole = json.loads(done.stdout)
        (report,) = whole["checks"]
        codes = {whole["exit_code"], report["exit_code"], done.returncode}
        found = _found(report)
        unknown = "; ".join(report["could_not_tell"])
    except (ValueError, KeyError, TypeError):
        said = " ".join(done.stderr.split()[:40]) or "nothing that can be read"
        kind = WrongUse if done.returncode == 2 else CouldNotTell
        raise kind(f"mirrorlab check ended with {done.returncode}: {said}") from None
    if len(codes) > 1 or not codes <= {0, 1, 3} or (1 in codes and not found):
        raise CouldNotTell(f"mirrorlab check contradicts itself: exit codes {codes}")
    if done.returncode == 3 and not found:
        raise CouldNotTell(unknown or "no reason given")
    return dict(report)


def _found(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What speaks against the mirror, the worst first."""
    findings = [each for each in report["findings"] if each["severity"] in FAILS]
    return sorted(findings, key=lambda each: FAILS.index(each["severity"]))


def _why(report: dict[str, Any]) -> str:
    found = _found(report)
    worst = found[0]
    where = worst["file"] or worst["project"]
    where = f"{where}: " if where else ""
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return " ".join(f"{worst['kind']}: {where}{worst['found']}{more}".split())


def put(path: Path, text: str) -> None:
    """Replace a file in one step, so that nobody reads half of it."""
    aside = path.with_name(f".{path.name}.new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def look_again(settings: Settings, mirror: Mirror, before: Verdict | None) -> Verdict:
    """Check a mirror, write its verdict, and tell where it changed.

    Raises :class:`CouldNotTell`, and OSError where it cannot be written.
    """
    verdict = judge(settings, mirror, before)
    until = int(time.time()) + settings.good_for
    put(settings.verdicts / mirror.name, verdict.line(until))
    if settings.names:
        put(settings.names / mirror.name, mirror.as_host() if verdict.good else "")
    if before is None or (before.good, before.kind) != (verdict.good, verdict.kind):
        told = f"check: {mirror.name} is {'IN' if verdict.good else 'OUT'}: {verdict.text}"
        print(told, flush=True)
        if before or not verdict.good:
            subprocess.run(["sh", "-c", settings.alarm], input=f"{told}\n", text=True, check=False)
    return verdict


def read(path: Path) -> Verdict | None:
    """Read a verdict that was written before; None for none, or one that cannot be read."""
    try:
        word, _, compared, text = path.read_text(encoding="utf-8").split(" ", 3)
        return Verdict({"good": True, "bad": False}[word], text.rstrip("\n"), int(compared))
    except (OSError, ValueError, KeyError):
        return None


def give_up(failure: threading.ExceptHookArgs) -> None:
    """End all where one mirror would silently be looked at no more."""
    threading.__excepthook__(failure)
    os._exit(3)


def main() -> int:
    """Check all once, or for ever."""
    try:
        settings = Settings.read()
        for folder in filter(None, (settings.verdicts, settings.names)):
            folder.mkdir(parents=True, exist_ok=True)
    except WrongSetting as wrong:
        print(f"check: {wrong}", file=sys.stderr)
        return 2
    except OSError as error:
        where = f"cannot make the folder {error.filename}: {error.strerror}"
        print(f"check: {where}; look at VERDICTS and NAMES", file=sys.stderr)
        return 2
    last = {each: read(settings.verdicts / each.name) for each in settings.mirrors}

    unknown = set()

    def watch(mirror: Mirror) -> None:
        while True:
            began = time.monotonic()
            try:
                last[mirror] = look_again(settings, mirror, last[mirror])
            except (CouldNotTell, OSError) as error:  # the last verdict stands, until it ends
                print(f"check: {mirror.name}: could not tell: {error}", flush=True)
                unknown.add(mirror)
            if not settings.every:
                return
            time.sleep(max(0.0, began + settings.every - time.monotonic()))

    threading.excepthook = give_up
    threads = [threading.Thread(target=watch, args=(each,)) for each in settings.mirrors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if all(verdict and verdict.good for verdict in last.values()):
        return 3 if unknown else 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
