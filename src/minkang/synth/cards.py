"""ID numbers by the column: right check character, a birth place that never was (docs/decisions/0006)."""

from __future__ import annotations

import numpy as np

from minkang.codes.identifiers import ID_CHECKS, ID_WEIGHTS
from minkang.synth.arrays import Bools, Ints, Texts, rank_within

SLOTS_A_CHUNK = 12
CHUNKS_A_CODE = 40


def address_code(province: str, region_code: str, chunk: int, other: Ints) -> Ints:
    """Six digits as a number: the impossible province, then city and county; `other` > 0 is a county elsewhere."""
    city, county = int(region_code[2:4]), int((region_code + "00")[4:6])
    home = int(province) * 10_000 + city * 100 + (county + chunk // CHUNKS_A_CODE) % 100
    return np.where(other > 0, int(province) * 10_000 + other, home).astype(np.int64)


def card_numbers(address: Ints, birth: Ints, male: Bools, chunk: int, taken: Ints | None = None) -> Texts:
    """Card numbers of all persons of a chunk, 18 characters each, none twice in the county.

    Args:
        address: six digits; `birth`: days; `chunk`: its number, which reserves sequences of its own.
        taken: how many of the same address, birthday and sex were numbered before, if any.
    """
    dates = birth.astype("datetime64[D]").astype(str)
    eight = np.array([text[:4] + text[5:7] + text[8:10] for text in dates], dtype=np.int64)
    key = (address * 100_000_000 + eight) * 2 + male
    rank = rank_within(np.arange(len(birth)), key) + (0 if taken is None else taken)
    slot = (chunk % CHUNKS_A_CODE * SLOTS_A_CHUNK + rank) % 500
    sequence = slot * 2 + np.where(male, 1, 0)
    first17 = (address * 100_000_000 + eight) * 1000 + sequence
    digits = first17[:, None] // 10 ** np.arange(16, -1, -1, dtype=np.int64)[None, :] % 10
    check = np.array(list(ID_CHECKS))[(digits @ np.array(ID_WEIGHTS)) % 11]
    return np.array([f"{number:017d}{letter}" for number, letter in zip(first17, check, strict=True)], dtype=object)
