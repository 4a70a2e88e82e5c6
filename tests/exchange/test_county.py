"""A small synthetic county goes through the real exchange; truth and store are compared event by event."""

from __future__ import annotations

from pathlib import Path

import pytest

from minkang.access import program_access
from minkang.blobs import FolderBlobs
from minkang.db import Database
from minkang.exchange.intake.engine import Intake
from minkang.exchange.intake.runs import Report
from minkang.exchange.intake.taking import feed_deliveries, register_all, take
from minkang.exchange.ledger.looking import Ledger
from minkang.lake.source import StoreSource
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch
from minkang.synth.comparing import Told, compare, compare_store
from minkang.synth.comparing.facts import Fact
from minkang.synth.comparing.told import Event
from minkang.synth.feeds.faults import DEFAULT
from minkang.synth.feeds.registry import chosen
from minkang.synth.making import Order, make_county
from minkang.wiring import connectors

ACCESS = program_access("test")
DOSE = Fact("vaccinations", "s", "7", "2024-05-01", "HepB", "L1", "csv/vaccination")


def told(*events: tuple[Fact, str, str]) -> Told:
    """Events with a fault and the key of their message; the sender numbers person 7 as 0007."""
    return Told(
        [Event(fact, frozenset({fault}), frozenset({key})) for fact, fault, key in events], {("s", "0007"): "7"}, 1
    )


@pytest.mark.parametrize(
    ("fault", "stored", "refused", "column"),
    [
        ("", [DOSE], set(), "stored"),
        ("", [], set(), "missing"),
        ("", [], {("s", "k")}, "refused"),
        ("", [DOSE._replace(detail="L2")], set(), "wrong"),
        ("mistake", [DOSE._replace(detail="L2")], set(), "wrong"),
        ("wrong_code", [DOSE._replace(detail="L2")], set(), "differs"),
        ("", [DOSE, DOSE], set(), "more"),
        ("", [DOSE, DOSE._replace(day="2024-05-02")], set(), "more"),
    ],
)
def test_each_way_to_disagree_is_counted_by_itself(
    fault: str, stored: list[Fact], refused: set[tuple[str, str]], column: str
) -> None:
    """Missing, twice, different with and without a fault that accounts for it, on another day, rejected."""
    (one,) = compare(told((DOSE, fault, "k")), [fact._replace(who="0007") for fact in stored], refused)
    assert one.told == 1
    assert getattr(one, column) == 1
    assert one.agrees is (column in {"stored", "refused", "differs"})


@pytest.mark.long
@pytest.mark.parametrize("times", [1, 2])
def test_every_event_that_a_feed_carried_is_in_the_store_once(database: Database, tmp_path: Path, times: int) -> None:
    """Five times the usual faults; also when everything is sent a second time. Arrivals are all accounted for."""
    rates = {name: min(0.5, 5 * rate) for name, rate in DEFAULT.as_dict().items() if not name.startswith("newborn")}
    order = Order("wenshang", 120, (2025, 2025), 5, DEFAULT.with_rates(rates), chosen("all"), fhir=False)
    make_county(order, tmp_path / "c", workers=1)
    blobs = FolderBlobs(tmp_path / "blobs")
    repository = PostgresRepository(database, PostgresSearch())
    intake = Intake(database, repository, blobs, connectors())
    found = feed_deliveries(tmp_path / "c")
    register_all(intake, found)
    report = Report()
    for _ in range(times):
        for _one in take(intake, found, report):
            pass
    compared = compare_store(tmp_path / "c", StoreSource(repository, database, ACCESS), Ledger(database, blobs), ACCESS)
    assert [(one.table, one.feed, one.examples) for one in compared.tables if not one.agrees] == []
    assert sum(one.told for one in compared.tables) > 1000
    assert len(compared.tables) > 25
    assert sum(compared.arrived.values()) == report.arrived >= times * compared.messages
