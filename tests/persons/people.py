"""Made-up registrations with slips, for tests that need many pairs."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from minkang.codes.identifiers import id_check

SURNAMES = ["王", "李", "张", "刘", "单", "欧阳"]
GIVEN = list("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀英华慧玲晴清")
HEAD = ("id", "sender", "name", "sex", "birth_date", "id_card", "phone", "division", "guardian", "birth_order")


def registration(rng: random.Random, number: int) -> dict[str, str]:
    """One person's registration, without a slip."""
    born = date(1940, 1, 1) + timedelta(days=rng.randrange(30_000))
    first17 = f"588308{born:%Y%m%d}{rng.randrange(1000):03d}"
    surname = rng.choice(SURNAMES)
    return {
        "id": f"r{number}", "sender": rng.choice(["a", "b"]),
        "name": surname + "".join(rng.choices(GIVEN, k=rng.choice([1, 2, 2]))),
        "sex": "1" if int(first17[16]) % 2 else "2", "birth_date": born.isoformat(),
        "id_card": first17 + id_check(first17), "phone": f"138{rng.randrange(10**8):08d}",
        "division": f"3708300{rng.randrange(3):02d}2{rng.randrange(20):02d}",
        "guardian": rng.choice(["", "王芳", "李静", "张丽"]), "birth_order": "",
    }  # fmt: skip


def slip(rng: random.Random, row: Mapping[str, str]) -> dict[str, str]:
    """The same with one to three slips."""
    out = dict(row)
    for _ in range(rng.randrange(1, 4)):
        what = rng.choice(["name", "swap", "short", "birth", "turn", "card", "no card", "15", "phone", "place", "note"])
        day = date.fromisoformat(out["birth_date"])
        if what == "name":
            out["name"] = out["name"][:-1] + rng.choice(GIVEN)
        elif what == "swap":
            out["name"] = out["name"][1:] + out["name"][0]
        elif what == "short":
            out["name"] = out["name"][0] + out["name"][-1]
        elif what == "birth":
            out["birth_date"] = (day + timedelta(days=rng.choice([-365, -1, 1, 30, 365]))).isoformat()
        elif what == "turn" and day.day <= 12:
            out["birth_date"] = day.replace(month=day.day, day=day.month).isoformat()
        elif what == "card" and len(out["id_card"]) == 18:
            at = rng.randrange(17)
            out["id_card"] = out["id_card"][:at] + str(rng.randrange(10)) + out["id_card"][at + 1 :]
        elif what == "no card":
            out["id_card"] = ""
        elif what == "15" and out["id_card"][6:8] == "19":
            out["id_card"] = out["id_card"][:6] + out["id_card"][8:17]
        elif what == "phone":
            out["phone"] = rng.choice(["", out["phone"][:-1] + "0", "13899999999"])
        elif what == "place":
            out["division"] = out["division"][:9] + "299"
        elif what == "note":
            out["name"] = rng.choice(["不详", f"{out['guardian'] or '王芳'}双大", f"{out['guardian'] or '王芳'}之子"])
    return out


def write(place: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """Rows as a CSV file."""
    with place.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEAD, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return place


def population(seed: int, persons: int, copies: int) -> list[dict[str, str]]:
    """Registrations of some persons, several each, with slips."""
    rng = random.Random(seed)
    rows = []
    for number in range(persons):
        first = registration(rng, number)
        for copy in range(copies):
            row = slip(rng, first) if copy else dict(first)
            rows.append(row | {"id": f"p{number}-{copy}"})
    return rows
