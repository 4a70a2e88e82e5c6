"""A refresh takes what changed into the tables, and what it makes is what a build from the beginning makes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.lake.conftest import USED, everything
from tests.lake.logged import Links, LoggedSource, patient, pressure

from minkang.errors import Fault
from minkang.lake import buckets
from minkang.lake.catalogue import Catalogue
from minkang.lake.query import Lake
from minkang.lake.refresh import Options, Refresher
from minkang.lake.snapshots import Folder
from minkang.lake.tables import Table, standard_tables

Make = Callable[..., Refresher]


def test_a_first_refresh_makes_every_table(refresher: Make, source: LoggedSource, lake: Lake) -> None:
    """Rows carry the person, components are rows, and a time is a date and a civil time."""
    source.put(patient("1"), pressure("o", "1", 141.5), {"resourceType": "Organization", "id": "h", "name": "县医院"})
    report = refresher().run()
    assert sorted(report.built) == sorted(USED)
    found = lake.sql("SELECT * FROM observation WHERE loinc = '8480-6'").rows()
    assert len(found) == 1
    row = found[0]
    assert (row["person_id"], row["value"], row["unit"], row["component"]) == ("1", 141.5, "mm[Hg]", 1)
    assert (str(row["effective_date"]), str(row["effective_at"])) == ("2025-03-01", "2025-03-01 08:30:00")
    assert lake.sql("SELECT name FROM organization").rows() == [{"name": "县医院"}]


@pytest.mark.parametrize(
    ("written", "day", "moment"),
    [
        ("2025", "2025-01-01", "2025-01-01 00:00:00"),
        ("2025-03", "2025-03-01", "2025-03-01 00:00:00"),
        ("2025-03-04", "2025-03-04", "2025-03-04 00:00:00"),
        ("2025-03-04T23:30:00Z", "2025-03-05", "2025-03-05 07:30:00"),
        ("1988-07-01T00:30:00+08:00", "1988-07-01", "1988-07-01 01:30:00"),
    ],
)
def test_times_are_civil_times_of_the_region(  # noqa: PLR0917 - fixtures and a table of cases
    refresher: Make, source: LoggedSource, lake: Lake, written: str, day: str, moment: str
) -> None:
    """A partial date counts from its first day; an instant is shown in the region's zone, its summer time included."""
    source.put(pressure("o", "1", effectiveDateTime=written))
    refresher().run()
    row = lake.sql("SELECT DISTINCT effective_date, effective_at FROM observation").rows()[0]
    assert (str(row["effective_date"]), str(row["effective_at"])) == (day, moment)


@pytest.mark.usefixtures("small_files")
def test_changes_replace_the_rows_of_their_record(refresher: Make, source: LoggedSource, lake: Lake) -> None:
    """A new version, a deletion, an error, and another subject: old rows go, wherever they were."""
    source.put(*(patient(str(n)) for n in range(8)), *(pressure(f"o{n}", str(n)) for n in range(8)))
    refresher().run()
    before = lake.manifest()
    source.put(pressure("o1", "1", 200), pressure("o2", "2", status="entered-in-error"), pressure("o3", "5"))
    source.delete("Observation", "o4")
    report = refresher().run()
    assert report.changed == ["observation"]
    found = lake.sql("SELECT id, person_id, value FROM observation WHERE loinc = '8480-6'").rows()
    assert {row["id"]: (row["person_id"], row["value"]) for row in found} == {
        "o0": ("0", 120), "o1": ("1", 200), "o3": ("5", 120), "o5": ("5", 120), "o6": ("6", 120), "o7": ("7", 120),
    }  # fmt: skip
    kept = {bucket.base for bucket in before.tables["observation"].buckets.values()}
    assert {bucket.base for bucket in lake.manifest().tables["observation"].buckets.values()} == kept
    assert lake.manifest().tables["observation"].rows == 18
    assert lake.sql("SELECT count(*) AS n FROM observation").rows() == [{"n": 18}]


def test_nothing_new_changes_nothing(refresher: Make, source: LoggedSource, lake: Lake) -> None:
    """A refresh without changes leaves the generation as it is."""
    source.put(patient("1"))
    first = refresher().run()
    assert refresher().run().generation == first.generation


