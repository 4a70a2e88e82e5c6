"""The self-assessment over figures of a real database: what is exchanged, what is not, and the level that follows."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from minkang.access import program_access
from minkang.db import Database
from minkang.exchange.maturity import assess, scheme

ACCESS = program_access("test")


def figure(database: Database, sender: str, dataset: str, *, rule: str = "stands", checked: int = 5, failed: int = 0,
           month: date = date(2024, 5, 1)) -> None:  # fmt: skip
    with database.connection() as connection:
        connection.execute(
            "INSERT INTO quality_figure VALUES (%s, %s, %s, %s, 'consistency', %s, %s)",
            (sender, dataset, month, rule, checked, failed),
        )


def test_the_scheme_names_each_standard_part_once() -> None:
    """17 data sets of WS 445, 20 documents of WS/T 483 and 53 of WS/T 500 (norms 4.2 to 4.4); levels only rise."""
    items = scheme().item
    assert len({one.code for one in items}) == len(items)
    starts = [one.code.rpartition(".")[0] for one in items]
    assert (starts.count("WS 445"), starts.count("WS/T 483"), starts.count("WS/T 500")) == (17, 20, 53)
    levels = scheme().level
    assert [one.zh for one in levels] == ["一级", "二级", "三级", "四级乙等", "四级甲等", "五级乙等", "五级甲等"]
    for lower, higher in pairwise(levels):
        assert lower.dataset <= higher.dataset
        assert lower.document <= higher.document
        assert lower.service <= higher.service
    assert not any(one.verified for one in levels)


def test_what_is_exchanged_is_shown_by_records_documents_and_feeds(database: Database) -> None:
    """A document counts, its content as a table is named beside it; what was all withdrawn is not exchanged."""
    figure(database, "hospital", "document/C0002", checked=7)
    figure(database, "hospital", "document/C0007", checked=3, failed=3)
    figure(database, "centre", "csv/hypertension-followup", rule="taken", checked=9, failed=2)
    region, centre, hospital = assess(database, ACCESS)
    shown = {one.item.code: one for one in region.items}
    assert shown["WS/T 500.2"].count == 7
    assert shown["WS/T 500.7"].count == 0
    assert (shown["WS/T 483.12"].count, shown["WS/T 483.12"].as_table) == (0, 7)
    assert [one.item.code for one in hospital.exchanged] == ["WS 445.2", "WS/T 500.2", "WS/T 790.10"]
    assert centre.exchanged == []
    assert hospital.shares["dataset"] == pytest.approx(1 / 17)
    assert centre.level is None
    assert (hospital.level.zh if hospital.level else "", hospital.following.zh if hospital.following else "") == (
        "一级",
        "二级",
    )


def test_more_is_a_higher_level_and_old_exchange_does_not_count(database: Database) -> None:
    """All items give the top level; of a year ago they give none for this year."""
    for name in {name for item in scheme().item for name in item.shown_by}:
        figure(database, "city", name.replace("*", "x"), month=date(2023, 1, 1))
    top = assess(database, ACCESS)[0]
    assert top.level == scheme().level[-1]
    assert top.following is None
    (now,) = assess(database, ACCESS, since=date(2024, 1, 1))
    assert now.level is None
