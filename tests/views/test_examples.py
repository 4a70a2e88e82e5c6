"""Every element of the official R4 examples comes out of the SQL as the plain evaluator sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from tests.views.test_official import comparable

from minkang.exchange.fhir_files import read_file
from minkang.fhir.schema import elements_of
from minkang.fhir.types import type_names
from minkang.views.compiler import compile_view
from minkang.views.definition import read_view
from minkang.views.kinds import is_primitive
from minkang.views.reference import rows_of


def columns(type: str, prefix: str) -> Iterator[dict[str, Any]]:
    """A column for every primitive element of a type, and for whether each other one is there."""
    for number, element in enumerate(elements_of(type).values()):
        if element.types[0] in {"Resource", "xhtml"} or element.name in {"text", "contained"}:
            continue
        path = f"{element.choice_of}.ofType({element.types[0]})" if element.choice_of else f"`{element.name}`"
        name = f"{prefix}{number}"
        if is_primitive(element.types[0]):
            yield {"name": name, "path": path, "collection": element.is_list}
        else:
            yield {"name": name, "path": f"{path}.exists()"}


def view_of(type: str) -> dict[str, Any]:
    """A view of all its elements, with a row for each item of its backbones, one after another."""
    selects: list[dict[str, Any]] = [{"column": list(columns(type, "c"))}]
    for number, element in enumerate(elements_of(type).values()):
        if element.types[0].startswith(f"{type}.") and not element.choice_of:
            branch = {"forEachOrNull": f"`{element.name}`", "column": list(columns(element.types[0], f"b{number}_"))}
            selects.append(branch)
    return {"resource": type, "select": selects[:3]}


@pytest.fixture(scope="module")
def examples(reference: Path) -> dict[str, list[bytes]]:
    """The bodies of all examples by type."""
    found: dict[str, list[bytes]] = {}
    for document in read_file(reference / "fhir" / "r4-examples.tar.xz"):
        found.setdefault(json.loads(document.body)["resourceType"], []).append(document.body)
    return found


@pytest.mark.reference
@pytest.mark.long
@pytest.mark.parametrize("type", type_names())
def test_examples_of_a_type(type: str, examples: dict[str, list[bytes]]) -> None:
    """Row by row, value by value."""
    bodies = examples.get(type, [])
    definition = view_of(type)
    resources = (json.loads(body, parse_float=Decimal) for body in bodies)
    wanted = [comparable(row) for row in rows_of(read_view(definition), resources)]
    with duckdb.connect(config={"threads": 1}) as connection:
        texts = pa.array([body.decode() for body in bodies], pa.string())
        connection.register("resources", pa.table({"resource": texts}))
        found = connection.execute(compile_view(definition).over_table())
        names = [column[0] for column in found.description]
        got = [comparable(dict(zip(names, row, strict=True))) for row in found.fetchall()]
    assert got == wanted
