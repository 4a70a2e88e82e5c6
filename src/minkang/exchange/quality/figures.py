"""The figures as people look at them: by sender, data set, month and rule, with trend, down to the records."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Literal

from msgspec import Struct

from minkang.access import Access
from minkang.access.audit import AuditEntry, AuditTrail
from minkang.db import Database, Queries
from minkang.exchange.quality.rules import Rule, rules

SQL = Queries.read("minkang.exchange.quality", "quality.sql")
ONCE = "only-once"
By = Literal["sender", "dataset", "month", "rule", "dimension"]
PAGE = 100


class Figure(Struct, frozen=True):
    """A count of what was checked and what failed; what was not asked for apart is empty.

    Attributes:
        month: its first day. `checked`: values or records looked at; `failed`: of these.
    """

    sender: str
    dataset: str
    month: date | None
    rule: str
    dimension: str
    checked: int
    failed: int

    @property
    def share(self) -> float:
        """Of good ones, between 0 and 1."""
        return 1 - self.failed / self.checked if self.checked else 1.0


class Trend(Struct, frozen=True):
    """The share of good ones month by month, oldest first."""

    months: list[date]
    shares: list[float]
    checked: list[int]


class Finding(Struct, frozen=True):
    """A record that fails a rule."""

    id: str
    type: str
    sender: str
    dataset: str
    month: date


class Quality:
    """Reads the figures; every look leaves an audit row.

    Args:
        database: where `refresh` put them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._trail = AuditTrail(database)

    def as_of(self) -> datetime | None:
        """When the figures were last brought up to date; None before the first time."""
        with self._database.singly() as connection:
            row = connection.execute(SQL["as_of"]).fetchone()
        return row[0] if row else None

    def figures(
        self,
        access: Access,
        by: Collection[By] = ("sender", "dataset"),
        *,
        sender: str | None = None,
        dataset: str | None = None,
        rule: str | None = None,
        dimension: str | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> list[Figure]:
        """Figures added up by what is named in `by`, of those that match what is given.

        Args:
            since, until: first days of months, both included.
        """
        wanted = {"by": list(by), "sender": sender, "dataset": dataset, "rule": rule, "dimension": dimension}
        return [Figure(*row) for row in self._rows(access, SQL["figures"], {**wanted, "since": since, "until": until})]

    def trend(
        self, access: Access, *, sender: str | None = None, dataset: str | None = None, rule: str | None = None,
        dimension: str | None = None,
    ) -> Trend:  # fmt: skip
        """The share of good ones by month."""
        by: tuple[By, ...] = ("month",)
        found = self.figures(access, by, sender=sender, dataset=dataset, rule=rule, dimension=dimension)
        months = [one.month for one in found if one.month]
        return Trend(months, [one.share for one in found], [one.checked for one in found])

    def findings(
        self, access: Access, rule: str, *, sender: str, dataset: str, month: date | None = None, after: str = "",
        count: int = PAGE,
    ) -> list[Finding]:  # fmt: skip
        """A page of the records that fail a rule, by id.

        Args:
            after: the last id of the page before.

        Raises:
            KeyError: for a rule that is not one on records.
        """
        known = rules().named(rule)
        if not isinstance(known, Rule):
            raise KeyError(rule)
        wanted: dict[str, Any] = {"sender": sender, "dataset": dataset, "month": month, "after": after, "count": count}
        if rule == ONCE:
            rows = self._rows(access, SQL["findings_alike"], wanted)
        else:
            rows = self._rows(access, SQL["findings"], {**wanted, "bit": 1 << (known.number - 1)})
        return [Finding(*row) for row in rows]

    def _rows(self, access: Access, statement: str, wanted: dict[str, Any]) -> list[tuple[Any, ...]]:
        with self._database.singly() as connection:
            rows = connection.execute(statement, wanted).fetchall()
        self._trail.write(AuditEntry(access, "search", query="quality", count=len(rows)))
        return rows
