"""Rows in the binary format of COPY, a whole table's worth as one block of bytes.

Layout: PostgreSQL, COPY, "Binary Format": each row its number of fields, each field its length and its bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Any

from psycopg import Connection

from minkang.records.bulk import Ready
from minkang.records.postgres import packing as pack
from minkang.records.postgres.rows import UPDATED

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL = b"\xff\xff"

_TOKEN = Struct(">hihi16siqih").pack
_REFERENCE = Struct(">hihiii16siqih").pack
_DATE = Struct(">hihiiiqiqiqih").pack
_NUMBER = Struct(">hihii").pack
_TEXT = Struct(">hihii").pack
_OWNER = Struct(">iqih").pack
_RECORD = Struct(">hihi16siqi").pack
_STATE = Struct(">iii?iqi").pack
_VERSION = Struct(">hihiqiiiqiqihi").pack
_LENGTH = Struct(">i").pack

COPIES = {
    "record": "COPY record (type, key, rid, id, version, deleted, at, present) FROM STDIN (FORMAT binary)",
    "record_version": "COPY record_version (type, rid, version, txid, at, method, body) FROM STDIN (FORMAT binary)",
    "search_token": "COPY search_token (type, key, rid, grp) FROM STDIN (FORMAT binary)",
    "search_reference": "COPY search_reference (type, branch, target, rid, grp) FROM STDIN (FORMAT binary)",
    "search_date": "COPY search_date (type, branch, low, high, rid, grp) FROM STDIN (FORMAT binary)",
    "search_number": "COPY search_number (type, branch, low, high, unit, rid, grp) FROM STDIN (FORMAT binary)",
    "search_text": "COPY search_text (type, branch, folded, value, rid, grp) FROM STDIN (FORMAT binary)",
}


def blocks(resources: Iterable[tuple[int, Ready]], at: int, txid: int) -> dict[str, bytes]:
    """The rows of new records, a block a table.

    Args:
        resources: record numbers and resources.
        at: the time of the chunk, microseconds since 2000.
        txid: `feed_txid()` of the transaction.
    """
    rows: dict[str, list[bytes]] = {table: [] for table in COPIES}
    for rid, ready in resources:
        code, keys = ready.code, ready.rows
        id = ready.id.encode()
        rows["record"].append(
            _RECORD(8, 2, code, 16, ready.key, 8, rid, len(id))
            + id
            + _STATE(4, 1, 1, False, 8, at, _present_size(keys.present))
            + pack.integer_array(tuple(keys.present))
        )
        rows["record_version"].append(
            _VERSION(7, 2, code, 8, rid, 4, 1, 8, txid, 8, at, 2, UPDATED, len(ready.body)) + ready.body
        )
        rows["search_token"] += [_TOKEN(4, 2, code, 16, key, 8, rid, 2, group) for key, group in keys.tokens]
        rows["search_reference"] += [
            _REFERENCE(5, 2, code, 4, branch, 16, target, 8, rid, 2, group) for branch, target, group in keys.references
        ]
        rows["search_date"] += [
            _DATE(6, 2, code, 4, branch, 8, low, 8, high, 8, rid, 2, group) for branch, low, high, group in keys.dates
        ]
        rows["search_number"] += [
            _NUMBER(7, 2, code, 4, branch) + pack.numeric(low) + pack.numeric(high) + pack.repeated_text(unit)
            + _OWNER(8, rid, 2, group)
            for branch, low, high, unit, group in keys.numbers
        ]  # fmt: skip
        rows["search_text"] += [
            _TEXT(6, 2, code, 4, branch) + pack.text(folded) + pack.text(value) + _OWNER(8, rid, 2, group)
            for branch, folded, value, group in keys.texts
        ]
    return {table: HEAD + b"".join(lines) + TAIL for table, lines in rows.items() if lines}


def _present_size(present: list[int]) -> int:
    return 20 + 8 * len(present) if present else 12


def copy(connection: Connection[Any], tables: dict[str, bytes]) -> None:
    """Store blocks."""
    with connection.cursor() as cursor:
        for table, block in tables.items():
            with cursor.copy(COPIES[table]) as copying:
                copying.write(block)
