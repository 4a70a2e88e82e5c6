"""Commitments of 汶上 against what people read by hand, and those of all five plans against their own text."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from tests.plans.commitments.scoring import RULE, score

from minkang.plans.reading.commitments import Commitment, passages_of, read_commitments
from minkang.plans.reading.document import Document
from minkang.plans.reading.opening import read_document

pytestmark = pytest.mark.reference
PLANS = {"wenshang": 89, "yantai": 99, "jinan": 157, "shangyou": 42, "leshan_shizhong": 73}


@cache
def read(reference: Path, name: str) -> tuple[Document, list[Commitment]]:
    """One of the five plans and its commitments."""
    document = read_document(reference.parent / "plans" / f"{name}.txt")
    return document, read_commitments(document.text, passages_of(document), document.last_year or None)


def test_wenshang_against_gold(reference: Path) -> None:
    """Recall is at least 0.92 of what is printed in digits, precision at least 0.90 over all; both are printed."""
    gold = json.loads((reference / "plans" / "commitments_wenshang.json").read_text("utf-8"))
    _, found = read(reference, "wenshang")
    result = score(gold, found)
    print(f"\n{RULE}")
    print(f"gold {len(gold)}, read {len(found)}, matched {len(result.matched)}")
    print(f"recall printed {result.recall('printed'):.3f}, all {result.recall():.3f}, precision {result.precision:.3f}")
    assert result.recall("printed") >= 0.92
    assert result.recall() >= 0.92
    assert result.precision >= 0.90
    for item, one in result.matched:
        assert one.deadline == item["deadline"], item["quote"]
        assert one.section == item["section"], item["quote"]
        assert one.value_basis == item["value_basis"], item["quote"]
    exact = sum(item["quote"] == one.quote for item, one in result.matched)
    print(f"quotations equal to the letter: {exact} of {len(result.matched)}; the others overlap")
    assert exact >= 0.8 * len(result.matched)


@pytest.mark.parametrize("name", PLANS)
def test_quotations_stand_in_the_text(reference: Path, name: str) -> None:
    """Every quotation is what the text says at its offset, and holds the value where it is printed."""
    document, found = read(reference, name)
    for one in found:
        assert document.text[one.offset : one.offset + len(one.quote)] == one.quote
        if one.value_basis == "printed":
            assert str(one.value) in one.quote.replace(",", ""), one
        assert one.subject, one


@pytest.mark.parametrize(("name", "gold"), PLANS.items())
def test_number_of_commitments(reference: Path, name: str, gold: int) -> None:
    """As many are read as people counted in that plan, give or take a tenth."""
    _, found = read(reference, name)
    assert abs(len(found) - gold) <= gold / 10
