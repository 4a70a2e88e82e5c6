"""The table of main indicators, found by the words of its header and not by the place of its columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from minkang.errors import Fault
from minkang.plans.reading.columns import Columns, continues_header, read_header
from minkang.plans.reading.direction import Direction, direction_of, judge_op, meets
from minkang.plans.reading.document import Block, Document, Row
from minkang.plans.reading.domains import whole_domains
from minkang.plans.reading.several import split_row
from minkang.plans.reading.values import Op, Printed, read_value

NORM = "strip_bookmark_crlf"
NATURES = re.compile(r"预期|约束")
UNIT_OF_NAME = re.compile(
    r"[（(]\s*(%|％|‰|1?/10\s*万|十万分之|岁|张|人|个|名|所|家|天|日|元|万元|亿元|万人|辆)\s*[）)]$"
)
LIKE_A_TABLE = 3  # This many rows with 预期性 or 约束性 make a table one of indicators.


@dataclass(frozen=True)
class Indicator:
    """One indicator of the plan as printed; one printed row that names two becomes two of the same `row`.

    Attributes:
        no, row: its number among the indicators, and that of its printed row; both from 1.
        domain: the printed heading of its rows; empty: none.
        name, name_raw: without spaces and of this one indicator; as printed.
        unit: `%`, `‰`, `/10万`, `岁` …, without spaces.
        baseline_year, target_year: from the cell, else from the header, else from the plan's title; None: unknown.
        baseline, target: what the cells say.
        nature: `预期性`, `约束性`, or None.
        direction, judge: how results are held against the target.
        milestones: targets of years between, by year.
        offset: where the name stands in the document.
    """

    no: int
    row: int
    domain: str
    name: str
    name_raw: str
    unit: str
    baseline_year: int | None
    baseline: Printed
    target_year: int | None
    target: Printed
    nature: str | None
    direction: Direction
    judge: Op | None
    milestones: dict[int, Printed]
    offset: int

    def as_dict(self) -> dict[str, Any]:
        """The fields and conventions of `docs/reference/plan-import.md`; what does not apply is left out."""
        line: dict[str, Any] = {key: getattr(self, key) for key in ("no", "row", "domain", "name", "name_raw", "unit")}
        for side, year, said in (
            ("baseline", self.baseline_year, self.baseline),
            ("target", self.target_year, self.target),
        ):
            line |= {f"{side}_year": year, f"{side}_raw": said.raw, f"{side}_value": said.value, f"{side}_op": said.op}
            if said.highest is not None:
                line[f"{side}_value_max"] = said.highest
        line |= {"nature": self.nature, "direction": self.direction, "judge_op": self.judge}
        line |= {"baseline_approx": self.baseline.approx, "target_approx": self.target.approx}
        if self.target.rule:
            line["target_rule"] = self.target.rule
        if self.milestones:
            line["milestones"] = {str(year): said.raw for year, said in sorted(self.milestones.items())}
        if (met := meets(self.baseline, self.target, self.judge)) is not None:
            line["baseline_meets_target"] = met
        return line | {"offset": self.offset, "norm": NORM}


def read_indicators(document: Document) -> list[Indicator]:
    """All indicators of a plan, in the order of print; a plan without such a table has none.

    Raises:
        Fault: `PLANS-020`, a table of indicators whose columns no header names.
    """
    indicators: list[Indicator] = []
    for row_number, (columns, row, domain) in enumerate(_rows(document), 1):
        for one in split_row(_named(columns, row)):
            indicators.append(_indicator(document, columns, row, one, (len(indicators) + 1, row_number, domain)))
    return indicators


def _rows(document: Document) -> Iterator[tuple[Columns, Row, str]]:
    """Every row of every indicator table with its columns and domain; a table may go on in the next one."""
    columns: Columns | None = None
    last = -1
    found: list[tuple[Columns, Row]] = []
    headless: Block | None = None
    for at, block in document.tables():
        assert block.table is not None
        table, start = block.table, 0
        header = read_header(table, document)
        if header:
            columns, start = header
        elif columns is None or table.width != columns.width or at != last + 1:
            if _natures(table.rows) >= LIKE_A_TABLE:
                headless = headless or block
            continue
        last = at
        found += [(columns, columns.fit(row)) for row in table.rows[start:] if not continues_header(row)]
    if headless and not found:
        raise Fault("PLANS-020", where=headless.place or document.name)
    yield from whole_domains([(columns, row) for columns, row in found if columns.text(row, "name") or _filled(row)])


def _filled(row: Row) -> bool:
    return sum(bool(cell.text) for cell in row) > 1


def _natures(rows: tuple[Row, ...]) -> int:
    return sum(any(NATURES.match(cell.text) for cell in row) for row in rows)


def _named(columns: Columns, row: Row) -> tuple[str, str, str]:
    return tuple(columns.text(row, role) for role in ("name", "baseline", "target"))  # type: ignore[return-value]


def _indicator(
    document: Document, columns: Columns, row: Row, one: tuple[str, str, str], place: tuple[int, int, str]
) -> Indicator:
    raw = columns.text(row, "name")
    name, unit = _unit(one[0], columns.text(row, "unit"))
    baseline, target = (
        _said(said, columns.text(row, side)) for said, side in ((one[1], "baseline"), (one[2], "target"))
    )
    direction = direction_of(name, target)
    return Indicator(
        *place,
        name=name,
        name_raw=raw,
        unit=unit,
        baseline_year=baseline.year
        or columns.baseline_year
        or (document.first_year - 1 if document.first_year else None),
        baseline=baseline,
        target_year=target.year or columns.target_year or document.last_year or None,
        target=target,
        nature=_nature(columns.text(row, "nature")),
        direction=direction,
        judge=judge_op(target, direction),
        milestones={year: read_value(columns.text(row, f"year-{year}")) for year in columns.milestones},
        offset=row[columns.places["name"]].start,
    )


def _said(part: str, whole: str) -> Printed:
    """The value of one part of a cell; `raw` stays the whole cell as printed."""
    said = read_value(part)
    return (
        said if part == whole else Printed(whole, said.value, said.highest, said.op, said.approx, said.year, said.rule)
    )


def _unit(name: str, printed: str) -> tuple[str, str]:
    """The name without spaces and the unit; where no column gives units, brackets at the end of the name may."""
    name = re.sub(r"\s+", "", name)
    if not printed and (match := UNIT_OF_NAME.search(name)):
        name, printed = name[: match.start()], match[1]
    unit = re.sub(r"\s+", "", printed).replace("％", "%")
    return name, "/10万" if unit in ("1/10万", "十万分之", "十万分之一", "/十万", "1/十万") else unit


def _nature(printed: str) -> str | None:
    found = NATURES.search(printed)
    return f"{found[0]}性" if found else printed or None
