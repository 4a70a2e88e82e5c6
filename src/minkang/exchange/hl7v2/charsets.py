"""Which characters the bytes of a message are: MSH-18 where it tells the truth, and what else they can only be.

Source: HL7 v2.8 table 0211. Messages of Chinese systems are often GB18030 or UTF-8 whatever MSH-18 says.
"""

from __future__ import annotations

from minkang.errors import Fault

CODECS = {
    "ASCII": "ascii",
    "8859/1": "iso8859-1", "8859/2": "iso8859-2", "8859/3": "iso8859-3", "8859/4": "iso8859-4",
    "8859/5": "iso8859-5", "8859/6": "iso8859-6", "8859/7": "iso8859-7", "8859/8": "iso8859-8",
    "8859/9": "iso8859-9", "8859/15": "iso8859-15", "ISO 8859-1": "iso8859-1", "ISO8859-1": "iso8859-1",
    "UNICODE": "utf-8", "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "UTF8": "utf-8",
    "UNICODE UTF-16": "utf-16", "UTF-16": "utf-16",
    "GB 18030-2000": "gb18030", "GB18030": "gb18030", "GB18030-2000": "gb18030", "GBK": "gb18030", "GB2312": "gb18030",
    "BIG-5": "big5hkscs", "BIG5": "big5hkscs", "KS X 1001": "euc-kr", "ISO IR87": "iso2022_jp",
}  # fmt: skip
GUESSES = ("utf-8", "gb18030")
FIELDS_TO_CHARSET = 17
LONGEST_HEAD = 4096


def decode_body(body: bytes) -> tuple[str, str, str]:
    """The text of a message.

    Returns:
        The text, the codec it was read with, and what MSH-18 said (empty where it said nothing).

    Raises:
        Fault: `HL7-003` where the bytes are text in no character set that could be meant.
    """
    if body[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return _text(body, ("utf-16",), ""), "utf-16", "UNICODE UTF-16"
    declared = _declared(body)
    named = CODECS.get(declared.upper())
    codecs = tuple(dict.fromkeys((named, *GUESSES))) if named else GUESSES
    for codec in codecs:
        try:
            return body.decode(codec).removeprefix("\ufeff"), codec, declared
        except UnicodeDecodeError:
            continue
    return _text(body, codecs, declared), codecs[-1], declared


def _text(body: bytes, codecs: tuple[str, ...], declared: str) -> str:
    try:
        return body.decode(codecs[-1]).removeprefix("\ufeff")
    except UnicodeDecodeError as problem:
        raise Fault("HL7-003", f"byte {problem.start}", declared=declared or "-") from None


def _declared(body: bytes) -> str:
    """The first repetition of MSH-18, read from bytes: everything before it is ASCII in practice."""
    head = body[:LONGEST_HEAD].removeprefix(b"\xef\xbb\xbf")
    line = head.split(b"\r", 1)[0].split(b"\n", 1)[0]
    fields = line.split(line[3:4]) if len(line) > 4 else []
    if len(fields) <= FIELDS_TO_CHARSET:
        return ""
    repetition = line[5:6] if len(line) > 5 else b"~"
    return fields[FIELDS_TO_CHARSET].split(repetition or b"~")[0].decode("ascii", "replace").strip()
