"""Several processes on one delivery: the same records and counts as one, each message once, refusals counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.conftest import short_folder

from minkang.cli.hands import WORTH_BYTES, hands_for, take_by_hands
from minkang.db import Database
from minkang.exchange.intake.runs import Report
from minkang.exchange.intake.sources import Source
from minkang.exchange.intake.taking import Delivery, feed_deliveries, is_synthetic, register_all, take
from minkang.settings import read_settings
from minkang.wiring import intake_of, open_platform


def county(folder: Path) -> None:
    """Two senders with three files each; one line is no resource, and each patient is told twice."""
    (folder / "about.json").write_text('{"synthetic": true}', "utf-8")
    for sender in ("north", "south"):
        place = folder / "feeds" / sender / "fhir"
        place.mkdir(parents=True)
        for number in range(3):
            patients = [
                {"resourceType": "Patient", "id": f"p{one % 20}", "birthDate": f"19{50 + number}-01-01"}
                for one in range(20 * number, 20 * number + 30)
            ]
            lines = [json.dumps(patient) for patient in patients]
            (place / f"{number}.ndjson").write_text("\n".join([*lines, f'{{"resourceType":"No{number}"}}']), "utf-8")


def test_two_hands_take_what_one_takes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """All arrivals have one outcome, both senders' twenty patients are there, and a second delivery changes nothing."""
    with short_folder() as home:
        county(home)
        monkeypatch.setenv("MINKANG_HOME", str(home / "home"))
        monkeypatch.setenv("MINKANG_DATABASE_URL", database.url)
        platform = open_platform(read_settings(), prepare=True)
        try:
            found = feed_deliveries(home)
            register_all(intake_of(platform), found, synthetic=is_synthetic(home))
            report, again = Report(), Report()
            assert len(list(take_by_hands(found, report, 2))) == len(found) == 6
            list(take(intake_of(platform), found, again))
        finally:
            platform.close()
    assert report.balanced
    assert report.rejected == 6
    assert report.arrived == 6 * 31
    assert (again.accepted, again.superseded) == (0, 0)
    with database.connection() as connection:
        kept = connection.execute("SELECT count(*) FROM exchange_object WHERE type = 'Patient'").fetchone()
        settled = connection.execute("SELECT count(*) FROM exchange_message").fetchone()
        told = connection.execute(
            "SELECT count(*) FROM record_version WHERE convert_from(body, 'UTF8') LIKE '%\"HTEST\"%'"
        ).fetchone()
        versions = connection.execute("SELECT count(*) FROM record_version").fetchone()
    assert told == versions
    assert kept == (40,)
    assert settled == (report.accepted + report.superseded + report.rejected,)


def test_small_deliveries_are_taken_by_one(tmp_path: Path) -> None:
    """A process is started where it pays, and never more than files."""
    small = Delivery("a", "fhir", Source(tmp_path, 10, ""))
    large = Delivery("a", "fhir", Source(tmp_path, WORTH_BYTES, ""))
    assert hands_for([]) == 1
    assert hands_for([small, small]) == 1
    assert hands_for([large]) == 1


@pytest.mark.parametrize(
    ("told", "synthetic"),
    [
        ('{"synthetic": true}', True),
        ('{"synthetic": 1}', False),
        ("{}", False),
        ("[]", False),
        ("", False),
        (None, False),
    ],
)
def test_a_folder_says_whether_it_is_made_up(tmp_path: Path, told: str | None, synthetic: bool) -> None:
    """Only a folder that says so plainly is taken as synthetic."""
    if told is not None:
        (tmp_path / "about.json").write_text(told, "utf-8")
    assert is_synthetic(tmp_path) is synthetic
