"""One score in two languages, the bands, and the rules."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from tests.persons.people import population, write

from minkang.codes.identifiers import id_check
from minkang.persons.bulk import frequencies
from minkang.persons.bulk.reading import load
from minkang.persons.bulk.sql_scoring import score_select
from minkang.persons.explaining import steps, verdict
from minkang.persons.model import from_json, read_model
from minkang.persons.preparing import preparation, prepared_columns
from minkang.persons.profile import read_profile
from minkang.persons.scoring import Decision, Scorer

PROFILE = read_profile("default")
SCORER = Scorer(PROFILE, read_model("resident"))
PREPARE = preparation(PROFILE)


def decide(left: dict[str, str], right: dict[str, str]) -> Decision:
    return SCORER.decide(PREPARE(left), PREPARE(right))


def card(first17: str) -> str:
    return first17 + id_check(first17)


HIS = card("37083019600507121")
WANG: dict[str, str] = {"name": "王建国", "sex": "1", "birth_date": "1960-05-07", "id_card": HIS,
                        "phone": "13812345678", "division": "370830001201"}  # fmt: skip


@pytest.mark.parametrize("pairs", [4_000, pytest.param(50_000, marks=pytest.mark.long)])
def test_sql_and_python_decide_alike(tmp_path: Path, pairs: int) -> None:
    """On pairs of every kind, level by level summed up, both give one score, one rule and one band."""
    rows = population(1, 700, 3)
    connection = duckdb.connect()
    load(connection, [write(tmp_path / "a.csv", rows)], PROFILE, {})
    model = replace(read_model("resident"), records=len(rows), frequencies=frequencies.count(connection, PROFILE))
    frequencies.put_beside(connection, model.frequencies)
    rng = random.Random(2)
    near = [(3 * p + a, 3 * p + b) for p in range(700) for a, b in ((0, 1), (0, 2), (1, 2))]
    far = [tuple(sorted(rng.sample(range(len(rows)), 2))) for _ in range(pairs - len(near))]
    order = {rid: i for i, rid in connection.execute("SELECT i, rid FROM record").fetchall()}
    turned = [order[row["id"]] for row in rows]
    asked = [(turned[a], turned[b]) for a, b in [*near, *far]]
    connection.register("pair", pa.table({"l": [a for a, _ in asked], "r": [b for _, b in asked]}))
    columns = prepared_columns(PROFILE)
    shown = ", ".join(f'"{one}"' for one in columns)
    found = connection.execute(f"SELECT i, {shown} FROM record ORDER BY i").fetchall()
    records: list[dict[str, Any]] = [dict(zip(columns, row[1:], strict=True)) for row in found]
    scorer = Scorer(PROFILE, model)
    bands = set()
    for a, b, score, rule, band in connection.execute(score_select(PROFILE, model, "pair", "TRUE")).fetchall():
        decision = scorer.decide(records[a], records[b])
        assert decision.score == pytest.approx(score, abs=1e-9), (records[a], records[b])
        assert decision.method == ("score" if rule < 0 else PROFILE.rules[rule].name)
        assert decision.band == band
        assert scorer.decide(records[b], records[a]) == replace(decision, score=pytest.approx(decision.score))
        bands.add((band, decision.method))
    assert {("link", "same_number"), ("link", "score"), ("review", "score"), ("separate", "score"),
            ("separate", "different_numbers")} <= bands  # fmt: skip


def test_the_same_number_links_whatever_else_slipped() -> None:
    """One valid number, and the name or the birth date agrees."""
    found = decide(WANG, WANG | {"name": "王建囯", "phone": "", "birth_date": "1960-05-07"})
    assert (found.band, found.method) == ("link", "same_number")


def test_a_number_shared_by_strangers_waits() -> None:
    """One number on two names and two birth dates is somebody's slip."""
    found = decide(WANG, WANG | {"name": "赵小兰", "birth_date": "1962-01-30"})
    assert (found.band, found.method) == ("review", "shared_number")


def test_two_valid_numbers_are_two_persons() -> None:
    """However alike the rest is."""
    found = decide(WANG, WANG | {"id_card": card("37083019600507321")})
    assert (found.band, found.method) == ("separate", "different_numbers")


CHILD = {"sex": "1", "birth_date": "2021-03-04", "guardian": "王芳", "division": "370830001201", "phone": "13812345678"}


def test_a_newborn_under_the_mothers_number_is_not_the_mother() -> None:
    """The number becomes the mother's, and the child may still be found by mother, birth date and place."""
    mother = {"name": "王芳", "sex": "2", "birth_date": "1990-02-01", "id_card": card("37083019900201222")}
    child = CHILD | {"name": "王芳之子", "id_card": mother["id_card"]}
    prepared = PREPARE(child)
    assert (prepared["id"], prepared["mother"], prepared["name"]) == (None, mother["id_card"], None)
    assert decide(mother, child).band == "separate"
    assert decide(child, CHILD | {"name": "李浩然"}).band == "link"


def test_twins_stay_apart() -> None:
    """By order, by sex and by name; and a note that tells one of twins waits for somebody."""
    big, small = CHILD | {"name": "王芳双大"}, CHILD | {"name": "王芳双小"}
    assert decide(big, small).method == "twins_by_order"
    assert decide(CHILD | {"name": "李浩然"}, CHILD | {"name": "李浩宇"}).method == "twins_by_name"
    assert decide(CHILD | {"name": "李浩然"}, CHILD | {"name": "李雨桐", "sex": "2"}).method == "twins_by_sex"
    found = decide(big, CHILD | {"name": "李浩然"})
    assert (found.band, found.method) == ("review", "which_twin")


def test_a_missing_field_never_speaks() -> None:
    """It adds nothing and takes nothing."""
    whole = decide(WANG | {"id_card": ""}, WANG | {"id_card": ""})
    less = decide(WANG | {"id_card": "", "phone": ""}, WANG | {"id_card": ""})
    phone = next(part for part in whole.parts if part.comparison.name == "phone")
    assert whole.score == pytest.approx(less.score + phone.bits)


def test_number_and_telephone_in_each_others_field_are_put_back() -> None:
    """As happens when two boxes stand side by side."""
    turned = PREPARE(WANG | {"id_card": WANG["phone"], "phone": WANG["id_card"]})
    assert (turned["id"], turned["phone"]) == (WANG["id_card"], WANG["phone"])


def test_the_waterfall_adds_up_in_both_languages() -> None:
    """Every step says what was found; the last total is the score."""
    left, right = PREPARE(WANG), PREPARE(WANG | {"id_card": "", "name": "王建囯"})
    found = SCORER.decide(left, right)
    for language in ("zh", "en"):
        told = steps(found, left, right, language)
        assert told[-1].total == pytest.approx(found.score)
        assert f"{found.score:.1f}" in verdict(found, PROFILE, language)


def test_a_model_survives_its_file() -> None:
    """What is written is what is read."""
    import json

    model = SCORER.model
    assert from_json(json.loads(model.to_json())) == model
