"""The general hospitals' HL7 v2 feed: what it says is the truth, and converting it gives the truth back."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from minkang.codes.translator import Translator
from minkang.exchange.hl7v2 import Hl7v2, parse
from minkang.exchange.message import Draft, Message
from minkang.synth import Truth
from minkang.synth.feeds import DEFAULT, NONE, Faults, Identities, Telling
from minkang.synth.feeds.hl7 import KINDS, tell


def told(truth: Truth, faults: Faults) -> list[Telling]:
    return list(tell(truth.county, truth, Identities(truth, faults), np.random.default_rng(1)))


@pytest.fixture(scope="module")
def clean(truth: Truth) -> list[Telling]:
    return told(truth, NONE)


@pytest.fixture(scope="module")
def faulty(truth: Truth) -> list[Telling]:
    return told(truth, DEFAULT)


def drafts(messages: list[Telling]) -> list[tuple[Telling, Draft]]:
    connector, translator = Hl7v2(), Translator()
    found = []
    for one in messages:
        assert isinstance(one.body, bytes)
        message = Message(one.sender, "hl7v2", one.key, one.body, datetime(2026, 1, 1, tzinfo=UTC))
        found += [(one, draft) for draft in connector.convert(message, translator).drafts]
    return found


def test_every_attendance_result_and_prescription_is_carried_once(truth: Truth, clean: list[Telling]) -> None:
    """Each row of the truth at general hospitals is named by one message; a stay by its admission and discharge."""
    table = truth.tables["encounters"]
    at = np.isin(table["institution"], truth.county.of_kind("general")) & np.isin(table["kind"], KINDS)
    ids = table["id"][at]
    for name in ("observations", "prescriptions"):
        rows = truth.tables[name]
        expected = rows["id"][np.isin(rows["encounter"], ids)]
        carried = [id_ for one in clean for kind, id_ in one.truth if kind == name]
        assert sorted(carried) == sorted(expected.tolist())
    carried = [id_ for one in clean for kind, id_ in one.truth if kind == "encounters" and one.key.startswith("A")]
    assert sorted(carried) == sorted(ids.tolist())
    left = {one.truth[0][1] for one in clean if one.key.startswith("D")}
    assert left == set(table["id"][at & (table["kind"] != "outpatient")].tolist())


def test_message_numbers_are_unique_and_messages_say_their_time(faulty: list[Telling]) -> None:
    keys = Counter((one.sender, one.key) for one in faulty)
    assert max(keys.values()) == 1
    for one in faulty[::97]:
        read = parse(bytes(one.body))  # type: ignore[arg-type]
        assert read.key == one.key
        stated = datetime.strptime(read.head.get(7), "%Y%m%d%H%M%S%z").replace(tzinfo=None)
        assert (stated - datetime(1970, 1, 1)).total_seconds() == one.at * 60


def test_the_same_seed_gives_the_same_bytes(truth: Truth, faulty: list[Telling]) -> None:
    assert told(truth, DEFAULT)[::50] == faulty[::50]


def test_converting_gives_the_truth_back(truth: Truth, clean: list[Telling]) -> None:
    """Values, visits and drugs of a sample are those of the truth, whatever map or unit they went through."""
    observations = truth.tables["observations"]
    sample = [one for one in clean if one.key.startswith("R")][:150]
    found = [draft.body for _, draft in drafts(sample) if draft.type == "Observation"]
    assert len(found) == sum(len(one.truth) for one in sample)
    values: list[float] = []
    for body in found:
        values += [part["valueQuantity"]["value"] for part in body.get("component", [body]) if "valueQuantity" in part]
        assert body["status"] == "final"
    rows = np.searchsorted(observations["id"], [id_ for one in sample for _, id_ in one.truth])
    from minkang.synth.catalogue import rows as vocabulary

    expected: list[float] = []
    for row in rows.tolist():
        kind = vocabulary("observations")[int(observations["kind"][row])]
        if kind["codes"]:
            continue
        both = [observations["value"][row]] + ([observations["value2"][row]] if kind["key"] == "blood_pressure" else [])
        expected += [round(float(value), int(kind["digits"])) for value in both]
    assert sorted(values) == pytest.approx(sorted(expected), abs=0.51)
    drugs = [draft for _, draft in drafts([one for one in clean if one.key.startswith("P")][:100])]
    assert {draft.body["status"] for draft in drugs if draft.type == "MedicationRequest"} == {"active"}


def test_faults_are_told_in_the_way_of_the_format(faulty: list[Telling]) -> None:
    """A correction asserts the same resources anew; a withdrawal withdraws those that were entered twice."""
    by_state: dict[str, list[Any]] = {"corrected": [], "withdrawn": []}
    for one in faulty:
        if one.state in by_state:
            by_state[one.state].append(one)
    assert {one.key[0] for one in by_state["corrected"]} == {one.key[0] for one in by_state["withdrawn"]} == set("ARP")
    for one, draft in drafts(by_state["withdrawn"]):
        spared = {"Patient", *(["Encounter"] if one.key[0] != "A" else [])}
        assert draft.withdrawn == (draft.type not in spared), (one.key, draft.type)
    first = {one.key: one for one in faulty}
    for one in by_state["corrected"][:60]:
        before = drafts([first[one.key[:-1] + "0"]])
        after = drafts([one])
        assert [(d.type, d.key) for _, d in before] == [(d.type, d.key) for _, d in after]
        assert all(new.rank > old.rank for (_, old), (_, new) in zip(before, after, strict=True))


def test_each_encoding_is_declared(faulty: list[Telling]) -> None:
    other = [one for one in faulty if "encoding" in one.faults]
    assert other
    for one in other[:20]:
        assert parse(bytes(one.body)).declared == "GB 18030-2000"  # type: ignore[arg-type]
