"""Running the statements of a search, one after the other, and remembering them when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection, errors, sql

from minkang.errors import Fault
from minkang.records.search.pieces import Piece

Row = tuple[Any, ...]


@dataclass
class Session:
    """The statements of one search on one connection.

    Attributes:
        connection: with the caller's transaction.
        explain: whether each statement is also explained (and carried out once more for it).
        said: the statements so far, with their plans where `explain` is set.
    """

    connection: Connection[Any]
    explain: bool = False
    said: list[tuple[str, str]] = field(default_factory=list)

    def run(self, statement: Piece) -> list[Row]:
        """All rows of a statement.

        Raises:
            Fault: `RECORDS-040` when it takes longer than the database allows.
        """
        try:
            if self.explain:
                self._explain(statement)
            return self.connection.execute(sql.Composed([statement.text]), statement.values, binary=True).fetchall()
        except errors.QueryCanceled as error:
            raise Fault("RECORDS-040") from error

    def _explain(self, statement: Piece) -> None:
        text = statement.text.as_string(self.connection)
        asked = sql.SQL("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) ") + statement.text
        plan = self.connection.execute(asked, statement.values).fetchall()
        self.said.append((text, "\n".join(line for (line,) in plan)))

    def estimate(self, count: Piece) -> int:
        """How many rows the database expects a `SELECT count(*)` to count, without counting them."""
        asked = sql.SQL("EXPLAIN (FORMAT JSON) ") + count.text
        (plan,) = self.connection.execute(asked, count.values).fetchall()[0]
        return int(plan[0]["Plan"]["Plans"][0]["Plan Rows"])
