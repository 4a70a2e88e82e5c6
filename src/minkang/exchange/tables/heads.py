"""Finding the row of column names among titles, notes and empty rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from minkang.codes.systems import plain
from minkang.errors import Fault
from minkang.exchange.tables.compiled import Plan, split_unit


def missing(plan: Plan, row: Sequence[str]) -> list[str]:
    """The required columns that a head lacks."""
    headers = plan.mapping.headers
    has = {headers.get(said) or headers.get(split_unit(said)[0]) for said in map(plain, row)}
    return [name for _, name in plan.required if name not in has]


def fits(plan: Plan, row: Sequence[str]) -> bool:
    """Whether a row is the head of this table: all required columns stand in it."""
    return not missing(plan, row)


def best(plans: Iterable[Plan], row: Sequence[str]) -> Plan | None:
    """The mapping that knows most columns of a head, among those whose required columns it has."""
    fitting = [(sum(map(plan.knows, row)), plan) for plan in plans if plan.required and fits(plan, row)]
    return max(fitting, key=lambda one: one[0])[1] if fitting else None


def no_head(plan: Plan, rows: Sequence[Sequence[str]], where: str) -> Fault:
    """The fault for a table without a head, by the row that came nearest."""
    nearest = max(rows, key=lambda row: sum(map(plan.knows, row)), default=())
    lacking = missing(plan, nearest) or [name for _, name in plan.required]
    return Fault("TABLES-010", where, rows=len(rows), missing="、".join(lacking))


def named(row: Sequence[str]) -> list[str]:
    """The heads of a row; one that stands twice gets its number, an empty one its place."""
    heads: list[str] = []
    seen: dict[str, int] = {}
    for place, text in enumerate(row, 1):
        head = text.strip() or f"第{place}列"
        seen[head] = seen.get(head, 0) + 1
        heads.append(head if seen[head] == 1 else f"{head}_{seen[head]}")
    return heads
