"""What was exchanged, set beside the scheme: for each sender, and for the region as a whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from minkang.access import Access
from minkang.access.audit import AuditEntry, AuditTrail
from minkang.db import Database, Queries
from minkang.exchange.maturity.scheme import KINDS, Item, Kind, Level, Scheme, scheme

SQL = Queries.read("minkang.exchange.maturity", "maturity.sql")


class Shown(Struct, frozen=True):
    """One item of the scheme.

    Attributes:
        count: records, documents or messages that show it; 0 where it is not exchanged.
        last: the last month of them. as_table: rows of the same content in another form, which do not count.
    """

    item: Item
    count: int
    last: date | None
    as_table: int


class Assessment(Struct, frozen=True):
    """One sender, or the region (`sender` empty).

    Attributes:
        shares: of the scheme's items that are exchanged, by kind.
        level: the highest one reached; None below the first.
        following: the next one, None at the top. Its `verified` says how far to trust it.
    """

    sender: str
    items: list[Shown]
    shares: dict[Kind, float]
    level: Level | None
    following: Level | None

    @property
    def exchanged(self) -> list[Shown]:
        """Those that are."""
        return [one for one in self.items if one.count]


def assess(database: Database, access: Access, *, since: date | None = None) -> list[Assessment]:
    """Assess every sender by what it brought since a month, and the region first.

    It reads the figures of data quality: bring them up to date before (`minkang.exchange.quality.refresh`).
    """
    with database.singly() as connection:
        rows = connection.execute(SQL["exchanged"], {"since": since}).fetchall()
    AuditTrail(database).write(AuditEntry(access, "search", query="maturity", count=len(rows)))
    by_sender: dict[str, dict[str, tuple[int, date]]] = defaultdict(dict)
    region: dict[str, tuple[int, date]] = {}
    for sender, dataset, count, last in rows:
        by_sender[sender][dataset] = (count, last)
        known = region.get(dataset, (0, last))
        region[dataset] = (known[0] + count, max(known[1], last))
    known_scheme = scheme()
    return [_assessment("", region, known_scheme)] + [
        _assessment(sender, brought, known_scheme) for sender, brought in sorted(by_sender.items())
    ]


def _assessment(sender: str, brought: Mapping[str, tuple[int, date]], known: Scheme) -> Assessment:
    items = [_shown(item, brought) for item in known.item]
    shares: dict[Kind, float] = {}
    for kind in KINDS:
        counted = [bool(one.count) for one in items if one.item.kind == kind]
        shares[kind] = sum(counted) / len(counted) if counted else 0.0
    reached = [level for level in known.level if all(shares[kind] >= getattr(level, kind) for kind in KINDS)]
    above = [level for level in known.level if level not in reached]
    return Assessment(sender, items, shares, reached[-1] if reached else None, above[0] if above else None)


def _shown(item: Item, brought: Mapping[str, tuple[int, date]]) -> Shown:
    found = _found(item.shown_by, brought)
    last = max((month for _, month in found), default=None)
    return Shown(
        item, sum(count for count, _ in found), last, sum(count for count, _ in _found(item.as_table, brought))
    )


def _found(names: tuple[str, ...], brought: Mapping[str, tuple[int, date]]) -> list[tuple[int, date]]:
    starts = tuple(name[:-1] for name in names if name.endswith("*"))
    return [value for name, value in brought.items() if name in names or (starts and name.startswith(starts))]
