"""Hostile, broken and mutated documents: always a refusal with a reason or drafts, never a crash, a hang or a
blow-up."""

from __future__ import annotations

import importlib.util
import io
import json
import random
import tracemalloc
import zipfile
from pathlib import Path
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minkang.errors import Fault
from minkang.exchange.cda.connector import Documents, key_of
from minkang.exchange.cda.parsing import MAX_BYTES, parse
from minkang.exchange.message import Message, Rejected
from minkang.fhir import decode

_spec = importlib.util.spec_from_file_location("cda_documents", Path(__file__).parent / "documents.py")
assert _spec is not None
assert _spec.loader is not None
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)

ALL: dict[str, bytes] = {name: made.body_of(name) for name in made.NAMES}
ONE = ALL["outpatient-record"]
TEXT = ONE.decode()
BOMB = (
    '<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)
EXTERNAL = '<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'


def declared(name: str, codec: str, mark: bytes = b"") -> bytes:
    return mark + TEXT.replace('encoding="UTF-8"', f'encoding="{name}"').encode(codec)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (TEXT.replace("<ClinicalDocument", f"{BOMB}<ClinicalDocument").replace("王小五", "&j;").encode(), "CDA-004"),
        (
            TEXT.replace("<ClinicalDocument", f"{EXTERNAL}<ClinicalDocument").replace("王小五", "&secret;").encode(),
            "CDA-004",
        ),
        (TEXT.replace("王小五", "&secret;").encode(), "CDA-005"),
        (declared("GB18030", "utf-8").replace("王小五".encode(), b"\xff\xff"), "CDA-003"),
        (declared("UTF-8", "gb18030"), "CDA-003"),
        (declared("EBCDIC-CP-US", "utf-8"), "CDA-002"),
        (declared("UTF-32", "utf-32"), "CDA-002"),
        (b" " * (MAX_BYTES + 1), "CDA-001"),
        (b"<a>" * 300_000, "CDA-006"),
        (b"<a>" * 5_000 + b"</a>" * 5_000, "CDA-005"),
        (b"<a>" * 200 + b"</a>" * 200, "CDA-006"),
        (b"<a b='" + b"x" * 100 + b"' b='y'/>", "CDA-005"),
        (TEXT.replace("王小五", "王\x00五").encode(), "CDA-005"),
    ],
)
def test_hostile_documents_are_refused_with_a_code(body: bytes, code: str) -> None:
    with pytest.raises(Fault) as refused:
        made.convert(body)
    assert refused.value.code == code, refused.value


@pytest.mark.parametrize(
    "body",
    [
        declared("UTF-8", "utf-8", b"\xef\xbb\xbf"), declared("GB18030", "gb18030"), declared("GBK", "gbk"),
        declared("gb2312", "gb2312"), declared("UTF-16", "utf-16"), declared("UTF-16", "utf-16-be", b"\xfe\xff"),
        TEXT.split("?>", 1)[1].encode(),
    ],
)  # fmt: skip
def test_every_declared_encoding_gives_the_same_drafts(body: bytes) -> None:
    assert made.plain(made.convert(body)) == made.plain(made.convert(ONE))
    assert key_of(body) == "D20230501001"


