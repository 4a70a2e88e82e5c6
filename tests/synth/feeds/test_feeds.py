"""What the feeds carry: every event of theirs once, faults at their rates, files that can be read."""

import csv
import json
import re
import zipfile
from collections import Counter
from itertools import pairwise
from math import sqrt
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from minkang.fhir import decode, encode
from minkang.synth import Truth
from minkang.synth.arrays import NEVER
from minkang.synth.feeds.faults import DEFAULT
from minkang.synth.feeds.registry import feed_module, module_names
from minkang.synth.feeds.telling import Feed, Pack
from minkang.synth.making import Order, make_county

RATES = {"duplicate": 0.03, "corrected": 0.04, "withdrawn": 0.02, "late": 0.05, "out_of_order": 0.04, "encoding": 0.2,
         "truncated": 0.1, "wrong_code": 0.02, "wrong_unit": 0.02}  # fmt: skip
OWN = ("village", "device", "cdc", "vaccination", "maternal")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small county with all feeds; the same people as in `truth`."""
    folder = tmp_path_factory.mktemp("county") / "out"
    order = Order("wenshang", 4000, (2019, 2025), 1, DEFAULT.with_rates(RATES), OWN, fhir=False)
    make_county(order, folder, workers=1)
    return folder


def carried(made: Path) -> list[dict[str, object]]:
    table = pq.read_table(
        made / "truth" / "carried.parquet", columns=["feed", "key", "state", "copy", "table", "id", "faults"]
    )
    rows: list[dict[str, object]] = table.to_pylist()
    return rows


def test_every_event_is_carried_once(made: Path, truth: Truth) -> None:
    """Without copies, corrections and what was entered twice, each row of the truth stands in one message."""
    counts: Counter[tuple[object, object]] = Counter()
    for row in carried(made):
        faults = row["faults"]
        assert isinstance(faults, list)
        if row["copy"] == 0 and row["state"] == "new" and "entered_twice" not in faults:
            counts[row["table"], row["id"]] += 1
    assert set(counts.values()) == {1}
    tables = truth.tables
    village = np.isin(tables["encounters"]["institution"], truth.county.of_kind("village"))
    village &= tables["encounters"]["kind"] == "outpatient"
    visits = tables["followups"]
    expected = {
        "notifications": tables["notifications"]["id"], "deaths": tables["deaths"]["id"],
        "tumours": tables["tumours"]["id"],
        "readings": tables["readings"]["id"], "births": tables["births"]["id"],
        "vaccinations": tables["vaccinations"]["id"][tables["vaccinations"]["day"] < NEVER],
        "followups": visits["id"][np.isin(visits["programme"], ("maternal", "child")) & (visits["encounter"] >= 0)],
        "pregnancies": tables["pregnancies"]["id"][tables["pregnancies"]["delivered"] < NEVER],
    }  # fmt: skip
    for table, ids in expected.items():
        assert {key[1] for key in counts if key[0] == table} == set(ids.tolist()), table
    told = {key[1] for key in counts if key[0] == "encounters"}
    assert set(tables["encounters"]["id"][village].tolist()) <= told
    inside = np.isin(tables["observations"]["encounter"], np.array(sorted(told)))  # type: ignore[type-var]
    assert set(tables["observations"]["id"][inside].tolist()) <= {key[1] for key in counts if key[0] == "observations"}


def test_a_second_entry_is_withdrawn_and_a_mistake_corrected(made: Path) -> None:
    """Nothing false stays: who reads all messages ends with one right entry for each event."""
    seen: dict[tuple[object, object], list[str]] = {}
    for row in carried(made):
        if row["copy"] == 0:
            faults = row["faults"]
            assert isinstance(faults, list)
            word = next(
                (name for name in ("entered_twice", "withdrawn", "mistake", "corrected") if name in faults), "plain"
            )
            seen.setdefault((row["table"], row["id"]), []).append(word)
    kinds = Counter(tuple(sorted(words)) for words in seen.values())
    assert set(kinds) == {("plain",), ("corrected", "mistake"), ("entered_twice", "plain", "withdrawn")}


def messages(made: Path) -> list[dict[str, object]]:
    """One row a message, not one a row of the truth."""
    table = pq.read_table(
        made / "truth" / "carried.parquet", columns=["sender", "feed", "key", "state", "copy", "stated", "faults"]
    )
    seen: dict[tuple[object, ...], dict[str, object]] = {}
    for row in table.to_pylist():
        seen[row["sender"], row["feed"], row["key"], row["state"], row["copy"]] = row
    return list(seen.values())


def test_rates_of_message_faults_come_back(made: Path) -> None:
    """Of the messages: copies, delays; of the events: corrections, withdrawals; within five standard errors."""
    rows = messages(made)
    first = [row for row in rows if row["copy"] == 0]
    events = [row for row in first if row["state"] == "new" and "entered_twice" not in row["faults"]]  # type: ignore[operator]

    def near(count: int, of: int, rate: float) -> None:
        assert abs(count / of - rate) < 5 * sqrt(rate * (1 - rate) / of), (count / of, rate)

    def having(some: list[dict[str, object]], name: str) -> int:
        return sum(name in row["faults"] for row in some)  # type: ignore[operator]

    near(len(rows) - len(first), len(first), RATES["duplicate"])
    near(having(first, "late"), len(first), RATES["late"])
    near(having(first, "out_of_order"), len(first), RATES["out_of_order"] * (1 - RATES["late"]))
    near(having(events, "mistake"), len(events), RATES["corrected"])
    near(having(first, "withdrawn"), len(events), RATES["withdrawn"] * (1 - RATES["corrected"]))
    coded = [row for row in events if row["feed"] in {"fhir", "csv/vaccination", "csv/notifiable-card"}]
    near(having(coded, "wrong_code"), len(coded), RATES["wrong_code"] * (1 - RATES["corrected"]))


def test_files_hold_what_the_record_says(made: Path) -> None:
    """Whole files are readable in the encoding told and hold the arrivals of their period; cut ones come again."""
    files = pq.read_table(made / "truth" / "files.parquet").to_pylist()
    table = pq.read_table(
        made / "truth" / "carried.parquet", columns=["sender", "feed", "period", "key", "state", "copy"]
    )
    arrivals = Counter(
        tuple(row.values())[:3] for row in {tuple(row.values()): row for row in table.to_pylist()}.values()
    )
    whole = [one for one in files if not one["truncated"]]
    assert (
        len({(one["sender"], one["feed"], one["file"].split(".")[0]) for one in whole}) == len(whole) == len(arrivals)
    )
    feeds = {feed.name: feed for name in OWN for feed in feed_module(name).FEEDS}
    for one in whole:
        place = made / "feeds" / one["sender"] / one["feed"] / one["file"]
        assert place.stat().st_size == one["size"]
        count = len(read(place, feeds[one["feed"]], one["encoding"]))
        assert count == one["messages"] == arrivals[one["sender"], one["feed"], one["file"].split(".")[0]]
    cut = [one for one in files if one["truncated"]]
    assert len(cut) > 5
    for one in cut:
        again = one["file"].replace(".", ".again.", 1)
        assert (made / "feeds" / one["sender"] / one["feed"] / again).stat().st_size > one["size"]
    odd = [one for one in whole if one["other_encoding"]]
    tables = [one for one in whole if one["encoding"]]
    assert abs(len(odd) / len(tables) - RATES["encoding"]) < 5 * sqrt(0.16 / len(tables))


def read(place: Path, feed: Feed, encoding: str) -> list[object]:
    """The messages of a file."""
    if feed.pack is Pack.ZIP:
        return list(zipfile.ZipFile(place).namelist())
    if feed.pack is Pack.LINES:
        return [json.loads(line) for line in place.read_bytes().splitlines()]
    text = place.read_bytes().decode("utf-8-sig" if encoding == "utf-8" else encoding)
    rows = list(csv.reader(text.splitlines()))
    assert tuple(rows[0]) == feed.columns
    assert all(len(row) == len(rows[0]) for row in rows)
    return list(rows[1:])


def test_messages_stand_in_order_of_arrival(made: Path) -> None:
    """And some are overtaken: the time of statement is not in order where the arrival is late."""
    place = next(made.glob("feeds/*-vaccination/csv/vaccination/2023-05.csv"))
    rows = read(
        place, feed_module("vaccination").FEEDS[0], "utf-8" if place.read_bytes()[:3] == b"\xef\xbb\xbf" else "gb18030"
    )
    stated = [row[-2] for row in rows]  # type: ignore[index]
    assert stated != sorted(stated)
    assert np.mean([a <= b for a, b in pairwise(stated)]) > 0.8


def test_village_bundles_are_valid_and_say_that_they_are_synthetic(made: Path) -> None:
    count = 0
    for place in sorted(made.glob("feeds/*/fhir/2024.ndjson"))[:10]:
        for line in place.read_bytes().splitlines()[:40]:
            bundle = decode(line)
            assert b'"HTEST"' in line
            assert encode(bundle) == line
            count += 1
    assert count > 50


def test_identities_name_everyone_a_message_is_about(made: Path, truth: Truth) -> None:
    table = pq.read_table(made / "truth" / "identities.parquet")
    pairs = {(row["sender"], row["local"]) for row in table.select(["sender", "local"]).to_pylist()}
    assert set(table["person"].to_pylist()) <= set(truth.tables["persons"]["id"].tolist())
    for place in sorted(made.glob("feeds/*/device/2024.jsonl"))[:5]:
        for line in place.read_bytes().splitlines():
            try:
                reading = json.loads(line)
            except ValueError:
                continue  # the last line of a file that was cut off
            assert (place.parts[-3], reading["patient"]) in pairs
    wrong = pc.sum(pc.greater(pc.list_value_length(table["faults"]), 0)).as_py()
    assert 0.1 < wrong / len(table) < 0.6


def test_every_module_that_is_there_keeps_the_contract(truth: Truth) -> None:
    assert set(OWN) <= set(module_names())
    for name in module_names():
        for feed in feed_module(name).FEEDS:
            assert feed.every in {"month", "quarter", "year"}
            assert (feed.pack in {Pack.CSV, Pack.XLSX}) == bool(feed.columns)
            assert len(set(feed.columns)) == len(feed.columns)


def test_the_reference_names_every_column_in_its_place() -> None:
    """docs/reference/feeds.md is what mapping files are written from."""
    text = (Path(__file__).parents[3] / "docs" / "reference" / "feeds.md").read_text("utf-8")
    for name in OWN:
        for feed in feed_module(name).FEEDS:
            assert f"`{feed.name}`" in text
            if feed.columns:
                section = text[max(text.find(f"## `{feed.name}`"), text.find(f"\n`{feed.name}` (key")) :]
                section = section[: section.index("`数据状态`") + 10]
                named = [word for word in re.findall(r"`([^`\n]+)`", section) if word in feed.columns]
                assert tuple(dict.fromkeys(named)) == feed.columns, feed.name
