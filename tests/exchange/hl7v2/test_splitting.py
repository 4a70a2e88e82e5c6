"""Cutting files into messages: envelopes, frames, cut ends, bounded memory."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from minkang.exchange.hl7v2.splitting import split
from minkang.exchange.message import Message, Rejected


def one(key: object, text: str = "x") -> str:
    return f"MSH|^~\\&|HIS|WS|||20210517083100||ADT^A04|{key}|P|2.5\rPID|1||{text}\r"


def cut(data: str | bytes, most: int = 1 << 20) -> list[Message | Rejected]:
    body = data if isinstance(data, bytes) else data.encode()
    return list(split(io.BytesIO(body), "f.hl7", "a", most))


def codes(found: list[Message | Rejected]) -> list[str]:
    return [part.key if isinstance(part, Message) else part.fault.code for part in found]


def test_messages_of_a_file_with_envelopes() -> None:
    """The envelope is not part of any message."""
    data = f"FHS|^~\\&\rBHS|^~\\&\r{one(1)}{one(2)}BTS|2\rBHS|^~\\&\r{one(3)}BTS|1\rFTS|2\r"
    found = cut(data)
    assert codes(found) == ["1", "2", "3"]
    assert found[1].body.decode() == one(2)


def test_a_batch_that_counts_otherwise_and_one_without_end_are_told() -> None:
    assert codes(cut(f"BHS|^~\\&\r{one(1)}BTS|5\r")) == ["1", "HL7-010"]
    assert codes(cut(f"FHS|^~\\&\rBHS|^~\\&\r{one(1)}")) == ["1", "HL7-009", "HL7-009"]


def test_frames_line_feeds_and_a_byte_order_mark() -> None:
    framed = b"".join(b"\x0b" + one(key).encode() + b"\x1c\r" for key in range(3))
    assert codes(cut(framed)) == ["0", "1", "2"]
    lines = "\ufeff" + (one(1) + one(2)).replace("\r", "\r\n")
    assert [part.body.decode() for part in cut(lines)] == [one(1), one(2)]


def test_a_file_that_ends_within_a_message_rejects_that_message() -> None:
    """A cut message looks whole; with others before it, its missing end tells."""
    whole = one(1) + one(2, "1234567")
    assert codes(cut(whole)) == ["1", "2"]
    for short in range(len(one(1)) + 60, len(whole)):
        assert codes(cut(whole[:short])) == ["1", "HL7-008"]


def test_a_single_message_may_lack_its_last_end() -> None:
    assert codes(cut(one(7).rstrip("\r"))) == ["7"]


def test_what_stands_before_a_message_is_kept_as_a_reject() -> None:
    found = cut("some words\r" + one(1))
    assert codes(found) == ["HL7-001", "1"]
    assert found[0].body == b"some words\r"


def test_a_message_that_is_too_large_is_rejected_and_the_next_is_read() -> None:
    assert codes(cut(one(1) + one(2, "x" * 5000) + one(3), most=1000)) == ["1", "HL7-007", "3"]
    assert codes(cut(one(1) + "ZZZ|" + "y" * 300_000 + "\r" + one(3), most=1000)) == ["HL7-007", "3"]


def test_a_message_without_number_is_known_by_its_content() -> None:
    first, second = cut(one("")), cut(one(""))
    assert first[0].key.startswith("sha256:")
    assert first[0].key == second[0].key


@given(st.lists(st.text("abc|^~\\é汉\n\x0b\x1c", max_size=40), max_size=8), st.integers(0, 400))
def test_nothing_is_lost_whatever_the_bytes(texts: list[str], short: int) -> None:
    """Every visible byte of a file is in a message or a reject."""
    data = "".join(one(number, text) for number, text in enumerate(texts)).encode()[: short or None]
    found = cut(data)
    kept = b"".join(part.body for part in found)
    strip = bytes.maketrans(b"", b"")
    assert kept.translate(strip, b"\r\n\x0b\x1c\x00\x1a") == data.translate(strip, b"\r\n\x0b\x1c\x00\x1a")