def test_a_bomb_takes_neither_time_nor_memory() -> None:
    bomb = TEXT.replace("<ClinicalDocument", f"{BOMB}<ClinicalDocument").replace("王小五", "&j;").encode()
    tracemalloc.start()
    begun = process_time()
    with pytest.raises(Fault):
        parse(bomb)
    assert process_time() - begun < 1
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A document with pieces cut out, doubled, swapped, or bytes and attributes changed."""
    body = bytearray(ALL[draw(st.sampled_from(made.NAMES))])
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, max(len(body) - 1, 0)))
        end = min(start + draw(st.integers(0, 400)), len(body))
        how = draw(st.sampled_from(("cut", "double", "bytes", "token")))
        if how == "cut":
            del body[start:end]
        elif how == "double":
            body[start:start] = body[start:end]
        elif how == "bytes":
            body[start:end] = draw(st.binary(max_size=20))
        else:
            place = body.find(b'"', start)
            token = draw(
                st.sampled_from(
                    (b"", b"9" * 40, b"NaN", b"-1", b"2.16.156.10011.1.3", b"\xe7\x8e\x8b", b"20239999", b"1e999", b" ")
                )
            )
            body[place + 1 : body.find(b'"', place + 1)] = token
    return bytes(body)


@settings(max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_a_mutated_document_is_refused_with_a_code_or_gives_valid_drafts(body: bytes) -> None:
    try:
        found = made.convert(body)
    except Fault as refused:
        refused.text("zh")  # A code without words would be a KeyError.
        return
    keys = [(one.type, one.key) for one in found.drafts]
    assert len(keys) == len(set(keys))
    for one in found.notes:
        Fault(one.code, one.where, **one.params).text("en")
    for one in made.resources(found):
        decode(json.dumps(one).encode())


@settings(max_examples=200, deadline=1000)
@given(st.binary(max_size=2000))
def test_any_bytes_are_split_into_messages_and_rejects_that_hold_all_of_them(body: bytes) -> None:
    parts = list(Documents().split(io.BytesIO(body), "f", "s"))
    if not body.startswith(b"PK\x03\x04"):
        assert sum(len(one.body) for one in parts) >= len(body.strip(b"\r\n\t \x1a"))
    for one in parts:
        if isinstance(one, Message):
            with pytest.raises(Fault):
                made.convert(one.body)


def test_documents_that_follow_each_other_are_cut_apart_whatever_the_size_of_a_read() -> None:
    class Drops(io.BytesIO):
        """Gives few bytes at a time, as a socket does."""

        def read(self, size: int | None = -1) -> bytes:
            return super().read(random.Random(self.tell()).randint(1, 900) if size else size)

    bodies = [ONE, declared("GB18030", "gb18030"), ONE]
    source = b"\n".join(bodies) + b"\n" + ONE[:500]
    parts = list(Documents().split(Drops(source), "f", "s"))
    assert [one.body.strip() for one in parts[:3]] == [one.strip() for one in bodies]
    assert isinstance(parts[3], Rejected)
    assert parts[3].fault.code == "CDA-007"
    assert list(Documents().split(io.BytesIO(source), "f", "s"))[1].place == parts[1].place


def test_a_zip_is_read_entry_by_entry_and_a_damaged_one_is_rejected() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", ONE)
        archive.writestr("bomb.xml", b" " * (MAX_BYTES * 3))
        archive.writestr("b.xml", ALL["referral"])
    parts = list(Documents().split(io.BytesIO(held.getvalue()), "f.zip", "s"))
    assert [type(one).__name__ for one in parts] == ["Message", "Rejected", "Message"]
    assert parts[0].place == "f.zip/a.xml"
    cut = list(Documents().split(io.BytesIO(held.getvalue()[:-30]), "f.zip", "s"))
    assert [one.fault.code for one in cut if isinstance(one, Rejected)] == ["EXCHANGE-003"]


def test_a_very_large_file_is_read_in_bounded_memory() -> None:
    """A document without an end is rejected once, and the documents behind it are read."""

    class Long(io.RawIOBase):
        def __init__(self) -> None:
            self.left = 40 * 1024 * 1024
            self.tail = io.BytesIO(b"</ClinicalDocument>" + ONE)

        def read(self, size: int = -1) -> bytes:
            if self.left > 0:
                self.left -= size
                return b"<x>" * (size // 3)
            return self.tail.read(size)

    tracemalloc.start()
    parts = list(Documents().split(Long(), "f", "s"))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [type(one).__name__ for one in parts] == ["Rejected", "Message"]
    assert peak < 5 * MAX_BYTES