SUBJECTS = st.sampled_from(["1", "2", "3", "4"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("abcdef"), SUBJECTS, st.integers(60, 240)),
        st.tuples(st.just("error"), st.sampled_from("abcdef"), SUBJECTS),
        st.tuples(st.just("delete"), st.sampled_from("abcdef")),
        st.tuples(st.just("link"), SUBJECTS, st.sampled_from(["A", "B", "C"])),
        st.tuples(st.just("refresh")),
        st.tuples(st.just("fold")),
    ),
    min_size=3,
    max_size=10,
)


@pytest.mark.parametrize("beside", [True, pytest.param(False, marks=pytest.mark.long)])
@settings(max_examples=3, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(steps=STEPS)
def test_whatever_happened_the_lake_is_what_a_build_makes(
    tmp_path_factory: pytest.TempPathFactory, beside: bool, steps: list[tuple[Any, ...]]
) -> None:
    """Changes, deletions, links and refreshes in any order end in the rows of a build from the beginning."""
    folder = tmp_path_factory.mktemp("steps")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buckets, "SMALL", 0 if beside else 20_000)
        patch.setattr(buckets, "SHARE", 1e9 if beside else 0.1)
        source, links = LoggedSource(folder / "versions"), Links()
        tables = {"observation": standard_tables()["observation"]}
        options = Options(buckets=3, threads=1)
        keeper = Refresher(Folder(folder / "lake"), source, links, tables=tables, options=options)
        for step in steps:
            _do(step, source, links, keeper)
        keeper.run()
        Refresher(Folder(folder / "other"), source, links, tables=tables, options=options).run()
    assert everything(folder / "lake", ("observation",)) == everything(folder / "other", ("observation",))


def _do(step: tuple[Any, ...], source: LoggedSource, links: Links, keeper: Refresher) -> None:
    match step:
        case "put", id, subject, value:
            source.put(pressure(id, subject, value))
        case "error", id, subject:
            source.put(pressure(id, subject, status="entered-in-error"))
        case "delete", id:
            source.delete("Observation", id)
        case "link", subject, person:
            links[subject] = person
            if keeper._folder.current():
                keeper.relink([subject])
        case ("fold",):
            keeper.fold()
        case _:
            keeper.run()


@pytest.mark.usefixtures("small_files")
def test_a_relinked_person_moves_all_their_rows(
    refresher: Make, source: LoggedSource, links: Links, lake: Lake, tmp_path: Path
) -> None:
    """Told by the links, or found by comparing, rows of a patient go to their new person in every table."""
    source.put(patient("1"), patient("2"), pressure("o", "1"), pressure("p", "2"))
    told: list[tuple[list[str], str]] = [([], "a")]
    heard: list[str] = []

    def relinked(mark: str) -> tuple[list[str], str]:
        heard.append(mark)
        return told[-1]

    refresher(relinked=relinked).run()
    links["1"] = "2"
    told.append((["1"], "b"))
    assert refresher(relinked=relinked).run().moved == 1
    assert heard == ["", "a"]
    assert lake.manifest().links == "b"
    count = "SELECT count(DISTINCT id) AS n FROM observation WHERE person_id = '2'"
    assert lake.sql(count).rows() == [{"n": 2}]
    assert lake.sql("SELECT DISTINCT person_id FROM patient").rows() == [{"person_id": "2"}]
    links["1"] = "3"
    assert refresher().relink_all().moved == 1
    assert lake.sql(count).rows() == [{"n": 1}]
    refresher("other").run()
    assert everything(tmp_path / "lake") == everything(tmp_path / "other")


def test_what_a_view_cannot_read_is_named_and_stops_nothing(refresher: Make, source: LoggedSource, lake: Lake) -> None:
    """It is counted and kept aside with its reason; when it is corrected, it is a row like any other."""
    bad = pressure("bad", "1")
    bad["component"][0]["valueQuantity"]["value"] = "high"
    source.put(patient("1"), pressure("o", "1"), bad)
    report = refresher().run()
    assert report.set_aside == 1
    found = Catalogue(lake).unreadable("observation")
    assert [one.id for one in found] == ["bad"]
    assert "high" in found[0].reason or found[0].code.startswith("VIEWS-")
    assert lake.sql("SELECT DISTINCT id FROM observation").rows() == [{"id": "o"}]
    worse = pressure("o", "1", code="no object")
    source.put(worse)
    assert refresher().run().set_aside == 2
    assert lake.sql("SELECT count(*) AS n FROM observation").rows() == [{"n": 0}]
    source.put(pressure("bad", "1"))
    assert refresher().run().set_aside == 1
    assert lake.sql("SELECT DISTINCT id FROM observation").rows() == [{"id": "bad"}]


