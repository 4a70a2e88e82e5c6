"""From the search keys of a resource to the rows of the search tables.

Hashes stand for texts wherever equality is all that is asked: 16 bytes, always the same length, so indexes stay small
and one key answers one question. Two texts share a hash with a probability of about n²/2⁹⁷ (tokens of one branch) and
n²/2¹²⁹ (addresses), far below that of a fault of the machine.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from minkang.fhir.search import fold, present

if TYPE_CHECKING:
    from minkang.fhir.search.keys import Keys

R = TypeVar("R")

TEXT_BYTES = 2000
"""The longest text the search tables hold, in bytes of UTF-8: an index row of PostgreSQL holds 2,704."""

BEGINNING = -(2**63)
"""`-infinity` as PostgreSQL keeps it."""
END = 2**63 - 1
"""`infinity` as PostgreSQL keeps it."""

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


# Rows of the search tables but for type and rid. Plain tuples: a write makes a dozen of them a resource.
TokenRow: TypeAlias = tuple[bytes, int]
"""`search_token`: key, group."""
ReferenceRow: TypeAlias = tuple[int, bytes, int]
"""`search_reference`: branch, target (as `record_key` gives it), group."""
DateRow: TypeAlias = tuple[int, int, int, int]
"""`search_date`: branch, low, high (microseconds since 2000-01-01 UTC, `[low, high)`), group."""
NumberRow: TypeAlias = tuple[int, Decimal, Decimal, str, int]
"""`search_number`: branch, low, high, unit (`system|code`, empty for a plain number), group."""
TextRow: TypeAlias = tuple[int, str, str, int]
"""`search_text`: branch, folded, value, group."""


class KeyRows(NamedTuple):
    """All rows of one resource, each once.

    `present` goes into the record's own row, sorted: what it has values under (`minkang.fhir.search.present`, for
    `:missing`) and the marks of its code systems (`system_mark`).
    """

    tokens: list[TokenRow]
    references: list[ReferenceRow]
    dates: list[DateRow]
    numbers: list[NumberRow]
    texts: list[TextRow]
    present: list[int]


NO_KEYS = KeyRows([], [], [], [], [], [])
"""What a deleted resource is found by."""


@lru_cache(maxsize=65536)
def record_key(address: str) -> bytes:
    """The key of an address (`Patient/123`, a URL, a canonical): 16 bytes; the SQL function of that name agrees."""
    return sha256(address.encode()).digest()[:16]


@lru_cache(maxsize=65536)
def token_key(branch: int, system: str, code: str) -> bytes:
    """The key of a token: 12 bytes for branch and code, 4 for the system; a code of any system is a range of keys."""
    return code_part(branch, code) + _system_part(system)


@lru_cache(maxsize=16384)
def system_mark(branch: int, system: str) -> int:
    """The number in `record.present` that says "has a code of this system here", for a search by `system|` alone.

    Below zero, where no branch's number is.
    """
    return -1 - (int.from_bytes(sha256(branch.to_bytes(4, "big") + system.encode()).digest()[:4], "big") >> 1)


def code_part(branch: int, code: str) -> bytes:
    """The first 12 bytes of a token's key; all systems of that code lie between it followed by 0000… and ffff…."""
    return sha256(branch.to_bytes(4, "big") + code.encode()).digest()[:12]


@lru_cache(maxsize=4096)
def _system_part(system: str) -> bytes:
    return sha256(system.encode()).digest()[:4]


def unit(system: str, code: str) -> str:
    """How `search_number` names a unit; empty where there is neither system nor code."""
    return f"{system}|{code}" if system or code else ""


def clip(text: str) -> str:
    """As much of a text as the search tables hold; a query clips what it looks for in the same way."""
    if len(text) * 4 <= TEXT_BYTES:
        return text
    encoded = text.encode()
    return text if len(encoded) <= TEXT_BYTES else encoded[:TEXT_BYTES].decode(errors="ignore")


def microseconds(instant: datetime) -> int:
    """PostgreSQL's count for an instant; the first and the last year stand for open ends."""
    if instant.year >= 9999:
        return END
    if instant.year <= 1:
        return BEGINNING
    since = instant - _EPOCH
    return (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds


@lru_cache(maxsize=16384)
def _token_text(text: str) -> tuple[str, str]:
    return clip(fold(text)), clip(text)


def key_rows(keys: Keys) -> KeyRows:
    """The rows that make a resource findable.

    Args:
        keys: what `minkang.fhir.search.extract` found in it.

    Returns:
        Rows without type and rid, in document order, no two alike.
    """
    tokens = [(token_key(branch, system, code), group) for branch, system, code, group, _ in keys.tokens]
    texts = [(branch, clip(folded), clip(value), group) for branch, folded, value, group in keys.texts]
    texts += [(branch, value := clip(uri), value, group) for branch, uri, group in keys.uris]
    texts += [(branch, *_token_text(text), group) for branch, _, _, group, text in keys.tokens if text]
    return KeyRows(
        _once(tokens),
        [(branch, record_key(target), group) for branch, target, group in keys.references],
        [(branch, microseconds(low), microseconds(high), group) for branch, low, high, group in keys.dates],
        _once(
            [(branch, low, high, unit(system, code), group) for branch, low, high, system, code, group in keys.numbers]
        ),
        _once(texts),
        _present(keys),
    )


def _once(rows: list[R]) -> list[R]:
    """Without repeats: keys that differ only in what is not stored, or in what was cut off, give the same row."""
    return list(dict.fromkeys(rows)) if len(rows) > 1 else rows


def _present(keys: Keys) -> list[int]:
    marks = {system_mark(branch, system) for branch, system, _, _, _ in keys.tokens if system}
    marks.update(present(keys))
    return sorted(marks)


def difference(old: KeyRows, new: KeyRows) -> tuple[KeyRows, KeyRows]:
    """What an update takes away and what it adds: `(gone, come)`, each in the order of its side."""
    gone = KeyRows(
        _without(old.tokens, new.tokens),
        _without(old.references, new.references),
        _without(old.dates, new.dates),
        _without(old.numbers, new.numbers),
        _without(old.texts, new.texts),
        [],
    )
    come = KeyRows(
        _without(new.tokens, old.tokens),
        _without(new.references, old.references),
        _without(new.dates, old.dates),
        _without(new.numbers, old.numbers),
        _without(new.texts, old.texts),
        new.present,
    )
    return gone, come


def _without(rows: list[R], others: list[R]) -> list[R]:
    left_out = set(others)
    return [row for row in rows if row not in left_out]
