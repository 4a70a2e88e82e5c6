"""What is read of a DICOM file: the header of study, series and instance, without the pixels."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from minkang.errors import Fault

UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
_UID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")
TAGS = (
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "PatientID", "PatientName",
    "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyDate", "StudyTime", "StudyDescription",
    "SeriesDate", "SeriesTime", "SeriesNumber", "SeriesDescription", "Modality", "BodyPartExamined", "Laterality",
    "InstanceNumber", "InstitutionName", "ReferringPhysicianName", "PerformingPhysicianName", "RetrieveURL",
    "TimezoneOffsetFromUTC", "NumberOfFrames", "OtherPatientIDs",
)  # fmt: skip


class Header(Struct, forbid_unknown_fields=True):
    """The header of one file, as it is kept in a message: texts by DICOM keyword, empty ones left out."""

    tags: dict[str, str]

    def get(self, name: str) -> str:
        """A value; empty where there is none."""
        return self.tags.get(name, "")


def read_header(source: BinaryIO) -> Header:
    """Read a file as far as the pixels.

    Raises:
        Fault: `DICOM-001` for what is no DICOM file or a broken one; `DICOM-002` without the three UIDs that say what
            it is.
    """
    # pydicom takes a quarter of a second that a process without images need not wait for.
    from pydicom import dcmread  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # It warns of values that break a rule; what is read is checked here.
            found = dcmread(source, stop_before_pixels=True, specific_tags=[*TAGS, "SpecificCharacterSet"])
            tags = {name: text for name in TAGS if (text := _text(found.get(name)))}
    except Exception as problem:  # noqa: BLE001 -- a damaged file makes pydicom raise errors of any kind
        raise Fault("DICOM-001", reason=f"{type(problem).__name__}: {problem}"[:200]) from None
    missing = [name for name in UIDS if not _valid(tags, name)]
    if missing:
        raise Fault("DICOM-002", missing[0], names=", ".join(missing))
    return Header(tags)


def _valid(tags: Mapping[str, str], name: str) -> bool:
    value = tags.get(name, "")
    return len(value) <= 64 and _UID.fullmatch(value) is not None


def _text(value: Any) -> str:
    """A value as text: several are joined by backslashes, as in DICOM."""
    if value is None:
        return ""
    many = value if isinstance(value, list | tuple) or type(value).__name__ == "MultiValue" else [value]
    joined = "\\".join(str(one) for one in many)
    return "".join(one for one in joined if one.isprintable()).strip()[:1000]


def encode(header: Header) -> bytes:
    """A header as the body of a message."""
    return msgspec.json.encode(header)


def decode(body: bytes) -> Header:
    """The header of a message's body; a whole DICOM file is read as one.

    Raises:
        Fault: as `read_header`.
    """
    if body[:1] == b"{":
        try:
            found = msgspec.json.decode(body, type=Header)
        except (msgspec.DecodeError, ValueError, RecursionError) as problem:
            raise Fault("DICOM-001", reason=str(problem)[:200]) from None
        missing = [name for name in UIDS if not _valid(found.tags, name)]
        if missing:
            raise Fault("DICOM-002", missing[0], names=", ".join(missing))
        return found
    return read_header(io.BytesIO(body))
