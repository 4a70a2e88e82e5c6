"""The people of a synthetic county: plausible as a whole, impossible as persons."""

from collections import Counter

import numpy as np

from minkang.codes.identifiers import PROVINCES, parse_id_card
from minkang.synth import Truth
from minkang.synth.arrays import EPOCH, NEVER, YEAR
from minkang.synth.mortality import fit
from minkang.synth.region import read_region


def test_every_id_number_is_right_by_its_check_and_impossible_by_its_region(truth: Truth) -> None:
    """Nobody can have such a number: GB/T 2260 never gave out the first two digits."""
    persons = truth.tables["persons"]
    for number, birth, male in zip(persons["card"], persons["birth"], persons["male"], strict=True):
        card = parse_id_card(number)
        assert card.number == number
        assert not card.assigned_province
        assert card.region[:2] not in PROVINCES
        assert card.born.toordinal() - EPOCH == birth
        assert card.male == male


def test_no_id_number_is_given_twice(truth: Truth) -> None:
    assert len(set(truth.tables["persons"]["card"])) == truth.count("persons")


def test_health_record_numbers_have_17_digits_and_are_given_once(truth: Truth) -> None:
    numbers = [number for number in truth.tables["persons"]["record"] if number]
    assert len(set(numbers)) == len(numbers)
    assert {len(number) for number in numbers} == {17}
    assert all(number.isdigit() and number.startswith("370830") for number in numbers)
    assert 0.93 < len(numbers) / truth.count("persons") < 0.98


def test_twins_share_mother_and_birthday_and_point_to_each_other(truth: Truth) -> None:
    persons = truth.tables["persons"]
    rows = np.flatnonzero(persons["twin"] >= 0)
    assert len(rows) >= 20
    other = np.searchsorted(persons["id"], persons["twin"][rows])
    assert (persons["twin"][other] == persons["id"][rows]).all()
    assert (persons["mother"][other] == persons["mother"][rows]).all()
    assert (persons["birth"][other] == persons["birth"][rows]).all()


def test_different_people_have_the_same_name_and_some_the_same_birth_year_too(truth: Truth) -> None:
    persons = truth.tables["persons"]
    names = Counter(persons["name"])
    assert sum(count for count in names.values() if count > 1) > 0.04 * truth.count("persons")
    years = Counter(zip(persons["name"], persons["birth"] // 366, strict=True))
    assert any(count > 1 for count in years.values())


def test_the_hard_cases_of_matching_are_there(truth: Truth) -> None:
    """Married-in women, left-behind children, old people without a card, newborns under their mothers' cards."""
    persons, registrations = truth.tables["persons"], truth.tables["registrations"]
    assert persons["married_in"].sum() > 300
    assert persons["left_behind"].sum() >= 5
    old = persons["birth"] < truth.county.begin - 75 * YEAR
    assert (persons["card_from"][old] == NEVER).sum() >= 1
    assert truth.count("name_changes") >= 3
    newborn = registrations["reason"] == "newborn"
    assert newborn.sum() == truth.count("births")
    mother = np.searchsorted(persons["id"], truth.tables["births"]["mother"])
    assert set(registrations["card"][newborn]) <= set(persons["card"][mother])
    assert all(name.endswith(("之子", "之女")) for name in registrations["name"][newborn])


def test_children_bear_their_fathers_name_and_are_younger_than_their_mothers(truth: Truth) -> None:
    persons = truth.tables["persons"]
    child = np.flatnonzero(persons["mother"] >= 0)
    mother = np.searchsorted(persons["id"], persons["mother"][child])
    gap = (persons["birth"][child] - persons["birth"][mother]) / YEAR
    assert gap.min() > 17
    assert gap.max() < 48
    assert not persons["male"][mother].any()
    with_father = child[persons["father"][child] >= 0]
    father = np.searchsorted(persons["id"], persons["father"][with_father])
    same = [a[0] == b[0] for a, b in zip(persons["name"][with_father], persons["name"][father], strict=True)]
    assert np.mean(same) > 0.95


def test_no_mother_has_two_births_within_ten_months_but_twins(truth: Truth) -> None:
    persons = truth.tables["persons"]
    rows = np.flatnonzero(persons["mother"] >= 0)
    order = rows[np.lexsort((persons["birth"][rows], persons["mother"][rows]))]
    same = persons["mother"][order][1:] == persons["mother"][order][:-1]
    gap = np.diff(persons["birth"][order])[same]
    assert ((gap == 0) | (gap > 300)).all()


def test_spouses_are_mutual_and_of_two_sexes(truth: Truth) -> None:
    persons = truth.tables["persons"]
    rows = np.flatnonzero(persons["spouse"] >= 0)
    other = np.searchsorted(persons["id"], persons["spouse"][rows])
    assert (persons["spouse"][other] == persons["id"][rows]).all()
    assert (persons["male"][other] != persons["male"][rows]).all()


def test_the_mortality_gives_the_published_life_expectancy() -> None:
    for name, expected in (("wenshang", 79.17), ("yantai", 80.5), ("jinan", 79.6)):
        mortality = fit(read_region(name))
        assert abs(mortality.life_expectancy() - expected) < 0.01
        assert 0.03 < mortality.b < 0.13, "the hazard still grows with age as it does in man"
