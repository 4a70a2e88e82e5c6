"""The text of the county hospital's HL7 v2 messages: one builder a message type, version 2.5, segments ended by CR."""

from __future__ import annotations

from typing import NamedTuple

from minkang.synth.catalogue import Row, rows
from minkang.synth.feeds.identities import Identity
from minkang.synth.feeds.sendings import Sending
from minkang.synth.feeds.times import day8, stamp

CHARSETS = {"utf-8": "UNICODE UTF-8", "gb18030": "GB 18030-2000"}
CLASSES = {"outpatient": "O", "inpatient": "I", "delivery": "I"}
WRONG_DIAGNOSIS = ("XX9.9", "待查")
WRONG_TEST = "ZZ99"
OTHER_UNIT = {"mmol/L": 18.0, "g/L": 0.1, "umol/L": 0.0113}
PRESSURE = (("8480-6", "收缩压"), ("8462-4", "舒张压"))
_MARKS = str.maketrans({"|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\\": "\\E\\"})


class Visit(NamedTuple):
    """One attendance or stay as the hospital has it.

    Attributes:
        id: in the truth; begin, end: minutes since 1970; end is that of the stay.
    """

    id: int
    kind: str
    begin: int
    end: int
    icd10: str
    zh: str
    doctor: str
    hospital: str
    who: Identity


class Finding(NamedTuple):
    """One observation; `minute` since 1970."""

    id: int
    kind: int
    minute: int
    value: float
    value2: float


class Drug(NamedTuple):
    """One prescription."""

    id: int
    drug: int


def escaped(text: str) -> str:
    """Text without what parts fields."""
    return text.translate(_MARKS)


def head(visit: Visit, send: Sending, kind: str, key: str) -> str:
    """MSH."""
    charset = CHARSETS[send.encoding]
    who = f"HIS|{visit.hospital}|MINKANG|REGION"
    return f"MSH|^~\\&|{who}|{stamp(send.at)}+0800||{kind}|{key}|T|2.5|||||CHN|{charset}|zh\r"


def person(visit: Visit) -> str:
    """PID: the hospital's number, the ID card as NNCHN, birth, sex, address, phone; the mother as NK1."""
    who = visit.who
    card = f"~{who.card}^^^^NNCHN" if who.card else ""
    text = (
        f"PID|1||{who.local}^^^{visit.hospital}^MR{card}||{escaped(who.name)}||{day8(who.birth)}|"
        f"{'M' if who.male else 'F'}|||{escaped(who.address)}||{who.phone}\r"
    )
    return text + (f"NK1|1|{escaped(who.guardian)}|GRD^监护人^HL70063\r" if who.guardian else "")


def stay(visit: Visit, send: Sending, ended: bool) -> str:
    """PV1."""
    number = f"{visit.id}{send.mark}"
    doctor = f"^{escaped(visit.doctor)}" if visit.doctor else ""
    end = f"{stamp(visit.end)}" if ended else ""
    fields = {2: CLASSES[visit.kind], 7: doctor, 19: f"{number}^^^{visit.hospital}^VN", 44: stamp(visit.begin), 45: end}
    return "PV1|1" + "".join(f"|{fields.get(place, '')}" for place in range(2, 46)) + "\r"


def _seen_at(visit: Visit, send: Sending) -> str:
    """PV1 of a report or an order: entered twice or not, it belongs to the one visit there was."""
    return stay(visit, send._replace(mark=""), False)


def diagnosis(visit: Visit, send: Sending) -> str:
    """DG1 with a number of its own (DG1-20), so that a correction finds it."""
    code, zh = visit.icd10, visit.zh
    if send.slip == "mistake":
        other = next(one for one in rows("diagnoses") if one["icd10"] != code)
        code, zh = other["icd10"], other["zh"]
    elif send.slip == "wrong_code":
        code = WRONG_DIAGNOSIS[0]
    elif send.slip == "obsolete_code":
        code = f"{code.replace('.', '')}0"
    action = "D" if send.state == "withdrawn" else "U" if send.state == "corrected" else "A"
    fields = {
        2: "",
        3: f"{code}^{escaped(zh)}^I10",
        5: stamp(visit.begin),
        6: "F",
        20: f"{visit.id}{send.mark}-1",
        21: action,
    }
    return "DG1|1" + "".join(f"|{fields.get(place, '')}" for place in range(2, 22)) + "\r"


def admission(visit: Visit, send: Sending, key: str) -> bytes:
    """ADT: A04 or A01, A08 for a correction, A11 for a withdrawal."""
    event = {"corrected": "A08", "withdrawn": "A11"}.get(send.state, "A04" if visit.kind == "outpatient" else "A01")
    ended = visit.kind == "outpatient" or (send.state == "corrected" and send.at >= visit.end)
    return _whole(visit, send, f"ADT^{event}^ADT_A01", key, stay(visit, send, ended) + diagnosis(visit, send))


def discharge(visit: Visit, send: Sending, key: str) -> bytes:
    """ADT^A03."""
    rest = stay(visit, send, True) + diagnosis(visit, send)
    return _whole(visit, send, "ADT^A03^ADT_A03", key, rest)


