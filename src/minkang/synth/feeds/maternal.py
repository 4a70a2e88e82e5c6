"""The maternal and child health system of the county: examinations, deliveries, births (norms 1.9, 1.10)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from minkang.synth.arrays import NEVER, Columns
from minkang.synth.catalogue import index
from minkang.synth.county import County
from minkang.synth.feeds.identities import Identities, Identity
from minkang.synth.feeds.maternal_columns import ANTENATAL, BIRTH, CHILD, DELIVERY, POSTNATAL, SCREENING
from minkang.synth.feeds.rows import institutions, lists, measured, number, sex, some, staff_names, state
from minkang.synth.feeds.sendings import Sending
from minkang.synth.feeds.telling import Feed, Pack, Telling, TruthRow
from minkang.synth.feeds.times import clock, day10, minute_of
from minkang.synth.truth import Truth

FEEDS = tuple(
    Feed(f"csv/{name}", Pack.CSV, suffix=".csv", columns=columns, encoding="gb18030")
    for name, columns in (
        ("antenatal", ANTENATAL), ("delivery", DELIVERY), ("postnatal", POSTNATAL), ("birth-certificate", BIRTH),
        ("newborn-screening", SCREENING), ("child-check", CHILD),
    )
)  # fmt: skip
RISKS = ("绿", "黄", "橙", "红", "紫")
GRAMS = 1000


def tell(county: County, part: Truth, seen: Identities, rng: np.random.Generator) -> Iterator[Telling]:
    """Everything about mothers and small children of one chunk."""
    teller = _Maternal(county, part, seen)
    yield from teller.antenatal()
    yield from teller.postnatal()
    yield from teller.deliveries()
    yield from teller.births()
    yield from teller.screenings()
    yield from teller.children()


class _Maternal:
    def __init__(self, county: County, part: Truth, seen: Identities) -> None:
        self.county, self.part, self.seen = county, part, seen
        self.sender = seen.system("maternal")
        self.codes, self.names = institutions(county)
        self.staff = staff_names(county)
        self.found = {name: measured(part, at) for name, at in index("observations").items() if name in MEASURED}
        self._risks = part.tables["pregnancies"]

    def _visits(self, programme: str, prefix: str) -> Columns:
        """Services that took place."""
        one = self.part.tables["followups"]
        steps = np.array([text.startswith(prefix) for text in one["step"].tolist()], dtype=bool)
        return some(self.part, "followups", (one["programme"] == programme) & steps & (one["encounter"] >= 0))

    def _told(
        self, feed: str, key: str, send: Sending, who: Identity, what: tuple[tuple[TruthRow, ...], tuple[str, ...]]
    ) -> Telling:
        truth, cells = what
        row = (key, who.local, *cells, clock(send.at), state(send))
        return Telling(
            self.seen.slug(self.sender), feed, key, send.at, truth, row, send.state, send.faults + who.faults
        )

    def _value(self, name: str, encounter: int, digits: int, carried: list[TruthRow]) -> str:
        """A measurement of an attendance as text, empty without one; its row is noted as carried."""
        found = self.found[name].get(encounter)
        if found is None:
            return ""
        carried.append(("observations", found[2]))
        return number(found[0], digits)

    def _pressure(self, encounter: int, send: Sending, carried: list[TruthRow]) -> tuple[str, str]:
        found = self.found["blood_pressure"].get(encounter)
        if found is None:
            return "", ""
        carried.append(("observations", found[2]))
        return number(found[0] + (20 if send.slip == "mistake" else 0)), number(found[1])

    def antenatal(self) -> Iterator[Telling]:
        """One row an antenatal examination."""
        one = self._visits("maternal", "antenatal")
        who = self.seen.known(self.sender, one["person"], one["day"])
        values = lists(one, "id", "step", "day", "encounter", "institution", "staff", "person")
        risk = dict(zip(self._risks["person"].tolist(), self._risks["risk"].tolist(), strict=True))
        at = minute_of(one["day"], 600 + one["id"] % 400)
        for send in self.seen.sendings("antenatal", one["id"], at, ("wrong_unit",)):
            id_, step, day, encounter, place, doctor, person = values[send.row]
            carried: list[TruthRow] = [("followups", id_), ("encounters", encounter)]
            who_, key = who[send.row], f"AN{id_}{send.mark}"
            weight = self._value("weight", encounter, 1, carried)
            weight = number(float(weight) * GRAMS) if weight and send.slip == "wrong_unit" else weight
            cells = (
                who_.name, who_.card, day10(who_.birth), who_.phone, who_.place, step[-1], day10(day),
                self._value("gestational_age", encounter, 0, carried), *self._pressure(encounter, send, carried),
                weight,
                self._value("fundal_height", encounter, 0, carried),
                self._value("fetal_heart_rate", encounter, 0, carried),
                self._value("hemoglobin", encounter, 0, carried),
                self._value("prenatal_screening", encounter, 0, carried), RISKS[risk.get(person, 0)],
                self.codes[place], self.names[place], self.staff[doctor],
            )  # fmt: skip
            yield self._told("csv/antenatal", key, send, who_, (tuple(carried), cells))

    def postnatal(self) -> Iterator[Telling]:
        """One row a visit after the delivery, or an examination on day 42."""
        one = self.part.tables["followups"]
        keep = np.isin(one["step"], ("postnatal", "day-42")) & (one["encounter"] >= 0)
        one = some(self.part, "followups", keep)
        who = self.seen.known(self.sender, one["person"], one["day"])
        values = lists(one, "id", "step", "day", "encounter", "institution", "staff")
        for send in self.seen.sendings("postnatal", one["id"], minute_of(one["day"], 600 + one["id"] % 400)):
            id_, step, day, encounter, place, doctor = values[send.row]
            carried: list[TruthRow] = [("followups", id_), ("encounters", encounter)]
            who_, key = who[send.row], f"PN{id_}{send.mark}"
            cells = (
                who_.name, who_.card, day10(who_.birth), "1" if step == "postnatal" else "2", day10(day),
                *self._pressure(encounter, send, carried), self.codes[place], self.names[place], self.staff[doctor],
            )  # fmt: skip
            yield self._told("csv/postnatal", key, send, who_, (tuple(carried), cells))

    def deliveries(self) -> Iterator[Telling]:
        """One row a pregnancy that ended."""
        one = some(self.part, "pregnancies", self.part.tables["pregnancies"]["delivered"] < NEVER)
        who = self.seen.known(self.sender, one["person"], one["delivered"])
        values = lists(
            one, "id", "conceived", "delivered", "booked", "visits", "caesarean", "risk", "institution", "children"
        )
        for send in self.seen.sendings(
            "pregnancies", one["id"], minute_of(one["delivered"] + 1, 500 + one["id"] % 500)
        ):
            id_, conceived, day, booked, visits, cut, risk, place, children = values[send.row]
            who_, key = who[send.row], f"DL{id_}{send.mark}"
            weeks = (day - conceived) // 7 - (2 if send.slip == "mistake" else 0)
            cells = (
                who_.name, who_.card, day10(who_.birth), who_.place, day10(booked), str(visits), day10(conceived),
                day10(day), str(weeks), "2" if cut else "1", str(children), "1", RISKS[risk], self.codes[place],
                self.names[place],
            )  # fmt: skip
            yield self._told("csv/delivery", key, send, who_, ((("pregnancies", id_),), cells))

    def births(self) -> Iterator[Telling]:
        """One row a birth certificate."""
        one = some(self.part, "births")
        persons = self.part.tables["persons"]
        who = self.seen.known(self.sender, one["person"], one["day"])
        mothers = self.seen.known(self.sender, one["mother"], one["day"])
        father = persons["father"][self.seen.rows(one["person"])]
        fathers = np.where(
            father >= 0, persons["name"][self.seen.rows(np.maximum(father, persons["id"][0]))], ""
        ).tolist()
        values = lists(one, "id", "day", "minute", "institution", "weight", "weeks")
        for send in self.seen.sendings(
            "births", one["id"], minute_of(one["day"] + 2, 540 + one["id"] % 400), ("wrong_unit",)
        ):
            id_, day, minute, place, weight, weeks = values[send.row]
            who_, mother, key = who[send.row], mothers[send.row], f"Z{self.county.region.code[:2]}{id_:09d}{send.mark}"
            grams = weight + (500 if send.slip == "mistake" else 0)
            shown = number(grams / GRAMS, 2) if send.slip == "wrong_unit" else number(grams)
            cells = (
                who_.name, sex(who_.male), clock(day * 1440 + minute), str(weeks), shown, mother.local, mother.name,
                mother.card, fathers[send.row], who_.place, self.codes[place], self.names[place], day10(day + 2),
            )  # fmt: skip
            yield self._told("csv/birth-certificate", key, send, who_, ((("births", id_), *self._weight(id_)), cells))

    def _weight(self, birth: int) -> tuple[TruthRow, ...]:
        """The observation of the birth weight stands in no attendance; it is found by the child."""
        if not hasattr(self, "_weights"):
            births, observations = self.part.tables["births"], self.part.tables["observations"]
            rows = np.flatnonzero(observations["kind"] == index("observations")["birth_weight"])
            of = dict(zip(observations["person"][rows].tolist(), observations["id"][rows].tolist(), strict=True))
            pairs = zip(births["id"].tolist(), births["person"].tolist(), strict=True)
            self._weights = {id_: of[person] for id_, person in pairs if person in of}
        return (("observations", self._weights[birth]),) if birth in self._weights else ()

    def screenings(self) -> Iterator[Telling]:
        """One row a newborn that was screened."""
        observations = self.part.tables["observations"]
        one = some(self.part, "observations", observations["kind"] == index("observations")["newborn_screening"])
        births = self.part.tables["births"]
        at = dict(zip(births["person"].tolist(), births["institution"].tolist(), strict=True))
        who = self.seen.known(self.sender, one["person"], one["day"])
        values = lists(one, "id", "person", "day", "value")
        for send in self.seen.sendings("screening", one["id"], minute_of(one["day"] + 9, 600 + one["id"] % 300)):
            id_, person, day, value = values[send.row]
            who_, key, place = who[send.row], f"NS{id_}{send.mark}", at[person]
            result = 3 - int(value) if send.slip == "mistake" else int(value)
            cells = (
                who_.name, sex(who_.male), day10(who_.birth), who_.guardian, day10(day), str(result),
                self.codes[place],
                self.names[place],
            )  # fmt: skip
            yield self._told("csv/newborn-screening", key, send, who_, ((("observations", id_),), cells))

    def children(self) -> Iterator[Telling]:
        """One row an examination of a child."""
        one = self._visits("child", "month-")
        who = self.seen.known(self.sender, one["person"], one["day"])
        values = lists(one, "id", "step", "day", "encounter", "institution", "staff")
        at = minute_of(one["day"], 600 + one["id"] % 400)
        for send in self.seen.sendings("child", one["id"], at, ("wrong_unit",)):
            id_, step, day, encounter, place, doctor = values[send.row]
            carried: list[TruthRow] = [("followups", id_), ("encounters", encounter)]
            who_, key = who[send.row], f"CC{id_}{send.mark}"
            height, weight = (self._value(name, encounter, 1, carried) for name in ("height", "weight"))
            if send.slip == "wrong_unit":
                height = number(float(height) / 100, 3) if height else ""
                weight = number(float(weight) * GRAMS) if weight else ""
            if send.slip == "mistake":
                weight = number(float(weight) + 5, 1) if weight else "5.0"
            cells = (
                who_.name, sex(who_.male), day10(who_.birth), who_.card, who_.guardian, who_.phone, who_.place,
                step.removeprefix("month-"), day10(day), height, weight, self._value("head", encounter, 1, carried),
                self._value("hemoglobin", encounter, 0, carried), self.codes[place], self.names[place],
                self.staff[doctor],
            )  # fmt: skip
            yield self._told("csv/child-check", key, send, who_, (tuple(carried), cells))


MEASURED = {
    "blood_pressure", "weight", "height", "head", "hemoglobin", "gestational_age", "fundal_height", "fetal_heart_rate",
    "prenatal_screening",
}  # fmt: skip
