"""The first feed: the truth told as FHIR R4, one NDJSON file a resource type."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from minkang.synth.fhir.care import tell_care
from minkang.synth.fhir.findings import tell_findings
from minkang.synth.fhir.money import tell_money
from minkang.synth.fhir.people import tell_people
from minkang.synth.fhir.places import tell_places
from minkang.synth.fhir.registers import tell_registers
from minkang.synth.fhir.resources import tell_resources
from minkang.synth.fhir.teller import Teller
from minkang.synth.truth import Truth


def write_fhir(truth: Truth | Iterable[Truth], folder: Path | str) -> dict[str, int]:
    """Write `<Type>.ndjson` files into a folder, one canonical R4 resource a line.

    Every resource has `meta.source` (the institution whose system it stands for) and the security label HTEST of
    v3-ActReason, which marks test data; references are relative; ids are stable: the same truth gives the same ids.

    Args:
        truth: a whole county, or its chunks one after another (memory stays that of one chunk).

    Returns:
        resources by type.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    teller: Teller | None = None
    for part in [truth] if isinstance(truth, Truth) else truth:
        first = teller is None
        teller = teller or Teller(part.county, place)
        tell_part(teller, part, places=first)
    if teller is None:
        return {}
    teller.close()
    return dict(sorted(teller.counts.items()))


def tell_part(teller: Teller, part: Truth, *, places: bool) -> None:
    """All resources of one chunk, after those of the county itself where `places` says so."""
    if places:
        tell_places(teller)
        tell_resources(teller)
    tell_people(teller, part.tables)
    tell_care(teller, part.tables)
    tell_findings(teller, part.tables)
    tell_money(teller, part.tables)
    tell_registers(teller, part.tables)


def write_part(part: Truth, folder: Path, *, places: bool) -> dict[str, int]:
    """Write the files of one chunk alone; those of all chunks one behind another are what `write_fhir` writes."""
    folder.mkdir(parents=True, exist_ok=True)
    teller = Teller(part.county, folder)
    tell_part(teller, part, places=places)
    teller.close()
    return teller.counts
