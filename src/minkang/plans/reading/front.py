"""The title of a plan, the region it is for and the years it covers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from minkang.plans.reading.document import Block
from minkang.plans.reading.numerals import from_numeral

PLAN_WORDS = "规划|计划|纲要|行动方案|实施方案"
TITLE = re.compile(rf"(?:关于)?(?:印发)?[《]?([\u4e00-\u9fff“”\"'‘’（）()\d—\-－–～~至年 ]{{4,60}}?(?:{PLAN_WORDS}))")
FIVE_YEARS = re.compile(r"[“\"‘']?十([一二三四五六七八九])五[”\"’']?")
YEARS = re.compile(r"(20\d\d)\s*[—\-－–～~至]+\s*(20\d\d)")
FIRST_OF_TENTH = 2001  # The tenth five-year plan began in 2001, and each lasts five years.
ISSUER = re.compile(r"(人民政府|委员会|办公室|办公厅|卫生健康局|卫健委|局)*(办公室|办公厅)?关于(印发|下发|发布)")


def front_matter(blocks: Sequence[Block]) -> tuple[str, str, tuple[int, int]]:
    """Title, region and first and last year, as the lines before the first heading tell them."""
    front = [block.text for block in blocks[:80] if block.kind in ("title", "heading") and len(block.text) <= 80]
    title = _title(front)
    years = _years(title) or _years(" ".join(block.text for block in blocks[:40])) or (0, 0)
    return title, _region(title), years


def _title(lines: Sequence[str]) -> str:
    whole = [line for line in lines if re.search(rf"({PLAN_WORDS})\s*([（(].*[)）])?$", line) and "印发" not in line]
    dated = [line for line in whole if FIVE_YEARS.search(line) or YEARS.search(line)]
    for line in [*dated, *whole]:
        return re.sub(r"\s*[（(](征求意见稿|草案|讨论稿|送审稿|公示稿|初稿).*[)）]$", "", line).strip("《》 ")
    match = TITLE.search(ISSUER.sub("", "".join(lines)))
    return match[1].strip() if match else ""


def _region(title: str) -> str:
    found = re.match(
        r"([\u4e00-\u9fff]{2,20}?(?:自治[区州县旗]|[省市县区州盟旗](?![省市县区州盟旗]?[省市县区旗]))+)", title
    )
    stem = FIVE_YEARS.split(title)[0].strip("“”\"‘’' ") if FIVE_YEARS.search(title) else ""
    if stem and re.fullmatch(r"[\u4e00-\u9fff]{2,20}[省市县区州盟旗]", stem):
        return stem
    return found[1] if found else ""


def _years(text: str) -> tuple[int, int] | None:
    if (match := FIVE_YEARS.search(text)) and (ordinal := from_numeral("十" + match[1])):
        first = FIRST_OF_TENTH + (ordinal - 10) * 5
        return first, first + 4
    if match := YEARS.search(text):
        return int(match[1]), int(match[2])
    return None
