"""The 70 messages beside the repository: all convert to valid FHIR; fifteen are compared with what they say."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from tests.exchange.hl7v2.conftest import SENDER, Convert, Said

from minkang.exchange.message import draft_id

pytestmark = pytest.mark.reference
LOINC = "http://loinc.org"


@pytest.fixture
def said(reference: Path, convert: Convert) -> Any:
    return lambda name: convert((reference / "hl7v2" / f"{name}.hl7").read_bytes())


def ref(type: str, key: str) -> dict[str, str]:
    return {"reference": f"{type}/{draft_id(SENDER, type, key)}"}


def has(body: dict[str, Any], **expected: Any) -> None:
    """The body holds at least these."""
    found = {name: body.get(name) for name in expected}
    assert found == expected


def test_all_messages_convert_to_valid_fhir(reference: Path, convert: Convert) -> None:
    """Each has a patient, and each segment that is not converted is named in a note."""
    files = sorted((reference / "hl7v2").glob("*.hl7"))
    assert len(files) == 70
    for file in files:
        found = convert(file.read_bytes())
        assert found.all("Patient"), file.name
        left = {note.params["segment"][:3] for note in found.notes if note.code == "HL7-020"}
        text = file.read_text("utf-8-sig")
        for name in ("ROL", "PRT", "ACC", "PDA", "DB1", "SAC", "INV", "BLG", "CTD", "CTI", "CON", "ARV", "RXC", "IN2"):
            assert (f"\n{name}|" in text) == (name in left), (file.name, name)


def test_adt_a01_of_2_3(said: Any) -> None:
    found: Said = said("ADT01-23")
    patient = found.one("Patient", "patient/10006579")
    assert patient.rank == (2, "2005-01-09T21:55:04.000000Z", "0" * 15 + "006599102")
    has(patient.body, gender="male", birthDate="1924-10-10", active=True)
    has(patient.body["name"][0], family="DUCK", given=["DONALD", "D"], text="DONALD D DUCK")
    has(patient.body["address"][0], line=["111 DUCK ST"], city="FOWL", state="CA", postalCode="999990000", district="1")
    visit = found.body("Encounter", "visit/40007716")
    has(visit, status="in-progress", period={"start": "2005-01-10T04:55:02+07:00"})
    assert visit["class"]["code"] == "IMP"
    assert visit["location"][0]["location"]["display"] == "1 S PREOP 101 1"
    condition = found.one("Condition")
    assert condition.key == "visit/40007716/diagnosis/71596"
    assert condition.body["code"]["coding"][0]["system"] == "http://hl7.org/fhir/sid/icd-9-cm"
    assert visit["diagnosis"][0]["condition"] == ref("Condition", condition.key)


def test_adt_a03_ends_the_visit(said: Any) -> None:
    found = said("ADT-A03-01")
    visit = found.body("Encounter")
    has(visit, status="finished", period={"start": "2015-02-08T11:34:19+01:10", "end": "2015-02-09T11:34:19+01:10"})
    allergy = found.body("AllergyIntolerance")
    has(allergy, category=["environment"], reaction=[{"manifestation": [{"text": "CODE16"}], "severity": "mild"}])
    procedure = found.body("Procedure")
    has(procedure, status="completed", performedDateTime="2005-01-25T11:40:00+01:00")
    assert procedure["code"]["coding"][0] == {
        "system": "http://snomed.info/sct", "code": "76164006", "display": "Biopsy of colon (procedure)",
    }  # fmt: skip


def test_adt_a11_withdraws_the_visit_only(said: Any) -> None:
    found = said("ADT-A11-01")
    assert found.one("Encounter").withdrawn
    assert not found.one("Patient").withdrawn


def test_adt_a13_reopens_the_visit(said: Any) -> None:
    visit = said("ADT-A13-01").one("Encounter")
    assert visit.body["status"] == "in-progress"
    assert "end" not in visit.body["period"]
    assert not visit.withdrawn


def test_adt_a40_replaces_the_old_number(said: Any) -> None:
    found = said("ADT-A40-01")
    old = found.one("Patient", "patient/56789")
    has(old.body, active=False, link=[{"other": ref("Patient", "patient/12345"), "type": "replaced-by"}])
    assert [one["value"] for one in old.body["identifier"]] == ["56789"]
    assert old.rank.authority == 3
    new = found.body("Patient", "patient/12345")
    has(new, active=True, birthDate="2018-02-05", gender="female")
    assert "link" not in new


def test_oru_r01_with_two_reports(said: Any) -> None:
    found = said("LAB-ORU-2")
    first = found.body("DiagnosticReport", "report/890775544")
    has(first, status="final")  # OBR-25 is empty: as its results are.
    assert first["code"]["coding"][0]["code"] == "26464-8"
    assert first["basedOn"][0]["identifier"]["value"] == "855238581"
    assert len(first["result"]) == 5
    assert first["result"][1] == ref("Observation", "report/890775544/obx/23761-0")
    cells = found.body("Observation", "report/890775544/obx/23761-0")
    has(
        cells, status="final", effectiveDateTime="2014-10-06T08:30:00+07:00", subject=ref("Patient", "patient/10006579")
    )
    has(cells["valueQuantity"], value=72, code="%", system="http://unitsofmeasure.org")
    assert cells["interpretation"][0]["coding"][0]["code"] == "N"
    haemoglobin = found.body("Observation", "report/82503246/obx/20509-6")
    has(haemoglobin["valueQuantity"], value=13.4, unit="g/l-1")
    assert found.one("Patient").rank.authority == 1


def test_oru_r01_with_a_structured_number(said: Any) -> None:
    found = said("ORU-R01-RMGEAD")
    glucose = found.body("Observation")
    assert found.one("Observation").key == "report/1045813/obx/1554-5"
    has(glucose, status="final", referenceRange=[{"text": "70_105"}], effectiveDateTime="2002-02-15T07:30:00+06:00")
    assert glucose["valueQuantity"]["value"] == 182
    assert glucose["interpretation"][0]["coding"][0]["code"] == "H"


def test_orm_o01_is_a_request(said: Any) -> None:
    found = said("LAB-ORM-1")
    request = found.one("ServiceRequest", "order/88502218")
    has(
        request.body,
        intent="order",
        authoredOn="2014-10-06T09:29:00+08:00",
        encounter=ref("Encounter", "visit/40007716"),
    )
    assert [one["value"] for one in request.body["identifier"]] == ["88502218", "82503246"]
    assert request.body["requester"]["display"] == "DR URO"
    assert request.rank.authority == 2
    assert found.body("Encounter")["status"] == "unknown"
    assert found.one("Encounter").rank.authority == 1


def test_oml_o21_with_an_ask_at_order_entry(said: Any) -> None:
    found = said("MDHHS-OML-O21-1")
    request = found.body("ServiceRequest", "order/ORD723222")
    has(
        request,
        note=[{"text": "FNA Fasting not asked of the patient at time of procedure"}, {"text": "the sky is blue"}],
    )
    asked = found.body("Observation")
    has(asked, valueDateTime="2015-08-18T06:06:05-05:00")
    assert request["supportingInfo"] == [ref("Observation", found.one("Observation").key)]
    assert request["specimen"] == [ref("Specimen", "specimen/4222")]
    assert request["reasonCode"][-1]["text"] == "Vaccine for Rabbies"


def test_orm_o01_with_a_prescription(said: Any) -> None:
    drug = said("ORM-O01-06").body("MedicationRequest", "prescription/1163422591")
    has(drug, status="active", intent="order", authoredOn="2019-11-04T06:27:26+02:15")
    assert drug["medicationCodeableConcept"]["coding"][0]["code"] == "00047040230"
    assert drug["dosageInstruction"][0]["text"] == "1 tablet by oral route 2 times daily."
    assert drug["dispenseRequest"]["quantity"] == {"value": 10, "unit": "capsule"}


def test_vxu_v04_of_the_nist_guide(said: Any) -> None:
    found = said("VXU")
    assert len(found.all("Immunization")) == 3
    dose = found.body("Immunization", "immunization/13696")
    has(
        dose, status="completed", occurrenceDateTime="2015-06-24", lotNumber="315841", expirationDate="2015-12-16",
        primarySource=True, doseQuantity={"value": 0.5, "unit": "mL"}, manufacturer={"display": "Sanofi Pasteur"},
    )  # fmt: skip
    assert dose["route"]["coding"][0]["code"] == "C28161"
    assert dose["fundingSource"]["text"] == "Private"
    has(dose["education"][0], presentationDate="2015-06-24")
    history = found.body("Immunization", "immunization/38760")
    has(history, primarySource=False, occurrenceDateTime="2014-10-12")
    assert "doseQuantity" not in history


def test_siu_s12_books_and_s15_s17_s26_do_not(said: Any) -> None:
    booked = said("SIU-S12-01").body("Appointment", "appointment/36996")
    has(booked, status="booked", start="2021-09-24T09:30:00+02:15", end="2021-09-24T10:20:00+02:15")
    assert booked["participant"][0]["actor"] == ref("Patient", "patient/PATID1234")
    assert "Robert C GE" in [one["actor"].get("display") for one in booked["participant"]]
    assert booked["comment"].startswith("Appointment booked for emergency procedure")
    has(said("SIU-S15-02").body("Appointment"), status="cancelled", start="2021-08-18T11:30:00+02:15")
    assert said("SIU-S17-02").one("Appointment").withdrawn
    assert said("SIU-S26-02").body("Appointment")["status"] == "noshow"


def test_mdm_t02_holds_its_words(said: Any) -> None:
    document = said("MDM-T02-03").body("DocumentReference", "document/2RWRVAJ627408")
    has(document, status="current", docStatus="preliminary", date="2021-08-03T00:00:00+02:15")
    text = base64.b64decode(document["content"][0]["attachment"]["data"]).decode()
    assert text.splitlines()[3] == "Naming grandmother ruth"
    assert len(text.splitlines()) == 29
    assert len(document["content"]) == 1


def test_mdm_t05_appends_to_its_parent(said: Any) -> None:
    document = said("MDM-T05-02").body("DocumentReference")
    parent = "document/1.2.840.317.5947431.51.20080131155715"
    assert document["relatesTo"] == [{"code": "appends", "target": ref("DocumentReference", parent)}]
    assert document["context"]["related"] == [ref("ServiceRequest", "order/00012345")]


def test_ppr_pc3_deletes_the_problem(said: Any) -> None:
    problem = said("PC1-Problem-Delete-v2.3.1").one("Condition", "patient/10292/problem/26806")
    assert problem.withdrawn
    assert problem.body["note"] == [{"text": "Patient reported problem was a mistake."}]


def test_ref_i12_names_both_sides(said: Any) -> None:
    referral = said("REF-I12-01").body("ServiceRequest", "referral/226839")
    has(referral, status="active", priority="routine")
    assert referral["requester"]["display"] == "DR ROBERT POWELL"
    assert referral["performer"][0]["display"] == "DR PAUL McWILLIAMS"
