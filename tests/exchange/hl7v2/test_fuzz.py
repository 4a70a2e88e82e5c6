"""Whatever comes, the reader and the converter give drafts that are FHIR, or a reason."""

from __future__ import annotations

import io
import random
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minkang.codes.translator import Translator
from minkang.errors import Fault
from minkang.exchange.hl7v2 import Hl7v2
from minkang.exchange.hl7v2.connector import READERS, TYPES
from minkang.exchange.hl7v2.mllp.acknowledging import answers, head_of
from minkang.exchange.hl7v2.mllp.framing import Framer
from minkang.exchange.hl7v2.parsing import parse
from minkang.exchange.message import Converted, Message
from minkang.fhir import decode

CONNECTOR, TRANSLATOR = Hl7v2(), Translator()
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PIECES = (
    *(
        "",
        "1",
        "20200101",
        "2020",
        "20200230",
        "1e9",
        "-0",
        "00",
        '""',
        "A",
        "I",
        "F",
        "D",
        "X",
        "C",
        "M",
        "~",
        "^",
        "&",
    ),
    *("NM", "ED", "RP", "SN", "TS", "CE", "DR", "TM", "汉", "\\", "\\X41\\", "\\C2842\\", "a b", "^^^^", "1^2^LN", " "),
    *("x" * 70, "3.9-6.1", "<5", "^application^pdf^Base64^AAAA", "http://a/b", "\u00a0", "\u2028", "9" * 30, "²"),
    *("1^^^A&1.2.3&ISO^MR", "8480-6^s^LN", "P1D", "+0900"),
)
FIELD = st.sampled_from(PIECES) | st.text(max_size=6)
SEGMENT = st.builds(
    lambda name, fields: "|".join([name, *fields]),
    st.sampled_from([*sorted(READERS), "EVN", "ZZZ", "SFT"]),
    st.lists(FIELD, max_size=26),
)
MESSAGE = st.builds(
    lambda kind, event, tail, segments: "\r".join(
        [f"MSH|^~\\&|A|B|C|D|20200101||{kind}^{event}|k|P|2.5{tail}", "PID|1||7^^^^MR||王", *segments]
    ),
    st.sampled_from(sorted(TYPES)),
    st.sampled_from(["A01", "A03", "A11", "A40", "R01", "O01", "S12", "T02", "T09", "V04", "", "P03", "I12", "PC3"]),
    st.sampled_from(["", "||||||GB 18030-2000", "||||||ASCII"]),
    st.lists(SEGMENT, max_size=12),
)


def attempt(body: bytes) -> tuple[Converted | None, Fault | None]:
    """What a message says, or why it is refused."""
    try:
        return CONNECTOR.convert(Message("a", "hl7v2", "k", body, NOW), TRANSLATOR), None
    except Fault as fault:
        return None, fault


def check(body: bytes) -> None:
    """Convert and decode; only a Fault may come out."""
    found, refused = attempt(body)
    if found is None:
        assert refused is not None
        assert refused.text("zh")
        assert refused.advice("en")
        return
    assert len({(draft.type, draft.key) for draft in found.drafts}) == len(found.drafts)
    for draft in found.drafts:
        decode(msgspec.json.encode({**draft.body, "id": "x"}), draft.type)
    for note in found.notes:
        assert Fault(note.code, note.where, **note.params).text("zh")


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(MESSAGE)
def test_messages_of_wild_segments(text: str) -> None:
    check(
        text.encode("utf-8", "surrogatepass") if "\ud800" <= max(text) <= "\udfff" else text.encode("utf-8", "replace")
    )


@given(st.binary(max_size=400) | st.binary(max_size=300).map(lambda tail: b"MSH|^~\\&|" + tail))
def test_any_bytes(body: bytes) -> None:
    check(body)
    for answer in answers(head_of(body), Fault("HL7-001", "MSH", begins="x")):
        assert parse(answer).named("MSA")


@given(st.lists(st.binary(max_size=60), max_size=10))
def test_any_stream(parts: list[bytes]) -> None:
    framer = Framer(100)
    for part in parts:
        for frame in framer.feed(part):
            check(frame.body)
    for one in CONNECTOR.split(io.BytesIO(b"".join(parts)), "f", "a"):
        check(one.body)


@pytest.mark.reference
def test_mutated_reference_messages(reference: Path) -> None:
    """Real messages with fields exchanged, cut, repeated and overwritten."""
    dice = random.Random(7)
    texts = [path.read_text("utf-8-sig") for path in sorted((reference / "hl7v2").glob("*.hl7"))]
    for turn in range(400):
        lines = [line.split("|") for line in texts[turn % len(texts)].splitlines() if line]
        for _ in range(dice.randint(1, 12)):
            fields = lines[dice.randrange(len(lines))]
            place = dice.randrange(1, len(fields)) if len(fields) > 1 else 0
            fields[place] = dice.choice([dice.choice(PIECES), dice.choice(dice.choice(lines)), fields[place][:3]])
        if dice.random() < 0.3:
            dice.shuffle(lines)
        lines[0][0] = "MSH" if dice.random() < 0.9 else lines[0][0]
        check("\r".join("|".join(fields) for fields in lines).encode("utf-8", "replace"))


@pytest.mark.parametrize(
    "bomb", ["^" * 20_000, "~" * 20_000, "&" * 20_000, "\\" * 20_000, "\\X41\\" * 20_000, "9" * 100_000]
)
def test_bombs_take_no_time(bomb: str) -> None:
    begin = time.process_time()
    for name in ("PID|1||7^^^^MR||", "OBX|1|NM|1^a^LN||", "OBX|1|FT|1^a^LN||", "NTE|1||"):
        check(
            f"MSH|^~\\&|A|B|C|D|20200101||ORU^R01|k|P|2.5\rPID|1||7\rOBR|1|2|3|4\rOBX|1|NM|1||2\r{name}{bomb}\r".encode()
        )
    assert time.process_time() - begin < 20
