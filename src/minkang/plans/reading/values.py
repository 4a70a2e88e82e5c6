"""What stands in the value cells of an indicator table: numbers, bounds, ranges, yearly steps and words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

Number = int | float
Op = Literal["=", ">=", ">", "<=", "<", "range"]

NOTHING = re.compile(r"^[-—–－_/\\*.…\s]*$|^(暂?无|待定|空白|/)$")
YEAR = re.compile(r"[(（\[【]?\s*(20[0-4]\d)\s*年?(?:度|底|末)?\s*(?:数据|值)?\s*[)）\]】]?\s*[:：]?")
FIGURE = r"\d+(?:,\d{3})*(?:\.\d+)?"
RANGE = re.compile(rf"({FIGURE})\s*[%‰]?\s*(?:-|—|–|－|~|～|至|到)+\s*({FIGURE})")
SIGNED = re.compile(rf"-?{FIGURE}")
AROUND = re.compile(r"左右|上下|大约|约|接近")
UP = "提高|增加|上升|增长|提升"
DOWN = "降低|下降|减少|降幅|缩短"
STEP = re.compile(
    rf"(?:每年|年均|逐年)[^\d]*?(?P<way>{UP}|{DOWN})[^\d]*(?P<by>{FIGURE})\s*(?P<unit>个?百分点|%|‰|岁|张|人|个|天)?"
)
CHANGE = re.compile(
    rf"(?:较|比|在)(?P<since>[^\d]*(?:20\d\d)?[^\d]*?)(?P<way>{UP}|{DOWN})[^\d]*(?P<by>{FIGURE})\s*(?P<unit>个?百分点|%|‰|岁|张|人|个|天|倍)?"
)
BY = re.compile(
    rf"^(?P<soft>力争|争取)?(?:累计|平均|再|预计)*(?P<way>{UP}|{DOWN})(?:了|约)?(?P<by>{FIGURE})(?P<unit>个?百分点|%|‰|岁|张|人|个|天|倍)?(?:左右|以上)?$"
)
SOFT = re.compile(r"力争|争取|努力")
BOUNDS: tuple[tuple[Op, re.Pattern[str], re.Pattern[str]], ...] = (
    (">=", re.compile(r"(≥|≧|⩾|>=|不低于|不少于|不小于|至少)$"), re.compile(r"^(及?以上|\(含\)以上)")),
    (">", re.compile(r"(>|〉|超过|高于|大于|多于|突破)$"), re.compile(r"^多$")),
    ("<=", re.compile(r"(≤|≦|⩽|<=|不高于|不超过|不多于|不大于|至多)$"), re.compile(r"^(及?以下|以内|之内|\(含\)以下)")),
    ("<", re.compile(r"(<|〈|低于|少于|小于)$"), re.compile(r"^(?!)")),
)
AMOUNT_UNIT = re.compile(r"^[%‰岁张人个名天元]|^(亿元|万元|/10万)")


@dataclass(frozen=True)
class Printed:
    """What a cell says.

    Attributes:
        raw: as printed.
        value: the number; the lower end of a range; None: no number (nothing printed, words, a yearly step).
        highest: the upper end of a range.
        op: `=` for a bare number, otherwise how the print bounds it; None without number.
        approx: whether the print says about (左右).
        year: a year printed in the cell itself; 0: none.
        rule: a target that is no number: `{"type": "annual_delta", "delta": -1, "unit": "百分点/年", "soft": true}`,
            `{"type": "change", …}` against an earlier level, or `{"type": "qualitative", "text": "同比例提高"}`.
    """

    raw: str
    value: Number | None = None
    highest: Number | None = None
    op: Op | None = None
    approx: bool = False
    year: int = 0
    rule: dict[str, Any] | None = None


def read_value(raw: str) -> Printed:
    """What a value cell says; never fails: what is not understood is kept as words."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", raw))
    if NOTHING.match(plain):
        return Printed(raw)
    if rule := _moving(plain):
        return Printed(raw, rule=rule)
    year, plain = _year(plain)
    if pair := RANGE.search(plain):
        low, high = number(pair[1]), number(pair[2])
        if low < high:
            return Printed(raw, low, high, "range", bool(AROUND.search(plain)), year)
    figure = SIGNED.search(plain)
    if figure is None:
        return Printed(raw, year=year, rule={"type": "qualitative", "text": raw})
    before, after = plain[: figure.start()], AMOUNT_UNIT.sub("", plain[figure.end() :])
    return Printed(raw, number(figure[0]), None, _bound(before, after), bool(AROUND.search(plain)), year)


def number(text: str) -> Number:
    """A printed figure; whole numbers become `int`."""
    value = Decimal(text.replace(",", ""))
    return int(value) if value == value.to_integral_value() else float(value)


def _year(plain: str) -> tuple[int, str]:
    """A year in brackets or before a colon is the year of the value and not the value."""
    match = YEAR.search(plain)
    if match and (match[0] != match[1]) and SIGNED.search(plain[: match.start()] + plain[match.end() :]):
        return int(match[1]), plain[: match.start()] + plain[match.end() :]
    return 0, plain


def _moving(plain: str) -> dict[str, Any] | None:
    for kind, pattern in (("annual_delta", STEP), ("change", CHANGE), ("change", BY)):
        if match := pattern.search(plain):
            by = number(match["by"])
            unit = (match["unit"] or "").removeprefix("个")
            rule = {"type": kind, "delta": -by if match["way"] in DOWN.split("|") else by, "unit": unit}
            if kind == "annual_delta":
                return rule | {"unit": f"{unit}/年", "soft": bool(SOFT.search(plain))}
            since = match.groupdict().get("since") or ""
            return rule | {"since": since, "soft": bool(SOFT.search(plain))}
    return None


def _bound(before: str, after: str) -> Op:
    before = re.sub(r"(达到|达|控制在|保持在|稳定在|提高到|降低到|降至|力争|到)+$", "", before)
    for op, leading, trailing in BOUNDS:
        if leading.search(before) or trailing.search(after):
            return op
    return "="