def results(visit: Visit, send: Sending, key: str, found: list[Finding]) -> bytes:
    """ORU^R01: all that was found at one attendance, as one report."""
    state = {"corrected": "C", "withdrawn": "X"}.get(send.state, "F")
    number = f"R{visit.id}{send.mark}"
    fields = {
        2: f"Q{visit.id}",
        3: number,
        4: "11502-2^检查检验报告^LN",
        7: stamp(visit.begin),
        22: stamp(send.at),
        24: "LAB",
        25: state,
    }
    report = "OBR|1" + "".join(f"|{fields.get(place, '')}" for place in range(2, 26)) + "\r"
    turns: dict[int, int] = {}
    lines = []
    for place, one in enumerate(found):
        turns[one.kind] = turn = turns.get(one.kind, 0) + 1
        lines += _lines(one, send, str(turn) if turn > 1 else "", place == 0)
    numbered = [f"OBX|{number}|{line}\r" for number, line in enumerate(lines, 1)]
    return _whole(visit, send, "ORU^R01^ORU_R01", key, _seen_at(visit, send) + report + "".join(numbered))


def _lines(one: Finding, send: Sending, turn: str, first: bool) -> list[str]:
    """OBX from field 2 on; blood pressure takes two."""
    row = rows("observations")[one.kind]
    state = {"corrected": "C", "withdrawn": "D"}.get(send.state, "F")
    slip = send.slip if first else ""
    value = one.value * (1.25 if slip == "mistake" else 1.0)
    if row["key"] == "blood_pressure":
        both = zip(PRESSURE, (value, one.value2), strict=True)
        return [
            _line("NM", f"{code}^{zh}^LN", turn, f"{x:.0f}", ("mmHg", "", "", state, stamp(one.minute)))
            for (code, zh), x in both
        ]
    code = f"{row['loinc']}^{row['zh']}^LN" if row["loinc"] else f"{row['key']}^{row['zh']}^99LIS"
    if slip == "wrong_code":
        code = f"{WRONG_TEST}^{row['zh']}^99LIS"
    if row["codes"]:
        said = dict(pair.split("=") for pair in row["codes"].split("|"))
        known = list(said) if slip != "mistake" else [name for name in said if name != f"{one.value:.0f}"]
        chosen = f"{one.value:.0f}" if f"{one.value:.0f}" in known else known[0]
        return [_line("CE", code, turn, f"{chosen}^{said[chosen]}^99LIS", ("", "", "", state, stamp(one.minute)))]
    if slip == "wrong_unit":
        value *= OTHER_UNIT[row["unit"]]
    text = f"{value:.{row['digits']}f}"
    span = f"{row['low']}-{row['high']}" if row["low"] and row["high"] else ""
    return [_line("NM", code, turn, text, (escaped(row["unit"]), span, _flag(row, value), state, stamp(one.minute)))]


def _line(kind: str, code: str, turn: str, value: str, rest: tuple[str, str, str, str, str]) -> str:
    unit, span, flag, state, minute = rest
    return f"{kind}|{code}|{turn}|{value}|{unit}|{span}|{flag}|||{state}|||{minute}"


def _flag(row: Row, value: float) -> str:
    if row["low"] and row["high"]:
        return "L" if value < float(row["low"]) else "H" if value > float(row["high"]) else "N"
    return ""


def prescription(visit: Visit, send: Sending, key: str, given: list[Drug]) -> bytes:
    """ORM^O01: what was prescribed at one attendance; ORC-16 tells a cancellation that was an error."""
    control = {"corrected": "XO", "withdrawn": "CA"}.get(send.state, "NW")
    reason = "录入错误" if send.state == "withdrawn" else ""
    lines = []
    for place, one in enumerate(given):
        row = rows("drugs")[one.drug]
        if send.slip == "mistake" and place == 0:
            row = rows("drugs")[(one.drug + 1) % len(rows("drugs"))]
        code = "Z99XX99" if send.slip == "wrong_code" and place == 0 else row["atc"]
        doctor = f"^{escaped(visit.doctor)}" if visit.doctor else ""
        order = {2: f"P{one.id}{send.mark}", 9: stamp(visit.begin), 12: doctor, 16: reason}
        lines.append(f"ORC|{control}" + "".join(f"|{order.get(field, '')}" for field in range(2, 17)) + "\r")
        text = f"每次{row['dose']}{row['unit']}，每日{row['daily']}次，{row['days']}天"
        lines.append(f"RXO|{code}^{escaped(row['zh'])}^ATC|{row['dose']}||{row['unit']}|||^{text}\r")
    return _whole(visit, send, "ORM^O01^ORM_O01", key, _seen_at(visit, send) + "".join(lines))


def _whole(visit: Visit, send: Sending, kind: str, key: str, rest: str) -> bytes:
    event = f"EVN||{stamp(send.at)}\r" if kind.startswith("ADT") else ""
    text = head(visit, send, kind, key) + event + person(visit) + rest
    return text.encode(send.encoding)
