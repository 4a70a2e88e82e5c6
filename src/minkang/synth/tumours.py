"""The tumour register: each cancer that was treated, or that someone died of, once, with what the card asks for."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import NEVER, Ints, Texts, pick
from minkang.synth.catalogue import rows, texts
from minkang.synth.chunk import Chunk

BASES = np.array([1, 2, 4, 5, 7])
BASIS_SHARE = (0.04, 0.2, 0.03, 0.06, 0.67)
BY_DEATH = 0
STAGES: Texts = np.array(["I", "II", "III", "IV", "9"], dtype=object)
STAGE_SHARE = (0.17, 0.2, 0.24, 0.27, 0.12)
UNKNOWN = len(STAGES) - 1


def notify(chunk: Chunk) -> None:
    """One row for the first sign of each person's cancer: the first admission for it, or the death.

    Of those who die without ever having been seen for it here, six in ten were found elsewhere some months before; the
    rest are known by the death certificate alone (basis 0).
    """
    rng = chunk.rng("tumours")
    seen, deaths = chunk.rows("admissions"), chunk.rows("deaths")
    codes = texts("causes", "underlying")[deaths["cause"]] if len(deaths["id"]) else np.zeros(0, dtype=object)
    cared, died = _cancer(seen["icd10"]), _cancer(codes)
    who = np.concatenate([seen["person"][cared], deaths["person"][died]]).astype(np.int64)
    if not len(who):
        return
    days = np.concatenate([seen["day"][cared], deaths["day"][died]])
    site: Texts = np.concatenate([seen["icd10"][cared], codes[died]])
    place = np.concatenate([seen["institution"][cared], deaths["institution"][died]])
    late = np.arange(len(who)) >= int(cared.sum())
    order = np.lexsort((days, who))
    first = order[np.append(True, who[order][1:] != who[order][:-1])]
    who, days, site, place, late = who[first], days[first], site[first], place[first], late[first]
    early = late & (rng.random(len(who)) < 0.6)
    found = np.maximum(days - np.where(early, rng.integers(60, 700, len(who)), 0), chunk.county.begin)
    only_death = late & ~early
    hospitals = chunk.county.of_kind("general")
    place = np.where(early, hospitals[pick(rng, chunk.county.beds(hospitals), len(who))], place)
    basis = np.where(only_death, BY_DEATH, BASES[pick(rng, BASIS_SHARE, len(who))])
    stage = np.where(only_death, UNKNOWN, pick(rng, STAGE_SHARE, len(who)))
    chunk.add(
        "tumours", person=who, icd10=site, morphology=_morphology(rng, site), basis=basis, stage=STAGES[stage],
        diagnosed=found, institution=place, staff=chunk.county.a_doctor(rng, place),
        reported=np.minimum(found + rng.integers(1, 28, len(who)), np.maximum(found, chunk.county.end - 1)),
        death=np.where(chunk.people["death"][who] < chunk.county.end, chunk.people["death"][who], NEVER),
    )  # fmt: skip


def _cancer(codes: Texts) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.array([text.startswith("C") for text in codes.tolist()], dtype=bool)


def _morphology(rng: np.random.Generator, site: Texts) -> Ints:
    """A row of the vocabulary for each site, by its share."""
    table = rows("morphology")
    out = np.zeros(len(site), dtype=np.int64)
    draw = rng.random(len(site))
    for number, (code, share) in enumerate(zip(site.tolist(), draw.tolist(), strict=True)):
        able = [at for at, row in enumerate(table) if code.startswith(row["icd10"])]
        edges = np.cumsum([float(table[at]["share"]) for at in able])
        out[number] = able[min(int(np.searchsorted(edges, share)), len(able) - 1)]
    return out
