"""The register of senders: who may send which feeds, and with what access to the record store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from psycopg import Connection

from minkang.access import Access, parse_scopes
from minkang.db import Database, Queries
from minkang.errors import Fault

SQL = Queries.read("minkang.exchange.ledger", "senders.sql")
ALL_TYPES = "system/*.cru"
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
FEED = re.compile(r"[a-z0-9]+(/[a-z0-9-]+)?")


@dataclass(frozen=True)
class Sender:
    """A registered sender.

    Attributes:
        id: its number in the tables.
        slug: its name in messages and addresses.
        name: for people.
        institution: the institution's code; empty for a system that serves many.
        scopes: which resources it may bring, as SMART scopes.
        active: whether anything of it is taken.
        synthetic: nothing it sends is of real people, and every record of it says so.
        feeds: what it may send.
    """

    id: int
    slug: str
    name: str
    institution: str
    scopes: str
    active: bool
    synthetic: bool = False
    feeds: tuple[str, ...] = ()

    def access(self) -> Access:
        """The access its messages are stored with; the audit trail names the sender."""
        return Access(caller=f"sender:{self.slug}", scopes=parse_scopes(self.scopes))


class Senders:
    """The register.

    Args:
        database: where it is kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        slug: str,
        feeds: Mapping[str, Mapping[str, Any]],
        *,
        name: str = "",
        institution: str = "",
        scopes: str = ALL_TYPES,
        synthetic: bool = False,
    ) -> Sender:
        """Register a sender or change what is said of it; feeds it has already stay.

        Args:
            feeds: the settings of each feed.

        Raises:
            Fault: `EXCHANGE-020` for a name that is not small letters, digits and hyphens, `EXCHANGE-021` for a feed
                that cannot be one, `ACCESS-001` for bad scopes.
        """
        if not SLUG.fullmatch(slug) or len(slug) > 80:
            raise Fault("EXCHANGE-020", sender=slug[:80])
        parse_scopes(scopes)
        with self._database.connection() as connection:
            row = connection.execute(
                SQL["add"],
                {"slug": slug, "name": name, "institution": institution, "scopes": scopes, "synthetic": synthetic},
            ).fetchone()
            assert row is not None
            _allow(connection, row[0], feeds)
        return self.sender(slug)

    def allow(self, sender: Sender, feeds: Mapping[str, Mapping[str, Any]]) -> None:
        """Let a sender send more feeds, with the settings of each.

        Raises:
            Fault: `EXCHANGE-021`.
        """
        with self._database.connection() as connection:
            _allow(connection, sender.id, feeds)

    def set_active(self, slug: str, active: bool) -> Sender:
        """Shut a sender out, or let it in again; what it sent stays.

        Raises:
            Fault: `EXCHANGE-022`.
        """
        sender = self.sender(slug)
        with self._database.singly() as connection:
            connection.execute(SQL["set_active"], {"id": sender.id, "active": active})
        return self.sender(slug)

    def sender(self, slug: str) -> Sender:
        """One sender.

        Raises:
            Fault: `EXCHANGE-022` for one that is not registered.
        """
        found = [sender for sender in self.all() if sender.slug == slug]
        if not found:
            raise Fault("EXCHANGE-022", sender=slug[:80])
        return found[0]

    def all(self) -> list[Sender]:
        """All senders, by name."""
        with self._database.singly() as connection:
            rows = connection.execute(SQL["senders"]).fetchall()
        return [Sender(*(*row[:7], tuple(row[7]))) for row in rows]

    def may_send(self, slug: str, feed: str) -> Sender:
        """A sender, if it may send this feed now.

        Raises:
            Fault: `EXCHANGE-022` not registered, `EXCHANGE-023` shut out, `EXCHANGE-024` the feed is none of its own.
        """
        sender = self.sender(slug)
        if not sender.active:
            raise Fault("EXCHANGE-023", sender=slug)
        if feed not in sender.feeds:
            raise Fault("EXCHANGE-024", sender=slug, feed=feed[:80], feeds="、".join(sender.feeds) or "–")
        return sender


def _allow(connection: Connection[Any], sender: int, feeds: Mapping[str, Mapping[str, Any]]) -> None:
    for feed, settings in feeds.items():
        if not FEED.fullmatch(feed):
            raise Fault("EXCHANGE-021", feed=feed[:80], known="–")
        said = msgspec.json.encode(dict(settings)).decode()
        connection.execute(SQL["allow"], {"sender": sender, "feed": feed, "settings": said})
