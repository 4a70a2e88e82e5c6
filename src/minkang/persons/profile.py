"""A profile: how records of one kind are compared. Data in TOML; `resident` and `febrl` come with the program."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from minkang.errors import Fault
from minkang.persons.comparing import Test, read_test

Band = Literal["link", "review", "separate"]
BUILT_IN = {"default": "resident", "resident": "resident", "febrl": "febrl"}
_KEYS = {"base", "prepare", "names", "region", "columns", "thresholds", "bounds", "rival", "training", "comparison",
         "rule", "block", "model", "kinds", "frequency"}  # fmt: skip


@dataclass(frozen=True)
class Level:
    """One outcome of a comparison; the first whose test holds is taken, and the last has no test.

    Attributes:
        frequency: the column whose value's frequency weighs this level ("" for none): a rare name says more.
    """

    name: str
    zh: str
    en: str
    test: Test | None
    frequency: str = ""


@dataclass(frozen=True)
class Comparison:
    """What is compared, and the levels; nothing is said where a column of `needs` is missing on either side."""

    name: str
    zh: str
    en: str
    needs: tuple[str, ...]
    levels: tuple[Level, ...]

    def level(self, name: str) -> Level:
        """A level by name."""
        return next(one for one in self.levels if one.name == name)


@dataclass(frozen=True)
class Rule:
    """A pair that a rule decides whatever its score; rules are asked in their order, the first that holds decides.

    Attributes:
        band: what it decides. A rule that separates is also kept over whole clusters.
        scope: of a rule that separates: the columns in which both sides must agree for it to be asked (an empty scope
            asks it of all); it keeps the work over clusters small.
    """

    name: str
    zh: str
    en: str
    band: Band
    test: Test
    scope: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bounds:
    """What bounds the work: records in a block, pairs in all; what is beyond is cut off and reported.

    Attributes:
        shared: a value of a `watched` column on more records than this is reported.
    """

    block: int = 300
    pairs_a_record: float = 40.0
    shared: int = 200
    watched: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rival:
    """A record without `column` may be linked only where no other value of `column` comes within `margin` bits."""

    column: str = ""
    margin: float = 0.0


@dataclass(frozen=True)
class Profile:
    """How records of one kind are compared.

    Attributes:
        prepare: the preparation, "resident" or "plain".
        names: of each field, the column heads it is known by.
        kinds: of a plain preparation: field to "word", "digits", "date" or "text".
        region: the folder of `regions/` whose divisions addresses are looked up in, "" for none.
        counted_per: a value's frequency counts how many of these differ among its records, so that a person with many
            records counts once; empty counts records.
        link, review: weights in bits (log2 of the odds) from which a pair is linked, and is shown to somebody.
        training: "never", or "input" to learn the weights from the input itself.
        sure: columns whose agreement is taken as a match when the odds of a match are estimated.
        least: comparison, level to the share among pairs of one person below which learning does not go.
        learn_from: the columns that expectation maximisation is run within.
    """

    name: str
    prepare: str
    names: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, str]
    region: str
    comparisons: tuple[Comparison, ...]
    rules: tuple[Rule, ...]
    blocks: tuple[tuple[str, ...], ...]
    link: float
    review: float
    bounds: Bounds
    counted_per: tuple[str, ...]
    rival: Rival
    training: str
    learn_from: tuple[tuple[str, ...], ...]
    sure: tuple[tuple[str, ...], ...]
    least: Mapping[str, Mapping[str, float]]
    model: str

    @cached_property
    def frequencies(self) -> tuple[str, ...]:
        """The columns whose frequencies weigh."""
        found = (level.frequency for one in self.comparisons for level in one.levels)
        return tuple(dict.fromkeys(name for name in found if name))

    @cached_property
    def apart(self) -> tuple[Rule, ...]:
        """The rules that no cluster may break."""
        return tuple(rule for rule in self.rules if rule.band == "separate")


def read_profile(what: str, region: str | None = None) -> Profile:
    """A built-in profile by name (`default`, `febrl`), or a TOML file that changes one (`base = "default"`).

    Args:
        region: takes the place of the profile's region, and the thresholds of that region with it.

    Raises:
        Fault: `PERSONS-001` where there is no such file, `PERSONS-002` for an unknown key, `PERSONS-003` for a test.
    """
    text, where = _source(what)
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Fault("PERSONS-002", where, given=str(error)) from error
    for key in told:
        if key not in _KEYS:
            raise Fault("PERSONS-002", where, given=key)
    name = what if what in BUILT_IN else Path(what).stem
    if "base" in told or what not in BUILT_IN:
        base = tomllib.loads(_source(str(told.get("base", "default")))[0])
        told = _changed(base, told)
    return _profile(name, told, where, region)


def _source(what: str) -> tuple[str, str]:
    if what in BUILT_IN:
        place: Traversable = files("minkang.persons") / "profiles" / f"{BUILT_IN[what]}.toml"
        return place.read_text("utf-8"), what
    try:
        return Path(what).read_text("utf-8"), what
    except (OSError, UnicodeDecodeError) as error:
        raise Fault("PERSONS-001", what, known=", ".join(sorted(BUILT_IN))) from error


def _changed(base: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are merged key by key, everything else is replaced; `[columns] field = "head"` puts a head first."""
    out = dict(base)
    for key, value in told.items():
        known = out.get(key)
        out[key] = {**known, **value} if isinstance(known, dict) and isinstance(value, dict) else value
    return out


def _profile(name: str, told: Mapping[str, Any], where: str, region: str | None) -> Profile:
    place = told.get("region", "") if region is None else region
    thresholds = {**told["thresholds"], **told["thresholds"].get(place, {})}
    rival, training = told.get("rival", {}), told.get("training", {})
    heads = {**told["names"], **{field: [head] for field, head in told.get("columns", {}).items()}}
    return Profile(
        name=name,
        prepare=told["prepare"],
        names={field: tuple(head) for field, head in heads.items()},
        kinds=told.get("kinds", {}),
        region=place,
        comparisons=tuple(_comparison(one, where) for one in told["comparison"]),
        rules=tuple(_rule(one, where) for one in told.get("rule", ())),
        blocks=tuple(tuple(one) for one in told["block"]["on"]),
        link=float(thresholds["link"]),
        review=float(thresholds["review"]),
        bounds=_bounds(told.get("bounds", {})),
        counted_per=tuple(told.get("frequency", {}).get("per", ())),
        rival=Rival(**rival),
        training=training.get("from", "never"),
        learn_from=tuple(tuple(one) for one in training.get("within", ())),
        sure=tuple(tuple(one) for one in training.get("sure", ())),
        least=training.get("least", {}),
        model=told.get("model", BUILT_IN.get(name, "")),
    )


def _bounds(told: Mapping[str, Any]) -> Bounds:
    return Bounds(**{**told, "watched": tuple(told.get("watched", ()))})


def _comparison(told: Mapping[str, Any], where: str) -> Comparison:
    levels = tuple(
        Level(
            name=one["name"],
            zh=one["zh"],
            en=one["en"],
            test=read_test(one["test"], f"{where}: {told['name']}.{one['name']}") if "test" in one else None,
            frequency=one.get("frequency", ""),
        )
        for one in told["level"]
    )
    return Comparison(told["name"], told["zh"], told["en"], tuple(told["needs"]), levels)


def _rule(told: Mapping[str, Any], where: str) -> Rule:
    test = read_test(told["test"], f"{where}: {told['name']}")
    return Rule(told["name"], told["zh"], told["en"], told["band"], test, tuple(told.get("scope", ())))
