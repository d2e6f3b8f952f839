"""What can go wrong, each error carrying its data and saying one clear sentence.

An error's ``str()`` is that sentence: what, where, what to do. The command prints it and exits
with :attr:`MirrorlabError.exit_code`: 0 holds, 1 does not hold, 2 wrong use, 3 could not tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import ClassVar


class MirrorlabError(Exception):
    """Any error the kit raises for a person to read."""

    exit_code: ClassVar[int] = 3


class WrongUse(MirrorlabError):
    """The request itself is at fault: a mistyped name, a broken file, a wrong option."""

    exit_code: ClassVar[int] = 2


class CouldNotTell(MirrorlabError):
    """The request is fine, but nothing can be said: something is missing or unreachable."""

    exit_code: ClassVar[int] = 3


@dataclass(eq=False)
class BrokenFile(WrongUse):
    """A file that people write cannot be read as what it should be.

    ``place`` is the dotted place inside the file (``projects.demo-lib.releases[1].version``),
    or an empty string where the whole file is at fault.
    """

    path: Path
    place: str
    problem: str

    def __str__(self) -> str:
        where = f"{self.path}: {self.place}" if self.place else f"{self.path}"
        return f"{where}: {self.problem}"


@dataclass(eq=False)
class UnknownName(WrongUse):
    """A name that is not one of the known ones (a recipe, a drill, a scenario, a fault)."""

    kind: str
    name: str
    known: tuple[str, ...]
    of: str = ""
    """What has the known ones, where they are not the whole kit's: a recipe has its drills."""

    def __str__(self) -> str:
        near = get_close_matches(self.name, self.known, n=1)
        if near:
            hint = f"did you mean {near[0]!r}?"
        else:
            hint = f"choose one of: {', '.join(self.known)}" if self.known else "there are none"
        has = f"{self.of} has" if self.of else "there is"
        return f"{has} no {self.kind} {self.name!r}; {hint}"


@dataclass(eq=False)
class ProgramMissing(CouldNotTell):
    """A program a recipe needs is not installed; ``package`` brings it."""

    program: str
    package: str

    def __str__(self) -> str:
        brought = f"; the package {self.package} brings it" if self.package else ""
        return f"the program {self.program!r} is not installed{brought}"


@dataclass(eq=False)
class NoRecipes(CouldNotTell):
    """The recipes that should have come with the kit are not there."""

    looked_in: Path

    def __str__(self) -> str:
        return f"no recipes in {self.looked_in}; install the kit again, or name a folder of recipes"


@dataclass(eq=False)
class FolderNotReadable(CouldNotTell):
    """A folder cannot be listed."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"cannot read the folder {self.path}: {self.reason}"


@dataclass(eq=False)
class NotAFolder(WrongUse):
    """What should be a folder is a file, or is not there."""

    path: Path

    def __str__(self) -> str:
        return f"{self.path} is no folder; name the one in which you would install"


@dataclass(eq=False)
class TargetNotEmpty(WrongUse):
    """A folder to write into is not an empty one: nothing was written."""

    path: Path

    def __str__(self) -> str:
        return f"{self.path} is already there and not an empty folder; nothing was written"


@dataclass(eq=False)
class CannotWrite(CouldNotTell):
    """Files could not be written: nothing of them is left."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"cannot write {self.path}: {self.reason}; nothing was written"


@dataclass(eq=False)
class NoTutorialFolder(CouldNotTell):
    """No folder of the tutorial day is where one was looked for."""

    looked_in: Path

    def __str__(self) -> str:
        how = "go into the one with SHA256SUMS, or name it, or make one: mirrorlab tutorial prepare"
        return f"{self.looked_in} is not the folder of the tutorial day; {how}"


@dataclass(eq=False)
class NothingFetched(CouldNotTell):
    """What the tutorial day needs could not be fetched; ``reason`` is pip's word."""

    what: str
    reason: str

    def __str__(self) -> str:
        reason = self.reason.removeprefix("ERROR: ")
        advice = "this needs the network once, or a stick: mirrorlab tutorial prepare --from DIR"
        return f"could not fetch {self.what}: {reason}; {advice}"


@dataclass(eq=False)
class DamagedFolder(CouldNotTell):
    """Files of a prepared folder are not as they were: ``damaged`` says which, and how."""

    path: Path
    damaged: Mapping[str, str]

    def __str__(self) -> str:
        named = ", ".join(f"{name} ({wrong})" for name, wrong in sorted(self.damaged.items()))
        return f"{self.path} is damaged: {named}; copy it again, nothing was written"


@dataclass(eq=False)
class NothingForThisPython(CouldNotTell):
    """A prepared folder lacks wheels for the Python or the machine that runs."""

    path: Path
    python: str
    missing: tuple[str, ...]
    known: tuple[str, ...]

    def __str__(self) -> str:
        more = f" and {len(self.missing) - 1} more" if len(self.missing) > 1 else ""
        lacks = f"no tools for Python {self.python} on this machine ({self.missing[0]}{more})"
        known = f"it was prepared for Python {', '.join(self.known)}" if self.known else ""
        advice = "make one with: mirrorlab tutorial prepare --for all --python " + self.python
        return f"{self.path} has {lacks}; {known + '; ' if known else ''}{advice}"


