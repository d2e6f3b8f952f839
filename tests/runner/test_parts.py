"""The runner's parts by themselves: events on the wire, answers, records, messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mirrorlab import recipe as recipes
from mirrorlab.errors import CannotWrite
from mirrorlab.index import Index
from mirrorlab.runner import DrillResult, Measure, Result, StepResult, events, records
from mirrorlab.runner.answer import get
from mirrorlab.runner.order import Order, Tale, ToolPaths, from_json
from mirrorlab.runner.stage import first_missing
from mirrorlab.scenario import builtin

MakeRecipe = Callable[..., Path]

WORLD = events.World("a-page", "3.13", "broken")
RESULT = Result(
    "a-page",
    "3.11",
    steps=(StepResult("fetch", 0.123456), StepResult("serve", 0.5)),
    drills=(DrillResult("promise", True, None, 1.5, {"outage": Measure(1.2, "s")}),),
)


@pytest.mark.parametrize(
    "event",
    [
        events.StepBegan(WORLD, "fetch", "Fetch “it”.\nAll.", 30),
        events.StepDone(WORLD, "fetch", 0.5),
        events.StepDone(WORLD, "fetch", 0.0, "no nginx"),
        events.StoryBegan(WORLD, "Break it", 120.0),
        events.Kept(WORLD, {"index": "https://127.0.0.1:1"}, {"PORT": "1"}),
        events.StoryEnded(WORLD, None, "why", 1.0, {"outage": Measure(1.2, "s")}, "a\nb"),
        events.WorldEnded(WORLD),
    ],
    ids=lambda event: type(event).__name__,
)
def test_an_event_survives_the_wire_as_one_line(event: events.Event) -> None:
    line = events.to_line(event)
    assert line.count(b"\n") == 1
    assert events.from_line(line) == event


def test_an_order_survives_the_wire() -> None:
    tools = ToolPaths("/t/bin", "/t/bin/python", "3.13")
    tales = (Tale("promise", "all"), Tale("broken", "Break it"))
    more = {"previous": "/older"}
    order = Order(
        "/r", "3.13", tales, 5, tools, more, {"pip": tools}, "/w", {"step": "no"}, keep=True
    )
    assert from_json(order.to_json()) == order
    assert from_json(Order("/r", "3.13", tales, 5).to_json()).tools is None


def test_messages_are_found_whatever_their_white_space() -> None:
    said = "ERROR: no\n   space left\n on device"
    assert first_missing(["no space  left on device", "ERROR: no"], said) is None
    assert first_missing(["ERROR: no", "no space on device"], said) == "no space on device"


def test_an_answer_is_what_came_over_the_wire() -> None:
    with Index(builtin("default")) as index:
        page = get(f"{index.url}/simple/demo-lib/", accept="text/html", ca=index.ca)
        assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "demo_lib-1.0" in page.text
        listing = get(
            f"{index.url}/simple/", accept="application/vnd.pypi.simple.v1+json", ca=index.ca
        )
        assert "demo-lib" in {project["name"] for project in listing.json()["projects"]}
        assert get(f"{index.url}/simple", ca=index.ca).status in {301, 308}, "followed a redirect"
        assert get(f"{index.http_url}/no-such-page", user=("alice", "wonder")).status == 404
        untrusted = get(f"{index.url}/simple/")
        assert untrusted.status == 0
        assert "CERTIFICATE_VERIFY_FAILED" in untrusted.text
        with pytest.raises(AssertionError, match="answered 200 and no JSON"):
            page.json()
        url = index.http_url
    assert get(url).status == 0
    with pytest.raises(AssertionError, match="knows http and https"):
        get("ftp://127.0.0.1/")


def test_a_record_holds_what_was_measured_and_where(
    make_recipe: MakeRecipe, tmp_path: Path
) -> None:
    recipe = recipes.load(make_recipe())
    (recipe.folder / "requirements.in").write_text("Demo_Lib>=1  # ours\n# none\n")
    (recipe.folder / "requirements.txt").write_text(
        "demo-dep==3.0 \\\n    --hash=sha256:0\ndemo-lib==2.0 \\\n    --hash=sha256:1\n"
    )

    (path,) = records.write([RESULT], [recipe], tmp_path / "results")

    written = json.loads(path.read_text())
    assert path == tmp_path / "results" / "a-page.json"
    assert len(written.pop("date")) == len("2026-01-05")
    assert written.pop("machine") == records.machine()
    assert written == {
        "schema": 1,
        "versions": {"python": "3.11", "demo-lib": "2.0"},
        "steps": [
            {"name": "fetch", "seconds": 0.12},
            {"name": "serve", "seconds": 0.5},
        ],
        "drills": [
            {
                "name": "promise",
                "holds": True,
                "seconds": 1.5,
                "measures": {"outage": {"value": 1.2, "unit": "s"}},
            }
        ],
    }


def test_what_does_not_hold_is_not_recorded(make_recipe: MakeRecipe, tmp_path: Path) -> None:
    recipe = recipes.load(make_recipe())
    failed = Result("a-page", "3.11", drills=(DrillResult("promise", False, "no"),))
    skipped = Result("a-page", "3.13", skipped="no Python")
    assert records.write([failed, skipped], [recipe], tmp_path / "results") == ()
    assert not (tmp_path / "results").exists()


def test_what_was_run_in_part_is_not_recorded(make_recipe: MakeRecipe, tmp_path: Path) -> None:
    recipe = recipes.load(make_recipe(drill="pass"))
    held = (DrillResult("promise", True), DrillResult("broken", True))
    some = Result("a-page", "3.11", drills=held[1:])
    without_a_step = Result("a-page", "3.11", (StepResult("serve", 0.0, "no nginx"),), held)
    assert records.write([some, without_a_step], [recipe], tmp_path) == ()
    whole = Result("a-page", "3.13", (StepResult("serve", 0.1),), held)
    assert len(records.write([some, without_a_step, whole], [recipe], tmp_path)) == 1


def test_a_record_that_cannot_be_written_is_one_sentence(
    make_recipe: MakeRecipe, tmp_path: Path
) -> None:
    (tmp_path / "results").write_text("a file")
    with pytest.raises(CannotWrite, match="results"):
        records.write([RESULT], [recipes.load(make_recipe())], tmp_path / "results")
