"""Where a page ended, as a text that the caller hands back unread.

A cursor holds the sort values and the place of the last record shown, so that the next page begins behind it however
many records came or went meanwhile; the total counted on the first page, so that it is counted once; and a digest of
the search, so that it cannot be used with another one.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

import msgspec

from minkang.errors import Fault
from minkang.fhir.search.query import Query

_PRESENTATION = frozenset(("_count", "_total", "_summary", "_elements", "_format", "_pretty"))


class Place(msgspec.Struct, frozen=True, array_like=True):
    """The last record of a page.

    Attributes:
        digest: of the search.
        keys: its sort values as texts, None where it has none.
        type: the code of its resource type.
        rid: its number.
        total: how many match in all, where that was counted.
    """

    digest: str
    keys: tuple[str | None, ...]
    type: int
    rid: int
    total: int | None = None


def digest(query: Query) -> str:
    """What a cursor must have in common with the search it continues; `_count` and the like may change on the way."""
    said = [(name, value) for name, value in query.pairs if name not in _PRESENTATION]
    return sha256(msgspec.json.encode([query.type, sorted(query.types), said])).hexdigest()[:16]


def write_cursor(place: Place) -> str:
    """The place as a text for an address."""
    return urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read_cursor(query: Query) -> Place | None:
    """The place at which a search goes on; None on the first page.

    Raises:
        Fault: `RECORDS-013` when the cursor is not ours or belongs to another search.
    """
    cursor = query.cursor
    if cursor is None:
        return None
    try:
        place = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=Place)
    except (ValueError, msgspec.DecodeError, msgspec.ValidationError):
        raise Fault("RECORDS-013", "_cursor", cursor=cursor[:80]) from None
    if place.digest != digest(query) or len(place.keys) != len(query.sort):
        raise Fault("RECORDS-013", "_cursor", cursor=cursor[:80])
    return place
