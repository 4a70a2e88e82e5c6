"""Files taken in: stopped at any moment and gone on with, damaged, empty, huge, by several processes at once."""

from __future__ import annotations

import gzip
import os
import random
import resource
import subprocess
import sys
import threading
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.conftest import ROOT
from tests.exchange.conftest import FEED, SENDER, current_records, make_intake, say

from minkang.db import Database
from minkang.errors import Fault
from minkang.exchange.fhir.reading import documents
from minkang.exchange.intake.engine import Intake, Limits
from minkang.exchange.intake.runs import Report, Run
from minkang.exchange.intake.sources import find_sources
from minkang.exchange.intake.taking import feed_deliveries, register_all, take


def lines(count: int, *, bad: int = 0, seed: int = 1) -> list[bytes]:
    """Messages of a few hundred patients, one in twenty twice, some refused."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        told = ["Patient", f"patient/{rng.randrange(count // 3 + 1)}", 2, f"2024-{number:06d}", False, f"王{number}"]
        more = {"fail": "Foo"} if number < bad else {}
        made.append(say(f"m{number}", told, **more))
        if rng.random() < 0.05:
            made.append(rng.choice(made))
    return made


def take_file(intake: Intake, path: Path, feed: str = FEED) -> Report:
    """Take one file in; the counts are balanced whatever is in it."""
    report = Report()
    for source in find_sources([path]):
        Run(intake, intake.senders.may_send(SENDER, feed), feed, source, report).take()
    assert report.balanced
    return report


def books(database: Database) -> dict[str, int]:
    """What the ledger holds, each count from another table."""
    with database.connection() as connection:
        row = connection.execute(
            "SELECT (SELECT coalesce(sum(count), 0) FROM exchange_tally),"
            " (SELECT coalesce(sum(position), 0) FROM exchange_intake),"
            " (SELECT count(*) + coalesce(sum(copies), 0) FROM exchange_message),"
            " (SELECT count(*) FROM exchange_reject), (SELECT count(*) FROM exchange_message WHERE state = 'rejected')"
        ).fetchone()
    assert row is not None
    return dict(zip(("tallied", "settled", "in_ledger", "rejects", "rejected"), map(int, row), strict=True))


def test_a_file_is_counted_in_three_places_alike(intake: Intake, tmp_path: Path) -> None:
    """Arrivals read, arrivals tallied, positions settled, lines and copies in the ledger: all the same number."""
    told = lines(300, bad=7)
    file = tmp_path / "a.txt"
    file.write_bytes(b"\n".join(told) + b"\nnot a message\n\n")
    intake.limits = Limits(messages=32)
    report = take_file(intake, file)
    assert (report.arrived, report.rejected) == (len(told) + 1, 8)
    arrived = len(told) + 1
    assert books(intake.database) == {
        "tallied": arrived, "settled": arrived, "in_ledger": arrived, "rejects": 8, "rejected": 8,
    }  # fmt: skip
    again = take_file(intake, file)
    assert (again.duplicate, again.resumed) == (arrived, 0)


@pytest.mark.parametrize("packed", ["plain", "gz", "zip"])
def test_packed_files_are_read_like_plain_ones(intake: Intake, tmp_path: Path, packed: str) -> None:
    """A zip archive is one delivery, whatever the number of its files."""
    told = lines(40)
    half = len(told) // 2
    if packed == "zip":
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr("1.txt", b"\n".join(told[:half]))
            archive.writestr("2.txt", b"\n".join(told[half:]))
    elif packed == "gz":
        (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"\n".join(told)))
    else:
        (tmp_path / "a.txt").write_bytes(b"\n".join(told))
    assert take_file(intake, next(tmp_path.glob("a.*"))).arrived == len(told)
    assert books(intake.database)["settled"] == len(told)


@pytest.mark.parametrize("name", ["a.txt.gz", "a.zip"])
def test_a_file_cut_off_leaves_a_reject_that_says_so(intake: Intake, tmp_path: Path, name: str) -> None:
    """What stands before the damage is taken; the rest is one reject with the bytes of the file."""
    packed = gzip.compress(os.urandom(100).hex().encode() + b"\n" + b"\n".join(lines(3000)))
    if name.endswith(".zip"):
        with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
            archive.writestr("1.txt", b"\n".join(lines(3000)))
        packed = (tmp_path / "whole.zip").read_bytes()
    file = tmp_path / name
    file.write_bytes(packed[: len(packed) // 2])
    report = take_file(intake, file)
    assert report.codes["EXCHANGE-003"] == 1
    assert books(intake.database)["rejects"] == report.rejected


def test_an_empty_file_is_no_message(intake: Intake, tmp_path: Path) -> None:
    """Neither a message nor a fault; a path that is not there and a folder without files are faults."""
    (tmp_path / "a.txt").write_bytes(b"")
    assert take_file(intake, tmp_path / "a.txt").arrived == 0
    for path, code in ((tmp_path / "none", "EXCHANGE-001"), (tmp_path / "empty", "EXCHANGE-005")):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(Fault) as caught:
            find_sources([path])
        assert caught.value.code == code


def test_a_feed_nothing_reads_is_refused_before_anything_is_read(intake: Intake, tmp_path: Path) -> None:
    """A wrong name of a feed is told with the right ones."""
    with pytest.raises(Fault) as caught:
        intake.connectors.of("hl7")
    assert (caught.value.code, caught.value.params["known"]) == ("EXCHANGE-021", "device、fhir、plain")


def end_connections(database: Database) -> None:
    """Have the server end all connections to the database."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.parametrize("moment", ["before", "within", "committed"])
