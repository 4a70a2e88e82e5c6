"""Data quality over a real database: rules on records, figures kept up to date, drill-down, and known faults found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest

from minkang.access import program_access
from minkang.blobs import FolderBlobs
from minkang.codes.identifiers import id_check
from minkang.db import Database
from minkang.exchange.intake.engine import Intake
from minkang.exchange.intake.runs import Report
from minkang.exchange.intake.taking import feed_deliveries, register_all, take
from minkang.exchange.message import Message
from minkang.exchange.quality import Quality, refresh, rules
from minkang.exchange.quality.looks import LOOKS, Seen, values
from minkang.exchange.quality.measuring import Statement, measure
from minkang.exchange.quality.rules import parse_rules
from minkang.records.postgres import PostgresRepository
from minkang.records.search import PostgresSearch
from minkang.synth.feeds.faults import NONE
from minkang.synth.feeds.registry import chosen
from minkang.synth.making import Order, make_county
from minkang.wiring import connectors

ACCESS = program_access("test")
SENDER = "village-one"
GOOD_CARD = "58083019600204001" + id_check("58083019600204001")
PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "meta": {"source": f"urn:minkang:sender:{SENDER}#fhir"},
    "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": GOOD_CARD}],
    "name": [{"text": "王芳"}],
    "gender": "male",
    "birthDate": "1960-02-04",
    "telecom": [{"system": "phone", "value": "13800000000"}],
    "address": [{"text": "x"}],
}
NOW = datetime(2024, 5, 10, 12, tzinfo=UTC)


def statement(at: str = "2024-05-10T19:00:00+08:00", place: str = "socket") -> Statement:
    return Statement("\x01".join(("001", at, "", "0")), NOW, place)


def failed(body: dict[str, Any], told: Statement | None = None) -> set[str]:
    """The rules that a record fails."""
    found = measure(body, told or statement(), rules())
    assert found is not None
    assert found.failed & ~found.checked == 0
    return {one.id for one in rules().rule if found.failed >> (one.number - 1) & 1}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, set()),
        ({"identifier": []}, {"id-card-given"}),
        ({"identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": GOOD_CARD[:-1] + "?"}]}, {"id-card-valid"}),
        ({"birthDate": "1960-04-02"}, {"birth-as-card"}),
        ({"gender": "female"}, {"sex-as-card"}),
        ({"name": [{"text": "王芳之子"}]}, {"name-proper"}),
        ({"telecom": []}, {"phone-given"}),
        ({"telecom": [{"value": GOOD_CARD}]}, {"phone-valid"}),
        ({"birthDate": None, "address": None}, {"birth-given", "address-given"}),
    ],
)
def test_a_patient_fails_the_rule_that_the_fault_is_about_and_no_other(
    change: dict[str, Any], expected: set[str]
) -> None:
    """One fault, one rule: ID number, birth, sex, name, phone, address."""
    body = {name: value for name, value in {**PATIENT, **change}.items() if value is not None}
    assert failed(body) == expected


def observation(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "o",
        "meta": PATIENT["meta"],
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": "2024-05-09T08:00:00+08:00",
        "valueQuantity": {"value": 70},
        **more,
    }


@pytest.mark.parametrize(
    ("body", "told", "expected"),
    [
        (observation(), statement(), set()),
        (observation(valueQuantity={"value": 7000}), statement(), {"value-possible"}),
        (observation(valueQuantity=None), statement(), {"value-given"}),
        (observation(code={"text": "?"}), statement(), {"item-coded"}),
        (observation(effectiveDateTime="2024-05-12"), statement(), {"not-ahead"}),
        (observation(), statement("2024-05-09T08:00:00+08:00"), {"in-time"}),
        (observation(), statement("2024-05-09T08:00:00+08:00", "2024-05.csv, row 3"), set()),
        (observation(), statement("2024-05-09T08:00:00+08:00", "2023.ndjson:3"), set()),
        (observation(), statement("2023-12-01T08:00:00+08:00", "2024-05.csv, row 3"), {"in-time", "not-ahead"}),
        (observation(status="entered-in-error", code={}), statement(), {"stands"}),
    ],
)
def test_an_event_is_judged_by_value_code_and_time(body: dict[str, Any], told: Statement, expected: set[str]) -> None:
    """A file that names its period counts as come in that period; of a withdrawn record nothing else is asked."""
    assert failed({name: value for name, value in body.items() if value is not None}, told) == expected


def test_a_total_that_is_not_the_sum_of_its_items_is_found() -> None:
    """其中 items have a category and are not added again (norms 4.5)."""
    items = [{"net": {"value": 1.5}}, {"net": {"value": 2}}, {"net": {"value": 1}, "category": {"text": "其中项"}}]
    claim = {"resourceType": "Claim", "id": "c", "meta": PATIENT["meta"], "item": items, "created": "2024-05-01"}
    assert failed({**claim, "total": {"value": 3.5}}) == set()
    assert failed({**claim, "total": {"value": 4.5}}) == {"costs-add-up"}


def test_every_rule_names_a_look_and_unknown_keys_are_refused() -> None:
    """The file is data, and read strictly."""
    assert {one.look for one in rules().rule} <= set(LOOKS)
    with pytest.raises(ValueError, match="twice"):
        parse_rules(
            "dataset=[]\nmessage=[]\n"
            + 2 * '[[rule]]\nnumber=1\nid="a"\ndimension="validity"\nlook="given"\nzh=""\nen=""\n'
        )
    with pytest.raises(msgspec.ValidationError):
        parse_rules("dataset=[]\nmessage=[]\nrule=[]\nrules=[]")
    assert list(values({"a": [{"b": 1}, {"b": [2, 3]}, {}]}, "a.b")) == [1, 2, 3]
    assert LOOKS["order"](Seen({}), rules().rule[0]) is None


def bundle(number: str, card: str, at: str, value: float = 70, status: str = "finished") -> Message:
    """A visit of a village clinic with one reading."""

    def entry(type: str, **body: Any) -> dict[str, Any]:
        key = body.pop("key")
        resource = {"resourceType": type, "identifier": [{"system": "urn:n", "value": key}], **body}
        return {
            "resource": resource,
            "fullUrl": f"urn:uuid:{type}",
            "request": {"method": "PUT", "url": f"{type}?identifier=urn:n|{key}"},
        }

    patient = {name: PATIENT[name] for name in ("name", "gender", "birthDate")}
    entries = [
        entry("Patient", key=f"P{card}", **patient),
        entry("Encounter", key=number, status=status, **{"class": {"code": "AMB"}}, period={"start": "2024-05-01"}),
        entry(
            "Observation",
            key=number,
            **{
                k: v
                for k, v in observation(valueQuantity={"value": value}).items()
                if k in {"status", "code", "effectiveDateTime", "valueQuantity"}
            },
        ),
    ]
    entries[0]["resource"]["identifier"].append({"system": "urn:oid:2.16.156.10011.1.3", "value": card})
    body = {"resourceType": "Bundle", "id": f"{number}-{at}", "type": "transaction", "timestamp": at, "entry": entries}
    return Message(SENDER, "fhir", f"{number}-{at}", msgspec.json.encode(body), datetime.now(UTC))


@pytest.fixture
def clinic(database: Database, tmp_path: Path) -> Callable[..., None]:
    repository = PostgresRepository(database, PostgresSearch())
    intake = Intake(database, repository, FolderBlobs(tmp_path / "blobs"), connectors())
    intake.senders.add(SENDER, {"fhir": {}})

    def settle(*messages: Message) -> None:
        assert {one.outcome for one in intake.settle(list(messages))} <= {"accepted", "duplicate"}
        refresh(database, repository, ACCESS)

    return settle


def shown(database: Database, rule: str) -> tuple[int, int]:
    (one,) = Quality(database).figures(ACCESS, (), rule=rule) or [None]
    return (one.checked, one.failed) if one else (0, 0)


def test_figures_follow_corrections_and_lead_to_the_record(database: Database, clinic: Callable[..., None]) -> None:
    """A wrong value counts until it is corrected; the same message again counts once."""
    clinic(bundle("1", GOOD_CARD, "2024-05-01T10:00:00+08:00", value=9000))
    assert shown(database, "value-possible") == (1, 1)
    view = Quality(database)
    (one,) = view.findings(ACCESS, "value-possible", sender=SENDER, dataset="observation")
    assert one.type == "Observation"
    assert one.month == date(2024, 5, 1)
    clinic(bundle("1", GOOD_CARD, "2024-05-01T11:00:00+08:00", value=70))
    assert shown(database, "value-possible") == (1, 0)
    assert view.findings(ACCESS, "value-possible", sender=SENDER, dataset="observation") == []
    clinic(bundle("2", GOOD_CARD[:-1] + "?", "2024-05-01T12:00:00+08:00"))
    assert shown(database, "id-card-valid") == (2, 1)
    assert shown(database, "only-once")[1] == 0
    again = bundle("2", GOOD_CARD[:-1] + "?", "2024-05-01T12:00:00+08:00")
    clinic(again, again)
    assert shown(database, "sent-once") == (5, 2)
    with database.connection() as connection:
        assert connection.execute("SELECT count(*) FROM quality_touched").fetchall() == [(0,)]
    assert view.as_of() is not None
    assert view.trend(ACCESS, rule="value-possible").months == [date(2024, 5, 1)]


def test_other_rules_make_all_figures_anew(database: Database, clinic: Callable[..., None]) -> None:
    """The digest of the rules stands beside the position."""
    clinic(bundle("1", GOOD_CARD, "2024-05-01T10:00:00+08:00"))
    before = Quality(database).figures(ACCESS, ("dataset", "rule"))
    with database.connection() as connection:
        connection.execute("UPDATE quality_reader SET rules = 'older'")
        connection.execute("DELETE FROM quality_record")
        connection.execute("UPDATE quality_figure SET failed = checked")
    clinic()
    assert Quality(database).figures(ACCESS, ("dataset", "rule")) == before


@pytest.mark.long
def test_the_injected_faults_come_back_in_the_figures(database: Database, tmp_path: Path) -> None:
    """A county with known rates: what was put into registrations and messages is found by rule, within sampling."""
    rates = {"id_missing": 0.2, "id_15": 0.5, "id_typo": 0.1, "birth_slip": 0.1, "duplicate": 0.1, "withdrawn": 0.1,
             "late": 0.2, "wrong_code": 0.1, "second_number": 0.1}  # fmt: skip
    order = Order("wenshang", 150, (2025, 2025), 3, NONE.with_rates(rates), chosen("all"), fhir=False)
    make_county(order, tmp_path / "c", workers=1)
    repository = PostgresRepository(database, PostgresSearch())
    intake = Intake(database, repository, FolderBlobs(tmp_path / "blobs"), connectors())
    found = feed_deliveries(tmp_path / "c")
    register_all(intake, found)
    for _ in take(intake, found, Report()):
        pass
    refresh(database, repository, ACCESS)
    carried = pq.read_table(tmp_path / "c/truth/carried.parquet").to_pylist()
    messages = {(one["sender"], one["feed"], one["key"], one["copy"]): one for one in carried}
    put = Counter(fault for one in messages.values() for fault in one["faults"])

    def share(rule: str) -> float:
        checked, bad = shown(database, rule)
        return bad / checked

    # Registrations: a share of patients, not of messages.
    assert share("id-card-given") == pytest.approx(0.2, abs=0.06)
    assert share("id-card-valid") == pytest.approx(0.1, abs=0.05)
    # A copy is a repetition where it comes in the same file, and brings nothing new in another one. Entries whose
    # withdrawal came before them bring nothing new either.
    again, nothing = shown(database, "sent-once")[1], shown(database, "news")[1]
    assert 0.4 * put["duplicate"] < again <= put["duplicate"] <= again + nothing
    # Of each event entered twice the second is withdrawn.
    assert share("stands") == pytest.approx(0.1 / 1.1, abs=0.03)
    late = sum("late" in one["faults"] for one in messages.values())
    assert 0.2 * late < sum(one.failed for one in Quality(database).figures(ACCESS, (), rule="in-time")) < 12 * late
    # An ID number on a slipped birth date: found where the card is there and good.
    assert share("birth-as-card") == pytest.approx(0.1, abs=0.05)
    assert shown(database, "only-once")[1] > 0
