"""What happens to the people: in the right order, within their lives, and adding up."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from minkang.synth import Truth
from minkang.synth.arrays import NEVER, YEAR, day
from minkang.synth.catalogue import index, rows, texts
from minkang.synth.schema import TABLES

Rows = Callable[[NDArray[np.int64]], NDArray[np.int64]]
DATED = [
    name for name, columns in TABLES.items() if "person" in columns and "day" in columns and name != "vaccinations"
]


@pytest.mark.parametrize("name", DATED)
def test_everything_happens_to_the_living_within_the_years(name: str, truth: Truth, of: Rows) -> None:
    table, persons = truth.tables[name], truth.tables["persons"]
    done = table["day"] < NEVER
    person, days = of(table["person"])[done], table["day"][done]
    assert truth.count(name) > 0
    assert (days >= persons["birth"][person]).all()
    assert (days <= persons["death"][person]).all()
    assert (days >= truth.county.begin).all()
    assert (days < truth.county.end).all()


def test_references_lead_to_rows_that_exist(truth: Truth) -> None:
    for name, columns in TABLES.items():
        for column, kind in columns.items():
            if kind.startswith("ref:"):
                values = truth.tables[name][column]
                known = truth.tables[kind.removeprefix("ref:")]["id"]
                assert np.isin(values[values >= 0], known).all(), f"{name}.{column}"
        assert len(np.unique(truth.tables[name]["id"])) == truth.count(name)


def test_every_death_is_one_row_with_a_chain_and_ends_the_persons_life(truth: Truth, of: Rows) -> None:
    deaths, persons = truth.tables["deaths"], truth.tables["persons"]
    assert (persons["death"][of(deaths["person"])] == deaths["day"]).all()
    assert (persons["death"] < NEVER).sum() == truth.count("deaths") > 100
    assert len(np.unique(deaths["person"])) == truth.count("deaths")
    assert all(texts("causes", "chain")[deaths["cause"]])


def test_every_child_born_in_the_years_has_its_birth_its_mother_and_her_delivery(truth: Truth, of: Rows) -> None:
    births, persons, pregnancies = (truth.tables[name] for name in ("births", "persons", "pregnancies"))
    born = persons["id"][persons["birth"] >= truth.county.begin]
    assert set(births["person"]) == set(born)
    assert (persons["mother"][of(births["person"])] == births["mother"]).all()
    over = pregnancies["outcome"] == "live birth"
    assert pregnancies["children"][over].sum() == truth.count("births")
    stays = truth.tables["encounters"]["kind"] == "delivery"
    assert stays.sum() == over.sum()


def test_the_costs_of_a_stay_add_up(truth: Truth) -> None:
    """The total is the sum of the items; what lies within another item is not added again (norms, 4.5)."""
    stays = truth.tables["admissions"]
    items = ["service", "nursing", "laboratory", "imaging", "treatment", "operating", "anaesthesia", "western"]
    items += ["chinese", "material", "other"]
    assert np.abs(sum(stays[name] for name in items) - stays["total"]).max() < 0.005
    assert (stays["antibacterial"] <= stays["western"]).all()
    assert (stays["own"] <= stays["total"]).all()
    assert (stays["to_day"] >= stays["day"]).all()


def test_disease_is_found_after_it_began_and_managed_after_it_was_found(truth: Truth) -> None:
    conditions = truth.tables["conditions"]
    assert (conditions["onset"] <= conditions["diagnosed"]).all()
    assert (conditions["managed_from"] >= conditions["diagnosed"]).all()
    assert set(conditions["programme"]) == {"hypertension", "diabetes", "mental", "tuberculosis"}


def test_follow_ups_are_kept_late_and_missed_and_only_what_took_place_was_recorded(truth: Truth) -> None:
    followups = truth.tables["followups"]
    assert set(followups["status"]) == {"kept", "late", "missed"}
    missed = followups["status"] == "missed"
    assert (followups["day"][missed] == NEVER).all()
    assert (followups["encounter"][missed] == -1).all()
    assert (followups["encounter"][~missed] >= 0).all()
    visits = followups["step"] == "visit"
    late = visits & (followups["status"] == "late")
    assert ((followups["day"] - followups["due"])[late] > 14).all()


def test_an_outbreak_is_where_and_when_and_as_large_as_the_truth_says(truth: Truth, of: Rows) -> None:
    outbreaks, cases, persons = (truth.tables[name] for name in ("outbreaks", "notifications", "persons"))
    assert truth.count("outbreaks") >= 2
    township = np.array([code[:9] for code in truth.county.places])
    for number in range(truth.count("outbreaks")):
        mine = np.flatnonzero(cases["outbreak"] == truth.county.outbreaks["id"][number])
        row = np.flatnonzero((outbreaks["first"] == truth.county.outbreaks["first"][number])
                             & (outbreaks["place"] == truth.county.outbreaks["place"][number]))[0]  # fmt: skip
        assert len(mine) == outbreaks["cases"][row]
        assert (cases["disease"][mine] == outbreaks["disease"][row]).all()
        assert cases["onset"][mine].min() == outbreaks["first"][row]
        assert cases["onset"][mine].max() == outbreaks["last"][row]
        home = township[persons["place"][of(cases["person"][mine])]]
        assert (home == township[outbreaks["place"][row]]).all()


def test_children_are_vaccinated_by_the_schedule_of_their_cohort(truth: Truth, of: Rows) -> None:
    doses, persons = truth.tables["vaccinations"], truth.tables["persons"]
    vaccine = texts("vaccines", "key")[doses["vaccine"]]
    number = texts("vaccines", "dose")[doses["vaccine"]].astype(int)
    birth = persons["birth"][of(doses["person"])]
    first = (vaccine == "DTaP") & (number == 1)
    months = (doses["due"] - birth)[first] / (YEAR / 12)
    new = birth[first] >= day(2024, 11, 1)
    assert (np.round(months[new]) == 2).all()
    assert (np.round(months[~new]) == 3).all()
    assert not (vaccine[doses["due"] >= day(2025, 1, 1)] == "DT").any()
    girls = vaccine == "HPV2"
    assert (birth[girls] > day(2011, 11, 10)).all()
    assert not persons["male"][of(doses["person"])][girls].any()
    given = doses["day"] < NEVER
    assert (doses["day"][given] >= doses["due"][given]).all()


def test_doses_of_one_series_come_in_order_and_four_weeks_apart(truth: Truth) -> None:
    doses = truth.tables["vaccinations"]
    vaccine = texts("vaccines", "key")[doses["vaccine"]]
    for key in ("HepB", "DTaP", "MMR"):
        rows_ = np.flatnonzero((vaccine == key) & (doses["day"] < NEVER))
        order = rows_[np.lexsort((doses["due"][rows_], doses["person"][rows_]))]
        same = doses["person"][order][1:] == doses["person"][order][:-1]
        assert (np.diff(doses["day"][order])[same] >= 28).all()


def test_every_measurement_lies_where_one_can_be_alive() -> None:
    """The vocabulary's own ranges are sane: low below high, a unit or a list of codes."""
    for row in rows("observations"):
        assert row["codes"] or row["unit"], row["key"]
        assert not row["low"] or float(row["low"]) <= float(row["high"])
    assert len(index("observations")) == len(rows("observations"))


