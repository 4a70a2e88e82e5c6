"""Reading the grammar: separators, escapes, character sets, times."""

from __future__ import annotations

import pytest

from minkang.errors import Fault
from minkang.exchange.hl7v2.parsing import MOST_REPETITIONS, MOST_SEGMENTS, parse, parse_text
from minkang.exchange.hl7v2.times import clock, date_time, instant

HEAD = "MSH|^~\\&|HIS|WS|||20210517083100||ADT^A01|1|P|2.5||||||{charset}\r"


def field(text: str, charset: str = "", codec: str = "utf-8") -> str:
    message = (HEAD.format(charset=charset) + f"PID|1|{text}\r").encode(codec)
    return parse(message).named("PID")[0].get(2)


def test_fields_repetitions_components_and_sub_components_are_counted_as_in_the_standard() -> None:
    pid = parse_text(HEAD + "PID|1||7^^^A&1.2.3&ISO^MR~8^^^B|x\rPV1||I").named("PID")[0]
    assert [one.get(1) for one in pid.all(3)] == ["7", "8"]
    assert (pid.get(3, 4), pid.get(3, 4, 2), pid.get(3, 5)) == ("A", "1.2.3", "MR")
    assert pid.first(3).subs(4).get(3) == "ISO"
    assert (pid.get(4), pid.get(90), pid.get(3, 99)) == ("x", "", "")


def test_the_message_names_its_own_separators() -> None:
    """Nothing is read by |^~\\& but what MSH says."""
    read = parse_text("MSH*:;/,*A******ADT:A04*9*P*2.4\rPID***1:2,3;4/S/5")
    assert read.kind == ("ADT", "A04")
    pid = read.named("PID")[0]
    assert [one.get(1) for one in pid.all(3)] == ["1", "4:5"]
    assert pid.get(3, 2, 2) == "3"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_any_end_of_line_and_a_missing_last_one(end: str, last: bool) -> None:
    text = end.join(["MSH|^~\\&|||||||ADT^A01|k|P|2.3", "PID|||1", "", "PV1||O"]) + (end if last else "")
    assert [one.name for one in parse_text(text).segments] == ["MSH", "PID", "PV1"]
    assert parse(b"\x0b" + text.encode() + b"\x1c\r").key == "k"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", r"a|b^c&d~e\f"),
        (r"1\.br\2\.sp2\3", "1\n2\n\n3"),
        (r"\H\bold\N\ plain", "bold plain"),
        (r"\X41\\X4243\ ", "ABC"),
        (r"\XE6B19FE88B8F\ ", "江苏"),
        (r"caf\C2D41\é\C2842\ x", "café x"),
        (r"\M2442\F|K\\", None),
        (r"C:\temp", r"C:\temp"),
        (r"50\% of \Q\ ", r"50\% of \Q\ ".strip()),
        (r"\X4\ ", r"\X4\ ".strip()),
        ('""', ""),
        ("a\x07b", "ab"),
    ],
)
def test_escapes(sent: str, meant: str | None) -> None:
    """A sequence means what chapter 2.7 says; what is none stays as it was sent."""
    found = field(sent.replace("|", "\\F\\") if meant is None else sent)
    assert found == meant if meant is not None else isinstance(found, str)


def test_a_shift_to_a_multi_byte_set_is_followed() -> None:
    assert field(r"\M242941\1>\C2842\x") == "本x"
    assert field(r"\M2442\;3\C2842\x") == "山x"


