"""What each column of an indicator table holds, told by the words of its header."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from minkang.plans.reading.document import Cell, Document, Row, Table

YEAR = re.compile(r"(20[0-4]\d)")
ROLES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("no", re.compile(r"^(序号|编号|NO\.?)$", re.I)),
    ("nature", re.compile(r"性质|属性|(指标)?类型$")),
    ("unit", re.compile(r"^(计量|指标)?单位$")),
    ("domain", re.compile(r"^(目标|指标|所属|重点|主要)?(领域|类别|分类|维度|方面|板块|项目类别)$|^一级指标$|^类$")),
    (
        "name",
        re.compile(r"^(主要|具体|规划|发展|核心|二级|三级|监测|考核|目标)?(指标)(名称|内容|项目)?$|^(名称|内容|项目)$"),
    ),
)
BASELINE = re.compile(r"基期|基线|基准|基础值|现状|现值|现有|实际|完成|末期?值|“?十三五”?末")
TARGET = re.compile(r"目标|规划值|预期值|预期目标|期望|到20\d\d")
IGNORED = re.compile(r"年均|累计|增[速长幅]|备注|说明|来源|责任|牵头|部门")
HEADER_WORD = re.compile(r"^(20\d\d年?.{0,6}|.{0,4}(目标|基期|基数|现状|实际|规划|预期)(值|数|年)?|[(（].*[)）]|值)$")


@dataclass(frozen=True)
class Columns:
    """The places of columns by role: `domain`, `no`, `name`, `unit`, `baseline`, `target`, `nature`, `year-YYYY`."""

    places: Mapping[str, int]
    width: int
    baseline_year: int | None
    target_year: int | None
    milestones: tuple[int, ...]

    def text(self, row: Row, role: str) -> str:
        """The text of a row's cell in the column of a role; empty without one."""
        at = self.places.get(role)
        return row[at].text if at is not None and at < len(row) else ""

    def fit(self, row: Row) -> Row:
        """A row with as many cells as the table has columns; a short one lacks its domain."""
        if len(row) == self.width - 1 and self.places.get("domain") == 0:
            row = (Cell("", row[0].start), *row)
        return (*row, *(Cell("", row[-1].start) for _ in range(self.width - len(row))))


def read_header(table: Table, document: Document) -> tuple[Columns, int] | None:
    """The columns of an indicator table and the number of its first row below the header; None: it is no such table."""
    for at, row in enumerate(table.rows[:4]):
        texts = [_plain(cell.text) for cell in row]
        if "name" not in {_role(text) for text in texts}:
            continue
        start = at + 1
        while start < len(table.rows) and continues_header(table.rows[start], below=True):
            texts = _joined(texts, [_plain(cell.text) for cell in table.rows[start]])
            start += 1
        columns = _columns(texts, table.width, document)
        if columns and "target" in columns.places and {"unit", "nature", "baseline"} & set(columns.places):
            return columns, start
    return None


def continues_header(row: Row, *, below: bool = False) -> bool:
    """Whether a row repeats the header (on a new page), or is its second line (`below`)."""
    texts = [_plain(cell.text) for cell in row]
    roles = {_role(text) for text in texts if text}
    if {"name", "unit"} <= roles or {"name", "nature"} <= roles:
        return True
    filled = [text for text in texts if text]
    return below and bool(filled) and all(HEADER_WORD.match(text) for text in filled) and not _named(texts)


def _named(texts: list[str]) -> bool:
    """Whether the row has text where names stand, which a second line of a header has not."""
    return any(len(text) > 10 or re.fullmatch(r"[\d.]+", text) for text in texts)


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _role(text: str) -> str:
    return next((role for role, pattern in ROLES if pattern.search(text)), "")


def _joined(above: list[str], below: list[str]) -> list[str]:
    width = max(len(above), len(below))
    first, second = (texts + [""] * (width - len(texts)) for texts in (above, below))
    return [one if one == two else one + two for one, two in zip(first, second, strict=True)]


def _columns(texts: list[str], width: int, document: Document) -> Columns | None:
    places: dict[str, int] = {}
    values: list[tuple[int, str]] = []
    for at, text in enumerate(texts):
        role = _role(text)
        if role and role not in places and not YEAR.search(text):
            places[role] = at
        elif text and not IGNORED.search(text) and (YEAR.search(text) or BASELINE.search(text) or TARGET.search(text)):
            values.append((at, text))
    return _with_values(places, values, width, document) if "name" in places else None


def _with_values(places: dict[str, int], values: list[tuple[int, str]], width: int, document: Document) -> Columns:
    """Give the value columns their parts: by their words, else the first year is the baseline, the last the target."""
    years = {at: int(match[1]) for at, text in values if (match := YEAR.search(text))}
    targets = [at for at, text in values if TARGET.search(text)]
    baselines = [at for at, text in values if at not in targets and BASELINE.search(text)]
    rest = sorted(
        (at for at, _ in values if at not in targets and at not in baselines), key=lambda at: years.get(at, 0)
    )
    final = next((at for at, year in years.items() if year == document.last_year and at in targets + rest), None)
    if final is None and (targets or rest):
        final = max(targets or rest, key=lambda at: years.get(at, 0))
    earlier = baselines or [at for at in rest if at != final]
    # Of several earlier years the last before the plan is its start.
    first = max(
        earlier,
        key=lambda at: years.get(at, 0) if years.get(at, 0) < (document.first_year or 9999) else 0,
        default=None,
    )
    if first is not None:
        places["baseline"] = first
    if final is not None:
        places["target"] = final
    between = {
        years[at]: at for at in [*targets, *rest] if at not in (first, final) and at in years and at not in baselines
    }
    milestones = {year: at for year, at in between.items() if year >= (document.first_year or 0)}
    places |= {f"year-{year}": at for year, at in milestones.items()}
    return Columns(
        places,
        width,
        years.get(first) if first is not None else None,
        years.get(final) if final is not None else None,
        tuple(milestones),
    )
