"""Records that an earlier statement of the same search has found already."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from minkang.records.search.conditions import Condition, Names, Reach
from minkang.records.search.pieces import Piece, number, piece
from minkang.records.search.tables import Types


@dataclass(frozen=True, slots=True)
class Listed(Condition):
    """The record is one of these.

    Attributes:
        rids: their numbers, ascending, each once; all of one type.
    """

    rids: tuple[int, ...]
    reach: Reach = Reach.FEW

    def source(self, types: Types, names: Names) -> Piece:
        """The numbers, sent as one value, so that the text of the statement does not depend on them."""
        return piece(
            "SELECT {type}::smallint AS type, unnest(%s::bigint[]) AS rid", _array(self.rids), type=number(types[0])
        )

    def test(self, rid: Piece, types: Types, names: Names) -> Piece:
        """Whether the number is among them."""
        return piece("{rid} = ANY(%s::bigint[])", _array(self.rids), rid=rid)

    def behind(self, rid: int | None, limit: int) -> Listed:
        """The first of them, at most `limit`, whose numbers are greater than `rid` (None: from the beginning)."""
        start = 0 if rid is None else bisect_right(self.rids, rid)
        return Listed(self.rids[start : start + limit])


def _array(rids: Sequence[int]) -> str:
    return "{" + ",".join(map(str, rids)) + "}"
