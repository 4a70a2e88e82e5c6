"""The scheme of the assessment as read from `scheme.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
from msgspec import Struct

Kind = Literal["dataset", "document", "service"]
KINDS: tuple[Kind, ...] = ("dataset", "document", "service")


class Item(Struct, frozen=True, forbid_unknown_fields=True):
    """A standard data set, shared document or interaction service.

    Attributes:
        code: of its standard (`WS/T 483.12`); `zh`: its name.
        shown_by: data sets of the quality figures that show it is exchanged; `document/*` for any of a kind.
        as_table: feeds that bring its content, though not in the standard's own form: named, and not counted.
    """

    code: str
    kind: Kind
    zh: str
    shown_by: tuple[str, ...]
    as_table: tuple[str, ...] = ()


class Level(Struct, frozen=True, forbid_unknown_fields=True):
    """A level of the national scheme and the shares that are taken for it.

    Attributes:
        zh: its name. dataset, document, service: least shares of the items, between 0 and 1.
        verified: whether the shares stand in the norm at hand; otherwise they are assumed.
    """

    zh: str
    dataset: float
    document: float
    service: float
    verified: bool


class Scheme(Struct, frozen=True, forbid_unknown_fields=True):
    """Items, and levels from the lowest to the highest."""

    item: tuple[Item, ...]
    level: tuple[Level, ...]


@cache
def scheme() -> Scheme:
    """The one that comes with the program."""
    return msgspec.convert(
        tomllib.loads((files("minkang.exchange.maturity") / "scheme.toml").read_text("utf-8")), Scheme
    )
