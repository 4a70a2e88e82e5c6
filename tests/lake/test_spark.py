"""Spark gives what DuckDB gives: views within executors, and queries over the lake's files."""

from __future__ import annotations

import datetime
import json
import math
import os
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.lake.logged import Links, LoggedSource, patient, pressure
from tests.views.test_official import EXCEPTIONS, ROOT, comparable, written

from minkang.errors import Fault
from minkang.exchange.fhir_files import read_file
from minkang.lake import buckets
from minkang.lake.engines import spark as engine
from minkang.lake.engines.spark_files import run_on_spark
from minkang.lake.files import run_on_files
from minkang.lake.given import region_tables
from minkang.lake.query import Lake
from minkang.lake.refresh import Options, Refresher
from minkang.lake.saved import saved_queries
from minkang.lake.snapshots import Folder
from minkang.lake.tables import standard_tables
from minkang.views.compiler import compile_view

JAVA = shutil.which("java") or os.environ.get("JAVA_HOME")
pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # Spark's own libraries warn about each other.
    pytest.mark.skipif(not JAVA, reason="no Java 17 on this machine: the Spark engine was NOT tested"),
]
SMALL = {
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.driver.memory": "768m",
    # Tables of a hundred rows: compiling well costs more than it saves.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
USED = ("patient", "observation", "condition")
PARAMETERS = {
    "from": datetime.date(2025, 1, 1),
    "to": datetime.date(2026, 1, 1),
    "on": datetime.date(2025, 6, 30),
    "since": datetime.date(2025, 5, 1),
    "least": 110,
}
MORE = [
    "SELECT count(*) AS n, count(DISTINCT person_id) AS people FROM observation",
    "SELECT loinc, avg(value) AS mean, max(value) AS most, stddev_samp(value) AS spread FROM observation GROUP BY ALL "
    "ORDER BY loinc",
    "SELECT gender, count(*) AS n FROM patient WHERE birth_date < DATE '1961-01-01' GROUP BY ALL ORDER BY 1",
    "SELECT CASE WHEN value >= 140 THEN 'high' ELSE 'not' END AS class, count(*) AS n FROM observation "
    "WHERE loinc = '8480-6' AND value > $least GROUP BY 1 ORDER BY 1",
    "SELECT count(*) AS n FROM observation o SEMI JOIN patient p ON p.person_id = o.person_id",
    "SELECT id, row_number() OVER (ORDER BY value DESC NULLS LAST, id) AS place FROM observation "
    "QUALIFY place <= 5 ORDER BY place",
    "SELECT birth_date + INTERVAL 6 MONTH AS later FROM patient WHERE birth_date IS NOT NULL ORDER BY 1",
    "SELECT CAST(value AS INTEGER) AS whole, count(*) AS n FROM observation WHERE value > 0 GROUP BY 1 ORDER BY 1",
    "SELECT substr(id, 1, 2) AS head, string_agg(id, ',' ORDER BY id) AS ids FROM patient GROUP BY 1 ORDER BY 1",
    "SELECT p.id, CAST(avg(o.value) AS INTEGER) AS mean FROM patient p LEFT JOIN observation o USING (person_id) "
    "GROUP BY p.id ORDER BY mean, p.id",
]
_UNITS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
TIMES = "SELECT " + ", ".join(
    [f"date_diff('{unit}', effective_at, recorded_at) AS diff_{unit}" for unit in _UNITS]
    + [f"date_diff('{unit}', effective_date, recorded_date) AS days_{unit}" for unit in _UNITS[3:]]
    + [f"date_trunc('{unit}', effective_at) AS trunc_{unit}" for unit in _UNITS]
    + ["isodow(effective_at) AS i", "dayofweek(effective_at) AS d", "weekofyear(effective_at) AS w"]
    + ["quarter(effective_at) AS q", "last_day(effective_at) AS l", "strftime(effective_at, '%Y-%m') AS s"]
)  # fmt: skip


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """One small session for all tests: one core, one executor, within the process."""
    session = engine.start("local[1]", SMALL)
    yield session
    session.stop()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A lake whose buckets have changes beside them, as in a large one."""
    place = tmp_path_factory.mktemp("both")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buckets, "SMALL", 0)
        patch.setattr(buckets, "SHARE", 1e9)
        source = LoggedSource(place / "versions", most=500)
        tables = {name: standard_tables()[name] for name in USED}
        keeper = Refresher(
            Folder(place / "lake"), source, Links(), tables=tables, given=region_tables(), options=Options(2, threads=1)
        )
        source.put(*(patient(str(n), birthDate=f"19{50 + n}-0{n % 9 + 1}-15") for n in range(20)))
        source.put(*(_measured(n) for n in range(60)), *(_sick(n) for n in range(0, 18, 2)))
        keeper.run()
        source.put(pressure("o3", "4", 222.5), pressure("o5", "16", 99))
        source.delete("Observation", "o7")
        keeper.run()
    with Lake(place / "lake", threads=1) as lake:
        assert any(bucket.gone for bucket in lake.manifest().tables["observation"].buckets.values())
        yield lake


def _measured(n: int) -> dict[str, Any]:
    """A blood pressure at some odd moment, recorded later."""
    moment = datetime.datetime(2024, 12, 30, 23, 59, 58) + datetime.timedelta(days=11 * n, seconds=7919 * n)
    later = moment + datetime.timedelta(days=n % 40, hours=n % 3, seconds=5)
    times = {
        "effectiveDateTime": f"{moment.isoformat()}+08:00",
        "meta": {"lastUpdated": f"{later.isoformat()}+08:00", "source": f"urn:minkang:sender:{'ab'[n % 2]}#hl7v2"},
    }
    return pressure(f"o{n}", str(n % 15), 100 + 7 * n % 90 + 0.5, **times)


def _sick(n: int) -> dict[str, Any]:
    coding = [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I10.x00" if n % 4 else "E11.9"}]
    return {
        "resourceType": "Condition",
        "id": f"c{n}",
        "subject": {"reference": f"Patient/{n}"},
        "code": {"coding": coding},
        "onsetDateTime": "2024-02-29",
    }


def _agree(lake: Lake, spark: Any, query: str) -> int:
    """See that both engines give the same rows in the same order; how many there are."""
    params = {name: value for name, value in PARAMETERS.items() if f"${name}" in query} or None
    one, two = lake.sql(query, params), engine.SparkLake(lake, spark).sql(query, params, seconds=1200)
    assert two.table.column_names == one.table.column_names, query
    assert [_plain(row) for row in two.rows()] == [_plain(row) for row in one.rows()], query
    return one.table.num_rows


def _plain(row: dict[str, Any]) -> list[str]:
    """A row as text; whole, decimal and floating numbers of one value are one, and a day is its midnight."""

    def text(value: Any) -> str:
        if isinstance(value, float | Decimal):
            return f"{float(value):.9g}" if math.isfinite(value) else str(value)
        return str(value).removesuffix(" 00:00:00")

    return [text(value) for value in row.values()]


def test_spark_answers_and_flattens(spark: Any, both: Lake) -> None:
    """The shortest way through both halves: one query over the lake, one view within an executor."""
    assert _agree(both, spark, "SELECT gender, count(*) AS n FROM patient GROUP BY gender ORDER BY 1") == 1
    frame = spark.createDataFrame([(json.dumps(patient("7")),), (json.dumps(pressure("o", "7")),)], "resource string")
    view = {
        "resourceType": "ViewDefinition",
        "resource": "Patient",
        "select": [{"column": [{"name": "id", "path": "id"}, {"name": "born", "path": "birthDate"}]}],
    }
    assert engine.view_rows(spark, view, frame).toArrow().to_pylist() == [{"id": "7", "born": "1960-05-01"}]


@pytest.mark.long
@pytest.mark.parametrize("name", saved_queries())
def test_every_query_of_the_product_gives_the_same_on_both(spark: Any, both: Lake, name: str) -> None:
    """Each file of SQL, with rows to see."""
    assert _agree(both, spark, saved_queries()[name].text) > 0


@pytest.mark.long
def test_other_queries_give_the_same_on_both(spark: Any, both: Lake) -> None:
    """What the two engines write alike and mean differently is translated: times, means, casts, quotients, order."""
    for query in MORE:
        assert _agree(both, spark, query) > 0, query
    assert _agree(both, spark, f"{TIMES} FROM observation WHERE recorded_at IS NOT NULL ORDER BY id, component") > 100


@pytest.mark.long
def test_the_same_limits_hold_on_spark(spark: Any, both: Lake) -> None:
    """Files, levels, grants, rows and time."""
    other = engine.SparkLake(both, spark)
    with pytest.raises(Fault, match="LAKE-009"):
        other.sql("SELECT * FROM read_text('/etc/passwd')")
    with pytest.raises(Fault, match="LAKE-006"):
        other.sql("SELECT * FROM patient", only=["observation"])
    with pytest.raises(Fault, match="LAKE-012"):
        other.sql("SELECT id_card FROM patient", level=3)
    assert "id_card" not in other.sql("SELECT * FROM patient", level=3).table.column_names
    found = other.sql("SELECT id FROM patient ORDER BY id", max_rows=5)
    assert (found.table.num_rows, found.truncated) == (5, True)
    many = " CROSS JOIN ".join(f"observation o{n}" for n in range(3))
    with pytest.raises(Fault, match="LAKE-010"):
        other.sql(f"SELECT max(hash(o0.id || o1.id || o2.id)) AS h FROM {many}", seconds=0.2)


@pytest.mark.long
def test_files_give_the_same_on_both(spark: Any, tmp_path: Path) -> None:
    """Also where resources cannot be read: as many are set aside, by the same codes."""
    table = standard_tables()["observation"]
    bad = pressure("bad", "1")
    bad["component"][0]["valueQuantity"]["value"] = "high"
    lines = [pressure(f"o{n}", str(n), 100 + n / 4) for n in range(30)] + [
        patient("1"),
        bad,
        pressure("w", "1", code="x"),
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": pressure("b", "2")}]}
    place = tmp_path / "some.ndjson"
    place.write_text(
        "".join(json.dumps(one) + "\n" for one in [*lines, bundle]) + '{"resourceType": "Observation", broken\n',
        "utf-8",
    )
    one = run_on_files(
        compile_view(table.definition),
        [place],
        read=read_file,
        output=tmp_path / "one.parquet",
        rejects=tmp_path / "r1",
    )
    two = run_on_spark(
        spark, json.dumps(table.definition).encode(), [place], tmp_path / "two.parquet", rejects=tmp_path / "r2"
    )
    assert (one.rows, one.set_aside) == (two.rows, two.set_aside) == (93, 3)
    rows = [pq.read_table(tmp_path / name).to_pylist() for name in ("one.parquet", "two.parquet")]
    assert sorted(map(str, rows[0])) == sorted(map(str, rows[1]))
    codes = [sorted(json.loads(line)["code"] for line in (tmp_path / name).open()) for name in ("r1", "r2")]
    assert codes[0] == codes[1]
    with pytest.raises(Fault, match="LAKE-017"):
        run_on_spark(spark, json.dumps(table.definition).encode(), [place], tmp_path / "two.parquet")
    with pytest.raises(Fault, match="LAKE-016"):
        run_on_spark(spark, json.dumps(table.definition).encode(), [tmp_path / "x.json"], tmp_path / "three.parquet")


@pytest.mark.long
@pytest.mark.reference
@pytest.mark.usefixtures("reference")
def test_the_official_views_give_the_same_in_executors(spark: Any) -> None:
    """Every test of every official file; none is left out."""
    assert EXCEPTIONS == {}
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
    assert count > 90


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
