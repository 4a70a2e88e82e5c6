"""The connector of feed `device`: readings of smart follow-up devices, one JSON object a line.

The layout is in docs/reference/feeds.md; a key it does not name is noted, a reading outside what a living person may
have is noted and kept as it came, since value or unit may be wrong and nobody here can tell which.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO, NamedTuple

import msgspec

from minkang.codes.observations import LOINC
from minkang.codes.translator import Translator
from minkang.errors import Fault
from minkang.exchange.fhir.reading import documents
from minkang.exchange.fhir.resources import instant
from minkang.exchange.message import Converted, Draft, Message, Note, Rank, Rejected, reference

LONGEST = 1 << 20
ID_CARD = "urn:oid:2.16.156.10011.1.3"
PATIENT_NUMBER = "urn:minkang:id:patient-number"
INSTITUTION = "urn:oid:2.16.156.10011.1.5"
RHYTHM = "urn:minkang:device:rhythm"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_UCUM = "http://unitsofmeasure.org"


class Part(NamedTuple):
    """One number of a reading: LOINC, names, unit where none is sent, and what a living person may have."""

    loinc: str
    zh: str
    en: str
    unit: str
    least: float
    most: float


PARTS = {
    "systolic": Part("8480-6", "收缩压", "Systolic blood pressure", "mmHg", 50, 300),
    "diastolic": Part("8462-4", "舒张压", "Diastolic blood pressure", "mmHg", 20, 200),
    "pulse": Part("8867-4", "心率", "Heart rate", "/min", 30, 220),
    "rate": Part("8867-4", "心率", "Heart rate", "/min", 30, 220),
    "fasting": Part("14771-0", "空腹血糖", "Fasting glucose", "mmol/L", 1, 45),
    "glucose": Part("15074-8", "血糖", "Glucose", "mmol/L", 1, 45),
}
PANEL = Part("85354-9", "血压", "Blood pressure panel", "", 0, 0)
ECG = Part("11524-6", "心电图", "EKG study", "", 0, 0)


class Reading(msgspec.Struct):
    """One line, as sent."""

    id: str
    device: str
    patient: str
    time: str
    kind: str
    values: dict[str, Any]
    sent: str
    state: str = "new"
    model: str = ""
    clinic: str = ""
    card: str = ""
    name: str = ""


_read = msgspec.json.Decoder(Reading).decode


class DeviceConnector:
    """Readings of devices."""

    name = "device"

    def split(self, source: BinaryIO, place: str, sender: str) -> Iterator[Message | Rejected]:
        """See `Connector.split`."""
        for piece in documents(source, place + ".jsonl", LONGEST):
            at, where = datetime.now(UTC), f"{place}:{piece.line}"
            if piece.fault:
                key = str(piece.fault.params["sha256"])[:32]
                yield Rejected(sender, self.name, piece.body, at, piece.fault, where, key)
            else:
                yield Message(sender, self.name, _key(piece.body), piece.body, at, where)

    def convert(self, message: Message, translator: Translator) -> Converted:
        """See `Connector.convert`.

        Raises:
            Fault: `EXCHANGE-061` for a line that is no reading, `EXCHANGE-062` for an unknown kind or
                state, `EXCHANGE-063` for a value that is missing or no number.
        """
        try:
            reading = _read(message.body)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise Fault("EXCHANGE-061", reason=str(error)) from error
        for name, value in (("id", reading.id), ("patient", reading.patient), ("sent", instant(reading.sent))):
            if not value.strip():
                raise Fault("EXCHANGE-061", name, reason="empty")
        return _Told(message, reading, translator.of(message.sender)).converted()


class _Told:
    """One reading on its way to drafts."""

    def __init__(self, message: Message, reading: Reading, translator: Translator) -> None:
        self._sender = message.sender
        self._reading = reading
        self._translator = translator
        self._at = instant(reading.sent)
        self._notes: list[Note] = []

    def converted(self) -> Converted:
        """Device, patient and observation."""
        reading = self._reading
        if reading.state not in {"new", "corrected", "withdrawn"}:
            raise Fault("EXCHANGE-062", "state", name="state", value=reading.state[:40])
        observation = self._observation()
        key = f"reading/{reading.id}"
        told = Draft("Observation", key, observation, Rank(2, self._at), reading.state == "withdrawn")
        return Converted([self._patient(), self._device(), told], self._notes)

    def _patient(self) -> Draft:
        """A mention: a registration of the same patient goes before it whatever the order."""
        reading = self._reading
        numbers = [{"use": "usual", "system": PATIENT_NUMBER, "value": reading.patient}]
        if reading.card:
            numbers.append({"use": "official", "system": ID_CARD, "value": reading.card})
        body: dict[str, Any] = {"identifier": numbers}
        if reading.name:
            body["name"] = [{"text": reading.name}]
        return Draft("Patient", f"patient/{reading.patient}", body, Rank(1, self._at))

    def _device(self) -> Draft:
        body: dict[str, Any] = {"serialNumber": self._reading.device}
        if self._reading.model:
            body["modelNumber"] = self._reading.model
        return Draft("Device", f"device/{self._reading.device}", body, Rank(1, self._at))

    def _observation(self) -> dict[str, Any]:
        reading = self._reading
        body: dict[str, Any] = {
            "identifier": [{"system": f"urn:minkang:id:{self._sender}:reading", "value": reading.id}],
            "status": "amended" if reading.state == "corrected" else "final",
            "category": [{"coding": [{"system": _CATEGORY, "code": "vital-signs"}]}],
            "subject": reference(self._sender, "Patient", f"patient/{reading.patient}"),
            "effectiveDateTime": reading.time,
            "device": reference(self._sender, "Device", f"device/{reading.device}"),
        }
        if reading.clinic:
            body["performer"] = [{"identifier": {"system": INSTITUTION, "value": reading.clinic}}]
        return body | self._measured()

    def _measured(self) -> dict[str, Any]:
        values, kind = self._reading.values, self._reading.kind
        if kind == "blood_pressure":
            names = [name for name in ("systolic", "diastolic", "pulse") if name != "pulse" or "pulse" in values]
            return {"code": _code(PANEL), "component": [self._component(name) for name in names]}
        if kind == "glucose":
            part = PARTS["fasting" if values.get("state") == "fasting" else "glucose"]
            return {"code": _code(part), "valueQuantity": self._quantity("value", part)}
        if kind == "ecg":
            body: dict[str, Any] = {"code": _code(ECG), "component": [self._component("rate")]}
            if values.get("rhythm"):
                coding = {"system": RHYTHM, "code": str(values["rhythm"])}
                body["valueCodeableConcept"] = {"coding": [coding], "text": str(values.get("conclusion") or "")}
                if not body["valueCodeableConcept"]["text"]:
                    del body["valueCodeableConcept"]["text"]
            return body
        raise Fault("EXCHANGE-062", "kind", name="kind", value=kind[:40])

    def _component(self, name: str) -> dict[str, Any]:
        return {"code": _code(PARTS[name]), "valueQuantity": self._quantity(name, PARTS[name])}

    def _quantity(self, name: str, part: Part) -> dict[str, Any]:
        value = self._reading.values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Fault("EXCHANGE-063", f"values.{name}", name=name)
        unit = part.unit if part.unit == "/min" else str(self._reading.values.get("unit") or part.unit)
        measured = self._translator.measure(value, unit, part.loinc)
        if not part.least <= measured.value <= part.most:
            limits = {"value": value, "unit": unit, "least": part.least, "most": part.most}
            self._notes.append(Note("EXCHANGE-064", f"values.{name}", limits))
        quantity: dict[str, Any] = {"value": measured.value, "unit": measured.unit}
        if measured.code:
            quantity |= {"system": _UCUM, "code": measured.code}
        return quantity


def _code(part: Part) -> dict[str, Any]:
    return {"coding": [{"system": LOINC, "code": part.loinc, "display": part.en}], "text": part.zh}


class _Head(msgspec.Struct):
    id: str = ""


def _key(body: bytes) -> str:
    try:
        named = msgspec.json.decode(body, type=_Head).id
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        named = ""
    return named or hashlib.sha256(body).hexdigest()[:32]
