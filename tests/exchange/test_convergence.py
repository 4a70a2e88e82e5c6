"""Any order, any repetition, any cut into batches: the same records in the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.exchange.conftest import FEED, current_records, make_intake, message, say

from minkang.db import Database
from minkang.exchange.intake.engine import Intake
from minkang.exchange.intake.ranks import rank_text
from minkang.exchange.intake.weighing import UNKNOWN
from minkang.exchange.message import Rank, draft_id

TYPES = {"Patient": "patient/1", "Observation": "o"}

said = st.builds(
    lambda type, number, authority, day, withdrawn, text: [
        type, f"{TYPES[type]}{number}", authority, f"2024-01-{day:02d}", withdrawn, text or ("" if withdrawn else "x"),
    ],
    st.sampled_from(sorted(TYPES)), st.integers(0, 1), st.integers(1, 2), st.integers(1, 4), st.booleans(),
    st.sampled_from(["", "a", "b", "c"]),
)  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn) -> list[bytes]:
    """Distinct messages: keys come again with other content, some are refused, some say nothing."""
    made = []
    for number in range(draw(st.integers(1, 6))):
        told = draw(st.lists(said, max_size=3, unique_by=lambda one: one[1]))
        more = draw(st.sampled_from([{}, {}, {}, {"fail": "Foo"}, {"stumble": 1}, {"code": "Q"}]))
        made.append(say(f"m{number // 2}", *told, n=number, **more))
    return made


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[bytes], list[list[bytes]]]:
    """Messages, and a way they arrive: shuffled, each at least once, cut into batches."""
    distinct = draw(bodies())
    arriving = draw(st.permutations(distinct + draw(st.lists(st.sampled_from(distinct), max_size=4))))
    cuts = sorted(draw(st.lists(st.integers(0, len(arriving)), max_size=3)))
    ends = [*cuts, len(arriving)]
    batches = [arriving[begin:end] for begin, end in zip([0, *ends[:-1]], ends, strict=True)]
    return distinct, [batch for batch in batches if batch]


def deliver(intake: Intake, sender: str, batches: Sequence[Sequence[bytes]]) -> None:
    """Settle batches of a sender of its own, and see that every arrival has one outcome."""
    intake.senders.add(sender, {FEED: {}})
    for batch in batches:
        arrivals = [message(body, sender) for body in batch]
        settled = intake.settle(arrivals)
        assert len(settled) == len(arrivals)
        outcomes = [one.outcome for one in settled]
        assert all(outcome in {"accepted", "duplicate", "superseded", "rejected"} for outcome in outcomes)


def told_by(records: dict[str, dict[str, Any]], sender: str) -> dict[str, Any]:
    """The records of one sender as they would be of any sender, by a key that does not depend on it."""
    ids = {
        draft_id(sender, type, f"{key}{number}"): f"{type}/{number}" for type, key in TYPES.items() for number in (0, 1)
    }
    ours = {address: body for address, body in records.items() if f":{sender}#" in body["meta"]["source"]}
    found = {}
    for body in ours.values():
        if body["resourceType"] == "Provenance":
            targets = sorted(ids[one["reference"].partition("/")[2]] for one in body["target"])
            found[f"Provenance/{body['entity'][0]['what']['display']}/{targets}"] = targets
        else:
            found[ids[body["id"]]] = {name: value for name, value in body.items() if name not in {"id", "meta"}} | {
                "tag": body["meta"].get("tag")
            }
    return found


def expected(distinct: Sequence[bytes]) -> dict[str, Any]:
    """What the rule says, worked out without a database, message by message."""
    contents: dict[str, tuple[str, Any]] = {}
    gone: dict[str, str] = {}
    for body in distinct:
        told = msgspec.json.decode(body)
        if told.get("fail") or told.get("stumble"):
            continue
        for type, key, authority, at, withdrawn, text in told["say"]:
            rank = rank_text(Rank(authority, at), _digest(body))
            name = f"{type}/{key[-1]}"
            if text:
                contents[name] = max(contents.get(name, ("", None)), (rank, text), key=lambda one: one[0])
            if withdrawn:
                gone[name] = max(gone.get(name, ""), rank)
    return {name: (text, gone.get(name, "") >= rank) for name, (rank, text) in contents.items()}


def _digest(body: bytes) -> bytes:
    import hashlib

    return hashlib.sha256(body).digest()


def shown(records: dict[str, Any]) -> dict[str, Any]:
    """The texts of records and whether they are marked."""
    found = {}
    for name, body in records.items():
        if not name.startswith("Provenance/"):
            text = body["name"][0]["text"] if name.startswith("Patient") else body["valueString"]
            marked = body["active"] is False if "active" in body else body.get("status") == "entered-in-error"
            assert (body["tag"] is not None) == marked
            found[name] = (text, marked)
    return found


class Senders:
    """Names of senders that nobody had before."""

    used = 0

    @classmethod
    def next(cls) -> str:
        cls.used += 1
        return f"sender-{cls.used}"


def _same_records(delivery: tuple[list[bytes], list[list[bytes]]], database: Database, folder: Path) -> None:
    distinct, batches = delivery
    intake = make_intake(database, folder)
    one, other = Senders.next(), Senders.next()
    deliver(intake, one, batches)
    deliver(intake, other, [[body] for body in distinct])
    records = current_records(database, provenance=True)
    # Digests decide what ranks leave equal, and are the same for both senders.
    assert told_by(records, one) == told_by(records, other)
    assert shown(told_by(records, one)) == expected(distinct)
    arrived = sum(len(batch) for batch in batches)
    with database.connection() as connection:
        row = connection.execute(
            "SELECT sum(t.count) FROM exchange_tally t JOIN exchange_sender s ON s.id = t.sender WHERE s.slug = %s",
            (one,),
        ).fetchone()
        assert row == (arrived,)
        row = connection.execute(
            "SELECT count(*) + sum(m.copies), count(*) FROM exchange_message m"
            " JOIN exchange_sender s ON s.id = m.sender WHERE s.slug = %s",
            (one,),
        ).fetchone()
        assert row == (arrived, len(set(distinct)))
        rejects = connection.execute(
            "SELECT count(*) FROM exchange_reject r JOIN exchange_sender s ON s.id = r.sender WHERE s.slug = %s", (one,)
        ).fetchone()
        refused = [body for body in distinct if b'"fail"' in body or b'"stumble"' in body]
        assert rejects == (len(refused),)


SETTINGS = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    "derandomize": False,
}


@settings(max_examples=30, **SETTINGS)
@given(delivery=deliveries())
def test_every_delivery_of_the_same_messages_ends_in_the_same_records(
    delivery: tuple[list[bytes], list[list[bytes]]],
    module_database: Database,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """And in those that the rule says; every arrival is counted once, every message is in the ledger once."""
    _same_records(delivery, module_database, tmp_path_factory.mktemp("blobs"))


@pytest.mark.long
@settings(max_examples=600, **SETTINGS)
@given(delivery=deliveries())
def test_every_delivery_ends_in_the_same_records_at_length(
    delivery: tuple[list[bytes], list[list[bytes]]],
    module_database: Database,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The same with more examples."""
    _same_records(delivery, module_database, tmp_path_factory.mktemp("blobs"))


@given(
    one=st.tuples(st.integers(0, 9), st.text(st.characters(min_codepoint=32), max_size=5), st.text(max_size=3)),
    other=st.tuples(st.integers(0, 9), st.text(st.characters(min_codepoint=32), max_size=5), st.text(max_size=3)),
)
def test_rank_texts_compare_as_ranks(one: tuple[int, str, str], other: tuple[int, str, str]) -> None:
    """Authority, then time, then tie; a rank is above nothing."""
    one, other = ((*rank[:2], rank[2].replace("\x00", "").replace("\x01", "")) for rank in (one, other))
    texts = [rank_text(Rank(*rank), b"12345678") for rank in (one, other)]
    assert (texts[0] < texts[1]) == (one < other)
    assert UNKNOWN.content is None
