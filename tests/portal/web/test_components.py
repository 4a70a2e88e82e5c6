"""Components draw what they are given: gaps stay gaps, sums add up, colours can be told apart."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minkang.portal.web import assets
from minkang.portal.web.components import (
    Comparison,
    Place,
    Sparkline,
    Step,
    TileMap,
    Waterfall,
    differing,
    geojson_places,
)
from minkang.portal.web.components.sparkline import HEIGHT, WIDTH
from minkang.portal.web.navigation import AREAS, area_of, seen_by

TOKENS = (Path(assets.__file__).parent / "design" / "tokens.css").read_text("utf-8")
STATES = ("met", "on-track", "at-risk", "off-track", "unmeasured")
# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
PROTANOPIA = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))


def colours(dark: bool) -> dict[str, str]:
    """The colour roles of a scheme as the style sheet has them."""
    block = re.findall(r":root(?:\[data-scheme=\"dark\"\])? \{(.*?)\}", TOKENS, re.S)[1 if dark else 0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block))


def linear(colour: str) -> list[float]:
    """Linear RGB of `#abc` or `#aabbcc` (sRGB, IEC 61966-2-1)."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * one for one in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio."""
    light = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (linear(one), linear(other))]
    return (max(light) + 0.05) / (min(light) + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_words_and_shapes_stand_out(dark: bool) -> None:
    """Text has 4.5 to 1 on ground and surface, shapes and edges of fields 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11)."""
    roles = colours(dark)
    for ground in ("ground", "surface"):
        for name in ("ink", "second", "accent", "target", "bad-ink"):
            assert contrast(roles[name], roles[ground]) >= 4.5, (name, ground)
        for name in (*STATES, "edge"):
            assert contrast(roles[name], roles[ground]) >= 3, (name, ground)
    assert contrast(roles["on-accent"], roles["accent"]) >= 4.5


@pytest.mark.parametrize("matrix", [PROTANOPIA, DEUTERANOPIA])
@pytest.mark.parametrize("dark", [False, True])
def test_states_differ_for_those_who_see_fewer_colours(dark: bool, matrix: tuple[tuple[float, ...], ...]) -> None:
    """Neighbouring states keep apart even before their shapes are read; shapes are all different."""
    roles = colours(dark)
    seen = [[sum(row[i] * linear(roles[name])[i] for i in range(3)) for row in matrix] for name in STATES]
    apart = [
        sum((a - b) ** 2 for a, b in zip(seen[i], seen[j], strict=True)) ** 0.5
        for i in range(len(STATES)) for j in range(i)
    ]  # fmt: skip
    assert min(apart) > 0.04
    assert len(apart) == 10


def test_dark_values_stand_twice_and_alike() -> None:
    """The scheme somebody chose and the system's have the same colours."""
    blocks = re.findall(r":root(?:\[data-scheme=\"dark\"\]|:not\(\[data-scheme=\"light\"\]\)) \{(.*?)\}", TOKENS, re.S)
    chosen, system = (re.findall(r"--[\w-]+: [^;]+;", block) for block in blocks)
    assert chosen == system


@given(st.lists(st.none() | st.floats(-1e6, 1e6), max_size=30), st.none() | st.floats(-1e6, 1e6))
def test_a_sparkline_stays_in_its_box(points: list[float | None], target: float | None) -> None:
    """Every point lies inside, a gap lifts the pen, and nothing fails on nothing."""
    line = Sparkline(points, "x", target)
    for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", line.measured):
        assert 0 <= float(x) <= WIDTH
        assert 0 <= float(y) <= HEIGHT
    runs = sum(value is not None and (i == 0 or points[i - 1] is None) for i, value in enumerate(points))
    assert line.measured.count("M") == runs


@given(st.lists(st.floats(-100, 100), max_size=8), st.floats(-50, 50))
def test_a_waterfall_ends_at_its_sum(values: list[float], start: float) -> None:
    """Bars lie within the width, each begins where the one before ended, the last is the sum."""
    fall = Waterfall([Step(str(value), value) for value in values], "sum", start=start)
    assert fall.sum == pytest.approx(start + sum(values))
    assert all(bar.left >= -0.01 and bar.left + bar.width <= 100.5 for bar in fall.bars)
    assert fall.bars[-1].kind == "whole"


@given(st.text(max_size=20), st.text(max_size=20))
def test_marked_letters_are_those_that_differ(one: str, other: str) -> None:
    """The pieces make the text again, and without the marked ones both texts have the same left."""
    pieces = differing(one, other)
    assert "".join(text for text, _ in pieces) == one
    same = [text for text, differs in pieces if not differs]
    assert "".join(same) == "".join(text for text, differs in differing(other, one) if not differs) or one != other


def test_a_letter_that_is_missing_shows_on_the_other_side() -> None:
    rows = Comparison(["a", "b"], [("name", ["欧阳若兰", "欧阳兰"])]).marked
    assert rows == [("name", False, [[("欧阳", False), ("若", True), ("兰", False)], [("欧阳", False), ("兰", False)]])]


def test_a_map_without_boundaries_says_that_it_is_schematic() -> None:
    """Tiles where one boundary is missing; classes from light to dark; what cannot be measured has none of them."""
    places = [Place(str(number), f"镇{number}", float(number)) for number in range(10)] + [Place("x", "军屯乡", None)]
    drawn = TileMap(places, "x")
    assert drawn.schematic
    assert [tile.shade for tile in drawn.tiles] == [
        "t0",
        "t0",
        "t1",
        "t1",
        "t2",
        "t2",
        "t3",
        "t3",
        "t4",
        "t4",
        "t-none",
    ]
    assert len(drawn.scale) == 5


def test_boundaries_are_read_from_geojson() -> None:
    """Polygons and MultiPolygons; north is up."""
    ring = [[116.0, 35.0], [117.0, 35.0], [117.0, 36.0], [116.0, 35.0]]
    document = {"type": "FeatureCollection", "features": [
        {"properties": {"code": "1", "name": "甲"}, "geometry": {"type": "Polygon", "coordinates": [ring]}},
        {"properties": {"code": "2", "name": "乙"}, "geometry": {"type": "MultiPolygon", "coordinates": [[ring]]}},
    ]}  # fmt: skip
    drawn = TileMap(geojson_places(document, {"1": 5.0, "2": None}, {"1": "/x"}), "x")
    assert not drawn.schematic
    assert drawn.tiles[0].path.endswith("L720.0 0.0L0.0 886.1z") or "720.0 0.0" in drawn.tiles[0].path
    assert drawn.tiles[1].shade == "t-none"


def test_every_address_belongs_to_an_area() -> None:
    """The longest beginning decides, so that residents are not data; administration is for administrators."""
    areas = seen_by((), all_roles=True)
    expected = {
        "/records/Patient/1": "areas.people",
        "/records/Observation": "areas.data",
        "/regions/jinan": "areas.institutions",
        "/administration/audit": "areas.administration",
        "/": "areas.home",
    }
    for path, key in expected.items():
        found = area_of(areas, path)
        assert found is not None
        assert found.front.key == key
    everybody = {area.front.key for area in seen_by((), all_roles=False)}
    assert {area.front.key for area in AREAS} - everybody == {"areas.administration", "areas.exchange"}
