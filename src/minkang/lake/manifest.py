"""The manifest: which files make up each table, and how far they reach. Whoever has a manifest has a whole lake.

A bucket of a table is a *base* file, and beside it, for what changed since the base was written, a *delta* file of
rows and a *gone* file of keys whose rows in the base no longer count. Files are never changed; a refresh writes new
ones and then moves a new manifest into place, which is one step.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from minkang.errors import Fault
from minkang.records.repository import Position


class Bucket(msgspec.Struct, frozen=True):
    """One bucket of a table; file names are relative to the table's folder.

    Attributes:
        base, delta, gone: files; empty where there is none.
        rows: rows in the base.
        hidden: rows of the base whose keys are in `gone`.
        fresh: rows in the delta.
    """

    base: str = ""
    rows: int = 0
    gone: str = ""
    hidden: int = 0
    delta: str = ""
    fresh: int = 0

    @property
    def live(self) -> int:
        """Rows a query sees."""
        return self.rows - self.hidden + self.fresh

    @property
    def files(self) -> tuple[str, ...]:
        """Its files."""
        return tuple(file for file in (self.base, self.gone, self.delta) if file)


class TableState(msgspec.Struct, frozen=True):
    """One table at one generation.

    Attributes:
        digest, version: of the definition it was made by.
        position: how far in the feed it reaches; empty for a table that is not made of records.
        buckets: by number.
        asides: a file of the records that the view could not read; empty where there is none.
        set_aside: how many those are.
        at: when it was last brought up to date, ISO 8601 UTC.
        built: when it was last made from the beginning.
    """

    digest: str
    version: str
    position: Position
    buckets: dict[int, Bucket]
    asides: str = ""
    set_aside: int = 0
    at: str = ""
    built: str = ""

    @property
    def rows(self) -> int:
        """Rows a query sees."""
        return sum(bucket.live for bucket in self.buckets.values())

    @property
    def files(self) -> set[str]:
        """All its files, relative to its folder."""
        found = {file for bucket in self.buckets.values() for file in bucket.files}
        return found | {self.asides} if self.asides else found


class Manifest(msgspec.Struct, frozen=True):
    """The lake at one generation.

    Attributes:
        generation: one more with each change.
        buckets: into how many buckets tables of persons are divided.
        zone: the time zone of its civil times.
        links: how far the changes of links between patients and persons were followed.
    """

    generation: int = 0
    buckets: int = 16
    zone: str = "Asia/Shanghai"
    links: str = ""
    tables: dict[str, TableState] = {}

    def with_tables(self, changed: dict[str, TableState]) -> Manifest:
        """The next generation, with some tables replaced."""
        return msgspec.structs.replace(self, generation=self.generation + 1, tables={**self.tables, **changed})


def read_manifest(place: Path) -> Manifest | None:
    """The manifest at a path; None where there is none.

    Raises:
        Fault: `LAKE-003` where it cannot be read.
    """
    try:
        return msgspec.json.decode(place.read_bytes(), type=Manifest)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, OSError) as error:
        raise Fault("LAKE-003", where=str(place), reason=str(error)) from None


def replace_file(place: Path, body: bytes) -> None:
    """Put a file in place in one step, and see that it is on the disk."""
    part = place.with_name(f".{place.name}.{os.getpid()}.part")
    with part.open("wb") as stream:
        stream.write(body)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
