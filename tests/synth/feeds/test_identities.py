"""Registrations: wrong at a rate, wrong in the same way each time, and known."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minkang.codes.identifiers import parse_id_card
from minkang.errors import Fault
from minkang.synth import Truth
from minkang.synth.arrays import NEVER
from minkang.synth.feeds import DEFAULT, NONE, Dice, Faults, Identities, Identity, read_faults
from minkang.synth.feeds.slips import other_name, slipped_birth, typed_card

RATES = {"name_typo": 0.05, "birth_slip": 0.04, "id_typo": 0.06, "id_missing": 0.08}


def known(truth: Truth, faults: Faults, sender: int = 0) -> list[Identity]:
    persons = truth.tables["persons"]
    days = np.full(len(persons["id"]), truth.county.end - 1)
    return Identities(truth, faults).known(sender, persons["id"], days)


def test_without_faults_an_identity_is_the_truth(truth: Truth) -> None:
    persons = truth.tables["persons"]
    for row, one in enumerate(known(truth, NONE)):
        assert one.name == persons["name"][row]
        assert one.birth == persons["birth"][row]
        assert one.card == (persons["card"][row] if persons["card_from"][row] < NEVER else "")
        assert one.faults == ()


def test_the_same_wrong_data_repeat_at_an_institution_and_not_at_another(truth: Truth) -> None:
    """A clerk's slip stays in the register of that institution; the next institution has clerks of its own."""
    persons = truth.tables["persons"]
    faults = NONE.with_rates({"name_typo": 0.5})
    early = np.full(len(persons["id"]), truth.county.begin + 800)
    seen = Identities(truth, faults)
    first = seen.known(0, persons["id"], early)
    again = Identities(truth, faults).known(0, persons["id"][::-1], early + 500)[::-1]
    other = seen.known(1, persons["id"], early)
    unchanged = [a.name for a, b in zip(first, again, strict=True) if a.local == b.local and a.name != b.name]
    assert len(unchanged) <= truth.count("name_changes")
    assert sum(a.name != b.name for a, b in zip(first, other, strict=True)) > 0.3 * len(first)
    assert all(a.local != b.local for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("name", RATES)
def test_rates_come_back_within_binomial_bounds(truth: Truth, name: str) -> None:
    rate = RATES[name]
    plain = known(truth, NONE)
    wrong = known(truth, NONE.with_rates({name: rate}))
    able = [(a, b) for a, b in zip(plain, wrong, strict=True) if a.card or not name.startswith("id")]
    hit = sum(a[1:6] != b[1:6] for a, b in able)
    assert all((a[1:6] != b[1:6]) == (name in b.faults) for a, b in able)
    slack = 0.05 if name == "name_typo" else 0.0  # a name none of whose characters has another of its sound stays
    bound = 5 * sqrt(rate * (1 - rate) / len(able))
    assert rate * (1 - slack) - bound < hit / len(able) < rate + bound


def test_a_higher_rate_keeps_the_faults_of_a_lower_one(truth: Truth) -> None:
    low = known(truth, NONE.with_rates({"id_typo": 0.02}))
    high = known(truth, NONE.with_rates({"id_typo": 0.1}))
    for a, b in zip(low, high, strict=True):
        if "id_typo" in a.faults:
            assert a == b


def test_local_numbers_are_given_once_and_a_second_one_is_marked(truth: Truth) -> None:
    people = known(truth, NONE.with_rates({"second_number": 0.2}))
    assert len({one.local for one in people}) == len(people)
    twice = sum("second_number" in one.faults for one in people)
    assert 0.1 * len(people) < twice < 0.3 * len(people)


def test_newborns_stand_under_their_mothers(truth: Truth) -> None:
    """王芳之子, 王芳双大: her name, a note, her ID number; later the child's own."""
    births, persons = truth.tables["births"], truth.tables["persons"]
    seen = Identities(truth, NONE.with_rates({"newborn_note": 1.0, "newborn_card": 1.0}))
    small = seen.known(births["institution"], births["person"], births["day"])
    mothers = persons["card"][np.searchsorted(persons["id"], births["mother"])]
    assert len(small) > 50
    for one, card in zip(small, mothers.tolist(), strict=True):
        assert one.name.endswith(("之子", "之女", "双大", "双小"))
        assert one.card == card
        assert {"newborn_note", "newborn_card"} <= set(one.faults)
    assert any(one.name.endswith("双大") for one in small) or not (persons["twin"] >= 0).any()
    grown = persons["birth"][np.searchsorted(persons["id"], births["person"])] + 500
    alive = persons["card_from"][np.searchsorted(persons["id"], births["person"])] < NEVER
    later = seen.known(0, births["person"][alive], grown[alive])
    assert not any("newborn_note" in one.faults for one in later)


def test_fifteen_digits_are_read_back_to_the_number_they_came_from(truth: Truth) -> None:
    persons = truth.tables["persons"]
    short = [one for one in known(truth, NONE.with_rates({"id_15": 1.0})) if "id_15" in one.faults]
    assert len(short) > 500
    for one in short[:200]:
        row = int(np.searchsorted(persons["id"], one.person))
        assert len(one.card) == 15
        assert parse_id_card(one.card).number == persons["card"][row]


def test_the_family_phone_is_shared(truth: Truth) -> None:
    shared = known(truth, NONE.with_rates({"family_phone": 1.0}))
    phones = [one.phone for one in shared if one.phone]
    assert len(set(phones)) < 0.7 * len(phones)


@given(st.integers(0, 2**40), st.floats(0, 1, exclude_max=True))
def test_a_draw_depends_on_the_question_alone(number: int, other: float) -> None:
    dice = Dice(7)
    many = dice.draw("x", np.array([3, number, int(other * 1e9)]))
    assert dice.draw("x", np.array([number]))[0] == many[1]
    assert 0 <= many.min() <= many.max() < 1


def test_draws_are_uniform() -> None:
    values = Dice(1).draw("y", np.arange(100_000))
    counts = np.histogram(values, bins=50, range=(0, 1))[0]
    assert abs(counts - 2000).max() < 250


@given(st.integers(-30_000, 20_000), st.floats(0, 1, exclude_max=True))
def test_a_slip_of_the_birthday_is_another_real_day(day: int, share: float) -> None:
    assert slipped_birth(day, share) != day


@given(
    st.from_regex(r"\A58083019[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9])[0-9]{3}[0-9X]\Z"),
    st.floats(0, 1, exclude_max=True),
)
def test_a_slip_of_an_id_number_is_another_number(card: str, share: float) -> None:
    typed = typed_card(card, share)
    assert typed != card
    assert len(typed) == 18


def test_a_slip_of_a_name_sounds_the_same() -> None:
    assert other_name("王伟", 0.6) != "王伟"
    assert other_name("□□", 0.5) == "□□"


def test_rates_are_checked(tmp_path: object) -> None:
    with pytest.raises(Fault, match="SYNTH-004"):
        DEFAULT.with_rates({"typos": 0.1})
    with pytest.raises(Fault, match="SYNTH-005"):
        DEFAULT.with_rates({"late": 1.5})
    with pytest.raises(Fault, match="SYNTH-006"):
        read_faults("no-such-file.toml")
    assert read_faults("none") == NONE
