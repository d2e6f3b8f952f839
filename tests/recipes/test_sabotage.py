"""The sabotage fixture itself: it sees damage, and refuses to call nothing damage."""

from __future__ import annotations

from collections.abc import Callable

import pytest

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
    edit = {"drills.py": ("def promise(", typo)}
    with pytest.raises(RuntimeError, match=r"could not tell: .*there is no step 'typo'"):
        sabotage(recipe="selective-mirror", drill="promise", edit=edit)
