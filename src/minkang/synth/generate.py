"""Make a county: whole in memory, or chunk by chunk in the memory of one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from minkang.synth.admissions import admit
from minkang.synth.arrays import stack
from minkang.synth.attributes import describe
from minkang.synth.children import grow
from minkang.synth.chronic import fall_ill
from minkang.synth.chunk import Chunk
from minkang.synth.contracts import sign
from minkang.synth.county import County, plan
from minkang.synth.elders import examine
from minkang.synth.families import settle
from minkang.synth.lives import live
from minkang.synth.maternity import bear
from minkang.synth.notifiable import report
from minkang.synth.readings import read_devices
from minkang.synth.region import Region, read_region
from minkang.synth.registers import register
from minkang.synth.schema import TABLES
from minkang.synth.truth import Tables, Truth
from minkang.synth.tumours import notify
from minkang.synth.visits import attend_clinics


def generate(region: Region | str, people: int, years: tuple[int, int] = (2019, 2025), seed: int = 1) -> Truth:
    """The whole truth of a county of about `people` residents, in memory.

    Args:
        region: a region or the name of its folder.
        people: residents at the beginning, 100 to 10,000,000; beyond 100,000 use `generate_chunks`.
        years: first and last calendar year, within 2019 to 2025.
        seed: the same seed gives the same bytes.

    Raises:
        Fault: `SYNTH-002` for an unknown region, `SYNTH-003` for sizes or years out of range.
    """
    parts = list(generate_chunks(region, people, years, seed))
    tables = {name: stack([part.tables[name] for part in parts]) for name in TABLES}
    return Truth(parts[0].county, tables)


def generate_chunks(
    region: Region | str, people: int, years: tuple[int, int] = (2019, 2025), seed: int = 1
) -> Iterator[Truth]:
    """The same truth in parts of about 20,000 people, each of whole places; memory is that of one part."""
    county = plan(read_region(region) if isinstance(region, str) else region, people, years, seed)
    for number in range(len(county.chunks)):
        yield Truth(county, make_chunk(county, number))


def make_chunk(county: County, number: int) -> Tables:
    """All tables of one chunk; chunks do not depend on each other, so they can be made in any order or process."""
    chunk = Chunk(county, number)
    settle(chunk)
    deliveries = live(chunk)
    describe(chunk)
    chronic = fall_ill(chunk)
    attend_clinics(chunk, chronic)
    admit(chunk, chronic)
    bear(chunk, deliveries)
    grow(chunk)
    examine(chunk)
    report(chunk)
    register(chunk)
    sign(chunk, chronic)
    notify(chunk)
    read_devices(chunk)
    tables = chunk.finish()
    for name in ("encounters", "observations"):
        assert np.all(tables[name]["person"] >= 0), name
    return tables
