"""DuckDB's SQL becomes Spark's, or is refused; what each engine then answers is seen in `test_spark.py`."""

from __future__ import annotations

import json

import pytest

from minkang.errors import Fault
from minkang.lake.engines.executor import FAULT, TEXT, Executor
from minkang.lake.engines.translation import translate
from minkang.lake.saved import saved_queries, saved_query

REFUSED = [
    "SELECT list(id) FROM t",
    "SELECT age(a, b) FROM t",
    "SELECT date_sub('month', a, b) FROM t",
    "SELECT current_date",
    "SELECT now() FROM t",
    "SELECT a FROM t WHERE a LIKE b",
    "SELECT a FROM t WHERE a LIKE 'x\\_%'",
    "SELECT * FROM a ASOF JOIN b ON a.id = b.id AND a.t >= b.t",
    "SELECT unnest([1, 2])",
    "SELECT date_diff('century', a, b) FROM t",
    "SELECT FROM WHERE",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_would_mean_something_else_is_refused(text: str) -> None:
    """By name, not in the hope that it is rare."""
    with pytest.raises(Fault, match="LAKE-012"):
        translate(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("date_diff('month', a, b)", "((YEAR(b) * 12 + MONTH(b)) - (YEAR(a) * 12 + MONTH(a)))"),
        ("date_trunc('month', a)", "CAST(DATE_TRUNC('MONTH', a) AS DATE)"),
        ("date_trunc('hour', a)", "CAST(DATE_TRUNC('HOUR', a) AS TIMESTAMP_NTZ)"),
        ("date_part('isodow', a)", "(WEEKDAY(a) + 1)"),
        ("avg(a / b)", "AVG(CAST(CAST(a AS DOUBLE) / CAST(b AS DOUBLE) AS DOUBLE))"),
        ("CAST(a AS INTEGER)", "CAST(RINT(a) AS INT)"),
        ("CAST(a > 1 AS INTEGER)", "CAST(a > 1 AS INT)"),
        ("log(a)", "LOG10(a)"),
        ("$least + 1", ":least + 1"),
        ("percentile_cont(0.9) WITHIN GROUP (ORDER BY a)", "PERCENTILE(a, 0.9)"),
    ],
)
def test_what_is_written_alike_and_means_something_else_is_changed(one: str, other: str) -> None:
    """Inside of other things as well."""
    assert translate(f"SELECT {one} FROM t") == f"SELECT {other} FROM t"
    assert other in translate(f"SELECT CASE WHEN c THEN {one} END FROM t")


def test_every_query_of_the_product_can_be_translated() -> None:
    """Each says what it answers and names its parameters."""
    assert len(saved_queries()) >= 5
    for query in saved_queries().values():
        assert query.about.endswith("."), query.name
        for name in query.parameters:
            assert f":{name}" in translate(query.text)
    assert saved_query("pressure_control").parameters == ("from", "to")
    with pytest.raises(Fault, match="LAKE-015"):
        saved_query("nothing")


def test_an_executor_sets_aside_what_it_cannot_read() -> None:
    """As a row of its own, with the other resources of its batch as rows; other types are passed over."""
    import pyarrow as pa

    select = [{"column": [{"name": "b", "path": "birthDate"}]}]
    view = json.dumps({"resourceType": "ViewDefinition", "resource": "Patient", "select": select})
    bundle = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}]}
    lines = [
        json.dumps({"resourceType": "Patient", "birthDate": "1960"}),
        json.dumps({"resourceType": "Patient", "birthDate": {}}),
        '{"resourceType": "Patient", broken',
        json.dumps({"resourceType": "Basic"}),
        json.dumps(bundle),
    ]
    batch = pa.RecordBatch.from_pydict({"resource": lines})
    rows = [row for found in Executor(view, aside=True).run(iter([batch])) for row in found.to_pylist()]
    assert sorted(str(row["b"]) for row in rows if row[FAULT] is None) == ["1960", "None"]
    assert [row[TEXT] for row in rows if row[FAULT]] == [lines[1], lines[2]]
