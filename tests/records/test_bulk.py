"""The bulk path."""

from __future__ import annotations

import bz2
import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from minkang.access import Access, parse_scopes
from minkang.db import Database
from minkang.errors import Fault
from minkang.fhir import Resource, decode
from minkang.records import Incoming, LoadReport, Rejected, Repository
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch

Make = Callable[..., Resource]
TABLES = ("record_version", "search_token", "search_reference", "search_date", "search_number", "search_text")


def loaded(repository: Repository, access: Access, *chunks: list[bytes]) -> tuple[LoadReport, list[Rejected]]:
    """Load chunks of bodies, lines counted from 1."""
    report = LoadReport()
    incoming = [[Incoming(body, "f", line) for line, body in enumerate(chunk, 1)] for chunk in chunks]
    return report, list(repository.load(access, incoming, report))


def person(id: str, family: str = "Wang") -> bytes:
    """A patient as JSON."""
    return json.dumps({"resourceType": "Patient", "id": id, "name": [{"family": family}]}).encode()


def test_new_known_and_bad_resources_each_go_their_way(repository: Repository, access: Access) -> None:
    """New ones are created, known ones become their next version or stay, bad ones come back with reason and place."""
    first, rejected = loaded(repository, access, [person("1"), person("2")])
    assert (first, rejected) == (LoadReport(created=2), [])
    repository.delete(access, "Patient", "2")
    report, rejected = loaded(
        repository,
        access,
        [
            person("1"),
            person("1", "Li"),
            person("2"),
            person("3"),
            b'{"resourceType":"Patient"}',
            b"{",
            b'{"resourceType":"Wolf"}',
        ],
    )
    assert report == LoadReport(created=2, updated=1, unchanged=1, rejected=3)
    assert [(one.line, one.fault.code[:4], one.source) for one in rejected] == [
        (5, "RECO", "f"),
        (6, "FHIR", "f"),
        (7, "FHIR", "f"),
    ]
    assert [repository.read(access, "Patient", id).version for id in "123"] == [2, 3, 1]
    record = repository.read(access, "Patient", "3")
    assert record.body is not None
    assert decode(record.body).meta.versionId == "1"
    changes = [(change.record.id, change.record.version) for change in repository.feed(access, None, 100)]
    assert sorted(changes) == [("1", 1), ("1", 2), ("2", 1), ("2", 2), ("2", 3), ("3", 1)]


def test_of_two_resources_with_one_id_the_later_stays(repository: Repository, access: Access) -> None:
    """Whether they stand in one chunk or in several that are in work at once."""
    chunks = [[person(f"{one}", f"Family{turn}") for one in range(20)] for turn in range(12)]
    report, rejected = loaded(repository, access, *chunks)
    assert (report.created, report.updated, rejected) == (20, 220, [])
    for one in range(20):
        record = repository.read(access, "Patient", f"{one}")
        assert record.version == 12
        assert b"Family11" in (record.body or b"")


def test_a_load_needs_the_scopes_to_create_and_update_everything(repository: Repository, access: Access) -> None:
    """Nothing is stored without."""
    with pytest.raises(Fault, match="ACCESS-002"):
        loaded(repository, Access("one", parse_scopes("system/Patient.cruds")), [person("1")])


def test_loaded_rows_are_those_of_an_update(store: PostgresRepository, database: Database, access: Access) -> None:
    """COPY and the ordinary path leave the same search keys."""
    observation = """{"resourceType":"Observation","id":"%s","status":"final","code":{"coding":[
    {"system":"http://loinc.org","code":"85354-9","display":"Blood pressure"}]},
    "subject":{"reference":"Patient/1"},"effectivePeriod":{"start":"2020"},
    "component":[{"code":{"coding":[{"code":"8480-6"}]},"valueQuantity":{"value":120.50,"code":"mm[Hg]",
    "system":"http://unitsofmeasure.org"}},{"code":{"text":"x"},"valueQuantity":{"value":-8}}]}"""
    loaded(store, access, [(observation % "a").encode()])
    store.update(access, decode((observation % "b").encode()))
    with database.connection() as connection:
        for table in (*TABLES[1:], "record"):
            rows = connection.execute(
                f"SELECT r.id, (to_jsonb(k) - 'rid' - 'key' - 'id' - 'at' || CASE WHEN '{table}' = 'search_token' THEN"
                f" jsonb_build_object('token', to_jsonb(k)->'key') ELSE '{{}}' END)::text"
                f" FROM {table} AS k JOIN record AS r USING (type, rid)"
            ).fetchall()
            assert Counter(row for id, row in rows if id == "a") == Counter(row for id, row in rows if id == "b")
            assert rows


def test_a_load_beside_writers_of_the_same_ids_keeps_every_version(
    store: PostgresRepository, access: Access, patient: Make
) -> None:
    """Whoever comes second writes the next version; the feed has all of them in order."""
    ids = [f"p{n}" for n in range(60)]
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            for id in ids:
                store.update(access, patient(id, f"{threading.get_ident()}"))
                if stop.is_set():
                    return

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    report, rejected = loaded(store, access, *[[person(id, f"L{n}") for id in ids[n * 10 :]] for n in range(6)])
    stop.set()
    for writer in writers:
        writer.join()
    assert rejected == []
    assert report.created + report.updated + report.unchanged == sum(60 - n * 10 for n in range(6))
    last: dict[str, int] = {}
    for change in store.feed(access, None, 100_000):
        assert change.record.version == last.get(change.record.id, 0) + 1
        last[change.record.id] = change.record.version
    assert set(last) == set(ids)


@pytest.mark.reference
@pytest.mark.long
def test_the_synthea_population_is_taken_whole(database: Database, access: Access, reference: Path) -> None:
    """All 92,114 resources, by type as a plain JSON reader counts them, by way of transactions and by bulk alike."""
    store = PostgresRepository(database, PostgresSearch())
    expected: Counter[str] = Counter()
    chunks = []
    for file in sorted((reference / "fhir" / "synthea").glob("*.bz2")):
        entries = json.loads(bz2.decompress(file.read_bytes()))["entry"]
        addresses = {one["fullUrl"]: f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in entries}
        expected.update(one["resource"]["resourceType"] for one in entries)
        text = [json.dumps(one["resource"]) for one in entries]
        bodies = [
            re.sub(r"urn:uuid:[0-9a-f-]{36}", lambda found, a=addresses: a.get(found[0], found[0]), one) for one in text
        ]
        chunks.append([Incoming(body.encode(), file.name, line) for line, body in enumerate(bodies, 1)])
    report = LoadReport()
    assert list(store.load(access, chunks, report)) == []
    assert report.created == 92_114 == expected.total()
    query = PostgresSearch()
    for type, count in expected.items():
        page = store.search(access, query.parse(type, "_summary=count&_total=accurate"))
        assert page.total == count


def test_after_many_rows_the_database_knows_of_them(
    store: PostgresRepository, database: Database, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search tables of a type that many came of are counted at the end of the load, those of others are not."""
    monkeypatch.setattr("minkang.records.postgres.bulk.MANY", 100)
    for _ in store.load(access, [[Incoming(person(f"m{at}"), "memory", at) for at in range(120)]], LoadReport()):
        pass
    with database.connection() as connection:
        asked = "SELECT relname, reltuples FROM pg_class WHERE relname = ANY(%s)"
        counted = dict(connection.execute(asked, (["search_text_patient", "search_text_claim"],)).fetchall())
    assert counted == {"search_text_patient": 240, "search_text_claim": -1}
