"""The domain of every row: printed once for many rows, and sometimes torn over two lines of the table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from minkang.plans.reading.columns import Columns
from minkang.plans.reading.document import Row

SHORTEST = 4  # 健康水平, 疾病控制: a domain has four characters or more, or it is a piece of one.
OPENINGS = re.compile(
    r"^(健康?|医疗|疾病|妇幼|公共|卫生|资源|服务|中医|保障|产业|环境|生活|水平|人口|老龄|能力|体系|基层|人才)"
)


def whole_domains(rows: Sequence[tuple[Columns, Row]]) -> Iterator[tuple[Columns, Row, str]]:
    """Every row with its domain: its own, joined from pieces where torn, else that of the rows above."""
    printed = [re.sub(r"\s+", "", columns.text(row, "domain")) for columns, row in rows]
    at, domain = 0, ""
    while at < len(rows):
        end = at + 1
        if printed[at]:
            domain, end = _join(printed, at)
        for columns, row in rows[at:end]:
            yield columns, row, domain
        at = end


def _join(printed: Sequence[str], at: int) -> tuple[str, int]:
    """The domain that begins in a row, and the row after its last piece."""
    domain, end = printed[at], at + 1
    while len(domain) < SHORTEST and OPENINGS.match(domain):
        following = next((n for n in range(end, len(printed)) if printed[n]), None)
        if following is None or len(printed[following]) >= SHORTEST:
            break
        domain, end = domain + printed[following], following + 1
    return domain, end
