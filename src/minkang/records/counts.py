"""How many records of each type there are: exact in a small store, the planner's estimate in a large one."""

from __future__ import annotations

from dataclasses import dataclass

from minkang.access import Access
from minkang.access.audit import AuditEntry, AuditTrail
from minkang.db import Database, Queries
from minkang.records.types import type_name

SQL = Queries.read("minkang.records", "counts.sql")
EXACT_UP_TO = 200_000
"""Rows that are counted one by one (about 20 ms); above, nothing is read but statistics."""


@dataclass(frozen=True)
class TypeCount:
    """Records of one type; `exact` is false for an estimate, in which deleted records count."""

    type: str
    count: int
    exact: bool


def count_by_type(database: Database, audit: AuditTrail, access: Access) -> list[TypeCount]:
    """The types that have records and that the caller may search, the most frequent first.

    The look is written to the audit trail like any other.
    """
    with database.connection() as connection:
        row = connection.execute(SQL["size"]).fetchone()
        exact = not row or row[0] <= EXACT_UP_TO
        rows = connection.execute(SQL["exact" if exact else "estimated"]).fetchall()
    found = [TypeCount(type_name(code), count, exact) for code, count in rows]
    allowed = [one for one in found if one.count > 0 and access.allows(one.type, "search")]
    audit.write(AuditEntry(access, "count", count=len(allowed)))
    return sorted(allowed, key=lambda one: (-one.count, one.type))
