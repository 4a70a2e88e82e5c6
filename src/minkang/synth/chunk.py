"""One chunk of the county while it is being made: its people, and the tables that modules add rows to."""

from __future__ import annotations

from typing import Any

import numpy as np

from minkang.synth.arrays import NEVER, Bools, Column, Columns, Ints, age_at, minutes, stack
from minkang.synth.catalogue import index
from minkang.synth.county import County
from minkang.synth.schema import TABLES
from minkang.synth.seen import Seen

PEOPLE_IDS = 1_000_000
ROW_IDS = 100_000_000
KINDS: dict[str, Any] = {"bool": np.bool_, "float": np.float64, "text": np.object_}


class Chunk:
    """People of some whole places, and everything that happens to them.

    `people` holds one column a field of the table `persons`, indexed by position within the chunk; all modules speak
    of people by position, and `add` turns positions into the county-wide ids.
    """

    def __init__(self, county: County, number: int) -> None:
        self.county = county
        self.number = number
        self.first_place, self.last_place = county.chunks[number]
        self.people: Columns = {}
        self._parts: dict[str, list[Columns]] = {name: [] for name in TABLES}
        self._counts = dict.fromkeys(TABLES, 0)

    def rng(self, name: str) -> np.random.Generator:
        """The stream for a purpose in this chunk."""
        return self.county.rng(name, self.number)

    @property
    def size(self) -> int:
        """How many people there are, the dead and the gone included."""
        return len(self.people["birth"])

    def age(self, days: Ints | int) -> Any:
        """Everyone's age in years at a day."""
        return age_at(self.people["birth"], days)

    def here(self, days: Ints | int, who: Ints | None = None) -> Bools:
        """Who lives in the county at a day: born, alive, moved in, not moved out, not away for work."""
        rows = slice(None) if who is None else who
        one = {name: self.people[name][rows] for name in ("birth", "death", "resident_from", "resident_to", "away")}
        return np.asarray(
            (one["birth"] <= days)
            & (one["death"] > days)
            & (one["resident_from"] <= days)
            & (one["resident_to"] > days)
            & ~one["away"]
        )

    def leaves(self, who: Ints) -> Ints:
        """The day each of these stops being a living resident (NEVER if not)."""
        return np.minimum(self.people["death"][who], self.people["resident_to"][who])

    def clinic(self, who: Ints) -> Ints:
        """The village clinic of each."""
        return self.county.clinic[self.people["place"][who]]

    def centre(self, who: Ints) -> Ints:
        """The township centre of each."""
        return self.county.centre[self.people["place"][who]]

    def add(self, table: str, **columns: Column | int | float | str | bool) -> Ints:
        """Append rows; scalars are repeated, `person`-like columns are positions within the chunk.

        Returns:
            the ids of the new rows, unique in the county.
        """
        shape = TABLES[table]
        size = max(len(value) for value in columns.values() if isinstance(value, np.ndarray))
        start = self.number * ROW_IDS + self._counts[table]
        part: Columns = {"id": np.arange(start, start + size, dtype=np.int64)}
        for name, kind in shape.items():
            if name == "id":
                continue
            dtype: Any = KINDS.get(kind, np.int64)
            value = np.broadcast_to(np.asarray(columns[name], dtype=dtype), (size,))
            part[name] = self.person_ids(value) if kind == "ref:persons" else value
        if unknown := set(columns) - set(shape):
            raise KeyError(f"{table} has no column {sorted(unknown)}")
        self._parts[table].append(part)
        self._counts[table] += size
        return part["id"]

    def meet(
        self, rng: np.random.Generator, who: Ints, days: Ints, institution: Ints, **columns: Column | int | str
    ) -> Seen:
        """Add encounters; each gets a doctor of its institution and, unless given, a minute and the same last day.

        Args:
            columns: `kind`, `icd10`, `zh`, and optionally `minute`, `to_day`.
        """
        columns.setdefault("minute", minutes(rng, len(who)))
        columns.setdefault("to_day", days)
        staff = self.county.a_doctor(rng, institution)
        ids = self.add("encounters", person=who, day=days, institution=institution, staff=staff, **columns)
        return Seen(who, days, np.asarray(columns["minute"], dtype=np.int64), ids, staff)

    def observe(self, kind: str, seen: Seen, value: Any, value2: Any = 0.0) -> None:
        """Add one kind of observation, a row for each attendance."""
        self.add(
            "observations",
            person=seen.who,
            encounter=seen.encounter,
            day=seen.day,
            minute=seen.minute,
            staff=seen.staff,
            kind=index("observations")[kind],
            value=value,
            value2=value2,
        )

    def prescribe(self, seen: Seen, drug: Ints | int, icd10: Any) -> None:
        """Add one medicine for each attendance."""
        self.add(
            "prescriptions",
            person=seen.who,
            encounter=seen.encounter,
            day=seen.day,
            minute=seen.minute,
            staff=seen.staff,
            drug=drug,
            icd10=icd10,
        )

    def person_ids(self, positions: Column) -> Ints:
        """County-wide ids of positions; -1 stays."""
        known = positions >= 0
        return np.where(known, positions + self.number * PEOPLE_IDS, -1).astype(np.int64)

    def rows(self, table: str) -> Columns:
        """What a table holds so far, with person ids turned back to positions."""
        if not self._parts[table]:
            return empty_table(table)
        self._parts[table] = [stack(self._parts[table])]
        out = dict(self._parts[table][0])
        for name, kind in TABLES[table].items():
            if kind == "ref:persons":
                out[name] = np.where(out[name] >= 0, out[name] % PEOPLE_IDS, -1)
        return out

    def finish(self) -> dict[str, Columns]:
        """All tables of this chunk; the persons table is made of `people`."""
        self.add("persons", **{name: self.people[name] for name in TABLES["persons"] if name != "id"})
        person = self._parts["persons"][-1]
        person["id"] = np.arange(self.size, dtype=np.int64) + self.number * PEOPLE_IDS
        out: dict[str, Columns] = {}
        for name in TABLES:
            out[name] = stack(self._parts[name]) if self._parts[name] else empty_table(name)
            self._parts[name] = []
        return out


def empty_table(name: str) -> Columns:
    """A table without rows."""
    return {column: np.zeros(0, KINDS.get(kind, np.int64)) for column, kind in TABLES[name].items()}


def never(size: int) -> Ints:
    """A column of days that do not come."""
    return np.full(size, NEVER, dtype=np.int64)
