"""Value sets and code systems as they stand in the PostgreSQL store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from minkang.fhir.search import search_parameter
from minkang.records.search.concepts import Fetch
from minkang.records.search.conditions import Names
from minkang.records.search.pieces import number, piece
from minkang.records.search.session import Session
from minkang.records.search.values import is_one_of
from minkang.records.types import type_code


def stored_concepts(session: Session) -> Fetch:
    """Finds a resource by its `url`, the one changed last where there are several."""

    def fetch(type: str, url: str) -> Mapping[str, Any] | None:
        parameter = search_parameter(type, "url")
        assert parameter is not None
        names, code = Names(), type_code(type)
        row = names.new()
        rows = is_one_of([branch.id for branch in parameter.branches], [url.partition("|")[0]])
        found = session.run(
            piece(
                "SELECT v.body FROM search_text AS {row} JOIN record AS r ON r.type = {type} AND r.rid = {row}.rid"
                " JOIN record_version AS v ON v.type = {type} AND v.rid = r.rid AND v.version = r.version"
                " WHERE {row}.type = {type} AND NOT r.deleted AND {where} ORDER BY r.at DESC, r.rid DESC LIMIT 1",
                row=row, type=number(code), where=rows.test(row),
            )
        )  # fmt: skip
        return msgspec.json.decode(found[0][0]) if found else None

    return fetch
