"""The text against the table, and the text against itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from minkang.plans.reading.commitments import Commitment
from minkang.plans.reading.consistency.figures import Reported
from minkang.plans.reading.consistency.finding import Finding, Place, finding
from minkang.plans.reading.consistency.names import key, thing
from minkang.plans.reading.indicators import Indicator

# A total and what is added to it, or a norm for each place, are no second value of the same promise.
NOT_ALIKE = re.compile(r"总数|总量|新增|新创|每个|每家|每所|每批|占地|面积|投资|资金|补助")


SIZES = ("平方米", "亩", "元", "公里", "床")
# "建成2所" adds to what there is, "达到5所" is all of them.
TOTAL = re.compile(r"达到?|总数|共有|拥有|保有")
ACTOR = re.compile(
    r"^(?:到?\s*20\d\d\s*年底?前?，)?(?P<who>[^，]{2,15}?(?:医院|中心|卫生院|保健院|[县区市镇乡]))(?=建|培|新|设|创|完成|配|引|打造|争)"
)
PERSONS = {"人", "名", "位"}


def place_of(indicator: Indicator) -> Place:
    """Where an indicator stands in the table."""
    return Place(indicator.offset, "", indicator.name_raw)


def stated_at(one: Commitment | Reported) -> Place:
    """Where the text says something."""
    return Place(one.offset, one.section, one.quote)


def targets(indicators: Sequence[Indicator], commitments: Sequence[Commitment]) -> Iterator[Finding]:
    """Targets that the text gives otherwise than the table."""
    for indicator in indicators:
        name, target = key(indicator.name), indicator.target
        seen: set[object] = set()
        for one in commitments:
            if key(one.subject) != name or one.value_max is not None or one.value in seen:
                continue
            if one.deadline and indicator.target_year and one.deadline != str(indicator.target_year):
                continue  # A step on the way, or a goal beyond the plan.
            seen.add(one.value)
            places = (place_of(indicator), stated_at(one))
            if one.unit != indicator.unit:
                if not ({one.unit, indicator.unit} <= PERSONS or one.unit.startswith("百分点")):
                    yield finding("unit_differs", *places, name=indicator.name, table=indicator.unit, text=one.unit)
            elif target.value is not None and target.value != one.value:
                yield finding(
                    "text_table_conflict",
                    *places,
                    name=indicator.name,
                    table=with_unit(target.raw, indicator.unit),
                    text=with_unit(f"{one.value}左右" if one.op == "~" else str(one.value), one.unit),
                )
            elif target.value is not None and target.op in (">", "<") and one.op in (">=", "<="):
                yield finding(
                    "bound_differs",
                    *places,
                    name=indicator.name,
                    table=with_unit(target.raw, indicator.unit),
                    text=shown(one),
                    value=one.value,
                )


def baselines(indicators: Sequence[Indicator], figures: Sequence[Reported]) -> Iterator[Finding]:
    """Results at the start that the text reports otherwise than the table."""
    for indicator in indicators:
        printed = indicator.baseline
        if printed.value is None or printed.op not in ("=", None):
            continue
        for one in figures:
            if key(one.subject) != key(indicator.name) or one.unit != indicator.unit or one.value == printed.value:
                continue
            if one.year not in (None, indicator.baseline_year):
                continue
            others = [other for other in indicators if other is not indicator and other.baseline.value == one.value]
            slip = others[0] if others and one.value != round(one.value) else None
            yield finding(
                "text_table_baseline",
                place_of(indicator),
                stated_at(one),
                *([place_of(slip)] if slip else []),
                name=indicator.name,
                table=with_unit(printed.raw, indicator.unit),
                text=with_unit(str(one.value), one.unit),
                more_zh=f"正文的数值与“{slip.name}”的基期值相同,疑似抄录错位。" if slip else "",
                more_en=f" The figure of the text is the baseline of “{slip.name}”: perhaps copied into the wrong row."
                if slip
                else "",
            )


def two_values(commitments: Sequence[Commitment]) -> Iterator[Finding]:
    """The same promise made twice with different values."""
    seen: set[tuple[str, str]] = set()
    for first, second in combinations(commitments, 2):
        if not _same_promise(first, second) or (first.value, first.value_max) == (second.value, second.value_max):
            continue
        name = thing(first.subject)
        if (name, first.unit) in seen:
            continue
        seen.add((name, first.unit))
        yield finding(
            "two_values", stated_at(first), stated_at(second), name=name, first=shown(first), second=shown(second)
        )


def _same_promise(first: Commitment, second: Commitment) -> bool:
    if first.offset == second.offset or not first.subject or first.value_basis == "universal":
        return False
    if {first.unit, second.unit} - {"个", "家", "所"} and first.unit != second.unit:
        return False
    if NOT_ALIKE.search(first.subject + second.subject) or len(thing(first.subject)) < 4:
        return False
    if first.deadline and second.deadline and first.deadline != second.deadline:
        return False
    if first.unit in ("%", "‰", "/10万"):
        return key(first.subject) == key(second.subject) and bool(re.search("率|比例|水平|占比", first.subject))
    return _same_things(first, second)


def _same_things(first: Commitment, second: Commitment) -> bool:
    """Counts of the same things, by the same actor, both as what is added or both as a total."""
    if first.unit.endswith(SIZES) or bool(TOTAL.search(first.quote)) != bool(TOTAL.search(second.quote)):
        return False
    actors = {found["who"] for one in (first, second) if (found := ACTOR.match(one.quote))}
    return thing(first.subject) == thing(second.subject) and len(actors) < len((first, second))


def with_unit(raw: str, unit: str) -> str:
    """A printed value with its unit where it is read: "14以下" and "%" make "14%以下"."""
    return re.sub(r"^(\D*\d[\d.,]*)(.*)$", lambda found: found[1] + unit + found[2], re.sub(r"\s", "", raw))


def shown(one: Commitment) -> str:
    """A promise in short, as printed: "≥3个", "1—3家"."""
    sign = {">=": "≥", "<=": "≤", "~": "约", "=": ""}[one.op]
    return f"{one.value}—{one.value_max}{one.unit}" if one.value_max is not None else f"{sign}{one.value}{one.unit}"
