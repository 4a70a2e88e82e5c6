"""Keys in Python and in SQL, packed values, and the types' numbers."""

from __future__ import annotations

import re
from decimal import Decimal
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minkang.db import Database
from minkang.fhir import decode, type_names
from minkang.fhir.search import extract
from minkang.records.keys import TEXT_BYTES, clip, code_part, difference, key_rows, record_key, system_mark, token_key
from minkang.records.postgres import packing as pack
from minkang.records.postgres.packing import Column, teach
from minkang.records.types import TYPE_CODES, TYPE_NAMES, type_code, type_name

SAME_DATABASE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)


def test_every_type_has_a_number_of_its_own_for_good() -> None:
    """The heavy types' numbers stand in the migration, so they may never move."""
    assert set(type_names()) <= set(TYPE_CODES)
    assert [type_name(type_code(name)) for name in TYPE_NAMES] == list(TYPE_NAMES)
    assert (type_code("Account"), type_code("Patient"), type_code("VisionPrescription")) == (1, 103, 146)


def test_partitions_hold_the_types_they_are_named_for(database: Database) -> None:
    """Each partition takes exactly the type in its name."""
    with database.connection() as connection:
        rows = connection.execute(
            "SELECT relname, pg_get_expr(relpartbound, oid) FROM pg_class"
            " WHERE relispartition AND relkind = 'r' AND relname ~ '^(record|search)'"
        ).fetchall()
    names = {name.lower(): code for name, code in TYPE_CODES.items()}
    heavy = [(name, bound) for name, bound in rows if bound != "DEFAULT"]
    assert len(rows) == 7 * 13
    for name, bound in heavy:
        found = re.fullmatch(r"FOR VALUES IN \('(\d+)'\)", bound)
        assert found
        assert names[name.rpartition("_")[2]] == int(found[1])


@SAME_DATABASE
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_the_key_of_an_address_is_the_same_in_sql(database: Database, address: str) -> None:
    """`record_key` here and there."""
    with database.connection() as connection:
        row = connection.execute("SELECT record_key(%s)", (address,)).fetchone()
    assert row == (UUID(bytes=record_key(address)),)


@SAME_DATABASE
@given(st.lists(st.decimals(allow_nan=False, places=None), min_size=1, max_size=20))
def test_packed_numbers_arrive_as_they_are(database: Database, numbers: list[Decimal]) -> None:
    """Sign, digits, trailing zeros and infinities; a positive exponent is written out."""
    numbers = [number for number in numbers if not number.is_finite() or -100 < number.adjusted() < 100]
    column = Column(pack.NUMERIC)
    column.add(pack.numerics(numbers), len(numbers))
    with database.connection() as connection:
        teach(connection)
        rows = connection.execute("SELECT unnest(%s::numeric[])", (column.array(),)).fetchall()
    for number, (arrived,) in zip(numbers, rows, strict=True):
        assert arrived == number
        if number.is_finite() and number:
            assert arrived.as_tuple().exponent == min(0, number.as_tuple().exponent)


@SAME_DATABASE
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))), st.lists(st.integers(-(2**31), 2**31 - 1)))
def test_packed_texts_and_integers_arrive_as_they_are(database: Database, texts: list[str], numbers: list[int]) -> None:
    """But for the NUL, which PostgreSQL cannot keep."""
    words, integers = Column(pack.TEXT), Column(pack.INT4)
    words.add(pack.texts(texts), len(texts))
    integers.add(pack.integers(numbers), len(numbers))
    with database.connection() as connection:
        teach(connection)
        row = connection.execute("SELECT %s::text[], %s::integer[]", (words.array(), integers.array())).fetchone()
    assert row == ([text.replace("\0", "\ufffd") for text in texts], numbers)


@given(st.text(max_size=3 * TEXT_BYTES))
def test_a_clipped_text_fits_an_index_row_and_is_a_beginning(text: str) -> None:
    """Cut between characters, never within one."""
    cut = clip(
        text.replace("\ud800", "") if text.isascii() else "".join(c for c in text if not "\ud800" <= c <= "\udfff")
    )
    assert len(cut.encode()) <= TEXT_BYTES
    assert text.startswith(cut) or any("\ud800" <= c <= "\udfff" for c in text)


def test_a_code_of_any_system_is_a_range_of_keys() -> None:
    """The first 12 bytes are those of branch and code; marks of systems are below zero."""
    keys = {token_key(7, system, "8302-2") for system in ("", "http://loinc.org", "urn:x")}
    assert len(keys) == 3
    assert {key[:12] for key in keys} == {code_part(7, "8302-2")}
    assert token_key(8, "", "8302-2") not in keys
    assert system_mark(7, "http://loinc.org") < 0
    assert system_mark(7, "http://loinc.org") != system_mark(8, "http://loinc.org")


def test_a_difference_leads_from_the_old_rows_to_the_new() -> None:
    """Taking away what is gone and adding what has come gives the new rows; what both have is in neither."""
    old = key_rows(extract(decode(_OBSERVATION)))
    changed = _OBSERVATION.replace(b"8302-2", b"8867-4").replace(b"177.4", b"80").replace(b"Patient/1", b"Patient/2")
    new = key_rows(extract(decode(changed)))
    gone, come = difference(old, new)
    for before, after, lost, won in zip(old[:5], new[:5], gone[:5], come[:5], strict=True):
        assert (set(before) - set(lost)) | set(won) == set(after)
        assert not set(lost) & set(won)
        assert set(lost) <= set(before)
    assert gone.tokens
    assert gone.references
    assert gone.numbers
    assert not gone.dates
    assert come.present == new.present


_OBSERVATION = b"""{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org",
"code":"8302-2","display":"Body height"}]},"subject":{"reference":"Patient/1"},"effectiveDateTime":"2020-01-01",
"valueQuantity":{"value":177.4,"system":"http://unitsofmeasure.org","code":"cm"}}"""
