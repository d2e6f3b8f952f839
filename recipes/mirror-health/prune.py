"""Remove from a bandersnatch tree what its upstream has withdrawn. Started by prune.sh.

What that is, `mirrorlab check` says: its findings of the kind extra, and those orphaned
files that upstream does not have either. Upstream itself is asked about each of them once
more, and must show that it has the page of a project that stays. A line of the list is one of

    project NAME           deleted or quarantined upstream: its page and all of its files
    file NAME FILENAME     no longer on the page upstream: the file, and its place on the page
    leftover PATH          a file of web/ that no page names, here or upstream

All is worked out before anything is changed. Pages are replaced whole, and before files go.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tree import Change, Refused, Tree
from upstream import Upstream, Wrong, index_url, normalized

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
RELEASE = re.compile(r".+-.+\.(?:whl|zip|egg|exe|msi|tgz|tar|tar\.(?:gz|bz2|xz|Z))")
"""The name of a file that an index may have: of no other can its absence there say anything."""


def findings(mirrorlab: str, tree: Tree, upstream: str) -> tuple[list[dict[str, Any]], int]:
    """Ask the check what is extra or orphaned; return that, and how many it did not list.

    Without the names of one project at least, it would ask upstream for all of its projects.
    """
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as names:
        names.writelines(f"{name}\n" for name in sorted(tree.listed))
        names.flush()
        command = [mirrorlab, "check", str(tree.folder), "--upstream", upstream]
        command += ["--projects", names.name, "--json"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise Wrong(f"MIRRORLAB: {mirrorlab}: {error.strerror}") from None
    if done.returncode not in {0, 1, 3}:
        raise Refused(f"the check ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    try:
        report = json.loads(done.stdout)
        (check,) = report["checks"]
        known = report["schema"] == 1 and report["exit_code"] == done.returncode
        doubts, counts = check["could_not_tell"], check["counts"]
        found = [one for one in check["findings"] if one["kind"] in {"extra", "orphaned"}]
        left_out = counts["extra"] + counts["orphaned"] - len(found)
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise Refused("the check did not say what it found, as JSON of schema 1")
    if done.returncode == 3 or doubts:
        raise Refused(f"the check could not tell: {'; '.join(doubts[:3]) or 'no reason'}")
    return found, left_out


def projects_of(filename: str) -> set[str]:
    """Each project whose file this may be: of demo-lib-1.0.tar.gz both demo-lib and demo.

    None where no index has files of such names: a signature, a note, a page.
    """
    if RELEASE.fullmatch(filename) is None:
        return set()
    parts = filename.split("-")
    last = 2 if filename.endswith(".whl") else len(parts)
    names = {normalized("-".join(parts[:count])) for count in range(1, last)}
    return {name for name in names if NAME.fullmatch(name)}


def withdrawn(
    found: list[dict[str, Any]], upstream: Upstream, stay: Iterable[str]
) -> tuple[set[str], set[str]]:
    """The lines of the list, and those lines that the check says and upstream does not bear out.

    ``stay``: projects of the mirror that upstream has, the likeliest first.
    """
    stay = tuple(stay)
    if found:
        upstream.vouch(stay)
    lines: set[str] = set()
    doubtful: set[str] = set()
    for one in found:
        rule, project, file = one["rule"], one["project"] or "", one["file"] or ""
        if project and not NAME.fullmatch(project):
            raise Refused(f"{project!r} is no name of a project")
        if any(not character.isprintable() or character.isspace() for character in file):
            continue  # a name that no list of lines can hold; the check goes on naming it
        if rule == "withdrawn-project":
            known = _gone(project, upstream)
            (lines if known else doubtful).add(f"project {project}")
        elif rule == "withdrawn-file":
            files = upstream.files(project)
            known = files is not None and file not in files
            (lines if known else doubtful).add(f"file {project} {file}")
        elif (rule == "file" and _unknown(Path(file).name, upstream)) or (
            rule == "json" and _gone(Path(file).name, upstream)
        ):
            lines.add(f"leftover {file}")
    if lines:
        upstream.vouch(stay)  # it may have broken down meanwhile
    gone = {line.split()[1] for line in lines if line.startswith("project ")}
    kept = {line for line in lines if line.split()[1] not in gone or line.startswith("project ")}
    return kept, doubtful


def _unknown(filename: str, upstream: Upstream) -> bool:
    """Whether a file may be of some projects, and upstream has it in none of them."""
    name = filename.removesuffix(".metadata")
    projects = projects_of(name)
    for project in projects:
        files = upstream.files(project)
        if name in (files or ()) or (files is None and upstream.lists(project)):
            return False
    return bool(projects)


def _gone(name: str, upstream: Upstream) -> bool:
    if NAME.fullmatch(name) is None:
        return False
    return upstream.files(name) == frozenset() or upstream.deleted(name)


def within(most: int, change: Change, tree: Tree, left_out: int) -> None:
    """Refuse to remove a large share: upstream is more likely broken than so much withdrawn."""
    shares = (
        (len(change.projects) + left_out, len(tree.listed), "projects"),
        (len(change.files) + left_out, tree.count_files(), "files"),
    )
    for removed, every, what in shares:
        if 100 * removed > most * every:
            raise Refused(
                f"{removed} of {every} {what} would be removed, more than MOST={most} percent; "
                "look at upstream first, and if it is right, give MOST more for one run"
            )


def planned(path: Path, head: str) -> set[str]:
    """What the run before has listed, of the same tree and upstream."""
    try:
        first, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
    except FileNotFoundError:
        raise Refused("there is no list yet; run it without DELETE=yes first") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read: {error}") from None
    if first != head:
        raise Refused(f"{path} is the list of another mirror; run it without DELETE=yes first")
    return set(lines)


def prune(mirrorlab: str, folder: Path, upstream: str, most: int, plan: Path, delete: bool) -> int:
    """List, or remove; return the exit code."""
    tree = Tree(folder)
    head = f"# withdrawn of {folder.resolve()}, which copies {upstream}"
    before = planned(plan, head) if delete else set()
    found, left_out = findings(mirrorlab, tree, upstream)
    lines, doubtful = withdrawn(found, Upstream(upstream), _stay(tree, found))
    within(most, tree.change(lines), tree, left_out)
    doing = lines & before
    change = tree.change(doing)
    tree.apply(change)
    left = sorted(lines - doing)
    aside = plan.with_name(f".{plan.name}.new")
    aside.write_text("".join(f"{line}\n" for line in [head, *left]), encoding="utf-8")
    aside.replace(plan)
    for line in sorted(doing):
        print(f"prune: removed: {line}")
    for line in left:
        print(f"prune: {'new, not removed' if delete else 'would remove'}: {line}")
    for line in sorted(doubtful):
        print(f"prune: left alone, as upstream contradicts itself: {line}")
    if left_out:
        print(f"prune: and {left_out} more; run it again")
    if not left and not left_out and not doubtful:
        print("prune: nothing is left to remove")
    return 1 if left or left_out or doubtful else 0


def _stay(tree: Tree, found: list[dict[str, Any]]) -> list[str]:
    """The projects that upstream has, by what the check found; first those it has whole."""
    gone = {one["project"] for one in found if one["rule"] == "withdrawn-project"}
    touched = {one["project"] for one in found}
    names = {normalized(name) for name in tree.listed} - gone
    return sorted(names, key=lambda name: (name in touched, name))


def checked(delete: str, most: str) -> None:
    """Raise Wrong for a setting that is not understood."""
    if delete not in {"yes", "no"}:
        raise Wrong(f"DELETE is yes or no, not {delete!r}")
    if not re.fullmatch(r"[1-9][0-9]?|100", most):
        raise Wrong(f"MOST is a whole number from 1 to 100, not {most!r}")


def main(arguments: list[str]) -> int:
    """Read the settings, prune, and say what went wrong in one sentence."""
    mirrorlab, folder, upstream, delete, most, plan = arguments
    try:
        checked(delete, most)
        upstream = index_url(upstream)
        return prune(mirrorlab, Path(folder), upstream, int(most), Path(plan), delete == "yes")
    except Wrong as problem:
        print(f"prune: {problem}", file=sys.stderr)
        return 2
    except Refused as problem:
        print(f"prune: refused: {problem}", file=sys.stderr)
        return 3
    except OSError as error:
        print(f"prune: broken off: {error}; mend that and run it again", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