def test_a_changed_view_makes_its_table_anew(
    tmp_path: Path, source: LoggedSource, used: dict[str, Table], lake: Lake
) -> None:
    """And only that one."""
    source.put(patient("1"), pressure("o", "1"))
    folder = Folder(tmp_path / "lake")
    Refresher(folder, source, tables=used).run()
    from minkang.lake.tables import read_table

    changed = {**used, "patient": read_table({**used["patient"].definition, "version": "2"})}
    assert Refresher(folder, source, tables=changed).run().built == ["patient"]
    assert lake.manifest().tables["patient"].version == "2"


def test_another_number_of_buckets_makes_everything_anew(refresher: Make, source: LoggedSource, lake: Lake) -> None:
    """Rows are the same in as many buckets as were asked for."""
    source.put(*(patient(str(n)) for n in range(50)))
    refresher().run()
    report = refresher(options=Options(buckets=7, threads=1)).run()
    assert sorted(report.built) == sorted(USED)
    assert len(lake.manifest().tables["patient"].buckets) == 7
    assert lake.sql("SELECT count(*) AS n FROM patient").rows() == [{"n": 50}]


def test_a_build_that_broke_off_goes_on(refresher: Make, source: LoggedSource, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices that were done are not read again, and what was written meanwhile is there in the end."""
    source.put(*(pressure(f"o{n:03}", str(n % 9)) for n in range(200)))
    asked: list[str] = []
    cut: list[bool] = []
    whole = LoggedSource.everything

    def watched(self: LoggedSource, type: str, until: Any, cursor: str) -> Any:
        if type == "Observation":
            asked.append(cursor)
            if cursor == "150" and not cut:
                cut.append(True)
                raise RuntimeError("power cut")
        return whole(self, type, until, cursor)

    monkeypatch.setattr(LoggedSource, "everything", watched)
    with pytest.raises(RuntimeError, match="power cut"):
        refresher().run()
    source.put(pressure("o000", "1", 199), pressure("new", "1"))
    asked.clear()
    refresher().run()
    assert asked == ["150"]
    folder = refresher()._folder.place
    monkeypatch.setattr(LoggedSource, "everything", whole)
    refresher("other").run()
    assert everything(folder) == everything(folder.parent / "other")


def test_only_one_refresh_runs(refresher: Make, source: LoggedSource) -> None:
    """The second is told so at once."""
    keeper = refresher()
    with keeper._folder.refreshing(), pytest.raises(Fault, match="LAKE-004"):
        keeper.run()


@pytest.mark.usefixtures("small_files")
def test_a_reader_keeps_its_generation(refresher: Make, source: LoggedSource, tmp_path: Path) -> None:
    """Files of a generation that is read stay; when nobody reads it any more the next refresh removes them."""
    source.put(patient("1"), pressure("o", "1"))
    refresher().run()
    folder = Folder(tmp_path / "lake")
    manifest, lock = folder.hold()
    files = {folder.tables / name / file for name, state in manifest.tables.items() for file in state.files}
    source.put(pressure("o", "1", 99))
    assert refresher().run(full=True).held == 1
    assert all(file.exists() for file in files)
    lock.release()
    source.put(pressure("o", "1", 98))
    assert refresher().run().held == 0
    assert not any(file.exists() for file in files)


def test_readers_see_whole_tables_while_it_is_refreshed(refresher: Make, source: LoggedSource, lake: Lake) -> None:
    """Each pressure has three rows of one value at any moment."""
    source.put(*(pressure(f"o{n}", str(n)) for n in range(30)))
    refresher().run()
    wrong: list[Any] = []
    stop = threading.Event()

    def read() -> None:
        query = "SELECT count(*) AS n, count(DISTINCT value) AS v FROM observation WHERE loinc <> '8462-4'"
        while not stop.is_set():
            row = lake.sql(query).rows()[0]
            if (row["n"], row["v"]) != (60, 1):
                wrong.append(row)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for value in range(100, 106):
        source.put(*(pressure(f"o{n}", str(n), value) for n in range(30)))
        refresher().run()
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []


@pytest.mark.usefixtures("small_files")
def test_a_purge_leaves_no_trace_in_any_file(refresher: Make, source: LoggedSource, tmp_path: Path) -> None:
    """Not in bases, not in rows that no longer count, not in deltas, not in a build that broke off."""
    source.put(*(patient(str(n)) for n in range(6)), *(pressure(f"o{n}", str(n)) for n in range(6)))
    refresher().run()
    source.put(pressure("o3", "3", 180), pressure("o4", "3", 170), pressure("o3x", "3"))
    refresher().run()
    staging = Folder(tmp_path / "lake").staging("observation")
    staging.mkdir(parents=True)
    (staging / "left").touch()
    before = everything(tmp_path / "lake")
    report = refresher().purge(["3"])
    assert report.held == 0
    files = list((tmp_path / "lake").rglob("*.parquet"))
    assert files
    for file in files:
        table = pq.read_table(file)
        if "patient_id" in table.column_names:
            assert "3" not in table["patient_id"].to_pylist(), file
    assert not staging.exists()
    after = everything(tmp_path / "lake")
    assert len(before["observation"]) - len(after["observation"]) == 9
    assert len(after["patient"]) == 5


def test_unknown_tables_are_named(refresher: Make) -> None:
    """Before anything is done."""
    with pytest.raises(Fault, match="LAKE-006"):
        refresher().run(["nothing"])


def test_standard_tables_are_sound() -> None:
    """Every one compiles without remarks; every column has a meaning, a Chinese name and a level; names are unique."""
    from minkang.views.compiler import check_view

    assert len(standard_tables()) >= 24
    for table in standard_tables().values():
        checked = check_view(table.definition)
        assert checked.faults == (), table.name
        assert checked.notices == (), table.name
        names = [column.name for column in table.columns]
        assert len(names) == len(set(names)), table.name
        for column in table.columns:
            assert column.zh != column.name, (table.name, column.name)
            assert column.en, (table.name, column.name)
            assert column.level in {1, 2, 3, 4}
        assert table.by_person == ("patient_id" in names), table.name


def test_rows_past_their_years_go_after_a_trial(tmp_path: Path, source: LoggedSource, used: dict[str, Table]) -> None:
    """A record stays while any of its dates is young enough; patients stay; the trial changes nothing."""
    for observation, times in (("old", "2004-05-01"), ("edge", "2010-01-01"), ("new", "2024-05-01")):
        source.put(pressure(observation, "1", effectiveDateTime=times, meta={"lastUpdated": "2025-06-01T08:00:00Z"}))
    source.put(patient("1", meta={"lastUpdated": "1990-01-01T08:00:00+08:00"}))
    source.put(pressure("late", "1", effectiveDateTime="2004-05-01", issued="2024-01-01T08:00:00+08:00"))
    keeper = Refresher(Folder(tmp_path / "lake"), source, tables=used, options=Options(buckets=2, threads=1))
    generation = keeper.run().generation
    today = date(2025, 7, 1)
    with Lake(tmp_path / "lake", threads=1) as lake:
        found = keeper.expire(today)
        assert [(one.table, one.rows, str(one.before)) for one in found] == [("observation", 3, "2010-01-01")]
        assert lake.manifest().generation == generation
        assert keeper.expire(today, dry=False) == found
        ids = lake.sql("SELECT DISTINCT id FROM observation ORDER BY id").rows()
        assert [row["id"] for row in ids] == ["edge", "late", "new"]
        assert lake.sql("SELECT count(*) AS n FROM patient").rows() == [{"n": 1}]
    assert keeper.expire(today) == []
    assert "old" not in str([pq.read_table(file).to_pylist() for file in (tmp_path / "lake").rglob("*.parquet")])
