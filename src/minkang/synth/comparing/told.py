"""Events as the feeds carried them: rows of the truth, each once, with the faults put into the messages about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]
from msgspec import Struct

from minkang.synth.catalogue import index, rows
from minkang.synth.comparing.facts import Fact, figure

INPATIENT = frozenset({"inpatient", "delivery"})


class Event(Struct, frozen=True):
    """An event and what was done to the messages about it: the faults put in, and (feed, key) of each message."""

    fact: Fact
    faults: frozenset[str]
    keys: frozenset[str]


class Told(Struct, frozen=True):
    """What was told.

    Attributes:
        events: each event that some message still tells at the end, with the faults and the keys of its messages.
        people: (sender, number) to the person of the truth.
        messages: how many messages stand in the files that were not cut off.
    """

    events: list[Event]
    people: dict[tuple[str, str], str]
    messages: int


def read_told(folder: Path) -> Told:
    """Read `DIR/truth`. Holds all carried rows in memory: about 1 kB each, so meant for counties to 50,000 people."""
    truth = folder / "truth"
    events: dict[tuple[str, int], tuple[str, str, set[str], set[str]]] = {}
    for one in _rows(truth / "carried.parquet", "sender", "feed", "key", "table", "id", "faults"):
        known = events.setdefault((one["table"], one["id"]), (one["sender"], one["feed"], set(), set()))
        known[2].update(one["faults"])
        known[3].add(one["key"])
    found: list[Event] = []
    for table in sorted({table for table, _ in events}):
        for one in _rows(truth / f"{table}.parquet"):
            if event := events.get((table, one["id"])):
                sender, feed, faults, keys = event
                fact = Fact(table, sender, str(one["person"]), *_READERS[table](one), feed)
                found.append(Event(fact, frozenset(faults), frozenset(keys)))
    identities = _rows(truth / "identities.parquet", "sender", "local", "person")
    people = {(one["sender"], one["local"]): str(one["person"]) for one in identities}
    files = _rows(truth / "files.parquet", "messages", "truncated")
    return Told(found, people, sum(one["messages"] for one in files if not one["truncated"]))


def _rows(path: Path, *columns: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(path, columns=list(columns) or None).to_pylist()
    return found


def _day(value: date | None) -> str:
    return value.isoformat()[:10] if value else ""


_Row = Mapping[str, Any]


def _observation(one: _Row) -> tuple[str, str, str]:
    kind = rows("observations")[index("observations")[one["kind"]]]
    digits = int(kind["digits"] or 0)
    first, second = one["value"], one["value2"]
    values = (
        (round(first, digits), round(second, digits)) if kind["key"] == "blood_pressure" else (round(first, digits),)
    )
    return _day(one["day"]), kind["key"], figure(*values)


def _reading(one: _Row) -> tuple[str, str, str]:
    return _day(one["day"]), one["kind"], ""


def _zh(vocabulary: str, key: str) -> str:
    return rows(vocabulary)[index(vocabulary)[key]]["zh"]


_READERS: dict[str, Callable[[_Row], tuple[str, str, str]]] = {
    "encounters": lambda one: (_day(one["day"]), "", "IMP" if one["kind"] in INPATIENT else "AMB"),
    "observations": _observation,
    "readings": _reading,
    "prescriptions": lambda one: (_day(one["day"]), _zh("drugs", one["drug"]), ""),
    "admissions": lambda one: (_day(one["to_day"]), "", figure(one["total"])),
    "contracts": lambda one: (_day(one["day"]), "", _day(one["to_day"])),
    "pregnancies": lambda one: (_day(one["delivered"]), "", ""),
    "births": lambda one: (_day(one["day"]), "", ""),
    "followups": lambda one: (_day(one["day"]), one["programme"], ""),
    "vaccinations": lambda one: (_day(one["day"]), one["vaccine"], one["lot"]),
    "notifications": lambda one: (_day(one["onset"]), _zh("diseases", one["disease"]), ""),
    "tumours": lambda one: (_day(one["diagnosed"]), "", one["icd10"]),
    "deaths": lambda one: (_day(one["day"]), "", rows("causes")[index("causes")[one["cause"]]]["underlying"]),
    "referrals": lambda one: (_day(one["day"]), one["direction"], ""),
}