def test_a_database_that_dies_in_a_batch_loses_and_doubles_nothing(
    intake: Intake, tmp_path: Path, module_database: Database, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Before the transaction, when all of it is written but not committed, or with the commit's answer lost."""
    told = lines(90)
    (tmp_path / "a.txt").write_bytes(b"\n".join(told))
    intake.limits = Limits(messages=10, patience=30, first_pause=0.02)
    jointly, calls = intake.repository.jointly, Counter[str]()

    def disturbed(access: Any, work: Any) -> Any:
        calls["all"] += 1
        now = calls["all"] in {2, 5}
        if now and moment == "before":
            end_connections(intake.database)

        def cut(joint: Any) -> Any:
            done = work(joint)
            if now and moment == "within":
                end_connections(intake.database)
            return done

        done = jointly(access, cut)
        if now and moment == "committed":
            raise Fault("DB-022", reason="lost")
        return done

    monkeypatch.setattr(intake.repository, "jointly", disturbed)
    report = take_file(intake, tmp_path / "a.txt")
    assert report.arrived == len(told)
    assert calls["all"] > len(told) // 10
    _as_if_undisturbed(intake, told, module_database, tmp_path)


def test_a_database_that_stays_away_stops_the_run_and_the_next_one_goes_on(
    intake: Intake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the limit of patience the fault is the database's; what was settled is not read again as new."""
    told = lines(60)
    (tmp_path / "a.txt").write_bytes(b"\n".join(told))
    intake.limits = Limits(messages=10, patience=0.2, first_pause=0.05)
    jointly, calls = intake.repository.jointly, Counter[str]()

    def away(access: Any, work: Any) -> Any:
        calls["all"] += 1
        if calls["all"] > 3:
            raise Fault("DB-020", reason="away")
        return jointly(access, work)

    monkeypatch.setattr(intake.repository, "jointly", away)
    with pytest.raises(Fault) as caught:
        take_file(intake, tmp_path / "a.txt")
    assert caught.value.code == "DB-020"
    monkeypatch.undo()
    report = take_file(intake, tmp_path / "a.txt")
    assert (report.resumed, report.arrived) == (30, len(told) - 30)
    assert books(intake.database)["in_ledger"] == len(told)


def _as_if_undisturbed(intake: Intake, told: list[bytes], other: Database, folder: Path) -> None:
    """Ledger and records are those of a run that nothing disturbed."""
    counted = books(intake.database)
    assert counted["tallied"] == counted["settled"] == counted["in_ledger"] == len(told)
    with intake.database.connection() as connection:
        states = Counter(dict(connection.execute("SELECT key, copies FROM exchange_message").fetchall()))
        versions = connection.execute("SELECT count(*), count(DISTINCT (rid, version)) FROM record_version").fetchone()
    keys = Counter(_key(line) for line in told)
    assert {key: copies + 1 for key, copies in states.items()} == dict(keys)
    assert versions is not None
    assert versions[0] == versions[1]
    undisturbed = make_intake(other, folder / "other")
    with other.connection() as connection:
        connection.execute("SET LOCAL minkang.purge = 'on'")
        connection.execute("DELETE FROM record_version")
        connection.execute("DELETE FROM record")
        connection.execute("TRUNCATE exchange_message, exchange_object, exchange_intake, exchange_reject")
    (folder / "again.txt").write_bytes(b"\n".join(told))
    take_file(undisturbed, folder / "again.txt")
    assert current_records(intake.database, provenance=True) == current_records(other, provenance=True)


def _key(line: bytes) -> str:
    import msgspec

    return str(msgspec.json.decode(line)["key"])


def start(database: Database, blobs: Path, file: Path, batch: int) -> subprocess.Popen[bytes]:
    """A process of its own that takes the file."""
    words = [sys.executable, "-m", "tests.exchange.intake_process", database.url, str(blobs), str(file), str(batch)]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE)


def _kill_and_resume(intake: Intake, other: Database, folder: Path, kills: int, count: int) -> None:
    told = lines(count, bad=0)
    file = folder / "a.txt"
    file.write_bytes(b"\n".join(told))
    rng = random.Random(7)
    killed = 0
    for _ in range(kills):
        process = start(intake.database, folder / "blobs", file, 10)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(rng.uniform(0, 0.3))
        killed += process.poll() is None
        process.kill()
        process.wait()
        process.stdout.close()
    assert killed, "every process had ended before it was killed: the file is too small to show anything"
    _wait_for_idle(intake.database)
    last = start(intake.database, folder / "blobs", file, 10)
    last.communicate(timeout=120)
    assert last.returncode == 0
    with intake.database.connection() as connection:
        # What was killed behind its last message leaves a run that the next one found done.
        runs = connection.execute("SELECT state, count(*) FROM exchange_intake GROUP BY state").fetchall()
    assert runs == [("done", 1)]
    _as_if_undisturbed(intake, told, other, folder)


def _wait_for_idle(database: Database) -> None:
    """The server notices a killed client with its next answer to it; until then its transaction is open."""
    for _ in range(100):
        with database.connection() as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state = 'active' AND application_name = 'minkang'"
            ).fetchone()
        if row == (0,):
            return
        time.sleep(0.1)


