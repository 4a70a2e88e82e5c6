"""Village clinics: one transaction Bundle an attendance, resources keyed by the clinic's own numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from minkang.synth.arrays import Columns, Ints
from minkang.synth.catalogue import Row, rows
from minkang.synth.county import County
from minkang.synth.feeds.identities import Identities, Identity
from minkang.synth.feeds.rows import lists, some, staff_names
from minkang.synth.feeds.sendings import Sending
from minkang.synth.feeds.telling import Feed, Pack, Telling, TruthRow
from minkang.synth.feeds.times import day10, instant, minute_of
from minkang.synth.fhir.systems import ACT_CODE, ATC, ICD10, ID_CARD, LOINC, TEST_DATA, UCUM
from minkang.synth.truth import Truth

FEEDS = (Feed("fhir", Pack.LINES, every="year", suffix=".ndjson"),)
OWN = "urn:minkang:id:clinic"  # numbers of a clinic's own: `<this>:<institution code>:<kind>`
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
CONDITION_VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
KPA = 0.133322  # a mm[Hg]
MINUTES = 15  # of an attendance


class Visit(NamedTuple):
    """One attendance at one clinic: what stands in the truth, and who came as the clinic knows them."""

    id: int
    minute: int
    icd10: str
    zh: str
    doctor: str
    who: Identity
    clinic: str


def tell(county: County, part: Truth, seen: Identities, rng: np.random.Generator) -> Iterator[Telling]:
    """All attendances at village clinics of one chunk, with what was measured and prescribed."""
    encounters = part.tables["encounters"]
    village = np.isin(encounters["institution"], county.of_kind("village"))
    one = some(part, "encounters", village & (encounters["kind"] == "outpatient"))
    order = np.argsort(one["id"], kind="stable")
    one = {name: column[order] for name, column in one.items()}
    who = seen.known(one["institution"], one["person"], one["day"])
    begins = minute_of(one["day"], one["minute"])
    values = lists(one, "id", "icd10", "zh", "institution", "staff")
    minutes, staff = begins.tolist(), staff_names(county)
    found = _Attached(part, "observations", one["id"])
    given = _Attached(part, "prescriptions", one["id"])
    slips = ("wrong_code", "obsolete_code", "wrong_unit")
    for send in seen.sendings("village", one["id"], begins + MINUTES, slips):
        row = send.row
        id_, icd10, zh, clinic, doctor = values[row]
        code = county.institutions[clinic].code
        visit = Visit(id_, minutes[row], icd10, zh, staff[doctor], who[row], code)
        told = _Bundle(visit, send, (found.of(row), given.of(row)))
        body, truth = told.body()
        yield Telling(
            seen.slug(clinic), "fhir", told.key, send.at, truth, body, send.state, told.faults() + visit.who.faults
        )


class _Attached:
    """Rows of a table by the attendance they belong to."""

    def __init__(self, part: Truth, table: str, encounters: Ints) -> None:
        all_ = part.tables[table]
        mine = np.flatnonzero(np.isin(all_["encounter"], encounters))
        mine = mine[np.argsort(all_["encounter"][mine], kind="stable")]
        columns: Columns = {name: column[mine] for name, column in all_.items()}
        names = ("id", "kind", "value", "value2") if table == "observations" else ("id", "drug")
        self._rows = lists(columns, *names)
        self._first = np.searchsorted(columns["encounter"], encounters, side="left").tolist()
        self._end = np.searchsorted(columns["encounter"], encounters, side="right").tolist()

    def of(self, row: int) -> list[tuple[Any, ...]]:
        """Those of the attendance in this row."""
        return self._rows[self._first[row] : self._end[row]]


class _Bundle:
    """The text of one bundle."""

    def __init__(
        self, visit: Visit, send: Sending, attached: tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]
    ) -> None:
        self.visit, self.send = visit, send
        self.found, self.given = attached
        self.number = f"{visit.id}{send.mark}"
        self.key = f"{self.number}-{send.turn}"
        self.gone = send.state == "withdrawn"
        self.slip = "" if send.slip == "wrong_unit" and not self._has_unit() else send.slip
        self.system = f"{OWN}:{visit.clinic}"
        self.patient = f"urn:uuid:00000001-0000-4000-8000-{int(visit.who.local):012x}"
        self.encounter = f"urn:uuid:0000000{2 if not send.mark else 3}-0000-4000-8000-{visit.id:012x}"

    def _has_unit(self) -> bool:
        return any(rows("observations")[kind]["key"] in {"blood_pressure", "temperature"} for _, kind, *_ in self.found)

    def faults(self) -> tuple[str, ...]:
        """What is wrong in it."""
        return tuple(name for name in self.send.faults if name != "wrong_unit" or self.slip)

    def body(self) -> tuple[bytes, tuple[TruthRow, ...]]:
        """The bundle and what it carries."""
        truth: list[TruthRow] = [("encounters", self.visit.id)]
        entries = [self._patient(), self._encounter(), self._diagnosis()]
        for id_, kind, *values in self.found:
            entries.append(self._observation(id_, rows("observations")[kind], values))
            truth.append(("observations", id_))
        for id_, drug in self.given:
            entries.append(self._prescription(id_, rows("drugs")[drug]))
            truth.append(("prescriptions", id_))
        text = (
            f'{{"resourceType":"Bundle","id":"{self.key}","meta":{{{TEST_DATA}}},"type":"transaction",'
            f'"timestamp":"{instant(self.send.at)}","entry":[{",".join(entries)}]}}'
        )
        return text.encode(), tuple(truth)

    def _entry(self, url: str, type_: str, kind: str, number: str, rest: str) -> str:
        """A resource that is stored under the clinic's own number, whether it is new or not."""
        system = f"{self.system}:{kind}"
        return (
            f'{{"fullUrl":"{url}","resource":{{"resourceType":"{type_}","identifier":[{{"system":"{system}",'
            f'"value":"{number}"}}{rest}}},"request":{{"method":"PUT","url":"{type_}?identifier={system}|{number}"}}}}'
        )

    def _patient(self) -> str:
        who = self.visit.who
        card = f',{{"use":"official","system":"{ID_CARD}","value":"{who.card}"}}' if who.card else ""
        phone = f',"telecom":[{{"system":"phone","value":"{who.phone}"}}]' if who.phone else ""
        contact = f',"contact":[{{"name":{{"text":"{who.guardian}"}}}}]' if who.guardian else ""
        rest = (
            f'{card}],"name":[{{"text":"{who.name}"}}]{phone},"gender":"{"male" if who.male else "female"}",'
            f'"birthDate":"{day10(who.birth)}","address":[{{"text":"{who.address}"}}]{contact}'
        )
        return self._entry(self.patient, "Patient", "patient", who.local, rest)

    def _encounter(self) -> str:
        visit = self.visit
        doctor = f',"participant":[{{"individual":{{"display":"{visit.doctor}"}}}}]' if visit.doctor else ""
        rest = (
            f'],"status":"{"entered-in-error" if self.gone else "finished"}","class":{{"system":"{ACT_CODE}",'
            f'"code":"AMB"}},"subject":{{"reference":"{self.patient}"}}{doctor},'
            f'"period":{{"start":"{instant(visit.minute)}","end":"{instant(visit.minute + MINUTES)}"}},'
            f'"serviceProvider":{{"identifier":{{"system":"urn:oid:2.16.156.10011.1.5","value":"{visit.clinic}"}}}}'
        )
        return self._entry(self.encounter, "Encounter", "encounter", self.number, rest)

    def _diagnosis(self) -> str:
        code, zh = self.visit.icd10, self.visit.zh
        if self.slip == "mistake":
            other = rows("diagnoses")[0 if code != rows("diagnoses")[0]["icd10"] else 1]
            code, zh = other["icd10"], other["zh"]
        code = {"wrong_code": "XX9", "obsolete_code": f"{code.replace('.', '')}0"}.get(self.slip, code)
        verified = "entered-in-error" if self.gone else "confirmed"
        rest = (
            f'],"verificationStatus":{{"coding":[{{"system":"{CONDITION_VERIFIED}","code":"{verified}"}}]}},'
            f'"code":{{"coding":[{{"system":"{ICD10}","code":"{code}"}}],"text":"{zh}"}},'
            f'"subject":{{"reference":"{self.patient}"}},"encounter":{{"reference":"{self.encounter}"}},'
            f'"recordedDate":"{instant(self.visit.minute)}"'
        )
        return self._entry(
            f"{self.encounter[:-12]}d{self.encounter[-11:]}", "Condition", "condition", self.number, rest
        )

    def _observation(self, id_: int, row: Row, values: list[float]) -> str:
        status = "entered-in-error" if self.gone else "final"
        rest = (
            f'],"status":"{status}","category":[{{"coding":[{{"system":"{OBSERVATION_CATEGORY}","code":"{row["category"]}"'
            f'}}]}}],"code":{{"coding":[{{"system":"{LOINC}","code":"{row["loinc"]}"}}],"text":"{row["zh"]}"}},'
            f'"subject":{{"reference":"{self.patient}"}},"encounter":{{"reference":"{self.encounter}"}},'
            f'"effectiveDateTime":"{instant(self.visit.minute)}",{self._value(row, values)}'
        )
        number = f"{id_}{self.send.mark}"
        return self._entry(
            f"urn:uuid:0000000{self._kind(4)}-0000-4000-8000-{id_:012x}", "Observation", "observation", number, rest
        )

    def _value(self, row: Row, values: list[float]) -> str:
        if row["key"] == "blood_pressure":
            scale, digits = (KPA, 1) if self.slip == "wrong_unit" else (1, 0)
            parts = [
                f'{{"code":{{"coding":[{{"system":"{LOINC}","code":"{code}"}}]}},"valueQuantity":{{"value":'
                f'{value * scale:.{digits}f},"unit":"mmHg","system":"{UCUM}","code":"mm[Hg]"}}}}'
                for code, value in zip(("8480-6", "8462-4"), values, strict=True)
            ]
            return f'"component":[{",".join(parts)}]'
        value = values[0]
        if self.slip == "wrong_unit" and row["key"] == "temperature":
            value = value * 1.8 + 32
        return (
            f'"valueQuantity":{{"value":{value:.{row["digits"]}f},"unit":"{row["unit"]}","system":"{UCUM}",'
            f'"code":"{row["unit"]}"}}'
        )

    def _prescription(self, id_: int, drug: Row) -> str:
        status = "entered-in-error" if self.gone else "completed"
        rest = (
            f'],"status":"{status}","intent":"order","medicationCodeableConcept":{{"coding":[{{"system":"{ATC}",'
            f'"code":"{drug["atc"]}"}}],"text":"{drug["zh"]}"}},"subject":{{"reference":"{self.patient}"}},'
            f'"encounter":{{"reference":"{self.encounter}"}},"authoredOn":"{instant(self.visit.minute)}",'
            f'"dosageInstruction":[{{"text":"每次{drug["dose"]}{drug["unit"]},每日{drug["daily"]}次,{drug["days"]}天"}}]'
        )
        number = f"{id_}{self.send.mark}"
        url = f"urn:uuid:0000000{self._kind(6)}-0000-4000-8000-{id_:012x}"
        return self._entry(url, "MedicationRequest", "prescription", number, rest)

    def _kind(self, first: int) -> int:
        return first + (1 if self.send.mark else 0)
