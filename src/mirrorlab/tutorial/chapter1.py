"""Chapter 1: an index on your laptop."""

from __future__ import annotations

from mirrorlab.tutorial.check import Chapter, Check, Finding
from mirrorlab.tutorial.day import Day

URL = "http://127.0.0.1:8001"
_JSON = "application/vnd.pypi.simple.v1+json"
_START = "mirrorlab index --wheels packages --port 8001 --log > index.log 2>&1 &"


def _answers(day: Day) -> Finding:
    answer = day.get(f"{URL}/simple/", _JSON)
    if answer is None:
        return Finding(False, "nothing answers on port 8001", _START)
    if answer.status != 200:
        detail = f"it answers {answer.status}"
        return Finding(False, detail, f"mirrorlab fault {URL} --clear")
    return Finding(True, f"{len(answer.json()['projects'])} projects")


CHAPTER = Chapter(
    number=1,
    title="An index on your laptop",
    page="1-index",
    minutes=25,
    checks=(Check("index", "your index answers on port 8001", _answers),),
)
