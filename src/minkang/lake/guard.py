"""What a query may be: one SELECT over tables of the lake that reaches no file, setting or other database.

The engine's own parser says what the text is, and its tree is searched; so there is no second idea of SQL that a
clever text could pass between. The engine is also shut in by its settings (`lake.query`): two locks, either enough.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from minkang.errors import Fault
from minkang.lake.engines.duckdb import Connection, EngineError

TABLE_FUNCTIONS = frozenset(("unnest", "range", "generate_series"))
"""The functions that may stand where a table stands."""
FORBIDDEN = frozenset(
    (
        "current_setting", "getenv", "getvariable", "nextval", "currval", "write_log", "query", "query_table",
        "sleep", "sleep_ms", "txid_current", "current_database", "current_schemas", "pg_conf_load_time", "version",
        "current_user", "session_user", "user", "in_search_path", "parse_duckdb_log_message", "setseed",
        "finalize", "create_sort_key", "getrow",
    )
)  # fmt: skip
"""Functions of values that reach out of the query, or say something about the machine."""
_PREFIXES = (
    "duckdb_", "pragma_", "read_", "parquet_", "json_execute", "pg_", "sniff_", "arrow_scan", "python_", "which_secret",
)  # fmt: skip
_PLAIN = re.compile(r"\w+\Z")


@dataclass(frozen=True)
class Admitted:
    """A query that may run.

    Attributes:
        tables: of the lake that it reads.
    """

    text: str
    tables: frozenset[str]


def admit(connection: Connection, text: str, tables: Collection[str], others: Collection[str] = ()) -> Admitted:
    """Look at a query before it runs.

    Args:
        tables: those that may be read.
        others: those that are there and may not; nor may the query give their names to anything of its own.

    Raises:
        Fault: `LAKE-008` where it cannot be parsed; `LAKE-009` where it is no single SELECT, or reaches further.
    """
    try:
        found = connection.execute("SELECT json_serialize_sql($text)", {"text": text}).fetchall()
    except EngineError as error:
        raise Fault("LAKE-008", reason=_first_line(error)) from None
    tree = json.loads(found[0][0])
    if tree.get("error"):
        if tree.get("error_type") == "not implemented":
            raise Fault("LAKE-009", found=_first_word(text))
        raise Fault("LAKE-008", reason=str(tree.get("error_message", "")).splitlines()[0])
    if len(tree["statements"]) != 1:
        raise Fault("LAKE-009", found=";")
    named = _names(tree, set(tables), {name.lower() for name in others})
    return Admitted(text, frozenset(named))


def _names(tree: Any, tables: set[str], others: set[str]) -> set[str]:
    """The tables a tree reads; refuses everything else that is not made in the query itself."""
    local = set()
    for node in _nodes(tree):
        named = node.get("cte_map")
        for entry in named["map"] if isinstance(named, dict) else ():
            # A name such as 'x.parquet' would be a file to the engine wherever it is not this query's own.
            if not _PLAIN.match(entry["key"]):
                raise Fault("LAKE-009", found=entry["key"])
            local.add(entry["key"].lower())
    if local & others:
        raise Fault("LAKE-009", found=", ".join(sorted(local & others)))
    read = set()
    lower = {name.lower(): name for name in tables}
    for node in _nodes(tree):
        kind = node.get("type")
        if kind == "BASE_TABLE":
            read |= _table(node, lower, local)
        elif kind == "TABLE_FUNCTION":
            _function(node.get("function") or {}, among=TABLE_FUNCTIONS)
        elif kind in {"SHOW_REF", "PIVOT", "BOUND_TABLE_REF", "COLUMN_DATA", "DELIM_GET"}:
            raise Fault("LAKE-009", found=str(kind))
        elif kind == "FUNCTION":
            _function(node)
    return read


def _table(node: dict[str, Any], lower: dict[str, str], local: set[str]) -> set[str]:
    name = str(node.get("table_name", ""))
    whole = ".".join(filter(None, (node.get("catalog_name"), node.get("schema_name"), name)))
    if node.get("catalog_name") or node.get("schema_name"):
        raise Fault("LAKE-009", found=whole)
    if name.lower() in lower:
        return {lower[name.lower()]}
    if name.lower() in local:
        return set()
    if _PLAIN.match(name):
        raise Fault("LAKE-006", table=name)
    raise Fault("LAKE-009", found=whole)


def _function(node: dict[str, Any], among: Collection[str] | None = None) -> None:
    name = str(node.get("function_name", "")).lower()
    if node.get("catalog") or node.get("schema") not in {"", None, "main"}:
        raise Fault("LAKE-009", found=f"{node.get('schema') or node.get('catalog')}.{name}")
    if among is not None:
        if name not in among:
            raise Fault("LAKE-009", found=f"{name}()")
    elif name in FORBIDDEN or name.startswith(_PREFIXES):
        raise Fault("LAKE-009", found=f"{name}()")


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object in a tree. Not recursive: a deep query must not end the program."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _first_word(text: str) -> str:
    words = text.split()
    return words[0][:40] if words else ""
