"""Front pages of inpatient cases with the column names of the upload file (norms 4.5), in GB18030."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from minkang.codes.maps import code_maps
from minkang.codes.systems import code_systems, plain
from minkang.synth.arrays import Ints, rank_within
from minkang.synth.catalogue import rows
from minkang.synth.feeds.identities import Identities, Identity
from minkang.synth.feeds.rows import institutions, lists, number, sex, some, staff_names, state
from minkang.synth.feeds.sendings import Sending
from minkang.synth.feeds.telling import Feed, Pack, Telling
from minkang.synth.feeds.times import DAY, clock, day10, minute_of
from minkang.synth.truth import Truth

OTHERS = 3
MONEY = {
    "ZFY": "total", "QZZFJE": "own", "ZHYLFWL": "service", "HLF": "nursing", "ZDL": "laboratory", "YXXZDF": "imaging",
    "ZLL": "treatment", "SSZLF": "surgery", "MZF": "anaesthesia", "SSF": "operating", "XYF": "western",
    "KJYWFY": "antibacterial", "ZYLY": "chinese", "HCL": "material", "QTL": "other",
}  # fmt: skip
FRONT = (
    "USERNAME", "ZZJGDM", "BAH", "ZYCS", "ZYH", "BRBH", "YLFKFS", "BRXM", "XB", "CSRQ", "NL", "MZ", "SFZJHM", "HYZK",
    "XZZ", "XZZDM", "DH", "RYTJ", "RYRQ", "RYKBDM", "CYRQ", "CYKBDM", "ZYTS", "JBBM", "MJZZD", "JBDM", "CYSZYZD",
    "RYBQ", *(f"{name}{place}" for place in range(1, OTHERS + 1) for name in ("CYSQTZD", "JBDM", "RYBQ")),
    "ZYSSYCZBM", "ZYSSYCZMC", "SSJCZRQ", "SSJB", "ZZYS", "LYFS", *MONEY, "GXSJ", "SJZT",
)  # fmt: skip
FEEDS = (Feed("csv/front-page", Pack.CSV, suffix=".csv", columns=FRONT, encoding="gb18030"),)
SENDERS = ("general", "township", "community")
PAYMENT = ("7", "1", "2")
DAYS_TO_CODE = 3  # after discharge, until the coder has finished
OBSOLETE = {"I": "429.2", "J": "486", "K": "535.5", "M": "724.2", "E": "250.0", "C": "199.1"}
FACTS = (
    "id", "encounter", "institution", "staff", "day", "minute", "to_day", "icd10", "zh", "other_icd10", "operation",
    "operation_day", "leave", "entry", "insurance", "department",
)  # fmt: skip


def tell(part: Truth, seen: Identities) -> Iterator[Telling]:
    """The front pages of one chunk, three days after discharge."""
    county = part.county
    stays = part.tables["admissions"]
    one = some(part, "admissions", np.isin(stays["institution"], county.of_kind(*SENDERS)))
    if not len(one["id"]):
        return
    one["surgery"] = one["operating"] + one["anaesthesia"]
    who = seen.known(one["institution"], one["person"], one["to_day"])
    at = minute_of(one["to_day"] + DAYS_TO_CODE, 600 + one["id"] % 300)
    writer = _Writer(part, one, _times(one["person"], one["institution"], one["day"]))
    institution = one["institution"].tolist()
    ids = one["id"].tolist()
    for send in seen.sendings("admissions", one["id"], at, ("wrong_code", "obsolete_code")):
        identity = who[send.row]
        key, cells = writer.row(send, identity)
        yield Telling(seen.slug(institution[send.row]), "csv/front-page", key, send.at,
                      (("admissions", ids[send.row]),), cells, send.state, send.faults + identity.faults)  # fmt: skip


def _times(person: Ints, institution: Ints, days: Ints) -> list[int]:
    """The how-manieth stay of the person at the institution each one is."""
    return [value + 1 for value in rank_within(days, person * 1000 + institution).tolist()]


class _Writer:
    """Rows of the front page."""

    def __init__(self, part: Truth, one: dict[str, np.ndarray], times: list[int]) -> None:
        self.codes, self.names = institutions(part.county)
        self.staff = staff_names(part.county)
        self.facts = lists(one, *FACTS)
        self.money = lists(one, *MONEY.values())
        self.times = times
        people = part.tables["persons"]
        self.nation = dict(zip(people["id"].tolist(), people["nation"].tolist(), strict=True))
        self.spouse = dict(zip(people["id"].tolist(), people["spouse"].tolist(), strict=True))

    def row(self, send: Sending, who: Identity) -> tuple[str, tuple[str, ...]]:
        """Key and cells of one message."""
        fact = dict(zip(FACTS, self.facts[send.row], strict=True))
        turn = str(self.times[send.row] + (500 if send.mark else 0))
        main, zh = _diagnosis(fact["icd10"], fact["zh"], send.slip)
        days = fact["to_day"] - fact["day"]
        department = _department(fact["department"])
        cells = (
            self.names[fact["institution"]], self.codes[fact["institution"]], who.local, turn,
            f"{fact['encounter']}{send.mark}", who.local, PAYMENT[fact["insurance"]], who.name, sex(who.male),
            day10(who.birth), str(max(0, (fact["day"] - who.birth) * 4 // 1461)), f"{self.nation[who.person]:02d}",
            who.card, self._marital(who, fact["day"]), who.address, who.place, who.phone, str(fact["entry"]),
            clock(fact["day"] * DAY + fact["minute"]), department, clock(_leaves(fact["day"], fact["to_day"])),
            department, str(max(days, 1)), _clinical(fact["icd10"]), fact["zh"], main, zh, "1",
            *_others(fact["other_icd10"]), *_operation(fact["operation"], fact["operation_day"]),
            self.staff[fact["staff"]], str(fact["leave"]), *(number(value, 2) for value in self.money[send.row]),
            clock(send.at), state(send),
        )  # fmt: skip
        return f"{who.local}/{turn}", cells

    def _marital(self, who: Identity, day: int) -> str:
        """One digit, as the front page has it; children are single."""
        return "2" if self.spouse[who.person] >= 0 and day - who.birth > 6574 else "1"


def _leaves(day: int, to_day: int) -> int:
    """Ten in the morning; at the end of the day for those who leave on the day they came."""
    return to_day * DAY + (600 if to_day > day else 1439)


def _diagnosis(code: str, zh: str, slip: str) -> tuple[str, str]:
    if slip == "mistake":
        return ("J06.9", "急性上呼吸道感染") if code != "J06.9" else ("J20.9", "急性支气管炎")
    if slip == "wrong_code":
        return "ZZ9", zh
    return OBSOLETE.get(code[0], "799.9") if slip == "obsolete_code" else _clinical(code), zh


@cache
def _clinical(code: str) -> str:
    """The code of the national clinical edition, where the map has one."""
    system = code_systems()["icd10_clinical"].uri
    found = (
        row.from_code for row in code_maps()["diagnosis"].rows if row.from_system == system and row.to.code == code
    )
    return next(found, code)


@cache
def _department(zh: str) -> str:
    """The code in the national list of departments."""
    return code_systems()["department"].names.get(plain(zh), zh)


@cache
def _others(codes: str) -> tuple[str, ...]:
    """Name, code and condition on admission of each other diagnosis."""
    out: list[str] = []
    for code in filter(None, codes.split("|")):
        out += [code_systems()["icd10"].display(code), code, "1"]
    return (*out, *[""] * (OTHERS * 3 - len(out)))


def _operation(row: int, day: int) -> tuple[str, str, str, str]:
    if row < 0:
        return "", "", "", ""
    one = rows("operations")[row]
    return one["icd9cm3"], one["zh"], day10(day), one["level"]
