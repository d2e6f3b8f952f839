from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrorlab.simple import HTML, JSON, OFFERS, TEXT_HTML, negotiate

LATEST_JSON = "application/vnd.pypi.simple.latest+json"
LATEST_HTML = "application/vnd.pypi.simple.latest+html"
PIP = f"{JSON}, {HTML}; q=0.1, text/html; q=0.01"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, TEXT_HTML),
        ("", TEXT_HTML),
        ("*/*", TEXT_HTML),
        (BROWSER, TEXT_HTML),
        (PIP, JSON),
        (JSON, JSON),
        (JSON.upper(), JSON),
        (HTML, HTML),
        (LATEST_JSON, JSON),
        (LATEST_HTML, HTML),
        (f"{LATEST_JSON};q=0.2, text/html;q=0.1", JSON),
        (f"{JSON};q=0.1, {LATEST_JSON};q=0.9, text/html;q=0.5", JSON),
        (f"{JSON};q=0.9, text/html", TEXT_HTML),
        (f"{JSON};q=0.9, {HTML};q=0.95", HTML),
        ("application/*", HTML),
        (f"application/*, {HTML};q=0", JSON),
        ("*/*, text/html;q=0", HTML),
        ("text/html;q=0.0, */*;q=0.5, text/*;q=0.9", HTML),
        ("text/html; charset=utf-8", TEXT_HTML),
        ("application/vnd.pypi.simple.v2+json", None),
        ("application/json", None),
        ("image/*", None),
        (f"{JSON};q=0", None),
        ("*/*;q=0", None),
        (f"{JSON};q=2, text/html;q=0.1", TEXT_HTML),
        ("garbage", TEXT_HTML),
        ("*/json", TEXT_HTML),
    ],
)
def test_examples(accept: str | None, expected: str | None) -> None:
    assert negotiate(accept) == expected


def written(quality: int) -> str:
    return f"{quality / 1000:.3f}"


qualities = st.integers(0, 1000)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(OFFERS), qualities, min_size=1), st.randoms())
def test_the_best_quality_wins_and_zero_refuses(
    given_qualities: dict[str, int], random: Random
) -> None:
    ranges = [f"{media}; q={written(q)}" for media, q in given_qualities.items()]
    random.shuffle(ranges)
    best = max(given_qualities.values())
    chosen = negotiate(", ".join(ranges))
    if best == 0:
        assert chosen is None
    else:
        assert chosen == next(offer for offer in OFFERS if given_qualities.get(offer) == best)


@settings(max_examples=100, deadline=None)
@given(qualities, qualities, qualities)
def test_a_narrow_range_outweighs_a_wide_one(narrow: int, wider: int, widest: int) -> None:
    accept = f"*/*;q={written(widest)},{JSON};q={written(narrow)},application/*;q={written(wider)}"
    expected = {TEXT_HTML: widest, HTML: wider, JSON: narrow}
    best = max(expected.values())
    winner = next(offer for offer in OFFERS if expected[offer] == best) if best else None
    assert negotiate(accept) == winner


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([(JSON, LATEST_JSON), (HTML, LATEST_HTML)]), qualities, qualities)
def test_latest_means_version_one(pair: tuple[str, str], quality: int, other: int) -> None:
    plain, latest = pair
    template = "{};q=" + written(quality) + ",text/html;q=" + written(other)
    assert negotiate(template.format(latest)) == negotiate(template.format(plain))


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_is_answered(accept: str) -> None:
    assert negotiate(accept) in (*OFFERS, None)
