"""What all kinds of resource share: the county's constants, the head of a resource, references, batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from minkang.synth.arrays import Column, Columns, Ints
from minkang.synth.county import County
from minkang.synth.fhir.lines import BATCH, Part, Text, integers, join, pick_text, where, write_lines
from minkang.synth.fhir.systems import ICD10, SOURCE, TEST_DATA


class Teller:
    """Writes the resources of one county into one NDJSON file a type."""

    def __init__(self, county: County, folder: Path) -> None:
        self.county = county
        self.folder = folder
        self.counts: dict[str, int] = {}
        self._files: dict[str, BinaryIO] = {}
        self.sources = [f"{SOURCE}{one.id}" for one in county.institutions]
        self.organizations = [f"Organization/org-{one.id}" for one in county.institutions]

    def write(self, type_: str, size: int, *parts: Part) -> None:
        """One line a row into the file of the type."""
        if type_ not in self._files:
            self._files[type_] = (self.folder / f"{type_}.ndjson").open("wb")
        self.counts[type_] = self.counts.get(type_, 0) + write_lines(self._files[type_], size, *parts)

    def close(self) -> None:
        """Close all files."""
        for file in self._files.values():
            file.close()

    def head(self, type_: str, id_: Part, institution: Ints) -> list[Part]:
        """`{"resourceType":…,"id":…,"meta":{…}`: whose system it comes from, and that it is synthetic."""
        return [
            f'{{"resourceType":"{type_}","id":"', id_, '","meta":{"source":"', pick_text(self.sources, institution),
            f'",{TEST_DATA}}}',
        ]  # fmt: skip

    def provider(self, institution: Ints) -> Text:
        """`Organization/…`."""
        return pick_text(self.organizations, institution)

    def by(self, key: str, staff: Ints, closing: str = "") -> Text:
        """`,"key":{"reference":"Practitioner/…"}`, or nothing where no member of staff is known."""
        return where(staff >= 0, f',"{key}":{{"reference":"Practitioner/s', integers(staff), f'"}}{closing}')


def subject(person: Ints, key: str = "subject") -> list[Part]:
    """`,"subject":{"reference":"Patient/p…"}`."""
    return [f',"{key}":{{"reference":"Patient/p', integers(person), '"}']


def encounter_of(encounter: Ints) -> Text:
    """`,"encounter":{"reference":"Encounter/e…"}` where there is one."""
    return where(encounter >= 0, ',"encounter":{"reference":"Encounter/e', integers(encounter), '"}')


def icd(code: Text, zh: Text) -> list[Part]:
    """A CodeableConcept of ICD-10 with its Chinese name."""
    return [f'{{"coding":[{{"system":"{ICD10}","code":"', code, '","display":"', zh, '"}],"text":"', zh, '"}']


def concept(system: str, code: Part, display: Part) -> list[Part]:
    """A CodeableConcept of one coding, whose display is also its text."""
    return [
        f'{{"coding":[{{"system":"{system}","code":"',
        code,
        '","display":"',
        display,
        '"}],"text":"',
        display,
        '"}',
    ]


def batches(table: Columns) -> Iterator[Columns]:
    """A table in runs of rows small enough for Arrow's 32-bit text."""
    size = len(table["id"])
    for start in range(0, size, BATCH):
        yield {name: column[start : start + BATCH] for name, column in table.items()}


def runs(table: Columns, column: str) -> Iterator[Columns]:
    """The same for a table sorted by a column, never cutting between rows that are equal there."""
    keys = table[column]
    if not len(keys):
        return
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    whole = np.searchsorted(starts, np.arange(0, len(keys), BATCH), side="right") - 1
    cuts = starts[np.unique(whole)]
    for low, high in zip(cuts, np.append(cuts[1:], len(keys)), strict=True):
        yield {name: values[low:high] for name, values in table.items()}


def select(table: Columns, rows: Column) -> Columns:
    """Some rows of a table."""
    return {name: column[rows] for name, column in table.items()}


def each(tables: dict[str, Columns], name: str, tell: Callable[[Columns], None], keep: Column | None = None) -> None:
    """Tell a table batch by batch, all of it or the rows kept."""
    table = tables[name] if keep is None else select(tables[name], np.flatnonzero(keep))
    for batch in batches(table):
        tell(batch)


def together(*parts: list[Part] | Part) -> list[Part]:
    """Flatten lists of parts."""
    flat: list[Part] = []
    for part in parts:
        flat += part if isinstance(part, list) else [part]
    return flat


def text_of(size: int, parts: list[Part]) -> Text:
    """Joined parts as one column."""
    return join(size, *parts)