def test_a_killed_intake_goes_on_where_it_was(intake: Intake, module_database: Database, tmp_path: Path) -> None:
    """Killed twice with nothing to save itself by; then once to the end: nothing lost, nothing twice."""
    _kill_and_resume(intake, module_database, tmp_path, 2, 900)


@pytest.mark.long
def test_an_intake_killed_twenty_times_goes_on(intake: Intake, module_database: Database, tmp_path: Path) -> None:
    """The same at twenty random moments."""
    _kill_and_resume(intake, module_database, tmp_path, 20, 12_000)


@pytest.mark.long
def test_several_processes_on_one_sender_are_safe(intake: Intake, module_database: Database, tmp_path: Path) -> None:
    """Three processes with overlapping files of one sender end in the records that one would have made."""
    told = lines(240)
    parts = [told[:160], told[80:], told[::2]]
    files = []
    for number, part in enumerate(parts):
        files.append(tmp_path / f"{number}.txt")
        files[-1].write_bytes(b"\n".join(part))
    processes = [start(intake.database, tmp_path / "blobs", file, 15) for file in files]
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    counted = books(intake.database)
    assert counted["tallied"] == counted["settled"] == counted["in_ledger"] == sum(map(len, parts))
    whole = make_intake(module_database, tmp_path / "other")
    with module_database.connection() as connection:
        connection.execute("SET LOCAL minkang.purge = 'on'")
        connection.execute("DELETE FROM record_version")
        connection.execute("DELETE FROM record")
        connection.execute("TRUNCATE exchange_message, exchange_object, exchange_intake")
    (tmp_path / "whole.txt").write_bytes(b"\n".join(told))
    take_file(whole, tmp_path / "whole.txt")
    assert current_records(intake.database) == current_records(module_database)


