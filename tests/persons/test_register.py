"""The register: one number, one source, many checks; births and deaths reconciled; pure."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.persons.test_following import CARD_A, CARD_B

from minkang.persons.online.index import Entry, Known
from minkang.persons.online.patients import SourceRecord, read_mother, read_patient
from minkang.persons.preparing import preparation
from minkang.persons.profile import read_profile
from minkang.persons.register.best import Row, read_precedence, row_of

PREPARE = preparation(read_profile("default", ""), {})
TODAY = date(2025, 6, 30)


def entry(source: str, feed: str, told: dict[str, Any] | None = None, **raw: str) -> Entry:
    columns = {name: value for name, value in PREPARE(raw).items() if value is not None}
    return Entry(SourceRecord(source, 1, "s", feed, raw, told or {}), Known(source, columns))


def row(*members: Entry) -> Row:
    return row_of("p", members, read_precedence(), frozenset(("370830",)), TODAY)


def test_a_contract_counts_before_a_device_and_all_are_kept_in_sight() -> None:
    """Whose word counts is read from the file; what others say stands beside it."""
    found = row(
        entry("1", "device", name="王方", phone="13800000001"),
        entry("2", "csv/contracts", name="王芳", phone="13900000002", division="370830001201"),
    )
    assert (found.best["name"].value, found.best["name"].feed, found.best["name"].others) == (
        "王芳", "csv/contracts", ("王方",))  # fmt: skip
    assert found.best["phone"].value == "13900000002"
    assert (found.residence, found.vital, found.sources) == ("resident", "alive", 2)


def test_where_two_feeds_weigh_alike_the_majority_counts() -> None:
    """Three hospitals, two of which agree."""
    found = row(*(entry(str(k), "cda", name=name) for k, name in enumerate(["王方", "王芳", "王芳"])))
    assert found.best["name"].value == "王芳"


def test_the_id_number_says_the_birth_date_before_a_hospital_does() -> None:
    """But not before the birth certificate."""
    found = row(entry("1", "hl7v2", name="王芳", birth_date="1990-02-11", id_card=CARD_A))
    assert found.best["birth"].value == "1990-02-01"


def test_placeholders_are_no_values() -> None:
    """Nobody is called 不详."""
    assert "name" not in row(entry("1", "hl7v2", name="不详")).best


def test_what_cannot_all_be_true_is_listed() -> None:
    """Birth dates, sexes, two valid numbers, two dates of death, a death nobody certified."""
    found = row(
        entry("1", "hl7v2", {"dead": True, "died": "2024-05-01"}, name="王芳", birth_date="1990-02-01", sex="2",
              id_card=CARD_A),
        entry("2", "cda", {"dead": True, "died": "2024-05-02"}, name="王芳", birth_date="1990-02-11", sex="1",
              id_card=CARD_B),
    )  # fmt: skip
    assert set(found.disagreements) == {"birth_dates", "sexes", "numbers", "death_dates", "death_without_certificate"}
    assert (found.vital, found.best["died"].value) == ("dead", "2024-05-01")
    certified = row(entry("1", "csv/death-certificate", {"dead": True, "died": "2024-05-01"}, name="王芳"))
    assert certified.disagreements == {}


def test_births_reconcile_between_certificates_and_vaccination() -> None:
    """A child of four months without vaccination, a child that only the vaccination register knows; not an adult."""
    born = {"name": "王小宝", "birth_date": "2025-02-01"}
    assert set(row(entry("1", "csv/birth-certificate", **born)).disagreements) == {"birth_without_vaccination"}
    assert set(row(entry("1", "csv/vaccination", **born)).disagreements) == {"birth_without_certificate"}
    both = row(entry("1", "csv/birth-certificate", **born), entry("2", "csv/vaccination", **born))
    assert both.disagreements == {}
    assert row(entry("1", "csv/vaccination", name="王芳", birth_date="1990-02-01")).disagreements == {}
    new = {"name": "王小宝", "birth_date": "2025-06-20"}
    assert row(entry("1", "csv/birth-certificate", **new)).disagreements == {}


def test_a_household_is_inferred_from_village_and_telephone() -> None:
    """And is none where one of them is missing."""
    home = {"phone": "13800000001", "division": "370830001201"}
    one, other = row(entry("1", "cda", name="王芳", **home)), row(entry("2", "cda", name="王伟", **home))
    assert one.household == other.household != ""
    assert row(entry("1", "cda", name="王芳", phone="13800000001")).household == ""


def test_a_patient_is_read_as_its_sender_wrote_it() -> None:
    """Old names, other phones and a spouse are not what is compared."""
    body = {
        "name": [{"use": "old", "text": "王小芳"}, {"use": "official", "family": "王", "given": ["芳"]}],
        "telecom": [{"system": "email", "value": "a@b"}, {"system": "phone", "value": "138"}],
        "contact": [
            {"relationship": [{"text": "配偶"}], "name": {"text": "李伟"}},
            {"relationship": [{"coding": [{"code": "MTH"}]}], "name": {"text": "张丽"}},
        ],
        "meta": {"source": "urn:minkang:sender:h1#hl7v2"},
        "multipleBirthInteger": 2,
        "deceasedDateTime": "2024-05-01T08:00:00+08:00",
        "link": [{"other": {"reference": "Patient/9"}, "type": "replaced-by"}],
    }
    found = read_patient(body, "1", 3)
    assert found.raw == {"name": "王芳", "phone": "138", "guardian": "张丽", "birth_order": "2"}
    assert (found.sender, found.feed) == ("h1", "hl7v2")
    assert (found.told["died"], found.told["dead"], found.told["same_as"]) == ("2024-05-01", True, ["9"])
    assert read_mother({"relationship": [{"coding": [{"code": "FTH"}]}], "patient": {"reference": "Patient/1"}}) is None
