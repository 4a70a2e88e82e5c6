"""The truth as Parquet: what comes back is what was made."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from minkang.synth import Truth, write_truth
from minkang.synth.arrays import NEVER
from minkang.synth.figures import measure
from minkang.synth.schema import TABLES


@pytest.fixture(scope="module")
def folder(truth: Truth, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("truth")
    counts = write_truth(truth, place)
    assert counts["persons"] == truth.count("persons")
    return place


def test_every_table_comes_back_with_all_its_rows(folder: Path, truth: Truth) -> None:
    for name, columns in TABLES.items():
        table = pq.read_table(folder / f"{name}.parquet")
        assert table.num_rows == truth.count(name)
        assert table.column_names == list(columns)


def test_days_are_dates_and_what_never_comes_is_empty(folder: Path, truth: Truth) -> None:
    table = pq.read_table(folder / "persons.parquet")
    assert table["death"].null_count == (truth.tables["persons"]["death"] >= NEVER).sum()
    assert str(table["birth"].type) == "date32[day]"
    assert table["birth"].cast("int32").to_numpy().tolist() == truth.tables["persons"]["birth"].tolist()


def test_rows_of_a_vocabulary_are_written_as_keys(folder: Path) -> None:
    kinds = set(pq.read_table(folder / "observations.parquet")["kind"].to_pylist())
    assert {"blood_pressure", "fasting_glucose", "birth_weight"} <= kinds


def test_positions_lead_into_the_county_tables(folder: Path) -> None:
    institutions = pq.read_table(folder / "institutions.parquet")
    used = pq.read_table(folder / "encounters.parquet")["institution"].to_numpy()
    assert used.max() < institutions.num_rows
    assert institutions["position"].to_pylist() == list(range(institutions.num_rows))


def test_the_figures_are_those_counted_from_the_truth(folder: Path, truth: Truth) -> None:
    figures = measure(truth)
    table = pq.read_table(folder / "figures.parquet").to_pylist()
    rows = {(row["indicator"], row["year"]): row for row in table if row["township"] == ""}
    assert rows["elderly_examination", 2020]["value"] == figures.value("elderly_examination", 2020)
    assert rows["life_expectancy", 0]["value"] == figures.life_expectancy()
    assert len(rows) == len(figures.counts) * 7 + 2


def test_the_townships_add_up_to_the_county(folder: Path) -> None:
    """Each person counts for one township; staff and life expectancy are told for the county alone."""
    table = pq.read_table(folder / "figures.parquet").to_pylist()
    whole = {(row["indicator"], row["year"]): row["numerator"] for row in table if row["township"] == ""}
    parts: dict[tuple[str, int], float] = {}
    for row in table:
        if row["township"]:
            key = (row["indicator"], row["year"])
            parts[key] = parts.get(key, 0.0) + row["numerator"]
    assert len(parts) > 100
    assert all(whole[key] == total for key, total in parts.items())
    assert len({row["township"] for row in table}) > 10
