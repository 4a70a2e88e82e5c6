"""Smart follow-up devices of village clinics: one JSON object a reading, as the maker's cloud passes it on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from minkang.synth.county import County
from minkang.synth.feeds.identities import Identities
from minkang.synth.feeds.rows import lists, some
from minkang.synth.feeds.telling import Feed, Pack, Telling
from minkang.synth.feeds.times import instant, minute_of
from minkang.synth.truth import Truth

FEEDS = (Feed("device", Pack.LINES, every="year", suffix=".jsonl"),)
RHYTHMS = (
    ("sinus", "窦性心律,未见明显异常"), ("atrial-fibrillation", "心房颤动,建议上级医院就诊"),
    ("premature-beats", "偶发早搏,建议复查"),
)  # fmt: skip
MODEL = "SF-3"
KPA = 0.133322  # a mm[Hg]
MG_DL = 18.016  # a mmol/L of glucose


def tell(county: County, part: Truth, seen: Identities, rng: np.random.Generator) -> Iterator[Telling]:
    """All readings of one chunk."""
    one = some(part, "readings")
    taken = minute_of(one["day"], one["minute"])
    who = seen.known(one["institution"], one["person"], one["day"])
    values = lists(one, "id", "institution", "kind", "value", "value2", "pulse")
    times = taken.tolist()
    for send in seen.sendings("readings", one["id"], taken + 1, ("wrong_unit",)):
        identity, (id_, clinic, kind, *numbers) = who[send.row], values[send.row]
        slip = send.slip if kind != "ecg" else send.slip.replace("wrong_unit", "")
        key = f"R{id_}{send.mark}"
        body = {
            "id": key, "device": f"SF{clinic:06d}", "model": MODEL, "clinic": county.institutions[clinic].code,
            "patient": identity.local, "card": identity.card, "name": identity.name, "time": instant(times[send.row]),
            "kind": kind, "values": _values(kind, numbers, slip), "state": send.state, "sent": instant(send.at),
        }  # fmt: skip
        faults = tuple(name for name in send.faults if slip or name != "wrong_unit")
        yield Telling(seen.slug(clinic), "device", key, send.at, (("readings", id_),), msgspec.json.encode(body),
                      send.state, faults + identity.faults)  # fmt: skip


def _values(kind: str, numbers: list[float], slip: str) -> dict[str, Any]:
    first, second, pulse = numbers
    if slip == "mistake":
        first += 1 if kind == "ecg" else 20
    if kind == "blood_pressure":
        if slip == "wrong_unit":
            return {
                "systolic": round(first * KPA, 1),
                "diastolic": round(second * KPA, 1),
                "unit": "mmHg",
                "pulse": int(pulse),
            }
        return {"systolic": int(first), "diastolic": int(second), "unit": "mmHg", "pulse": int(pulse)}
    if kind == "glucose":
        value = round(first * MG_DL) if slip == "wrong_unit" else round(first, 1)
        return {"value": value, "unit": "mmol/L", "state": "fasting"}
    rhythm, conclusion = RHYTHMS[int(second)]
    return {"rate": int(first), "rhythm": rhythm, "conclusion": conclusion}