def test_two_on_one_file_take_each_message_once(intake: Intake, tmp_path: Path) -> None:
    """The one that comes late at a stretch stops and says why; the file is whole in the end."""
    told = lines(400)
    (tmp_path / "a.txt").write_bytes(b"\n".join(told))
    intake.limits = Limits(messages=10)
    faults: list[str] = []

    def work() -> None:
        try:
            take_file(intake, tmp_path / "a.txt")
        except Fault as fault:
            faults.append(fault.code)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(faults) <= {"EXCHANGE-026"}
    counted = books(intake.database)
    assert counted["tallied"] == counted["settled"] == counted["in_ledger"]
    assert counted["settled"] % len(told) == 0


def test_folders_of_senders_and_feeds_are_taken_whole(intake: Intake, tmp_path: Path) -> None:
    """feeds/<sender>/<feed>/<file>: unknown senders are registered with what they bring, each gets its connector."""
    for sender in ("clinic-a", "clinic-b"):
        folder = tmp_path / "feeds" / sender / FEED
        folder.mkdir(parents=True)
        (folder / "2024.txt").write_bytes(b"\n".join(lines(10)))
    found = feed_deliveries(tmp_path)
    register_all(intake, found)
    report = Report()
    assert len(list(take(intake, found, report))) == 2
    assert report.arrived == 2 * len(lines(10))
    assert {one.slug: one.feeds for one in intake.senders.all()}["clinic-a"] == (FEED,)
    assert len(current_records(intake.database)) == 2 * len({_patient(line) for line in lines(10)})


def _patient(line: bytes) -> Any:
    import msgspec

    return msgspec.json.decode(line)["say"][0][1]


def test_a_line_of_two_hundred_megabytes_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    """Its beginning, length and hash are kept, and the next line is read."""
    file = tmp_path / "a.ndjson"
    with file.open("wb") as out:
        for _ in range(200):
            out.write(b"x" * (1 << 20))
        out.write(b'\n{"resourceType":"Patient"}\n')
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with file.open("rb") as stream:
        found = list(documents(stream, str(file), 8 << 20))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert [(piece.line, piece.fault is None) for piece in found] == [(1, False), (2, True)]
    assert found[0].fault is not None
    assert found[0].fault.params["length"] == 200 << 20
    assert grown < 60_000, f"{grown} KB for lines of at most 8 MB"


@pytest.mark.long
def test_a_large_file_is_taken_in_bounded_memory(intake: Intake, tmp_path: Path) -> None:
    """300 MB of large messages: the process grows by a few batches, not by the file."""
    file = tmp_path / "a.txt"
    filler = "x" * 60_000
    with file.open("wb") as out:
        for number in range(5000):
            told = ["Patient", f"patient/{number % 50}", 2, f"2024-{number:06d}", False, "王"]
            out.write(say(f"m{number}", told, filler=filler) + b"\n")
    words = [sys.executable, "-c", MEASURED, intake.database.url, str(tmp_path / "blobs"), str(file)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    first, most = map(int, done.stdout.split())
    assert file.stat().st_size > 280 << 20
    assert most - first < 120_000, f"grew by {most - first} KB"
    assert books(intake.database)["settled"] == 5000


MEASURED = """
import resource, sys
from pathlib import Path
from minkang.db import Database
from minkang.exchange.intake.runs import Report, Run
from minkang.exchange.intake.sources import find_sources
from tests.exchange.conftest import FEED, SENDER, make_intake
with Database(sys.argv[1], size=4) as database:
    intake = make_intake(database, Path(sys.argv[2]))
    first = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    Run(intake, intake.senders.sender(SENDER), FEED, find_sources([Path(sys.argv[3])])[0], Report()).take()
    print(first, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
