"""Who a person is at a sender: its own patient number, and the name, ID number and phone as it wrote them down.

A registration is made once and is then sent with every message, so a wrong one is wrong each time, at that sender
only. Nothing is stored: whatever is asked is drawn anew with the same dice (`faults.Dice`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from minkang.synth.arrays import NEVER, YEAR, Columns, Ints, Texts, day
from minkang.synth.county import County
from minkang.synth.feeds.faults import Dice, Faults
from minkang.synth.feeds.sendings import Events, Sending, sendings
from minkang.synth.feeds.slips import other_name, slipped_birth, swapped_name, typed_card
from minkang.synth.truth import Truth

NEWBORN, USUAL, RENAMED = 0, 1, 2
VERSIONS = ("newborn", "usual", "renamed")
SYSTEMS = ("vaccination", "maternal")  # county-wide systems that send for themselves, beside the institutions
LAST_SHORT_CARD = day(1966)


class Identity(NamedTuple):
    """One person as one sender has them on its books when it sends.

    Attributes:
        local: the sender's own patient number, digits.
        name, phone: as written there; `phone` may be empty.
        card: ID number as written there: 18 characters, 15, something wrong, the mother's, or empty.
        birth: days since 1970-01-01 as written there. `male` is never wrong.
        address: township and village; `place` is the code (12 digits, 9 where the region has no villages).
        guardian: name of the mother (of the father where she is unknown), for those under 15; else empty.
        faults: names of the faults in this identity, for `Telling.faults`.
        person: id in the truth; never to be sent.
    """

    local: str
    name: str
    male: bool
    birth: int
    card: str
    phone: str
    address: str
    place: str
    guardian: str
    faults: tuple[str, ...]
    person: int


class Identities:
    """The registrations of one chunk's people at all senders.

    Args:
        part: the chunk.
        faults: rates.
    """

    def __init__(self, part: Truth, faults: Faults) -> None:
        self.county: County = part.county
        self.faults = faults
        self.dice = Dice(self.county.seed)
        self._people = part.tables["persons"]
        self._births = _birth_places(part)
        self._changes = _changes(part)
        region = self.county.region.id
        self._slugs = [f"{region}-{one.id}" for one in self.county.institutions] + [f"{region}-{x}" for x in SYSTEMS]
        self._addresses = [address(self.county, code) for code in self.county.places]
        self._used: list[Ints] = []

    def slug(self, sender: int) -> str:
        """The slug of a sender: a position in `county.institutions`, or what `system` gives."""
        return self._slugs[sender]

    def system(self, name: str) -> int:
        """The number of a county-wide system, "vaccination" or "maternal", as a sender."""
        return len(self.county.institutions) + SYSTEMS.index(name)

    def sendings(
        self, table: str, ids: Ints, at: Ints, slips: tuple[str, ...] = (), encoding: str = ""
    ) -> Iterator[Sending]:
        """The messages about each of some events; see `sendings.sendings`."""
        return sendings(self.dice, self.faults, Events(table, ids, at), slips, encoding)

    def rows(self, person: Ints) -> Ints:
        """Positions in the table `persons` of ids."""
        return np.searchsorted(self._people["id"], person).astype(np.int64)

    def known(self, sender: Ints | int, person: Ints, days: Ints) -> list[Identity]:
        """Each person as the sender sends them on a day.

        Args:
            sender: one number or one a row; `person`: ids; `days`: of the message.
        """
        one = self.columns(sender, person, days)
        names = ("local", "name", "male", "birth", "card", "phone", "address", "place", "guardian", "faults", "person")
        return [Identity(*row) for row in zip(*(one[name].tolist() for name in names), strict=True)]

    def columns(self, sender: Ints | int, person: Ints, days: Ints) -> Columns:
        """The same by columns (days as days), with `code` and `version` (0 newborn, 1 usual, 2 renamed)."""
        at = self.rows(person)
        sender = np.broadcast_to(np.asarray(sender, dtype=np.int64), at.shape)
        second = self._second(sender, person, days)
        code = self._codes(sender, person, days, at, second)
        unique, back = np.unique(code, return_inverse=True)
        self._used.append(unique)
        shown = self._registered(unique)
        return {name: column[back] for name, column in shown.items()}

    def used(self) -> Columns:
        """Every registration that was asked for since the beginning, each once, as `columns` gives them."""
        codes = np.unique(np.concatenate(self._used)) if self._used else np.zeros(0, dtype=np.int64)
        return self._registered(codes)

    def _second(self, sender: Ints, person: Ints, days: Ints) -> Ints:
        """1 where the sender knows the person under a second number by then."""
        twice = self.dice.draw("second_number", sender, person) < self.faults.second_number
        begin, end = self.county.begin, self.county.end
        since = begin + (0.1 + 0.8 * self.dice.draw("second_since", sender, person)) * (end - begin)
        return (twice & (days >= since)).astype(np.int64)

    def _codes(self, sender: Ints, person: Ints, days: Ints, at: Ints, second: Ints) -> Ints:
        """One number a registration: sender, person, which number, which version."""
        version = np.full(len(at), USUAL, dtype=np.int64)
        birth, named = self._people["birth"][at], np.minimum(self._people["card_from"][at], NEVER)
        nameless = (named >= NEVER) & (days < birth + 60) | (days < np.minimum(named, birth + 400))
        small = (birth >= self.county.begin) & nameless
        kept = (self._births[at] == sender) & (
            self.dice.draw("newborn_kept", sender, person) < self.faults.newborn_kept
        )
        kept &= birth >= self.county.begin
        noted = self.dice.draw("newborn_note", sender, person) < self.faults.newborn_note
        version[(small | kept) & noted & (days < birth + 7 * YEAR)] = NEWBORN
        changed = self._changes[0][at] <= days
        keeps = self.dice.draw("name_kept", sender, person) < self.faults.name_kept
        version[changed & ~keeps & (version == USUAL)] = RENAMED
        return sender << 36 | person << 4 | second << 2 | version

    def _registered(self, code: Ints) -> Columns:
        """What stands in each registration."""
        sender, person, second, version = code >> 36, code >> 4 & 0xFFFFFFFF, code >> 2 & 1, code & 3
        at = self.rows(person)
        people = self._people
        own = self._own_name(at, version)
        size = len(code)
        out: Columns = {
            "code": code, "sender": sender, "person": person, "version": version, "second": second,
            "local": np.array(_locals(sender, person, second), dtype=object), "name": own,
            "male": people["male"][at], "birth": people["birth"][at].copy(),
            "card": np.where(people["card_from"][at] < NEVER, people["card"][at], "").astype(object),
            "phone": people["phone"][at].copy(), "place": self._places(at),
            "address": np.array(self._addresses, dtype=object)[people["place"][at]], "guardian": self._guardians(at),
        }  # fmt: skip
        notes: list[list[str]] = [[] for _ in range(size)]
        for row in np.flatnonzero(second):
            notes[row].append("second_number")
        self._newborns(out, at, notes)
        self._slips(out, at, notes)
        faults = np.empty(size, dtype=object)
        faults[:] = [tuple(one) for one in notes]
        return out | {"faults": faults}

    def _own_name(self, at: Ints, version: Ints) -> Texts:
        since, before = self._changes
        name = self._people["name"][at]
        return np.where((since[at] < NEVER) & (version != RENAMED), before[at], name).astype(object)

    def _places(self, at: Ints) -> Texts:
        return np.array(self.county.places, dtype=object)[self._people["place"][at]]

    def _guardians(self, at: Ints) -> Texts:
        people = self._people
        parent = np.where(people["mother"][at] >= 0, people["mother"][at], people["father"][at])
        young = (people["birth"][at] > self.county.begin - 15 * YEAR) & (parent >= 0)
        name = people["name"][self.rows(np.where(young, parent, people["id"][0]))]
        return np.where(young, name, "").astype(object)

    def _newborns(self, out: Columns, at: Ints, notes: list[list[str]]) -> None:
        """Children who are entered under their mother: her name with a note, often her ID number."""
        mother = self._people["mother"][at]
        rows = np.flatnonzero((out["version"] == NEWBORN) & (mother >= 0))
        under = self.dice.draw("newborn_card", out["sender"], out["person"]) < self.faults.newborn_card
        for row in rows.tolist():
            hers = int(self.rows(mother[row : row + 1])[0])
            twin = int(self._people["twin"][at[row]])
            note = ("之子" if out["male"][row] else "之女") if twin < 0 else self._twin_note(int(at[row]), twin)
            out["name"][row] = f"{self._people['name'][hers]}{note}"
            out["card"][row] = self._people["card"][hers] if under[row] else ""
            out["phone"][row] = self._people["phone"][hers]
            notes[row] += ["newborn_note", "newborn_card"] if under[row] else ["newborn_note"]

    def _twin_note(self, at: int, twin: int) -> str:
        """Big or small: the first of the two in `persons` is the elder."""
        return "双大" if at < int(self.rows(np.array([twin]))[0]) else "双小"

    def _slips(self, out: Columns, at: Ints, notes: list[list[str]]) -> None:
        """Typing errors and what is left out; every fault has dice of its own for each registration."""
        number = out["code"] >> 2
        has = np.array([text != "" for text in out["card"].tolist()], dtype=bool)
        phoned = np.array([text != "" for text in out["phone"].tolist()], dtype=bool)
        usual = out["version"] != NEWBORN
        able = {
            "family_phone": np.ones(len(at), dtype=bool), "name_typo": usual, "birth_slip": np.ones(len(at), bool),
            "id_missing": has & usual, "id_typo": has, "id_15": has & usual & (out["birth"] < LAST_SHORT_CARD),
            "exchanged": usual & (has | ~phoned),
        }  # fmt: skip
        for name, mask in able.items():
            rate = getattr(self.faults, name)
            hit = np.flatnonzero(mask & (self.dice.draw(name, number) < rate))
            how = self.dice.draw(f"{name} how", number[hit])
            for row, share in zip(hit.tolist(), how.tolist(), strict=True):
                if self._one(name, out, row, share, int(at[row])):
                    notes[row].append(name)

    def _one(self, name: str, out: Columns, row: int, share: float, at: int) -> bool:
        """Put one fault into one registration; whether anything changed."""
        before = (out["name"][row], out["card"][row], out["phone"][row], out["birth"][row])
        if name == "family_phone":
            head = self.rows(self._people["household"][at : at + 1])
            out["phone"][row] = self._people["phone"][head][0] or out["phone"][row]
        elif name == "name_typo":
            out["name"][row] = other_name(out["name"][row], share)
        elif name == "birth_slip":
            out["birth"][row] = slipped_birth(int(out["birth"][row]), share)
        elif name == "id_missing":
            out["card"][row] = ""
        elif name == "id_typo" and out["card"][row]:
            out["card"][row] = typed_card(out["card"][row], share)
        elif name == "id_15" and len(out["card"][row]) == 18:
            out["card"][row] = out["card"][row][:6] + out["card"][row][8:17]
        elif name == "exchanged" and out["phone"][row] and out["card"][row]:
            out["card"][row], out["phone"][row] = out["phone"][row], out["card"][row]
        elif name == "exchanged":
            out["name"][row] = swapped_name(out["name"][row])
        return before != (out["name"][row], out["card"][row], out["phone"][row], out["birth"][row])


def address(county: County, code: str) -> str:
    """Township and village by name."""
    known = county.region.divisions
    return known.get(code[:9], "") + (known[code] if len(code) == 12 else "")


def _locals(sender: Ints, person: Ints, second: Ints) -> Sequence[str]:
    """Ten digits, mixed so that they say nothing about the person; a second number begins with 8 or 9."""
    mixed = (person * 736_338_717 + sender * 514_229) % 1_000_000_007
    numbers = (mixed + second * 8_000_000_000).tolist()
    return [f"{value:010d}" for value in numbers]


def _birth_places(part: Truth) -> Ints:
    births, persons = part.tables["births"], part.tables["persons"]
    out = np.full(len(persons["id"]), -1, dtype=np.int64)
    out[np.searchsorted(persons["id"], births["person"])] = births["institution"]
    return out


def _changes(part: Truth) -> tuple[Ints, Texts]:
    """For each person the day of the first change of name (NEVER) and the name before."""
    persons, changes = part.tables["persons"], part.tables["name_changes"]
    since = np.full(len(persons["id"]), NEVER, dtype=np.int64)
    before = persons["name"].copy()
    at = np.searchsorted(persons["id"], changes["person"])
    since[at], before[at] = changes["day"], changes["before"]
    return since, before
