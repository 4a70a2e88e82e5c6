"""The rules of data quality, read from `rules.toml`; strictly, for a rule not applied looks like a good record."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec
from msgspec import Struct

Dimension = Literal["completeness", "validity", "timeliness", "uniqueness", "consistency"]
DIMENSIONS: tuple[Dimension, ...] = ("completeness", "validity", "timeliness", "uniqueness", "consistency")
BITS = 63


class Dataset(Struct, frozen=True, forbid_unknown_fields=True):
    """Records of one kind.

    Attributes:
        id, zh, en: its names; `standard`: the data set of the norms it answers to, empty where there is none.
        type: of the resources; `category`: the code that a category of theirs must have.
        day: path of the day the record belongs to; empty for the day of the statement.
        split: path of a code by which figures are kept apart: `document/C0002`.
        alike: paths whose values together make two records the same; empty where none is looked for.
    """

    id: str
    zh: str
    en: str
    standard: str
    type: str
    category: str = ""
    day: str = ""
    split: str = ""
    month: Literal["event", "stated"] = "event"
    alike: tuple[str, ...] = ()


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule on a record.

    Attributes:
        number: its bit; never given twice. id, zh, en: its names, said of a good record.
        look: the check, a name of `minkang.exchange.quality.looks.LOOKS`; the others are its parameters.
        type: of the resources; empty for all. source: the norm it comes from, empty for common sense.
    """

    number: int
    id: str
    dimension: Dimension
    look: str
    zh: str
    en: str
    type: str = ""
    path: str = ""
    pattern: str = ""
    systems: tuple[str, ...] = ()
    first: str = ""
    last: str = ""
    hours: int = 0
    source: str = ""


class MessageRule(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule on messages: those with this outcome fail it."""

    id: str
    dimension: Dimension
    outcome: str
    zh: str
    en: str


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """All of them."""

    dataset: tuple[Dataset, ...]
    rule: tuple[Rule, ...]
    message: tuple[MessageRule, ...]

    def named(self, id: str) -> Rule | MessageRule:
        """The rule of that name; KeyError where there is none."""
        named: dict[str, Rule | MessageRule] = {one.id: one for one in self.rule}
        named |= {one.id: one for one in self.message}
        return named[id]

    def of_dataset(self, dataset: Dataset) -> tuple[Rule, ...]:
        """The rules that apply to records of a data set."""
        return tuple(one for one in self.rule if one.type in {"", dataset.type})


@cache
def rules() -> Rules:
    """The rules that come with the program."""
    return parse_rules((files("minkang.exchange.quality") / "rules.toml").read_text("utf-8"))


def parse_rules(text: str) -> Rules:
    """Read rules.

    Raises:
        ValueError: for what is unknown, a number that is used twice or does not fit, a name that is used twice.
    """
    read: dict[str, Any] = tomllib.loads(text)
    found = msgspec.convert(read, Rules)
    for what, values in (
        ("number", [one.number for one in found.rule]),
        ("id", [*(one.id for one in found.rule), *(one.id for one in found.message)]),
        ("data set", [one.id for one in found.dataset]),
    ):
        if len(set(values)) < len(values):
            raise ValueError(f"a {what} stands twice: {sorted(map(str, values))}")
    if not all(1 <= one.number <= BITS for one in found.rule):
        raise ValueError(f"numbers go from 1 to {BITS}")
    return found
