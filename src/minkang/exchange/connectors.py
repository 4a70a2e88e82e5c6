"""The connectors that are installed, by the feeds they read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from minkang.errors import Fault
from minkang.exchange.message import Connector

Maker = Callable[[str], Connector]
"""Makes the connector of a feed: is called with `csv/front-page`, once a process."""


class Connectors:
    """Finds the connector of a feed, and makes it when it is first asked for.

    Args:
        makers: by the name of the feed, or by the part before the slash for a family of feeds.
    """

    def __init__(self, makers: Mapping[str, Maker]) -> None:
        self._makers = dict(makers)
        self._made: dict[str, Connector] = {}

    def of(self, feed: str) -> Connector:
        """The connector of a feed.

        Raises:
            Fault: `EXCHANGE-021` for a feed that nothing reads.
        """
        made = self._made.get(feed)
        if made is None:
            maker = self._makers.get(feed) or self._makers.get(feed.partition("/")[0])
            if maker is None:
                raise Fault("EXCHANGE-021", feed=feed[:80], known="、".join(sorted(self._makers)))
            made = self._made[feed] = maker(feed)
        return made

    @property
    def names(self) -> list[str]:
        """What can be read, by the part before the slash."""
        return sorted(self._makers)
