"""What the text of a project says in figures: money, floor, land, beds and dates."""

from __future__ import annotations

import re
from typing import Any

FIGURE = r"(\d+(?:,\d{3})*(?:\.\d+)?)\s*"
SCALES = {"": 1, "万": 10_000, "亿": 100_000_000, "千": 1000, "百万": 1_000_000, "千万": 10_000_000}
SQUARE_METRES = {"平方米": 1.0, "平米": 1.0, "㎡": 1.0, "m2": 1.0, "公顷": 10_000.0, "亩": 10_000 / 15, "平方公里": 1e6}
INVESTMENT = re.compile(rf"(?:总?投资|投入资?金?|概算|估算|资金)[^\d。；]{{0,10}}{FIGURE}(千万|百万|亿|万)?元")
AREA = rf"{FIGURE}(万)?(平方米|平米|㎡|m2|公顷|亩|平方公里)"
FLOOR = re.compile(rf"(?:总?建筑(?:总)?面积|建筑规模|业务用房)[^\d。；，]{{0,8}}{AREA}")
LAND = re.compile(rf"(?:占地|用地)(?:面积)?[^\d。；，]{{0,8}}{AREA}")
BEDS = re.compile(rf"(?:床位|编制床位|设置床位)[^\d。；，]{{0,6}}{FIGURE}张|{FIGURE}张床位")
FINISH = re.compile(
    r"(20\d\d)年(\d{1,2}月)?[^。；，]{0,6}?(?:底|末|前)?[^。；，\d]{0,12}?(?:建成|完工|竣工|投入使用|投用|完成|交付)"
)
START = re.compile(r"(20\d\d)年(\d{1,2}月)?[^。；，\d]{0,8}?(?:开工|启动|动工)")


def amounts(text: str) -> dict[str, Any]:
    """The figures found: `investment_yuan`, `floor_m2`, `land_m2`, `beds`, `start`, `finish` (`2024` or `2024-06`)."""
    found: dict[str, Any] = {}
    if match := INVESTMENT.search(text):
        found["investment_yuan"] = round(_figure(match[1]) * SCALES[match[2] or ""])
    for key, pattern in (("floor_m2", FLOOR), ("land_m2", LAND)):
        if match := pattern.search(text):
            found[key] = round(_figure(match[1]) * SCALES[match[2] or ""] * SQUARE_METRES[match[3]], 2)
    if match := BEDS.search(text):
        found["beds"] = round(_figure(match[1] or match[2]))
    for key, pattern in (("start", START), ("finish", FINISH)):
        if match := pattern.search(text):
            month = f"-{int(match[2][:-1]):02}" if match[2] else ""
            found[key] = match[1] + month
    return found


def _figure(text: str) -> float:
    return float(text.replace(",", ""))
