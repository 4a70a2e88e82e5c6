"""Targets against the level at the start, and values against what is possible."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from minkang.plans.reading.commitments import Commitment
from minkang.plans.reading.consistency.agreement import place_of, stated_at, with_unit
from minkang.plans.reading.consistency.figures import Reported
from minkang.plans.reading.consistency.finding import Finding, Place, finding
from minkang.plans.reading.consistency.names import key
from minkang.plans.reading.direction import direction_of
from minkang.plans.reading.indicators import Indicator
from minkang.plans.reading.numbers import Number
from minkang.plans.reading.values import Printed

CAPS = re.compile(r"孕产妇死亡率|婴儿死亡率|儿童死亡率|新生儿死亡率|传染病.*发病率|肺结核.*发病率")
DOUBLE = 2.0
NESTED = (("5岁以下儿童死亡率", "婴儿死亡率"), ("婴儿死亡率", "新生儿死亡率"))


@cache
def _measures() -> list[dict[str, Any]]:
    text = files("minkang.plans.reading.consistency").joinpath("measures.toml").read_text("utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["measure"]
    return found


def measure_of(name: str) -> Mapping[str, Any] | None:
    """What is generally known of a measure: its unit and the range it can have."""
    return next((one for one in _measures() if re.search(one["name"], name)), None)


def progress(indicators: Sequence[Indicator]) -> Iterator[Finding]:
    """Targets that are met, or worse than the level, at the start; missing baselines; targets without a number."""
    for one in indicators:
        shared: dict[str, Any] = {"name": one.name}
        start, goal = one.baseline.value, one.target.value
        if goal is None:
            if (one.target.rule or {}).get("type") == "qualitative":
                yield finding("no_number", place_of(one), target=one.target.raw.strip(), **shared)
        elif start is None:
            yield finding("no_baseline", place_of(one), **shared)
        else:
            yield from _against(one, start, goal, shared)


def years(indicators: Sequence[Indicator]) -> Iterator[Finding]:
    """Baselines of another year than that of most."""
    known = [one.baseline_year for one in indicators if one.baseline_year and one.baseline.value is not None]
    usual = max(set(known), key=known.count) if known else None
    for one in indicators:
        if one.baseline.value is not None and one.baseline_year not in (None, usual):
            yield finding("baseline_year_differs", place_of(one), name=one.name, year=one.baseline_year, usual=usual)


def _against(one: Indicator, start: Number, goal: Number, shared: dict[str, Any]) -> Iterator[Finding]:
    several = len(re.findall(r"\d+(?:\.\d+)?", one.target.raw)) > 1  # Two indicators in one cell, or a range.
    values: dict[str, Any] = {
        "baseline": with_unit(str(start) if several else one.baseline.raw, one.unit),
        "target": with_unit(str(goal) if several else one.target.raw, one.unit),
    }
    lower = one.direction == "lower_better"
    worse = goal > start if lower else goal < start
    if worse and one.baseline.op in ("=", None):
        kind = "cap_above_baseline" if lower and CAPS.search(one.name) else "target_worse_than_baseline"
        yield finding(kind, place_of(one), **values, **shared)
    elif goal == start:
        yield finding("target_met_at_baseline", place_of(one), **values, **shared)
    elif not lower and start > 0 and goal >= DOUBLE * start and one.unit != "%":
        yield finding("large_step", place_of(one), times=round(goal / start, 1), **values, **shared)


def promised_below(
    indicators: Sequence[Indicator], commitments: Sequence[Commitment], figures: Sequence[Reported]
) -> Iterator[Finding]:
    """Promises of the text, of measures the table has no baseline for, that are worse than what the text reports."""
    held = {key(one.name) for one in indicators if one.baseline.value is not None}
    for one in commitments:
        if (
            one.repeat
            or key(one.subject) in held
            or one.op == "~"
            or one.unit not in ("%", "‰", "/10万", "岁", "人", "张", "名")
        ):
            continue
        for figure in figures:
            if key(figure.subject) != key(one.subject) or figure.unit != one.unit or not key(one.subject):
                continue
            lower = direction_of(one.subject, Printed("")) == "lower_better"
            if one.value > figure.value if lower else one.value < figure.value:
                kind = "cap_above_baseline" if lower and CAPS.search(one.subject) else "target_worse_than_baseline"
                shared: dict[str, Any] = {
                    "name": one.subject,
                    "baseline": with_unit(str(figure.value), figure.unit),
                    "target": with_unit(str(one.value), one.unit),
                }
                yield finding(kind, stated_at(one), stated_at(figure), **shared)
            break


def units(indicators: Sequence[Indicator], commitments: Sequence[Commitment]) -> Iterator[Finding]:
    """Units that a measure never has."""
    stated: list[tuple[str, str, Place]] = [(one.name, one.unit, place_of(one)) for one in indicators]
    stated += [(one.subject, one.unit, stated_at(one)) for one in commitments]
    for name, unit, place in stated:
        known = measure_of(name)
        if known and unit and unit not in known["units"] and unit in ("%", "‰", "/10万", "岁"):
            yield finding("unit_misprint", place, name=name, printed=unit, expected=known["units"][0])


def possible(
    indicators: Sequence[Indicator], commitments: Sequence[Commitment], figures: Sequence[Reported]
) -> Iterator[Finding]:
    """Values out of any possible range."""
    stated: list[tuple[str, str, Number | None, Place]] = []
    for one in indicators:
        stated += [(one.name, one.unit, value, place_of(one)) for value in (one.baseline.value, one.target.value)]
    stated += [(one.subject, one.unit, one.value, stated_at(one)) for one in commitments]
    stated += [(one.subject, one.unit, one.value, stated_at(one)) for one in figures]
    for name, unit, value, place in stated:
        known = measure_of(name)
        low, high = (known["low"], known["high"]) if known and unit in known["units"] else (0, 100)
        if value is None or (not known and unit != "%") or (known and unit not in known["units"]):
            continue
        if (low <= value <= high) or (not known and not re.search(r"(?:覆盖|合格|接种|管理|检查|普及|知晓)率$", name)):
            continue
        yield finding("impossible_value", place, name=name, value=value, unit=unit, low=low, high=high)


def nested(
    indicators: Sequence[Indicator], commitments: Sequence[Commitment], figures: Sequence[Reported]
) -> Iterator[Finding]:
    """Rates that include others and yet are lower: deaths under five include those of infants."""
    groups: list[tuple[str, str, dict[str, tuple[Number, str, Place]]]] = [
        (
            "指标表基期值",
            "Baselines of the table",
            _values([(i.name, i.baseline.value, i.unit, place_of(i)) for i in indicators]),
        ),
        (
            "指标表目标值",
            "Targets of the table",
            _values([(i.name, i.target.value, i.unit, place_of(i)) for i in indicators]),
        ),
        ("正文目标", "Targets of the text", _values([(c.subject, c.value, c.unit, stated_at(c)) for c in commitments])),
        ("正文所述现状", "Results in the text", _values([(f.subject, f.value, f.unit, stated_at(f)) for f in figures])),
    ]
    for when_zh, when_en, values in groups:
        for whole, part in NESTED:
            if whole in values and part in values and values[whole][0] < values[part][0]:
                (whole_value, unit, place), (part_value, _, other) = values[whole], values[part]
                yield finding(
                    "part_above_whole",
                    *dict.fromkeys((place, other)),
                    when_zh=when_zh,
                    when_en=when_en,
                    whole=whole,
                    part=part,
                    whole_value=whole_value,
                    part_value=part_value,
                    unit=unit,
                )


def _values(stated: list[tuple[str, Number | None, str, Place]]) -> dict[str, tuple[Number, str, Place]]:
    wanted = {name for pair in NESTED for name in pair}
    found: dict[str, tuple[Number, str, Place]] = {}
    for name, value, unit, place in stated:
        plain = re.sub(r"[（(].*?[)）]|\s|^全[县市区]", "", name)
        if plain in wanted and value is not None and plain not in found:
            found[plain] = (value, unit, place)
    return found


def capacity(indicators: Sequence[Indicator], figures: Sequence[Reported]) -> Iterator[Finding]:
    """A kind of beds that is to be more than all beds there are."""
    total = next(
        (
            one
            for one in figures
            if re.search("总床位|床位总?数$|床位$", one.subject) and one.unit == "张" and one.value > 100
        ),
        None,
    )
    for one in indicators:
        goal = one.target.value
        if (
            total
            and goal
            and re.search("床位", one.name)
            and one.unit == "张"
            and "每" not in one.name
            and goal > total.value
        ):
            yield finding(
                "beyond_capacity",
                place_of(one),
                stated_at(total),
                name=one.name,
                target=goal,
                total=total.value,
                total_name=total.subject,
                unit="张",
            )
