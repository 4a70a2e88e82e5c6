"""Write `docs/reference/synthetic.md`: the tables of the truth, and how near it comes to the published figures.

    python tools/write_synthetic.py

Every number is computed here, from a county of 60,000 people made on the spot with seed 1.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from minkang.synth import Truth, generate_chunks
from minkang.synth.figures import Figures, measure
from minkang.synth.region import regions_folder
from minkang.synth.schema import TABLES

PEOPLE = 60_000
PLACE = Path(__file__).parents[1] / "docs" / "reference" / "synthetic.md"

# name of the indicator, name in the plan's table (or where the figure comes from), unit, tolerance, over all years
ROWS = (
    ("人均预期寿命", "life_expectancy", "岁", 1.0, True),
    ("重大慢病过早死亡率", "premature_mortality", "%", 2.0, True),
    ("婴儿死亡率", "infant_mortality", "‰", 2.0, True),
    ("5岁以下儿童死亡率", "under_five_mortality", "‰", 2.2, True),
    ("肺结核发病率", "tuberculosis_incidence", "/10万", 8.0, True),
    ("高血压糖尿病患者规范管理率", "chronic_standard_management", "%", 2.0, False),
    ("严重精神障碍管理率", "mental_management", "%", 5.0, False),
    ("65岁以上老年人城乡社区规范健康管理服务率", "elderly_examination", "%", 1.5, False),
    ("孕产妇系统管理率", "maternal_systematic_management", "%", 3.0, False),
    ("3岁以下儿童系统管理率", "child_systematic_management", "%", 1.5, False),
    ("产前筛查率", "prenatal_screening", "%", 3.5, False),
    ("儿童国家免疫规划疫苗全程接种率", "full_vaccination", "%", 10.0, False),
    ("每千人口执业（助理）医师数", "doctors", "人", 0.2, False),
    ("每千人口注册护士数", "nurses", "人", 0.2, False),
)


def main() -> None:
    """Make the county, measure it, write the page."""
    counts: Counter[str] = Counter()

    def counted() -> Iterator[Truth]:
        for part in generate_chunks("wenshang", PEOPLE, (2019, 2025), 1):
            counts.update({name: part.count(name) for name in TABLES})
            yield part

    figures = measure(counted())
    PLACE.write_text("\n".join([*_head(), *_calibration(figures), *_tables(counts)]) + "\n", "utf-8")


def _head() -> list[str]:
    return [
        "# The synthetic county",
        "",
        "<!-- Written by tools/write_synthetic.py; do not edit by hand. -->",
        "",
        f"A county of {PEOPLE:,} people of 汶上, 2019 to 2025, seed 1. How it is made and what it does not claim is in",
        "[decision 6](../decisions/0006-synthetic-county.md).",
        "",
        "## How near it comes to the published figures",
        "",
        "*Published* is the base year 2020 of the plan. *Truth* is counted from the generator's own tables, for 2020",
        "or, where events are rare, over all seven years. A difference beyond the tolerance is marked; figures of rare",
        "events differ by chance between seeds.",
        "",
        "| indicator | unit | published | truth | of | tolerance | |",
        "|---|---|---|---|---|---|---|",
    ]


def _published() -> dict[str, str]:
    with (regions_folder() / "wenshang" / "figures.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["name"]: row["value"]
            for row in csv.DictReader(file)
            if row["role"] == "baseline" and row["where"] == "table"
        }


def _calibration(figures: Figures) -> list[str]:
    published = _published()
    lines = []
    for name, key, unit, tolerance, pooled in ROWS:
        value = _value(figures, key, pooled)
        given = float(published[name])
        good = value > given if name.startswith("儿童国家") else abs(value - given) <= tolerance
        said = f"> {given:g}" if name.startswith("儿童国家") else f"{given:g}"
        of = "2019–2025" if pooled else "2020"
        lines.append(f"| {name} | {unit} | {said} | {value:.2f} | {of} | ±{tolerance:g} | {'' if good else 'beyond'} |")
    bed_days = 3631 * 0.738 * 365 / 699_600
    value = figures.value("bed_days", 2020)
    lines.append(f"| 人均住院床日 (beds × occupancy ÷ people) | 日 | {bed_days:.3f} | {value:.3f} | 2020 | ±0.1 | |")
    for name, key in (("高血压控制率", "hypertension_control"), ("糖尿病控制率", "diabetes_control"),
                      ("家庭医生签约率", "family_doctor_contracts")):  # fmt: skip
        lines.append(f"| {name} | % | not published | {figures.value(key, 2020):.2f} | 2020 | | modelled |")
    for name, key, unit in (("门诊人次", "outpatient_visits", "次/人年"), ("住院人次", "admissions", "/千人"),
                            ("出生率", "birth_rate", "‰")):  # fmt: skip
        lines.append(f"| {name} | {unit} | not published | {figures.value(key, 2020):.2f} | 2020 | | modelled |")
    return lines


def _value(figures: Figures, key: str, pooled: bool) -> float:
    if key == "life_expectancy":
        return figures.life_expectancy()
    if key == "premature_mortality":
        return figures.premature_mortality()
    return figures.value(key, None if pooled else 2020)


def _tables(counts: Counter[str]) -> list[str]:
    lines = ["", "## The tables of the truth", "", "One Parquet file each; `id` is unique in the county.", ""]
    lines[-1:] = [
        "Beside them stand `institutions`, `staff`, `places` and `figures` (indicator, year, township; the empty",
        "township is the county), and with feeds `carried`, `identities` and `files`: see",
        "[how to make one](../how-to/synthetic-county.md).",
        "",
    ]
    lines += ["| table | rows | a person and year | columns |", "|---|---|---|---|"]
    for name, columns in TABLES.items():
        shown = ", ".join(f"`{column}`" for column in columns if column != "id")
        lines.append(f"| `{name}` | {counts[name]:,} | {counts[name] / PEOPLE / 7:.2f} | {shown} |")
    return lines


if __name__ == "__main__":
    main()
