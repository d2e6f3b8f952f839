"""The page "Set up": its data lead every reader somewhere; its table needs no script."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.site.conftest import Build

from mirrorlab.errors import BrokenFile
from mirrorlab.recipe import catalogue
from mirrorlab.site.goals import Goals, load

DOCS = Path(__file__).parents[2] / "docs"
DATA = """\
schema = 1
[[question]]
name = "people"
asks = "How many?"
head = "People"
[question.answers]
one = { says = "one person", short = "one" }
many = { says = "many people", short = "many" }
[[question]]
name = "code"
asks = "Private code?"
head = "Code"
[question.answers]
no = { says = "no", short = "public" }
yes = { says = "yes", short = "private" }
[[lead]]
goal = "A folder of files."
recipe = "a-folder"
decides = "the list is short"
people = ["one"]
code = ["no", "yes"]
[[refusal]]
says = "Take one person."
people = ["many"]
[[beside]]
recipe = "a-cluster"
when = "You have many machines."
"""

PLANNED = """\
[[lead]]
goal = "Many machines."
recipe = "a-cluster"
decides = "you have them"
people = ["many"]
code = ["no", "yes"]
"""


@pytest.fixture(scope="module")
def goals() -> Goals:
    return load(DOCS / "set-up.toml", [entry.name for entry in catalogue()])


def test_every_combination_of_answers_leads_somewhere_or_is_refused(goals: Goals) -> None:
    walked = list(goals.combinations())
    assert len(walked) == 4 * 3 * 2 * 3 * 3
    for answers in walked:
        leads = goals.leading(answers)
        assert bool(leads) != bool(goals.refusing(answers)), answers
        assert len(leads) <= 2, f"{answers}: {[lead.recipe for lead in leads]}"
        assert len({lead.recipe for lead in leads}) == len(leads), f"{answers}: one recipe twice"
        assert len({lead.decides for lead in leads}) == len(leads), f"{answers}: nothing decides"


def test_every_recipe_of_the_catalogue_has_its_place(goals: Goals) -> None:
    leading = {lead.recipe for lead in goals.leads}
    beside = {one.recipe for one in goals.besides}
    assert leading | beside == {entry.name for entry in catalogue()}
    assert not leading & beside


def test_every_goal_and_every_answer_is_needed(goals: Goals) -> None:
    walked = list(goals.combinations())
    for lead in goals.leads:
        assert any(lead in goals.leading(answers) for answers in walked), lead.goal
    for question in goals.questions:
        for answer in question.answers:
            said = [lead for lead in goals.leads if answer in lead.fits[question.name]]
            assert said, f"{question.name} = {answer} leads nowhere"


@pytest.mark.parametrize(
    ("answers", "recipes"),
    [
        ({"people": "one", "network": "none"}, {"find-links-folder"}),
        ({"people": "team", "code": "private", "uploads": "several", "fails": "upstream"},
         {"private-index-devpi"}),
        ({"people": "many", "code": "private", "uploads": "several", "fails": "server"},
         {"devpi-replica", "devpi-postgresql"}),
        ({"people": "many", "network": "internet", "code": "public", "uploads": "nobody",
          "fails": "upstream"}, {"selective-mirror", "caching-proxy"}),
        ({"people": "anybody", "code": "private"}, set()),
    ],
)  # fmt: skip
def test_a_reader_comes_to_the_recipe(
    goals: Goals, answers: Mapping[str, str], recipes: set[str]
) -> None:
    assert {lead.recipe for lead in goals.leading(answers)} == recipes
    assert bool(goals.refusing(answers)) == (not recipes)


def test_the_table_is_whole_without_a_script(build: Build, recipes: dict[str, str]) -> None:
    recipes["index.rst"] += "\n.. goals::\n"
    site = build(recipes | {"index.toml": DATA})
    assert site.warnings == ""
    html, text = site.html("index"), site.text("index")
    assert "A folder of files. Take it if the list is short. People : one Code : any" in text
    assert "People: many . Take one person." in text
    assert "a-cluster planned You have many machines." in text
    assert re.search(r'<tr class="[^"]*people-one code-no code-yes', html)
    assert re.search(r'<form class="which-recipe" [^>]*hidden>', html)
    assert "set-up.js" in html
    assert "set-up.js" not in site.html("recipes/index")


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ("people=one", "This fits: a-folder."),
        (
            "people=many&code=yes",
            "This fits: a-cluster planned. "
            "Nearest that is written: a-folder, with People: other than “many people”.",
        ),
    ],
)
def test_where_all_that_fits_is_planned_the_nearest_that_is_written_is_said(
    build: Build,
    recipes: dict[str, str],
    opened: Callable[[str], str],
    answers: str,
    said: str,
) -> None:
    planned = DATA[: DATA.index("[[refusal]]")] + PLANNED
    recipes["index.rst"] += "\n.. goals::\n"
    site = build(recipes | {"index.toml": planned})
    shutil.copy(DOCS / "_static" / "set-up.js", site.out / "_static")
    page = opened(f"{(site.out / 'index.html').as_uri()}#{answers}")
    answer = page.partition('class="which-answer')[2].partition("</div>")[0].partition(">")[2]
    words = " ".join(re.sub(r"</p><p>", " ", answer).split())
    assert re.sub(r"<[^>]*>", "", words) == said


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"a-folder"', '"a-floder"', "lead[0].recipe: the catalogue has no recipe"),
        ('= ["one"]', '= ["two"]', "lead[0].people[0]: the question people has no answer"),
        ('= ["one"]', "= []", "lead[0].people: must name one answer at least"),
        ('= ["no", "yes"]', '= ["no"]', "lead: nothing fits people = one, code = yes; add"),
        ('= ["many"]', '= ["one", "many"]', "refusal: a-folder fits people = one, code = no, and"),
        ('"a-cluster"', '"a-folder"', "beside[0].recipe: a-folder has a goal already"),
        ("[[beside]]", "[[besides]]", "besides: is not a known key; did you mean 'beside'?"),
        ("decides", "decide", "lead[0].decides: is missing (there is 'decide')"),
    ],
)
def test_a_mistake_is_named_with_its_place(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    path = tmp_path / "set-up.toml"
    assert old in DATA
    path.write_text(DATA.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BrokenFile, match=re.escape(problem)):
        load(path, ["a-folder", "a-cluster"])


def test_a_recipe_without_a_place_breaks_the_build(build: Build, recipes: dict[str, str]) -> None:
    data = DATA[: DATA.index("[[beside]]")]
    recipes["index.rst"] += "\n.. goals::\n"
    warnings = build(recipes | {"index.toml": data}).warnings
    assert "index.toml: lead: nothing leads to a-cluster; add a lead, or a beside" in warnings
