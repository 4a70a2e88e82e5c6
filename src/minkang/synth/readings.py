"""Smart follow-up devices in village clinics: the readings they send by themselves between the doctor's visits."""

from __future__ import annotations

import numpy as np

from minkang.synth.arrays import NEVER, Floats, Ints, Texts, day, minutes, pick, rank_within, spread
from minkang.synth.chunk import Chunk

FIRST_YEAR = 2022  # the year the first of the devices was handed out (modelled)
CLINICS = (0.15, 0.35, 0.5, 0.6)  # share of the clinics that have one, by year since then
EVERY_DAYS = 30
USED = 0.8  # of the months in which someone is expected
RHYTHMS = (0.93, 0.03, 0.04)  # sinus, atrial fibrillation, premature beats


def read_devices(chunk: Chunk) -> None:
    """Where there is a device: blood pressure (hypertension) or glucose (diabetes) once a month, an ECG once a year."""
    rng = chunk.rng("readings")
    county, conditions = chunk.county, chunk.rows("conditions")
    clinics = county.of_kind("village")
    since = _since(county.rng("devices").random(len(county.institutions)))
    managed = np.isin(conditions["programme"], ("hypertension", "diabetes")) & (conditions["managed_from"] < NEVER)
    managed &= np.isin(conditions["institution"], clinics)
    one = {name: column[managed] for name, column in conditions.items()}
    begins = np.maximum(np.maximum(one["managed_from"], since[one["institution"]]), county.begin)
    ends = np.minimum(one["managed_to"], county.end)
    months = np.maximum((ends - begins) // EVERY_DAYS, 0)
    row, number = spread(months)
    if not len(row):
        return
    days = begins[row] + number * EVERY_DAYS + rng.integers(0, EVERY_DAYS, len(row))
    who = one["person"][row].astype(np.int64)
    keep = (rng.random(len(row)) < USED) & chunk.here(days, who) & (days < ends[row])
    row, days, who = row[keep], days[keep], who[keep]
    sugar = one["programme"][row] == "diabetes"
    upper, lower = _pressures(rng, who)
    glucose = np.round(np.clip(rng.normal(7.1, 1.6, len(who)), 3.4, 21), 1)
    yearly = rank_within(days, who * 100 + (days // 365 - 40)) == 0
    at = (who, days, one["institution"][row])
    _add(chunk, rng, at, (np.where(sugar, 1, 0), np.where(sugar, glucose, upper), np.where(sugar, 0.0, lower)))
    some = np.flatnonzero(yearly & ~sugar)
    rhythm = pick(rng, RHYTHMS, len(some)).astype(np.float64)
    rate = np.round(rng.normal(74, 11, len(some)))
    _add(chunk, rng, (who[some], days[some], at[2][some]), (np.full(len(some), 2), rate, rhythm))


def _add(
    chunk: Chunk, rng: np.random.Generator, at: tuple[Ints, Ints, Ints], what: tuple[Ints, Floats, Floats]
) -> None:
    kinds: Texts = np.array(["blood_pressure", "glucose", "ecg"], dtype=object)
    who, days, clinic = at
    chunk.add(
        "readings", person=who, institution=clinic, day=days, minute=minutes(rng, len(who)), kind=kinds[what[0]],
        value=what[1], value2=what[2], pulse=np.round(np.clip(rng.normal(75, 9, len(who)), 45, 140)),
    )  # fmt: skip


def _pressures(rng: np.random.Generator, who: Ints) -> tuple[Floats, Floats]:
    """Systolic and diastolic, mmHg: a level of the person's own and the day's."""
    own = 134.0 + (who % 23 - 11) * 1.1
    systolic = np.clip(np.round(own + rng.normal(0, 8, len(who))), 88, 212)
    return systolic, np.clip(np.round(0.36 * systolic + 31 + rng.normal(0, 5, len(who))), 48, 122)


def _since(luck: Floats) -> Ints:
    """The day each clinic got its device; NEVER where it has none."""
    out = np.full(len(luck), NEVER, dtype=np.int64)
    for number in reversed(range(len(CLINICS))):
        out[luck < CLINICS[number]] = day(FIRST_YEAR + number, 3, 1)
    return out
