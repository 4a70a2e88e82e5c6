"""The region folders: codes pass their checks, parents exist, sums agree, and what is modelled says so."""

import csv
import tomllib
from pathlib import Path

import pytest

from minkang.codes.identifiers import PROVINCES, parse_credit_code, parse_institution_code

REGIONS = Path(__file__).parents[2] / "regions"
NAMES = sorted(place.parent.name for place in REGIONS.glob("*/region.toml"))


def rows(name: str, file: str) -> list[dict[str, str]]:
    with (REGIONS / name / file).open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def facts(name: str) -> dict[str, object]:
    return tomllib.loads((REGIONS / name / "region.toml").read_text("utf-8"))


def test_the_five_regions_are_here() -> None:
    assert {"wenshang", "shangyou", "leshan_shizhong", "yantai", "jinan"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_division_has_its_parent_and_stands_once(name: str) -> None:
    codes = [row["code"] for row in rows(name, "divisions.csv")]
    assert len(codes) == len(set(codes))
    known = set(codes)
    for code in codes:
        assert len(code) in {4, 6, 9, 12}
        parent = {12: code[:9], 9: code[:6]}.get(len(code))
        assert parent is None or parent in known
    depth = 12 if facts(name)["depth"] == "village" else 9
    assert max(map(len, codes)) == depth


@pytest.mark.parametrize("name", NAMES)
def test_every_institution_code_passes_its_checks_and_belongs_to_nobody(name: str) -> None:
    divisions = {row["code"] for row in rows(name, "divisions.csv")}
    seen = set()
    for row in rows(name, "institutions.csv"):
        code, credit = parse_institution_code(row["code"]), parse_credit_code(row["credit_code"])
        assert code.organisation == credit.organisation
        assert code.region[:2] not in PROVINCES
        assert credit.region[:2] not in PROVINCES
        assert row["division"] in divisions
        seen.add(code.code)
    assert len(seen) == len(rows(name, "institutions.csv"))


@pytest.mark.parametrize("name", NAMES)
def test_the_population_sums_to_the_total_it_starts_from(name: str) -> None:
    """Rounding of single cells may move the total by a tenth of a percent."""
    total = sum(
        int(count)
        for row in rows(name, "population.csv")
        if row["year"] == "2020"
        for column, count in row.items()
        if column not in {"year", "township", "sex", "source"}
    )
    population = facts(name)["population"]
    assert isinstance(population, dict)
    assert total == pytest.approx(population["people_2020"], rel=0.003)
    assert {row["source"] for row in rows(name, "population.csv")} == {"modelled"}
    assert population["source"]


def test_the_institutions_of_wenshang_are_as_many_as_its_plan_says() -> None:
    offices = {"commission", "insurance"}
    assert sum(1 for row in rows("wenshang", "institutions.csv") if row["kind"] not in offices) == 673
    assert sum(int(row["beds"]) for row in rows("wenshang", "institutions.csv")) == pytest.approx(3631, abs=10)


@pytest.mark.reference
@pytest.mark.parametrize("name", ["wenshang", "yantai"])
def test_figures_agree_with_the_gold_annotations(name: str, reference: Path) -> None:
    import json

    gold = json.loads((reference / "plans" / f"indicators_{name}.json").read_text("utf-8"))
    ours = {(row["number"], row["role"]): row for row in rows(name, "figures.csv") if row["where"] == "table"}
    for row in gold:
        for role in ("baseline", "target"):
            value = row[f"{role}_value"]
            if value is not None:
                assert float(ours[str(row["no"]), role]["value"]) == value
            elif row[f"{role}_raw"] in {"--", "-"}:
                assert (str(row["no"]), role) not in ours
