"""The documents of the second hospital say what is true, and the reader of documents, written apart, reads the same."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest

from minkang.codes.translator import Translator
from minkang.exchange.cda.connector import Documents
from minkang.exchange.cda.writing import write_document
from minkang.exchange.message import Converted, Message, draft_id
from minkang.synth import Truth
from minkang.synth.catalogue import rows
from minkang.synth.feeds import cda
from minkang.synth.feeds.faults import DEFAULT, NONE, Faults
from minkang.synth.feeds.identities import Identities
from minkang.synth.feeds.telling import Telling

MANY = DEFAULT.with_rates({"corrected": 0.1, "withdrawn": 0.05, "encoding": 0.3, "wrong_code": 0.05})


def told(truth: Truth, faults: Faults) -> list[Telling]:
    county = truth.county
    return list(cda.tell(county, truth, Identities(truth, faults), county.rng("feed-cda", 0)))


def read(one: Telling) -> Converted:
    assert isinstance(one.body, bytes)
    message = Message(one.sender, "cda", one.key, one.body, datetime(2026, 1, 1, tzinfo=UTC))
    return Documents().convert(message, Translator(sender=one.sender))


@pytest.fixture(scope="module")
def clean(truth: Truth) -> list[tuple[Telling, Converted]]:
    """Of the documents of a county without faults every twelfth, and all referrals; and what they give."""
    every = told(truth, NONE)
    chosen = [*every[::12], *(one for one in every if one.key.startswith("HSDC"))]
    return [(one, read(one)) for one in {one.key: one for one in chosen}.values()]


@pytest.fixture(scope="module")
def many(truth: Truth) -> list[Telling]:
    """All documents of a county with faults."""
    return told(truth, MANY)


def test_nothing_that_the_feed_writes_is_unknown_to_the_reader(clean: list[tuple[Telling, Converted]]) -> None:
    """Costs add up, codes have maps; only what has no data element in our norms stands under a name of its own."""
    notes = Counter((note.code, note.params.get("element")) for _, one in clean for note in one.notes)
    assert {code for code, _ in notes} <= {"CDA-031"}, notes
    assert len({one.key for one, _ in clean}) == len(clean)


def test_what_is_read_is_what_is_true(truth: Truth, clean: list[tuple[Telling, Converted]]) -> None:
    """Values of measurements, medicines, diagnoses and totals, each against its row of the truth."""
    kinds, drugs = rows("observations"), rows("drugs")
    tables = truth.tables
    counts: Counter[str] = Counter()
    for one, found in clean:
        for table, id_ in one.truth:
            row = int(np.searchsorted(tables[table]["id"], id_)) if table in tables else -1
            if table == "observations":
                kind, value = kinds[tables[table]["kind"][row]], float(tables[table]["value"][row])
                assert _has(found, kind["key"], f"{value:.{int(kind['digits'])}f}"), (one.key, kind, value)
            elif table == "prescriptions":
                code = drugs[tables[table]["drug"][row]]["atc"]
                assert any(code in str(draft.body) for draft in found.drafts if draft.type == "MedicationRequest")
            elif table == "encounters":
                code = tables[table]["icd10"][row]
                assert any(code in str(draft.body) for draft in found.drafts if draft.type == "Condition"), one.key
            elif table == "admissions":
                total = next(draft.body["total"]["value"] for draft in found.drafts if draft.type == "Claim")
                assert total == pytest.approx(tables[table]["total"][row], abs=0.006)
            counts[table] += 1
    assert counts.keys() == {"encounters", "observations", "prescriptions", "admissions", "referrals"}


def _has(found: Converted, key: str, value: str) -> bool:
    for draft in found.drafts:
        if draft.type == "Observation" and key in {one["code"] for one in draft.body["code"].get("coding", ())}:
            first = draft.body.get("component", [draft.body])[0]
            if "valueQuantity" in first:
                return f"{first['valueQuantity']['value']:g}" == f"{float(value):g}"
            coded = first.get("valueCodeableConcept") or draft.body["interpretation"][0]
            return any(one["code"] == value for one in coded["coding"])
    return False


def test_a_correction_outranks_the_mistake_under_the_same_keys_and_a_withdrawal_takes_back(many: list[Telling]) -> None:
    by_set: dict[str, list[Telling]] = {}
    for one in many:
        by_set.setdefault(one.key.rpartition("-")[0], []).append(one)
    corrected = [ones for ones in by_set.values() if ones[-1].state == "corrected"][:60]
    for first, second in corrected:
        before, after = ({(d.type, d.key): d for d in read(one).drafts} for one in (first, second))
        assert before.keys() <= after.keys() | {(d.type, d.key) for d in after.values()}
        assert all(after[key].rank > draft.rank for key, draft in before.items() if key in after)
        assert any(after[key].body != draft.body for key, draft in before.items() if key[0] not in {"Composition"}) or (
            "C0053" in first.key or "C0007" in first.key
        )
    withdrawn = [ones[-1] for ones in by_set.values() if ones[-1].state == "withdrawn"][:30]
    for one in withdrawn:
        assert {d.type for d in read(one).drafts if not d.withdrawn} <= {"Patient", "Encounter"}
    assert corrected
    assert withdrawn


def test_the_declared_encoding_is_the_real_one(many: list[Telling]) -> None:
    encodings: Counter[bytes] = Counter()
    for one in many[:400]:
        assert isinstance(one.body, bytes)
        encodings[one.body.split(b'encoding="')[1].split(b'"')[0]] += 1
        read(one)
    assert set(encodings) == {b"UTF-8", b"GB18030"}


def test_the_same_seed_gives_the_same_bytes(truth: Truth, many: list[Telling]) -> None:
    assert told(truth, MANY) == many


def test_what_was_read_is_written_by_the_writer_of_documents_and_read_alike(
    clean: list[tuple[Telling, Converted]],
) -> None:
    """Feed, reader and writer are three programs: two of them must be wrong in the same way to pass here."""
    seen: Counter[str] = Counter()
    for one, found in clean:
        code = next(d.body["type"]["coding"][0]["code"] for d in found.drafts if d.type == "Composition")
        seen[code] += 1
        if seen[code] > 15:
            continue
        given = [d.body | {"resourceType": d.type, "id": draft_id(one.sender, d.type, d.key)} for d in found.drafts]
        again = read(one._replace(body=write_document(code, given)))
        assert {(d.type, d.key): d.body for d in again.drafts} == {(d.type, d.key): d.body for d in found.drafts}
    assert set(seen) >= {"C0002", "C0004", "C0007", "C0033", "C0053"}
