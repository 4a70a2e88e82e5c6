"""Attendances as columns: what every module hands on when it measures or prescribes."""

from __future__ import annotations

from dataclasses import dataclass

from minkang.synth.arrays import Bools, Ints


@dataclass(frozen=True)
class Seen:
    """One row an attendance.

    Attributes:
        who: positions of persons; `encounter`: ids (-1 for none); `staff`: the doctor, -1 for none.
        day, minute: when.
    """

    who: Ints
    day: Ints
    minute: Ints
    encounter: Ints
    staff: Ints

    def at(self, rows: Ints | Bools) -> Seen:
        """Some of them."""
        return Seen(self.who[rows], self.day[rows], self.minute[rows], self.encounter[rows], self.staff[rows])

    def later(self, minutes: int) -> Seen:
        """The same on the same day, some minutes on."""
        return Seen(self.who, self.day, (self.minute + minutes).clip(0, 1439), self.encounter, self.staff)

    def __len__(self) -> int:
        return len(self.who)


@dataclass(frozen=True)
class Due:
    """One row a service owed: to whom, in which year, when, and whether this person gets all of that year's.

    Attributes:
        standard: managed to the standard that year.
    """

    who: Ints
    year: Ints
    day: Ints
    standard: Bools

    def __len__(self) -> int:
        return len(self.who)


@dataclass(frozen=True)
class Service:
    """One row a service owed and what became of it.

    Attributes:
        done: the day it took place, NEVER where it did not; `status`: 0 kept, 1 late, 2 missed.
    """

    who: Ints
    due: Ints
    done: Ints
    status: Ints
    institution: Ints
