"""Files of FHIR JSON are read as they come, whatever they are packed in, and damage is said with its place."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minkang.errors import Fault
from minkang.exchange.fhir_files import find_files, read_file

ONE = b'{"resourceType":"Patient","id":"a"}'
TWO = b'{"resourceType":"Patient","id":"b"}'


def bodies(path: Path) -> list[bytes]:
    """What a file holds."""
    return [document.body for document in read_file(path)]


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.ndjson", bytes),
        ("a.ndjson.gz", gzip.compress),
        ("a.ndjson.bz2", bz2.compress),
        ("a.ndjson.xz", lzma.compress),
        ("a.json", bytes),
    ],
)
def test_lines_are_read_from_plain_and_packed_files(tmp_path: Path, name: str, pack: object) -> None:
    """Each line is one document; blank lines and the line's ending do not count."""
    path = tmp_path / name
    path.write_bytes(pack(ONE + b"\r\n\n" + TWO + b"\n"))  # type: ignore[operator]
    assert bodies(path) == [ONE, TWO]


def test_a_pretty_document_is_one_document(tmp_path: Path) -> None:
    """Line breaks inside a document do not make it NDJSON."""
    path = tmp_path / "p.json"
    path.write_bytes(b'{\n "resourceType": "Patient",\n "contact": [\n{\n}\n]\n}\n')
    assert len(bodies(path)) == 1


def test_archives_are_read_member_by_member_with_their_places(tmp_path: Path) -> None:
    """A place names archive, member and line."""
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("x/a.json", ONE)
        archive.writestr("x/b.ndjson", ONE + b"\n" + TWO)
        archive.writestr("x/readme.txt", "not FHIR")
    with tarfile.open(tmp_path / "t.tar.xz", "w:xz") as tar:
        member = tarfile.TarInfo("c.json.gz")
        packed = gzip.compress(TWO)
        member.size = len(packed)
        tar.addfile(member, io.BytesIO(packed))
    found = [document for path in find_files([tmp_path]) for document in read_file(path)]
    assert [one.body for one in found] == [TWO, ONE, ONE, TWO]
    assert found[0].place.endswith("t.tar.xz!c.json.gz")
    assert found[3].place.endswith("z.zip!x/b.ndjson:2")


def test_what_is_missing_or_empty_is_said(tmp_path: Path) -> None:
    """A wrong path and a folder without FHIR are two different faults."""
    with pytest.raises(Fault, match="EXCHANGE-001"):
        find_files([tmp_path / "absent"])
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(Fault, match="EXCHANGE-002"):
        find_files([tmp_path])


@pytest.mark.parametrize("name", ["a.ndjson.gz", "a.ndjson.bz2", "a.ndjson.xz", "a.zip", "a.tar.gz"])
def test_a_damaged_archive_is_a_fault_with_its_place(tmp_path: Path, name: str) -> None:
    """Truncation is reported, never taken for the end."""
    pack = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}.get(name.rpartition(".")[2], bytes)
    path = tmp_path / name
    path.write_bytes(pack((ONE + b"\n") * 5000)[:-20])
    with pytest.raises(Fault, match="EXCHANGE-003") as caught:
        bodies(path)
    assert caught.value.where == str(path)


def test_a_document_over_the_limit_is_refused(tmp_path: Path) -> None:
    """One byte over is over; the limit itself is not."""
    path = tmp_path / "big.json"
    path.write_bytes(ONE)
    assert [one.body for one in read_file(path, largest=len(ONE))] == [ONE]
    with pytest.raises(Fault, match="EXCHANGE-004"):
        list(read_file(path, largest=len(ONE) - 1))


LINES = st.lists(st.binary(min_size=1, max_size=200_000).filter(lambda b: b"\n" not in b and b.strip()), max_size=6)


@given(lines=LINES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_every_line_comes_out_as_it_went_in(tmp_path: Path, lines: list[bytes]) -> None:
    """Whatever bytes a sender writes, a line is handed on whole; nothing is lost between chunks."""
    path = tmp_path / "h.ndjson"
    path.write_bytes(b"\n".join(lines))
    assert bodies(path) == [line.rstrip(b"\r") for line in lines]
