"""The tables of hospitals and township centres: front pages, follow-ups, contracts, attendances (see feeds.md)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from minkang.synth.county import County
from minkang.synth.feeds import tables_front, tables_township
from minkang.synth.feeds.identities import Identities
from minkang.synth.feeds.telling import Telling
from minkang.synth.truth import Truth

FEEDS = (*tables_front.FEEDS, *tables_township.FEEDS)


def tell(county: County, part: Truth, seen: Identities, rng: np.random.Generator) -> Iterator[Telling]:
    """All rows about one chunk."""
    yield from tables_front.tell(part, seen)
    yield from tables_township.tell(part, seen)
