"""Rates of the faults that are put into feeds, and the dice: the same question always gets the same answer.

A draw depends on the seed, on what is asked and on whom it is asked of, not on the order of asking. So an identity is
wrong in the same way whenever its institution sends it, and raising a rate keeps the faults that a lower one gave.
"""

from __future__ import annotations

import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np

from minkang.errors import Fault
from minkang.synth.arrays import Floats, Ints

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Faults:
    """Shares between 0 and 1. Identity faults are of registrations (a person at an institution); message faults of
    messages; file faults of files. The defaults are modelled: no published figure stands behind them.

    Attributes:
        name_typo: a character of the name replaced by one of the same sound.
        birth_slip: day and month exchanged, or day or year off by one.
        id_typo: a digit of the ID number wrong, or two exchanged.
        id_missing: no ID number although there is one.
        id_15: of those born before 1966, the old 15 digits.
        exchanged: ID number and phone stand in each other's field; without a phone, given name before surname.
        family_phone: the phone of the household's first person.
        newborn_note: children without a name yet as 王芳之子, 王芳之女, 王芳双大.
        newborn_card: such children under the mother's ID number.
        newborn_kept: the hospital of birth never changes that entry.
        name_kept: after a change of name the old one stays.
        second_number: registered twice at one institution, from some day on under a second number.
        duplicate: the message comes twice.
        corrected: a first message with a mistake, then one that corrects it.
        withdrawn: the event is entered twice under two numbers, and the second is withdrawn.
        late: arrives 10 to 120 days late.
        out_of_order: arrives one to five days late, so that later ones overtake it.
        wrong_code: a code that does not exist, or of another system.
        obsolete_code: a code of an earlier edition.
        wrong_unit: the value in another unit than the feed says.
        encoding: a file (HL7 v2: a message) in the other encoding.
        truncated: a file is cut off; it comes again, whole, under the name `<period>.again`.
    """

    name_typo: float = 0.01
    birth_slip: float = 0.006
    id_typo: float = 0.008
    id_missing: float = 0.03
    id_15: float = 0.03
    exchanged: float = 0.002
    family_phone: float = 0.2
    newborn_note: float = 0.8
    newborn_card: float = 0.7
    newborn_kept: float = 0.4
    name_kept: float = 0.4
    second_number: float = 0.01
    duplicate: float = 0.01
    corrected: float = 0.01
    withdrawn: float = 0.003
    late: float = 0.02
    out_of_order: float = 0.01
    wrong_code: float = 0.004
    obsolete_code: float = 0.006
    wrong_unit: float = 0.004
    encoding: float = 0.02
    truncated: float = 0.01

    def with_rates(self, rates: Mapping[str, float]) -> Faults:
        """Some rates changed.

        Raises:
            Fault: `SYNTH-004` for an unknown name, `SYNTH-005` for a rate that is not between 0 and 1.
        """
        known = {field.name for field in fields(self)}
        for name, rate in rates.items():
            if name not in known:
                raise Fault("SYNTH-004", name, known=", ".join(sorted(known)))
            if not isinstance(rate, int | float) or not 0 <= rate <= 1:
                raise Fault("SYNTH-005", f"{name}={rate}")
        return replace(self, **{name: float(rate) for name, rate in rates.items()})

    def as_dict(self) -> dict[str, float]:
        """All rates by name."""
        return asdict(self)


DEFAULT = Faults()
NONE = Faults(**dict.fromkeys(DEFAULT.as_dict(), 0.0))


def read_faults(what: str) -> Faults:
    """`default`, `none`, or the name of a TOML file of rates, which change the default.

    Raises:
        Fault: `SYNTH-004`, `SYNTH-005` as `Faults.with_rates`; `SYNTH-006` where the file cannot be read.
    """
    if what in {"default", "none"}:
        return DEFAULT if what == "default" else NONE
    try:
        rates = tomllib.loads(Path(what).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Fault("SYNTH-006", what, reason=str(error)) from error
    return DEFAULT.with_rates(rates)


@dataclass(frozen=True)
class Dice:
    """Uniform draws that depend on nothing but the seed and the question."""

    seed: int

    def draw(self, what: str, *of: Ints | int) -> Floats:
        """A number in [0, 1) for each row of the columns `of` (ids, positions); `what` names the question."""
        state = np.uint64((self.seed * 0x2545F491 + zlib.crc32(what.encode())) & 0xFFFFFFFFFFFFFFFF)
        with np.errstate(over="ignore"):
            mixed = np.asarray(state, dtype=np.uint64)
            for column in of:
                mixed = _mix(mixed ^ (np.asarray(column).astype(np.uint64) * GOLDEN + GOLDEN))
        return np.asarray((mixed >> np.uint64(11)).astype(np.float64) / 2.0**53, dtype=np.float64)


def _mix(z: np.ndarray[tuple[int, ...], np.dtype[np.uint64]]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    """SplitMix64's finaliser (Steele, Lea, Flood 2014, doi:10.1145/2714064.2660195)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
