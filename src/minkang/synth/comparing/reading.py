"""The whole comparison: the folder of a synthetic county with the store and ledger of an exchange that took it in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from minkang.access import Access
from minkang.errors import Fault
from minkang.exchange.ledger.looking import Ledger
from minkang.lake.source import Source
from minkang.synth.comparing.facts import Fact
from minkang.synth.comparing.matching import Agreement, compare
from minkang.synth.comparing.stored import TYPES, facts_of
from minkang.synth.comparing.told import read_told

REJECTED = "rejected"
MOST = 1_000_000


class Compared(Struct, frozen=True):
    """What the comparison found.

    Attributes:
        tables: see `Agreement`.
        messages: that stand in the folder's whole files; `arrived` by outcome: what the ledger counted.
    """

    tables: list[Agreement]
    messages: int
    arrived: dict[str, int]

    @property
    def agrees(self) -> bool:
        """Whether the store holds what the feeds told, each event once."""
        return all(one.agrees for one in self.tables)


def compare_store(folder: Path, source: Source, ledger: Ledger, access: Access) -> Compared:
    """Compare `DIR/truth` with the store that took `DIR/feeds` in, and nothing else.

    Raises:
        Fault: `SYNTH-020` where the folder has no truth in it.
    """
    if not (folder / "truth" / "carried.parquet").is_file():
        raise Fault("SYNTH-020", str(folder))
    told = read_told(folder)
    numbers: dict[str, str] = {}
    for patient in _everything(source, "Patient"):
        sender = patient.get("meta", {}).get("source", "").removeprefix("urn:minkang:sender:").partition("#")[0]
        for identifier in patient.get("identifier", ()):
            if (sender, identifier.get("value")) in told.people:
                numbers[f"Patient/{patient['id']}"] = identifier["value"]
    arrived: Counter[str] = Counter()
    for tally in ledger.tallies(access):
        arrived[tally.outcome] += tally.count
    refused = ledger.messages(access, state=REJECTED, count=MOST)
    keys = {(one.sender, one.key.rpartition("#")[2]) for one in refused}
    return Compared(compare(told, _facts(source, numbers), keys), told.messages, dict(arrived))


def _facts(source: Source, numbers: Mapping[str, str]) -> Iterator[Fact]:
    for type in TYPES:
        for resource in _everything(source, type):
            yield from facts_of(resource, numbers)


def _everything(source: Source, type: str) -> Iterator[Mapping[str, Any]]:
    until, cursor = source.end(), ""
    while True:
        part = source.everything(type, until, cursor)
        for _, body in part.records:
            yield msgspec.json.decode(body)
        cursor = part.cursor
        if not cursor:
            return
