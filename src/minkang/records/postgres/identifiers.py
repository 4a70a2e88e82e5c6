"""Conditional references (`Patient?identifier=system|value`), resolved many at a time.

A bundle of one person refers by identifier to a hundred practitioners and places. Those by one full identifier, which
is nearly all there are, take one look at the token index a type; the rest are searched one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from psycopg import Connection

from minkang.db import Queries
from minkang.fhir.search import search_parameter
from minkang.records.keys import token_key
from minkang.records.postgres.current import Address, uuid_array
from minkang.records.types import type_code

SQL = Queries.read("minkang.records.postgres", "write.sql")


def by_identifier(connection: Connection[Any], references: Iterable[str]) -> dict[str, list[Address]]:
    """What references by one full identifier find.

    Returns:
        For each reference of that form the resources it finds; references of another form are not in it.
    """
    wanted: dict[str, dict[bytes, list[str]]] = defaultdict(lambda: defaultdict(list))
    found: dict[str, list[Address]] = {}
    for reference in references:
        type, key = _identifier_key(reference)
        if key:
            wanted[type][key].append(reference)
            found[reference] = []
    for type, keys in wanted.items():
        parameters = {"type": type_code(type), "keys": uuid_array(keys)}
        for key, id in connection.execute(SQL["by_token"], parameters, prepare=True, binary=True):
            for reference in keys[key.bytes]:
                found[reference].append(Address(type, id))
    return found


def _identifier_key(reference: str) -> tuple[str, bytes]:
    type, _, criteria = reference.partition("?")
    pairs = parse_qsl(criteria, keep_blank_values=True)
    if len(pairs) != 1 or pairs[0][0] != "identifier":
        return type, b""
    system, bar, value = pairs[0][1].partition("|")
    if not (system and bar and value) or any(sign in pairs[0][1] for sign in ",\\$") or "|" in value:
        return type, b""
    branch = _identifier_branch(type)
    return type, token_key(branch, system, value) if branch else b""


@cache
def _identifier_branch(type: str) -> int:
    """The branch that `identifier` looks in, where it is exactly one; else 0."""
    parameter = search_parameter(type, "identifier")
    branches = parameter.branches if parameter else ()
    return branches[0].id if len(branches) == 1 and not branches[0].system else 0
