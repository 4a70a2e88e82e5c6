"""Spark gives what DuckDB gives: views within executors, and queries over the lake's files."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from tests.lake.logged import LoggedSource, patient, pressure
from tests.views.test_official import ROOT, comparable, written

from minkang.errors import Fault
from minkang.lake.engines import spark as engine
from minkang.lake.query import Lake
from minkang.lake.refresh import Refresher

pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore"),  # Spark's own libraries warn about each other.
    pytest.mark.skipif(shutil.which("java") is None, reason="no Java: the Spark engine was NOT tested"),
]

QUERIES = [
    "SELECT count(*) AS n, count(DISTINCT person_id) AS people FROM observation",
    "SELECT loinc, avg(value) AS mean, max(value) AS most FROM observation GROUP BY loinc ORDER BY loinc",
    "SELECT gender, count(*) AS n FROM patient WHERE birth_date < DATE '1961-01-01' GROUP BY ALL ORDER BY 1",
    """WITH last AS (
           SELECT person_id, value, row_number() OVER (PARTITION BY person_id ORDER BY effective_at DESC, id) AS place
           FROM observation WHERE loinc = '8480-6')
       SELECT count(*) FILTER (WHERE value < 140) AS counted, count(*) AS in_population FROM last WHERE place = 1""",
    """SELECT date_trunc('month', effective_at) AS month, count(*) AS n FROM observation
       GROUP BY 1 ORDER BY 1""",
    "SELECT o.person_id, date_diff('day', p.birth_date, o.effective_date) AS days FROM observation o "
    "JOIN patient p ON p.person_id = o.person_id WHERE o.component = 0 ORDER BY 1, 2",
    "SELECT CASE WHEN value >= 140 THEN 'high' ELSE 'not' END AS class, count(*) AS n FROM observation "
    "WHERE loinc = '8480-6' AND value > $least GROUP BY 1 ORDER BY 1",
    "SELECT person_id FROM patient p WHERE NOT EXISTS "
    "(SELECT 1 FROM observation o WHERE o.person_id = p.person_id) ORDER BY 1",
]


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A local session."""
    session = engine.start("local[2]", {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"})
    yield session
    session.stop()


@pytest.mark.usefixtures("small_files")
def test_queries_give_the_same_on_both(
    spark: Any, refresher: Callable[..., Refresher], source: LoggedSource, lake: Lake
) -> None:
    """Also of a table whose buckets have changes beside them."""
    source.put(*(patient(str(n), birthDate=f"19{50 + n}-06-01") for n in range(20)))
    source.put(*(pressure(f"o{n}", str(n % 15), 100 + 7 * n % 90) for n in range(40)))
    refresher().run()
    source.put(pressure("o3", "4", 222), pressure("o5", "16", 99))
    source.delete("Observation", "o7")
    refresher().run()
    other = engine.SparkLake(lake, spark)
    for query in QUERIES:
        params = {"least": 110} if "$least" in query else None
        one, two = lake.sql(query, params).rows(), other.sql(query, params).to_pylist()
        assert [_plain(row) for row in two] == [_plain(row) for row in one], query
        assert one, query
    with pytest.raises(Fault, match="LAKE-009"):
        other.sql("SELECT * FROM read_text('/etc/passwd')")


def _plain(row: dict[str, Any]) -> list[str]:
    def text(value: Any) -> str:
        if isinstance(value, float | Decimal):
            return f"{float(value):.9g}" if math.isfinite(value) else str(value)
        return str(value).removesuffix(" 00:00:00")

    return [text(value) for value in row.values()]


@pytest.mark.reference
@pytest.mark.usefixtures("reference")
def test_the_official_views_give_the_same_in_executors(spark: Any) -> None:
    """Every test of every official file; none is left out."""
    wrong, count = [], 0
    for path in sorted(ROOT.glob("*.json")):
        suite = json.loads(path.read_text("utf-8"), parse_float=Decimal)
        frame = spark.createDataFrame([(written(one),) for one in suite["resources"]], "resource string").coalesce(1)
        for test in suite["tests"]:
            problem = _problem(spark, frame, test)
            count += 1
            if problem:
                wrong.append(f"{path.stem}: {test['title']}: {problem}")
    assert wrong == []
    assert count > 100


def _problem(spark: Any, frame: Any, test: dict[str, Any]) -> str:
    """What is wrong with one official test; empty where it holds."""
    try:
        rows = engine.view_rows(spark, json.loads(json.dumps(test["view"], default=str)), frame).toArrow().to_pylist()
    except Exception as error:  # noqa: BLE001 - Spark wraps what its executors raise
        return "" if test.get("expectError") else f"{type(error).__name__} {str(error)[:200]}"
    if test.get("expectError"):
        return "an error was expected"
    if "expectColumns" in test and rows and list(rows[0]) != test["expectColumns"]:
        return f"columns {list(rows[0])}"
    if "expect" in test and sorted(map(comparable, rows)) != sorted(map(comparable, test["expect"])):
        return f"{rows} and not {test['expect']}"
    return ""
