"""DICOM studies of a folder as ImagingStudy; broken files are rejected with their reason."""

from __future__ import annotations

import contextlib
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minkang.codes.translator import Translator
from minkang.errors import Fault
from minkang.exchange.dicom import Dicom
from minkang.exchange.message import Message, Rejected, draft_id
from minkang.fhir import decode

ROOT = "1.2.826.0.1.3680043.10.1"
SENDER = "county-hospital"


def image(study: int = 1, series: int = 1, instance: int = 1, **tags: Any) -> bytes:
    """A small DICOM file without pixels."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = f"{ROOT}.{study}.{series}.{instance}"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset("x.dcm", {}, file_meta=meta, preamble=b"\0" * 128)
    made.SpecificCharacterSet = "ISO_IR 192"
    values = {
        "SOPClassUID": CTImageStorage, "SOPInstanceUID": f"{ROOT}.{study}.{series}.{instance}",
        "StudyInstanceUID": f"{ROOT}.{study}", "SeriesInstanceUID": f"{ROOT}.{study}.{series}", "PatientID": "P7",
        "PatientName": "Wang^Fang=王^芳", "PatientSex": "F", "PatientBirthDate": "19600102", "AccessionNumber": "A9",
        "StudyDate": "20250301", "StudyTime": "101530", "StudyDescription": "胸部平扫", "Modality": "CT",
        "SeriesNumber": series, "InstanceNumber": instance, "BodyPartExamined": "CHEST",
    }  # fmt: skip
    for name, value in (values | tags).items():
        if value is not None:
            setattr(made, name, value)
    target = io.BytesIO()
    made.save_as(target, enforce_file_format=True)
    return target.getvalue()


def bodies(message: Message | Rejected, endpoint: str = "") -> dict[str, dict[str, Any]]:
    assert isinstance(message, Message)
    found = Dicom(endpoint).convert(message, Translator())
    for draft in found.drafts:
        decode(msgspec.json.encode({**draft.body, "id": "x"}), draft.type)
    return {draft.type: draft.body for draft in found.drafts}


def test_a_folder_gives_one_message_a_study_and_a_reject_a_broken_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for number, (study, series) in enumerate([(1, 1), (1, 1), (1, 2), (2, 1)]):
        (tmp_path / "a" / f"{number}.dcm").write_bytes(image(study, series, number + 1))
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "cut.dcm").write_bytes(image()[:140])
    (tmp_path / "nouid.dcm").write_bytes(image(StudyInstanceUID=None))
    found = list(Dicom().folder(tmp_path, SENDER))
    rejects = {Path(one.place).name: one.fault.code for one in found if isinstance(one, Rejected)}
    assert rejects == {"notes.txt": "DICOM-001", "cut.dcm": "DICOM-002", "nouid.dcm": "DICOM-002"}
    first, second = [one for one in found if isinstance(one, Message)]
    study = bodies(first, "https://pacs.example/wado")["ImagingStudy"]
    assert (study["numberOfSeries"], study["numberOfInstances"]) == (2, 3)
    assert [one["numberOfInstances"] for one in study["series"]] == [2, 1]
    assert study["started"] == "2025-03-01T10:15:30+08:00"
    assert study["modality"][0]["code"] == "CT"
    assert study["identifier"][0] == {"system": "urn:dicom:uid", "value": f"urn:oid:{ROOT}.1"}
    assert study["subject"]["reference"] == f"Patient/{draft_id(SENDER, 'Patient', 'patient/P7')}"
    assert study["basedOn"][0]["reference"] == f"ServiceRequest/{draft_id(SENDER, 'ServiceRequest', 'order/A9')}"
    assert study["endpoint"][0]["reference"].startswith("Endpoint/")
    patient = bodies(second)["Patient"]
    assert (patient["name"][0]["text"], patient["gender"], patient["birthDate"]) == ("王芳", "female", "1960-01-02")


def test_the_order_of_files_does_not_matter(tmp_path: Path) -> None:
    files = [image(1, 1, 1), image(1, 2, 2), image(1, 1, 3)]
    keys = set()
    for turn, order in enumerate(([0, 1, 2], [2, 1, 0], [1, 2, 0])):
        folder = tmp_path / str(turn)
        folder.mkdir()
        for name, index in enumerate(order):
            (folder / f"{name}.dcm").write_bytes(files[index])
        (one,) = Dicom().folder(folder, SENDER)
        keys.add((one.key, one.body))
    assert len(keys) == 1


def test_a_study_that_grew_outranks_what_was_told_before(tmp_path: Path) -> None:
    """Ranks follow the number of instances, so the fuller telling wins whichever came first."""
    (tmp_path / "1.dcm").write_bytes(image(1, 1, 1))
    (before,) = Dicom().folder(tmp_path, SENDER)
    (tmp_path / "2.dcm").write_bytes(image(1, 1, 2))
    (after,) = Dicom().folder(tmp_path, SENDER)
    ranks = []
    for one in (before, after):
        assert isinstance(one, Message)
        ranks.append(next(d.rank for d in Dicom().convert(one, Translator()).drafts if d.type == "ImagingStudy"))
    assert before.key != after.key
    assert ranks[0] < ranks[1]


def test_one_file_and_a_zip_of_files_are_cut(tmp_path: Path) -> None:
    (one,) = Dicom().split(io.BytesIO(image()), "x.dcm", SENDER)
    assert one.key.startswith(f"{ROOT}.1#")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        target.writestr("a.dcm", image(1))
        target.writestr("b.dcm", image(2))
        target.writestr("c.txt", "x")
    packed.seek(0)
    found = list(Dicom().split(packed, "x.zip", SENDER))
    assert [type(part).__name__ for part in found] == ["Rejected", "Message", "Message"]
    broken = list(Dicom().split(io.BytesIO(b"PK\x03\x04 no archive"), "x.zip", SENDER))
    assert [part.fault.code for part in broken if isinstance(part, Rejected)] == ["DICOM-001"]


def test_a_study_without_patient_number_is_refused() -> None:
    (one,) = Dicom().split(io.BytesIO(image(PatientID=None)), "x", SENDER)
    with pytest.raises(Fault, match="DICOM-003"):
        bodies(one)


def test_a_length_that_fits_no_value_is_a_broken_file() -> None:
    """pydicom has an error of its own for it, which is no ValueError."""
    body = bytearray(image())
    body[149] = 0
    assert [type(one) for one in Dicom().split(io.BytesIO(bytes(body[:161])), "x", SENDER)] == [Rejected]


@given(st.data())
def test_damaged_files_never_do_worse_than_a_reject(data: st.DataObject) -> None:
    body = bytearray(image())
    for place in data.draw(st.lists(st.integers(0, len(body) - 1), max_size=12)):
        body[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    for one in Dicom().split(io.BytesIO(bytes(body[:cut])), "x", SENDER):
        if isinstance(one, Message):
            with contextlib.suppress(Fault):
                bodies(one)


@given(st.binary(max_size=300))
def test_any_body_converts_or_is_refused(body: bytes) -> None:
    with pytest.raises(Fault, match="DICOM"):
        Dicom().convert(Message(SENDER, "dicom", "k", body, datetime(2026, 1, 1, tzinfo=UTC)), Translator())
