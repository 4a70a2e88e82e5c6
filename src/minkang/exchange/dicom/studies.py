"""The headers of one study, gathered: series and how many instances each, which is all that an ImagingStudy needs."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from minkang.exchange.dicom.reading import Header

MOST_INSTANCES = 20_000


class Series(Struct):
    """One series: the header of its first instance, and (UID, class, number) of every instance."""

    head: Header
    instances: dict[str, tuple[str, str]] = field(default_factory=dict)


class Study(Struct):
    """One study, as the body of a message.

    Attributes:
        head: of the instance with the lowest UID, so that the order of files does not matter.
        series: by series UID.
        folder: where its files lie, for the Endpoint; empty where that is not to be said.
    """

    head: Header
    series: dict[str, Series] = field(default_factory=dict)
    folder: str = ""


def gather(headers: Iterable[Header]) -> dict[str, Study]:
    """Headers by study UID; the same whatever their order."""
    studies: dict[str, Study] = {}
    for header in headers:
        uid, instance = header.get("StudyInstanceUID"), header.get("SOPInstanceUID")
        study = studies.setdefault(uid, Study(header))
        if instance < study.head.get("SOPInstanceUID"):
            study.head = header
        one = study.series.setdefault(header.get("SeriesInstanceUID"), Series(header))
        if instance < one.head.get("SOPInstanceUID"):
            one.head = header
        one.instances[instance] = (header.get("SOPClassUID"), header.get("InstanceNumber"))
    for study in studies.values():
        study.series = dict(sorted(study.series.items()))
        for one in study.series.values():
            one.instances = dict(sorted(one.instances.items()))
    return studies
