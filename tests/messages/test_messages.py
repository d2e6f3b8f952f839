"""Each message of ``docs/errors/messages.toml`` is said by the real client, word by word."""

from __future__ import annotations

import pytest
from tests.messages.cases import every_case
from tests.messages.conftest import ROOT
from tests.messages.wording import Values, reworded, says, says_alike
from tests.messages.world import World

from mirrorlab.site.known import PLACEHOLDER, Said, known

KNOWN = known(ROOT)
CASES = every_case()
RENEW = "record it with: pytest tests/messages --record-messages"
SAID = [(name, by) for name, message in KNOWN.items() for by in message.by]


@pytest.mark.parametrize(("name", "by"), SAID, ids=[f"{name}-by-{by}" for name, by in SAID])
def test_it_is_said_word_by_word(
    name: str,
    by: str,
    world: World,
    heard: dict[str, dict[str, str]],
    recording: bool,
) -> None:
    message = KNOWN[name]
    with world.fresh(f"{name}-{by}") as fresh:
        values = CASES[name](fresh)
        _compare(fresh.say(by, message.run, values), message.text, values)
        _compare(fresh.say(by, message.sure, values), message.shows, values)
    version = world.version(by)
    heard.setdefault(name, {})[by] = version
    if not recording:
        record = Said.read(ROOT)
        told = record.by.get(name, ()) if record else ()
        if version not in told:
            pytest.fail(f"{version} says so, on record is {told}: {RENEW}", pytrace=False)


def _compare(output: str, text: str, values: Values) -> None:
    """Fail unless ``output`` says ``text``, and would not if a single word of it were another."""
    if not says(output, text, values):
        pytest.fail(f"It says:\n{output}\nand not:\n{text}\nwith {values}", pytrace=False)
    for other in reworded(text):
        if says(output, other, values):
            pytest.fail(f"It says:\n{output}\nbut this would do as well:\n{other}", pytrace=False)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("pip-not-trusted", "not a trusted or secure host", "no trusted host"),
        ("uv-not-found", "package registry", "index"),
        ("twine-no-such-file", "Cannot find file", "Could not find file"),
        ("bandersnatch-not-https", "is not https scheme", "is not https"),
        ("devpi-not-connected", "see 'devpi use'", "say 'devpi use'"),
    ],
)
def test_other_words_in_the_data_fail(name: str, old: str, new: str, world: World) -> None:
    message = KNOWN[name]
    assert old in message.text
    with world.fresh(f"reworded-{name}") as fresh:
        values = CASES[name](fresh)
        output = fresh.say(message.by[0], message.run, values)
    _compare(output, message.text, values)
    with pytest.raises(pytest.fail.Exception, match="and not"):
        _compare(output, message.text.replace(old, new), values)


def test_every_message_has_a_case_and_every_case_a_message() -> None:
    assert set(KNOWN) == set(CASES)


def test_there_are_enough_to_be_a_door() -> None:
    assert len(KNOWN) >= 40
    assert {message.program.value for message in KNOWN.values()} == {
        "pip",
        "uv",
        "twine",
        "bandersnatch",
        "devpi",
    }


def test_the_record_names_no_message_that_is_gone(recording: bool) -> None:
    record = Said.read(ROOT)
    told = {name: len(by) for name, by in record.by.items()} if record else {}
    assert recording or told == {name: len(message.by) for name, message in KNOWN.items()}


HEALTHY = [
    ("pip", "pip install -v --dry-run --index-url {index-url} demo-lib"),
    ("pip-22.1", "pip download -v --index-url {index-url} demo-lib"),
    ("uv", "uv pip install -v --dry-run --default-index {index-url} demo-lib"),
]


@pytest.mark.parametrize(("by", "command"), HEALTHY, ids=[by for by, _ in HEALTHY])
def test_none_is_said_when_all_is_well(by: str, command: str, world: World) -> None:
    with world.fresh(f"healthy-{by}") as fresh:
        output = fresh.say(by, command, fresh.values())
    assert "demo-dep" in output.replace("_", "-")
    said = [name for name, message in KNOWN.items() if says_alike(output, message.text)]
    assert said == []


def test_places_are_few_and_their_words_are_known() -> None:
    for message in KNOWN.values():
        fixed = PLACEHOLDER.sub("", message.text).replace("…", "").split()
        assert len(fixed) >= 3, f"{message.name} is all placeholders"
