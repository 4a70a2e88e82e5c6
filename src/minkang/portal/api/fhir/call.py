"""One call of the interface: what every handler is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from minkang.access import Access
from minkang.errors import Fault
from minkang.portal.api.fhir.headers import Prefer, prefer
from minkang.portal.api.limits import check_depth
from minkang.portal.api.messages import Request
from minkang.records.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

    from minkang.persons.keeping import Persons
    from minkang.portal.api.fhir.capability import Capability
    from minkang.portal.api.fhir.export.jobs import Exports

# Parameters that shape the answer of any interaction and are no search criteria (R4 3.1.0.1.11).
GENERAL = frozenset(("_format", "_pretty"))
_MOST_PARAMETERS = 500


@dataclass(frozen=True)
class Offer:
    """What this door offers, fixed when the server starts.

    Attributes:
        max_depth: deepest nesting of JSON.
        max_count: most results on a page.
        exports: bulk export jobs; None where there is no database to keep them (the memory twin).
        capability: what is said of it at `/metadata`.
        persons: gives who is who; None where there is no database.
    """

    max_depth: int
    max_count: int
    exports: Exports | None = None
    capability: Capability | None = None
    persons: Callable[[], Persons] | None = None


@dataclass
class Call:
    """A request, matched to its route, of a caller who was let in.

    Attributes:
        base: public address of the interface (`https://…/fhir`).
        type, id, version, target: parts of the path, empty where the route has none; `target` is the type of a
            compartment search, or the file of an export.
    """

    request: Request
    access: Access
    repository: Repository
    offer: Offer
    type: str = ""
    id: str = ""
    version: str = ""
    target: str = ""
    base: str = field(init=False)

    def __post_init__(self) -> None:
        self.base = f"{self.request.base}/fhir"

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """The query string's parameters in order, percent-decoded.

        Raises:
            Fault: `REST-030` when it is not UTF-8 or has too many.
        """
        return read_pairs(self.request.query)

    def parameter(self, name: str) -> str | None:
        """The first value of a query parameter; None when it is absent."""
        return next((value for key, value in self.pairs if key == name), None)

    @cached_property
    def prefer(self) -> Prefer:
        """The `Prefer` header."""
        return prefer(self.request)

    def json_body(self) -> bytes:
        """The body, non-empty, without a byte order mark, in UTF-8 and not too deep.

        Raises:
            Fault: `REST-015` empty, `REST-016` with a byte order mark, `REST-017` not UTF-8, `REST-014` too deep.
        """
        body = self.request.body
        if not body.strip():
            raise Fault("REST-015")
        if body[:2] in (b"\xff\xfe", b"\xfe\xff") or body[:3] == b"\xef\xbb\xbf":
            raise Fault("REST-016")
        if not body.isascii():
            try:
                body.decode("utf-8")
            except UnicodeDecodeError as problem:
                raise Fault("REST-017", offset=problem.start) from None
        check_depth(body, self.offer.max_depth)
        return body


def read_pairs(text: str) -> list[tuple[str, str]]:
    """Decode a query string or a form body (`REST-030` when it cannot be)."""
    if not text:
        return []
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise Fault("REST-030", most=_MOST_PARAMETERS) from None