def test_tumours_are_as_frequent_as_in_life_and_each_is_registered_once(truth: Truth) -> None:
    """About 3 of 1,000 people a year, as nationally; those who die of cancer are among them."""
    tumours, deaths = truth.tables["tumours"], truth.tables["deaths"]
    assert 1.8 < truth.count("tumours") / 7 / truth.county.people * 1000 < 5.0
    assert len(set(tumours["person"])) == truth.count("tumours")
    cancer = [code[0] == "C" for code in texts("causes", "underlying")[deaths["cause"]]]
    assert set(deaths["person"][cancer]) <= set(tumours["person"])
    assert (tumours["reported"] >= tumours["diagnosed"]).all()


def test_devices_read_those_who_are_managed_where_there_is_a_device(truth: Truth) -> None:
    readings, conditions = truth.tables["readings"], truth.tables["conditions"]
    assert truth.count("readings") > 1000
    managed = conditions["person"][conditions["managed_from"] < NEVER]
    assert set(readings["person"]) <= set(managed)
    assert readings["day"].min() >= day(2022, 3, 1)
    assert len(set(readings["institution"])) < 0.9 * len(truth.county.of_kind("village"))
    pressure = readings["kind"] == "blood_pressure"
    assert (readings["value"][pressure] > readings["value2"][pressure]).all()
