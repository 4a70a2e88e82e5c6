"""The official R4 examples and the Synthea samples come back with the same JSON value."""

from __future__ import annotations

import bz2
import json
import tarfile
from decimal import Decimal
from pathlib import Path
from typing import cast

import msgspec
import pytest

from minkang.fhir import decode, decode_shallow, encode

pytestmark = pytest.mark.reference


def exact(body: bytes) -> str:
    """JSON as text that tells `1.10` from `1.1`, whatever the order of properties."""
    value = json.loads(body, parse_float=lambda text: f"number {Decimal(text).as_tuple()}")
    return json.dumps(value, sort_keys=True)


def test_every_official_example_comes_back(reference: Path) -> None:
    count = 0
    with tarfile.open(reference / "fhir" / "r4-examples.tar.xz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is None or not member.name.endswith(".json"):
                continue
            body = file.read()
            encoded = encode(decode(body))
            assert exact(encoded) == exact(body), member.name
            assert encode(decode(encoded)) == encoded, member.name
            count += 1
    assert count == 444


def samples(reference: Path) -> list[Path]:
    return sorted((reference / "fhir" / "synthea").glob("*.bz2"))


def check_sample(path: Path) -> int:
    bundle = decode_shallow(bz2.decompress(path.read_bytes()))
    for index, entry in enumerate(bundle.entry or []):
        body = bytes(cast("msgspec.Raw", entry.resource))
        place = f"Bundle.entry[{index}].resource"
        assert exact(encode(decode(body, where=place))) == exact(body), (path.name, place)
    return len(bundle.entry or [])


def test_two_synthea_samples_come_back(reference: Path) -> None:
    by_size = sorted(samples(reference), key=lambda path: path.stat().st_size)
    assert sum(check_sample(path) for path in (by_size[0], by_size[len(by_size) // 4])) > 0


@pytest.mark.long
def test_all_synthea_samples_come_back(reference: Path) -> None:
    assert sum(check_sample(path) for path in samples(reference)) == 92_114


def test_a_whole_bundle_comes_back(reference: Path) -> None:
    smallest = min(samples(reference), key=lambda path: path.stat().st_size)
    body = bz2.decompress(smallest.read_bytes())
    assert exact(encode(decode(body))) == exact(body)