@pytest.mark.parametrize(
    ("declared", "codec", "read"),
    [
        ("UNICODE UTF-8", "utf-8", "utf-8"),
        ("GB 18030-2000", "gb18030", "gb18030"),
        ("BIG-5", "big5", "big5hkscs"),
        ("", "gb18030", "gb18030"),
        ("", "utf-8", "utf-8"),
        ("ASCII", "utf-8", "utf-8"),
        ("8859/1", "latin-1", "iso8859-1"),
        ("UNICODE UTF-8", "gb18030", "gb18030"),
        ("no such set", "utf-8", "utf-8"),
    ],
)
def test_character_sets(declared: str, codec: str, read: str) -> None:
    """What MSH-18 says is tried first, then what it can only be; a separator inside a Chinese character is none."""
    name = (
        "Müller"
        if codec == "latin-1"
        else "江國華"
        if codec == "big5"
        else "汶上郷𠮷"
        if codec != "gb18030"
        else "王\u4e28镕"
    )
    message = (HEAD.format(charset=declared) + f"PID|1||1||{name}\r").encode(codec)
    found = parse(message)
    assert (found.named("PID")[0].get(5), found.codec) == (name, read)


def test_big5_characters_that_hold_separators_do_not_part_fields() -> None:
    """功 and 許 are written with 0x5C in Big5."""
    message = (HEAD.format(charset="BIG-5") + "PID|1||1||許功蓋|x\r").encode("big5")
    assert parse(message).named("PID")[0].get(5) == "許功蓋"


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(Fault, match="HL7-003"):
        parse(HEAD.encode() + b"PID|1|\xff\xff\xff\r")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "HL7-001"),
        (b"<xml/>", "HL7-001"),
        (b"MSH", "HL7-002"),
        (b"MSHA^~\\&A", "HL7-002"),
        (b"MSH|", "HL7-002"),
        (b"MSH|^^^^|", "HL7-002"),
        (b"MSH|^~\\&|\r" + b"NTE|\r" * (MOST_SEGMENTS + 1), "HL7-005"),
    ],
)
def test_what_is_no_message_is_refused_with_a_reason(body: bytes, code: str) -> None:
    with pytest.raises(Fault, match=code):
        parse(body)


def test_a_field_that_repeats_without_end_is_refused() -> None:
    read = parse_text(HEAD + "PID|1|" + "~" * MOST_REPETITIONS)
    with pytest.raises(Fault, match="HL7-006"):
        read.named("PID")[0].all(2)


def test_a_very_long_field_is_read() -> None:
    assert len(field("x" * 2_000_000)) == 2_000_000


def test_lines_that_are_no_segments_are_kept_aside() -> None:
    read = parse_text(HEAD + "NTE|1||first\nsecond line\nOBX|1")
    assert read.odd == [(3, "second line")]
    assert [one.name for one in read.segments] == ["MSH", "NTE", "OBX"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("2020", "2020"),
        ("202002", "2020-02"),
        ("20200229", "2020-02-29"),
        ("2020022908", "2020-02-29T08:00:00+08:00"),
        ("202002290830", "2020-02-29T08:30:00+08:00"),
        ("20200229083015.1234-0330", "2020-02-29T08:30:15.1234-03:30"),
        ("20200229083015Z", "2020-02-29T08:30:15+00:00"),
        ("2020-02-29 08:30:15", "2020-02-29T08:30:15+08:00"),
        ("2020/02/29", "2020-02-29"),
        ("1988071512", "1988-07-15T12:00:00+09:00"),  # China kept summer time from 1986 to 1991.
        ("20210229", None),
        ("20200001", None),
        ("00000000", None),
        ("2020022925", None),
        ("20200229083015+1500", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_keep_their_precision_and_get_an_offset(sent: str, said: str | None) -> None:
    assert date_time(sent) == said


def test_instants_compare_as_text_across_offsets() -> None:
    assert instant("20200101080000+0800") == instant("20200101000000Z") == "2020-01-01T00:00:00.000000Z"
    assert (instant("2020010108", "+0900") or "") < (instant("2020010108") or "")
    assert instant("00010101") is None or len(instant("00010101") or "") == 27


def test_clock() -> None:
    assert (clock("0830"), clock("083015.5"), clock("2561")) == ("08:30:00", "08:30:15.5", None)
