"""The tables of synthetic hospitals and centres: shipped mappings read them, and they carry what they say."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from minkang.codes.translator import Translator
from minkang.exchange.message import Message, draft_id
from minkang.exchange.tables.connector import Tables
from minkang.fhir.codec import decode
from minkang.synth.feeds.faults import NONE
from minkang.synth.feeds.identities import Identities
from minkang.synth.feeds.tables import FEEDS, tell
from minkang.synth.feeds.telling import Telling
from minkang.synth.generate import generate
from minkang.synth.truth import Truth

COLUMNS = {feed.name: feed.columns for feed in FEEDS}


@pytest.fixture(scope="module")
def told() -> tuple[Truth, list[Telling]]:
    """A small county without faults, and all its rows."""
    truth = generate("wenshang", 400, (2021, 2021), 3)
    return truth, list(tell(truth.county, truth, Identities(truth, NONE), truth.county.rng("t")))


def test_every_row_fits_its_head_and_carries_its_truth_once(told: tuple[Truth, list[Telling]]) -> None:
    """Front pages, follow-ups that took place and contracts: none missing, none twice."""
    truth, rows = told
    assert all(len(one.body) == len(COLUMNS[one.feed]) for one in rows)
    carried = Counter(row for one in rows for row in one.truth)
    assert set(carried.values()) == {1}
    tables = truth.tables
    done = [
        number
        for number, programme, status in zip(
            *(tables["followups"][name].tolist() for name in ("id", "programme", "status")), strict=True
        )
        if status != "missed" and programme in {"hypertension", "diabetes", "mental", "tuberculosis", "elderly"}
    ]
    assert {id_ for table, id_ in carried if table == "followups"} == set(done)
    assert {id_ for table, id_ in carried if table == "contracts"} == set(tables["contracts"]["id"].tolist())


def test_every_row_converts_without_a_doubt(told: tuple[Truth, list[Telling]]) -> None:
    """No fault, no note, all FHIR; as many observations as the truth rows that are carried."""
    tables, translator = Tables(), Translator()
    observations = 0
    for one in told[1]:
        cells = {name: str(text) for name, text in zip(COLUMNS[one.feed], one.body, strict=True) if text}
        body = json.dumps({"row": 2, "cells": cells}, ensure_ascii=False).encode()
        found = tables.convert(Message(one.sender, one.feed, f"f#{one.key}", body, datetime.now(UTC)), translator)
        assert found.notes == [], (one.feed, found.notes)
        for draft in found.drafts:
            decode(json.dumps({**draft.body, "id": draft_id(one.sender, draft.type, draft.key)}).encode())
        observations += sum(draft.type == "Observation" for draft in found.drafts)
    carried = sum(table == "observations" for one in told[1] for table, _ in one.truth)
    assert observations == carried


def test_front_pages_are_recognised_by_their_head(told: tuple[Truth, list[Telling]]) -> None:
    """As a file of GB18030 without a word about its mapping."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS["csv/front-page"])
    pages = [one for one in told[1] if one.feed == "csv/front-page"]
    writer.writerows([str(cell) for cell in one.body] for one in pages)
    found = list(Tables().split(io.BytesIO(out.getvalue().encode("gb18030")), "2021-01.csv", "h1"))
    assert [one.feed for one in found] == ["csv/front-page"] * len(pages)
    assert pages
