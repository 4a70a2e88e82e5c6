"""The tables of the record store as a statement names them.

A type that fills the store has partitions of its own, and a statement about that type alone names them outright: the
database then neither looks at the other partitions nor rechecks the type, which no index holds, and can answer from an
index without reading the rows.
"""

from __future__ import annotations

from psycopg import sql

from minkang.records.search.pieces import TRUE, Piece, number, numbers, piece
from minkang.records.types import type_code

Types = tuple[int, ...]
"""Codes of resource types (`minkang.records.types`); none means all."""

HEAVY = {
    type_code(name): name.lower()
    for name in (
        "Patient", "Observation", "Encounter", "Condition", "Procedure", "MedicationRequest", "Immunization",
        "DiagnosticReport", "Claim", "ExplanationOfBenefit", "QuestionnaireResponse", "ServiceRequest",
    )
}  # fmt: skip
"""The types that have partitions of their own, and what these are called (migration 0001)."""


def rows_of(table: str, row: Piece, types: Types) -> Piece:
    """What follows FROM: the partition of the one type that is asked for, else the whole table."""
    name = f"{table}_{HEAVY[types[0]]}" if len(types) == 1 and types[0] in HEAVY else table
    return piece("{table} AS {row}", table=Piece(sql.Identifier(name)), row=row)


def of_types(row: Piece, types: Types, table: str = "record") -> Piece:
    """The condition that keeps rows of `rows_of` to the types.

    Nothing where the rows are those of a partition of a search table. The indexes of `record` and `record_version`
    begin with the type, so there it is always said.
    """
    if not types or (len(types) == 1 and types[0] in HEAVY and table.startswith("search_")):
        return TRUE
    if len(types) == 1:
        return piece("{row}.type = {type}", row=row, type=number(types[0]))
    return piece("{row}.type IN ({types})", row=row, types=numbers(types))


def type_of(row: Piece, types: Types) -> Piece:
    """A row's type: a constant where there is only one, so that the index alone can answer."""
    return piece("{type}::smallint", type=number(types[0])) if len(types) == 1 else piece("{row}.type", row=row)
