"""The sabotage fixture itself: it sees damage, and refuses to call nothing damage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.recipes.conftest import Case
from tests.recipes.one_world import World, told_in_one_world

from mirrorlab import recipe as recipes
from mirrorlab.recipe import Recipe
from mirrorlab.runner import DrillResult

Sabotage = Callable[..., DrillResult]


def test_an_edit_that_changes_nothing_is_an_error(sabotage: Sabotage) -> None:
    edit = {"sync.sh": ("no such text", "")}
    with pytest.raises(ValueError, match=r"sync\.sh has no 'no such text'"):
        sabotage(recipe="selective-mirror", drill="promise", edit=edit)


def test_no_edit_at_all_is_an_error(sabotage: Sabotage) -> None:
    with pytest.raises(ValueError, match="without an edit"):
        sabotage(recipe="selective-mirror", drill="promise", edit={})


def test_a_step_that_is_taken_away_is_damage(sabotage: Sabotage) -> None:
    edit = {"allowlist.sh": ("set -eu", "set -eu\nexit 9")}
    result = sabotage(recipe="selective-mirror", drill="promise", edit=edit)
    assert result.holds is False
    assert "the step 'allowlist' ended with exit code 9" in str(result.reason)


def test_a_world_that_cannot_tell_is_an_error(sabotage: Sabotage) -> None:
    typo = "def promise(run):\n    run.step('typo')\n\n\ndef _promise("
    edit = {"drilling/serving.py": ("def promise(", typo)}
    with pytest.raises(RuntimeError, match=r"could not tell: .*there is no step 'typo'"):
        sabotage(recipe="selective-mirror", drill="promise", edit=edit)


SAY = """\
#!/bin/sh
# Say two words.
set -eu
: "${WORDS:=words}"  # where to
mkdir -p "$WORDS"
echo one >"$WORDS/one"
echo two >"$WORDS/two"
"""
MANIFEST = """\
schema = 1
title = "Two words"
answers = "I want to read two words."
topic = "mirror"
test = { WORDS = "{tmp}/words" }
[[step]]
name = "say"
run = "say.sh"
[[drill]]
name = "again"
title = "Say it again"
"""
DRILLS = """\
from pathlib import Path

def promise(run):
    assert Path(run.settings["WORDS"], "one").read_text() == "one\\n", "the first is wrong"

def again(run):
    assert run.step("say").exit_code == 0
    assert Path(run.settings["WORDS"], "two").read_text() == "two\\n", "the second is wrong"
"""
FIRST = ("promise", "say.sh", "echo one", "echo six", "the first is wrong")
SECOND = ("again", "say.sh", "echo two", "echo six", "the second is wrong")


@pytest.fixture
def two_words(tmp_path: Path) -> Recipe:
    folder = tmp_path / "two-words"
    folder.mkdir()
    for name, text in {"say.sh": SAY, "recipe.toml": MANIFEST, "drills.py": DRILLS}.items():
        (folder / name).write_text(text)
    return recipes.load(folder)


def test_in_one_world_every_case_is_told_as_if_it_was_alone(
    two_words: Recipe, tmp_path: Path
) -> None:
    again = {"say.sh": "say"}
    for cases in ((FIRST, SECOND, FIRST), (SECOND, FIRST)):
        world = World("say", cases, again)
        result = told_in_one_world(two_words, world, tmp_path / f"{len(cases)}")
        assert result.holds, result.reason


@pytest.mark.parametrize(
    ("unseen", "said"),
    [
        ((*FIRST[:3], "echo one #", FIRST[4]), "without 'echo one', promise said: all holds"),
        ((*FIRST[:4], "some other reason"), "drills.py line 4: the first is wrong"),
        ((FIRST[0], "say.sh", "set -eu", "exit 9", FIRST[4]), "ended with exit code 9"),
    ],
)
def test_in_one_world_a_case_that_is_not_seen_is_told(
    two_words: Recipe, tmp_path: Path, unseen: Case, said: str
) -> None:
    world = World("say", (SECOND, unseen), {"say.sh": "say"})
    result = told_in_one_world(two_words, world, tmp_path / "copy")
    assert result.holds is False
    assert said in str(result.reason)
