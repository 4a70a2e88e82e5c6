"""From the search keys of a resource to the rows of the search tables.

Hashes stand for texts wherever equality is all that is asked: 16 bytes, always the same length, so indexes stay small
and one key answers one question. Two texts share a hash with a probability of about n²/2⁹⁷ (tokens of one branch) and
n²/2¹²⁹ (addresses), far below that of a fault of the machine.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, TypeVar

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
_MICROSECOND = timedelta(microseconds=1)


class TokenRow(NamedTuple):
    """A row of `search_token` but for type and rid."""

    key: bytes
    group: int


class ReferenceRow(NamedTuple):
    """A row of `search_reference` but for type and rid; `target` as `record_key` gives it."""

    branch: int
    target: bytes
    group: int


class DateRow(NamedTuple):
    """A row of `search_date` but for type and rid; microseconds since 2000-01-01 UTC, `[low, high)`."""

    branch: int
    low: int
    high: int
    group: int


class NumberRow(NamedTuple):
    """A row of `search_number` but for type and rid; `unit` is `system|code`, empty for a plain number."""

    branch: int
    low: Decimal
    high: Decimal
    unit: str
    group: int


class TextRow(NamedTuple):
    """A row of `search_text` but for type and rid."""

    branch: int
    folded: str
    value: str
    group: int


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
    return (instant - _EPOCH) // _MICROSECOND


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
    tokens = [TokenRow(token_key(key.branch, key.system, key.code), key.group) for key in keys.tokens]
    references = [ReferenceRow(key.branch, record_key(key.target), key.group) for key in keys.references]
    dates = [DateRow(key.branch, microseconds(key.low), microseconds(key.high), key.group) for key in keys.dates]
    numbers = [NumberRow(key.branch, key.low, key.high, unit(key.system, key.code), key.group) for key in keys.numbers]
    texts = [TextRow(key.branch, clip(key.folded), clip(key.value), key.group) for key in keys.texts]
    for uri in keys.uris:
        value = clip(uri.value)
        texts.append(TextRow(uri.branch, value, value, uri.group))
    texts += [TextRow(key.branch, *_token_text(key.text), key.group) for key in keys.tokens if key.text]
    return KeyRows(
        list(dict.fromkeys(tokens)),
        list(dict.fromkeys(references)),
        list(dict.fromkeys(dates)),
        list(dict.fromkeys(numbers)),
        list(dict.fromkeys(texts)),
        _present(keys),
    )


def _present(keys: Keys) -> list[int]:
    marks = {system_mark(key.branch, key.system) for key in keys.tokens if key.system}
    return sorted(marks.union(present(keys)))


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
