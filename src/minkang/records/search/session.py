"""Running the statements of a search, one after the other, and remembering them when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection, errors, sql

from minkang.errors import Fault
from minkang.records.search.pieces import Piece

Row = tuple[Any, ...]

PLANNING = {
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
"""How the statements of a search are planned; for the connections that searches run on.

Each is written to go along indexes and to stop at a limit. What is switched off reads whole tables or ranges before it
gives a first row; PostgreSQL would choose it where it expects most rows to match, or nothing yet of a table that was
just filled, and the time of a page would jump with its statistics.
"""


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
            # Not prepared, so that it is planned by the values asked for (a third of a millisecond): a code that few
            # records have and one that most have want different ways.
            asked = sql.Composed([statement.text])
            return self.connection.execute(asked, statement.values, binary=True, prepare=False).fetchall()
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