@dataclass(eq=False)
class NotPossible(CouldNotTell):
    """Something this machine, or this process, does not allow."""

    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.what} is not possible here: {self.reason}"


@dataclass(eq=False)
class TimedOut(CouldNotTell):
    """Something did not come about ``within`` so many seconds; ``output`` is what was said."""

    what: str
    within: float
    output: str = ""

    def __str__(self) -> str:
        last = self.output.strip().rpartition("\n")[2]
        tail = f"; its last line was: {last}" if last else ""
        return f"{self.what}: not within {self.within:g} s{tail}"


@dataclass(eq=False)
class BadPage(CouldNotTell):
    """A page of an index is not what the Simple API says it should be."""

    problem: str

    def __str__(self) -> str:
        return f"the page {self.problem}"


@dataclass(eq=False)
class BadDistribution(WrongUse):
    """A wheel or an sdist cannot be read: truncated, misnamed, without metadata."""

    path: Path
    problem: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


@dataclass(eq=False)
class CannotListen(CouldNotTell):
    """The test index cannot open its socket."""

    host: str
    port: int
    reason: str

    def __str__(self) -> str:
        return f"cannot listen on {self.host}, port {self.port}: {self.reason}"


@dataclass(eq=False)
class PortInUse(CannotListen):
    """Another process listens there already."""

    reason: str = "it is in use; stop what uses it, or choose another port"


@dataclass(eq=False)
class NothingToFault(WrongUse):
    """A fault was set where no request could ever meet it."""

    fault: str
    path: str
    near: str | None = None

    def __str__(self) -> str:
        hint = f"; did you mean {self.near!r}?" if self.near else ""
        return f"no path of this index that {self.fault!r} can strike matches {self.path!r}{hint}"


@dataclass(eq=False)
class CannotChange(WrongUse):
    """A change of the test index makes no sense: no such release, a file that is there already."""

    problem: str

    def __str__(self) -> str:
        return self.problem


@dataclass(eq=False)
class Unreachable(CouldNotTell):
    """Nothing of ours answers at a URL."""

    url: str
    reason: str

    def __str__(self) -> str:
        return f"no test index answers at {self.url}: {self.reason}"


@dataclass(eq=False)
class ToolsFailed(CouldNotTell):
    """What a lab needs from the outside could not be installed; ``reason`` is the tool's word."""

    what: str
    reason: str
    advice: str = "see whether this machine's own pip reaches its index"

    def __str__(self) -> str:
        return f"{self.what} failed: {self.reason.removeprefix('ERROR: ')} ({self.advice})"


class DoesNotHold(MirrorlabError):
    """What should be true is not."""

    exit_code: ClassVar[int] = 1


@dataclass(eq=False)
class StepFailed(DoesNotHold):
    """A recipe's step ended, and not well; ``output`` is what it said."""

    step: str
    exit_code_of_step: int
    output: str

    def __str__(self) -> str:
        last = self.output.strip().rpartition("\n")[2]
        tail = f": {last}" if last else ", without a word"
        return f"the step {self.step!r} ended with exit code {self.exit_code_of_step}{tail}"


@dataclass(eq=False)
class NotReady(DoesNotHold):
    """A step that serves goes on running, but its ``ready`` URL does not answer."""

    step: str
    url: str
    within: float
    output: str

    def __str__(self) -> str:
        last = self.output.strip().rpartition("\n")[2]
        tail = f"; its last line was: {last}" if last else ""
        return f"the step {self.step!r} does not answer at {self.url} within {self.within} s{tail}"


@dataclass(eq=False)
class NoVerdict(CouldNotTell):
    """A cell of the matrix came to nothing that an outcome could be read from."""

    cell: str
    reason: str
    output: str = ""
    """What the installer printed, where it was run."""

    def __str__(self) -> str:
        return f"{self.cell}: {self.reason}"


@dataclass(eq=False)
class NothingMatches(WrongUse):
    """A glob that should choose something chooses nothing."""

    kind: str
    glob: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"no {self.kind} matches {self.glob!r}; there are: {', '.join(self.known)}"


@dataclass(eq=False)
class OtherPython(WrongUse):
    """A record is of another Python than the one that is asked for."""

    path: Path
    recorded: str
    wanted: str

    def __str__(self) -> str:
        advice = f"say --python {self.recorded}, or name another file"
        return f"{self.path} was recorded on Python {self.recorded}, not {self.wanted}; {advice}"


@dataclass(eq=False)
class NoTarget(WrongUse):
    """What should be checked is neither the URL of an index nor the folder of a mirror."""

    target: str

    def __str__(self) -> str:
        how = "name a URL of http or https, or the folder that bandersnatch writes to"
        return f"{self.target!r} is no index and no mirror; {how}"


@dataclass(eq=False)
class OddTarget(WrongUse):
    """What should be checked is an index, and cannot be checked as it is named."""

    target: str
    problem: str

    def __str__(self) -> str:
        return f"{self.target!r} {self.problem}"
