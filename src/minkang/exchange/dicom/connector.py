"""Files and folders of DICOM as messages, one a study, and each as an ImagingStudy with the Endpoint of its images."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from minkang.codes.translator import Translator
from minkang.errors import Fault
from minkang.exchange.dicom.reading import Header, read_header
from minkang.exchange.dicom.studies import MOST_INSTANCES, Study, gather
from minkang.exchange.hl7v2.datatypes import kept
from minkang.exchange.hl7v2.times import UNKNOWN, ZONE, date_time, day_of, instant
from minkang.exchange.message import Converted, Draft, Message, Note, Rank, Rejected, reference

FEED = "dicom"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
LARGEST_FILE = 64 << 20
KEPT_OF_BROKEN = 1 << 20


class Dicom:
    """The connector.

    Args:
        endpoint: address of the archive (WADO-RS) that all studies are fetched from; empty for none.
    """

    name = FEED

    def __init__(self, endpoint: str = "") -> None:
        self.endpoint = endpoint

    def split(self, source: BinaryIO, place: str, sender: str) -> Iterator[Message | Rejected]:
        """The study of one DICOM file, or the studies of a ZIP of them."""
        head = source.read(4)
        whole = _Joined(head, source)
        if head == b"PK\x03\x04":
            yield from self._archive(whole, place, sender)
        else:
            yield from self.studies([(place, whole)], place, sender)

    def folder(self, folder: Path, sender: str) -> Iterator[Message | Rejected]:
        """The studies of a folder and those below it. Files are opened one after the other, none is read whole."""
        files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "DICOMDIR")
        yield from self.studies(((str(path), path) for path in files), str(folder), sender)

    def studies(
        self, files: Iterable[tuple[str, BinaryIO | Path]], place: str, sender: str
    ) -> Iterator[Message | Rejected]:
        """Each file that cannot be read as a reject, then each study as a message."""
        headers: list[Header] = []
        for name, file in files:
            try:
                headers.append(_header(file))
            except Fault as fault:
                now = datetime.now(UTC)
                yield Rejected(sender, FEED, _beginning(file), now, Fault(fault.code, name, **fault.params), name)
        for uid, study in sorted(gather(headers).items()):
            body = msgspec.json.encode(study)
            digest = hashlib.sha256(body).hexdigest()[:12]
            yield Message(sender, FEED, f"{uid}#{digest}", body, datetime.now(UTC), place)

    def _archive(self, source: BinaryIO, place: str, sender: str) -> Iterator[Message | Rejected]:
        data = source.read(LARGEST_FILE + 1)
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                names = [one for one in packed.infolist() if not one.is_dir() and one.file_size <= LARGEST_FILE]
                entries = [(f"{place}!{one.filename}", _entry(packed, one)) for one in names[:MOST_INSTANCES]]
                yield from self.studies(entries, place, sender)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as problem:
            fault = Fault("DICOM-001", place, reason=str(problem)[:200])
            yield Rejected(sender, FEED, data[:KEPT_OF_BROKEN], datetime.now(UTC), fault, place)

    def convert(self, message: Message, translator: Translator) -> Converted:
        """The ImagingStudy of a study, its Endpoint, and a mention of the patient.

        Raises:
            Fault: `DICOM-001` for a body that is no study; `DICOM-003` for a patient without a number.
        """
        try:
            study = msgspec.json.decode(message.body, type=Study)
        except (msgspec.DecodeError, ValueError, RecursionError) as problem:
            raise Fault("DICOM-001", reason=str(problem)[:200]) from None
        return _Conversion(message, study, self.endpoint, translator).converted()


class _Conversion:
    """One study on its way to drafts."""

    def __init__(self, message: Message, study: Study, endpoint: str, translator: Translator) -> None:
        self.sender = message.sender
        self.study = study
        self.head = study.head
        self.endpoint = study.folder or endpoint
        self.translator = translator
        self.notes: list[Note] = []
        count = sum(len(one.instances) for one in study.series.values())
        stated = instant(self._digits("StudyDate", "StudyTime"), self._zone()) or UNKNOWN
        # A study only grows: of two tellings the one with more instances is the later.
        self.rank = Rank(2, stated, f"{count:08d}")

    def converted(self) -> Converted:
        head = self.head
        number = head.get("PatientID")
        if not number:
            raise Fault("DICOM-003", "PatientID")
        uid = head.get("StudyInstanceUID")
        patient = f"patient/{number}"
        drafts = [Draft("Patient", patient, self._patient(), self.rank._replace(authority=1))]
        body = self._study(uid, patient)
        if self.endpoint:
            drafts.append(Draft("Endpoint", "dicom-archive", _endpoint(self.endpoint), Rank(2, UNKNOWN, self.endpoint)))
            body["endpoint"] = [dict(reference(self.sender, "Endpoint", "dicom-archive"))]
        drafts.append(Draft("ImagingStudy", f"study/{uid}", body, self.rank))
        return Converted(drafts, self.notes)

    def _study(self, uid: str, patient: str) -> dict[str, Any]:
        head = self.head
        accession = head.get("AccessionNumber")
        numbers = [{"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}]
        if accession:
            numbers.append({"system": f"urn:minkang:id:{self.sender}:accession", "value": accession})
        shown = [self._series(key, one) for key, one in sorted(self.study.series.items())]
        modalities = sorted({one["modality"]["code"] for one in shown})
        return kept(
            resourceType="ImagingStudy",
            identifier=numbers,
            status="available",
            modality=[{"system": DCM, "code": code} for code in modalities],
            subject=dict(reference(self.sender, "Patient", patient)),
            started=self._when("StudyDate", "StudyTime"),
            basedOn=[dict(reference(self.sender, "ServiceRequest", f"order/{accession}"))] if accession else None,
            referrer=kept(display=_name(head.get("ReferringPhysicianName"))),
            numberOfSeries=len(shown),
            numberOfInstances=sum(one["numberOfInstances"] for one in shown),
            location=kept(display=head.get("InstitutionName")),
            description=head.get("StudyDescription"),
            series=shown,
        )

    def _series(self, uid: str, one: Any) -> dict[str, Any]:
        head: Header = one.head
        modality = "".join(head.get("Modality").split()) or "OT"
        number = head.get("SeriesNumber")
        instances = [
            kept(
                uid=instance,
                sopClass={"system": "urn:ietf:rfc:3986", "code": f"urn:oid:{kind}"} if kind else _unknown_class(),
                number=int(place) if place.isascii() and place.isdigit() and len(place) < 10 else None,
            )
            for instance, (kind, place) in sorted(one.instances.items())[:MOST_INSTANCES]
        ]
        return kept(
            uid=uid,
            number=int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None,
            modality={"system": DCM, "code": modality},
            description=head.get("SeriesDescription"),
            numberOfInstances=len(one.instances),
            bodySite=kept(display=head.get("BodyPartExamined")),
            performer=[{"actor": {"display": name}} for name in [_name(head.get("PerformingPhysicianName"))] if name],
            instance=instances,
        )

    def _patient(self) -> dict[str, Any]:
        head = self.head
        name = _name(head.get("PatientName"))
        sex = head.get("PatientSex")
        return kept(
            resourceType="Patient",
            identifier=[{"system": f"urn:minkang:id:{self.sender}:mr", "value": head.get("PatientID")}],
            name=[{"text": name}] if name else None,
            gender=(self.translator.code("sex", sex) or "unknown") if sex else None,
            birthDate=day_of(head.get("PatientBirthDate")),
        )

    def _zone(self) -> str:
        said = self.head.get("TimezoneOffsetFromUTC")
        return said if len(said) == 5 and said[0] in "+-" and said[1:].isdigit() else ZONE

    def _digits(self, day: str, time: str) -> str:
        return self.head.get(day) + self.head.get(time).replace(":", "")[:6] if self.head.get(day) else ""

    def _when(self, day: str, time: str) -> str | None:
        text = self._digits(day, time)
        found = date_time(text, self._zone()) or date_time(self.head.get(day)) if text else None
        if text and found is None:
            self.notes.append(Note("DICOM-004", day, {"value": text[:40]}))
        return found


class _Joined(io.RawIOBase):
    """A stream whose first bytes were already read. It can go back over what it remembers, as pydicom does."""

    def __new__(cls, head: bytes, source: BinaryIO) -> Any:
        return io.BytesIO(head + source.read(LARGEST_FILE))


def _header(file: BinaryIO | Path) -> Header:
    if isinstance(file, Path):
        try:
            with file.open("rb") as source:
                return read_header(source)
        except OSError as problem:
            raise Fault("DICOM-001", str(file), reason=str(problem)) from problem
    return read_header(file)


def _beginning(file: BinaryIO | Path) -> bytes:
    """The first bytes of a file that could not be read, to be kept with its reject."""
    try:
        if isinstance(file, Path):
            with file.open("rb") as source:
                return source.read(KEPT_OF_BROKEN)
        file.seek(0)
        return file.read(KEPT_OF_BROKEN)
    except (OSError, ValueError):
        return b""


def _entry(packed: zipfile.ZipFile, one: zipfile.ZipInfo) -> BinaryIO:
    with packed.open(one) as source:
        return io.BytesIO(source.read(LARGEST_FILE))


def _endpoint(address: str) -> dict[str, Any]:
    return {
        "resourceType": "Endpoint",
        "status": "active",
        "connectionType": {
            "system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type", "code": "dicom-wado-rs",
        },
        "payloadType": [{"text": "DICOM"}],
        "address": address,
    }  # fmt: skip


def _unknown_class() -> dict[str, str]:
    return {"system": "urn:ietf:rfc:3986", "code": "urn:oid:0.0"}


def _name(text: str) -> str:
    """PN: of the alphabetic, ideographic and phonetic group the ideographic one, its parts joined."""
    groups = text.split("=")
    said = groups[1] if len(groups) > 1 and groups[1] else groups[0]
    parts = [part for part in said.split("^") if part]
    return "".join(parts) if any(not part.isascii() for part in parts) else " ".join(parts)
