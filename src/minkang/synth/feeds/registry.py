"""The modules that tell the truth in a format; each holds `FEEDS` and `tell`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol, cast

import numpy as np

from minkang.errors import Fault
from minkang.synth.county import County
from minkang.synth.feeds.identities import Identities
from minkang.synth.feeds.telling import Feed, Telling
from minkang.synth.truth import Truth

MODULES = ("hl7", "cda", "tables", "village", "device", "cdc", "vaccination", "maternal")


class FeedModule(Protocol):
    """What a module of this package offers."""

    FEEDS: tuple[Feed, ...]

    def tell(
        self, county: County, part: Truth, seen: Identities, rng: np.random.Generator
    ) -> Iterator[Telling]:  # pragma: no cover -- a protocol
        """All messages about one chunk, in any order; the same every time it is called."""


def module_names() -> tuple[str, ...]:
    """The feed modules that are installed, in their fixed order."""
    return tuple(name for name in MODULES if find_spec(f"minkang.synth.feeds.{name}") is not None)


def feed_module(name: str) -> FeedModule:
    """One of them, by name."""
    return cast(FeedModule, import_module(f"minkang.synth.feeds.{name}"))


def chosen(what: str) -> tuple[str, ...]:
    """Module names of `all`, `none`, or names separated by commas.

    Raises:
        Fault: `SYNTH-007` for an unknown name.
    """
    known = module_names()
    if what in {"all", "none"}:
        return known if what == "all" else ()
    names = tuple(name.strip() for name in what.split(",") if name.strip())
    for name in names:
        if name not in known:
            raise Fault("SYNTH-007", name, known=", ".join(known))
    return tuple(name for name in known if name in names)
