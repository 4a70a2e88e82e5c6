"""A FHIR document of a sender as drafts: a single resource, or a bundle whose entries stand or fall together."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import msgspec

from minkang.errors import Fault
from minkang.exchange.fhir.naming import Name, Rewriting, first_identifier, name_of, named_by
from minkang.exchange.message import Converted, Draft, Message, Note, Rank
from minkang.fhir import is_resource_type

OPENED = frozenset(("transaction", "batch", "collection", "searchset", "document", "message", "history"))
_NOT_KEPT = ("versionId", "lastUpdated", "source")
_URN = "urn:uuid:"
WRONG = "entered-in-error"

JSON = dict[str, Any]


def convert(message: Message) -> Converted:
    """What a document says; see `Connector.convert`.

    Raises:
        Fault: `EXCHANGE-010` for what is no FHIR JSON, `EXCHANGE-051` for an entry that is neither a statement
            nor a deletion, `EXCHANGE-052` for a type that R4 has not, `EXCHANGE-053` for a bundle of an
            unknown type, `EXCHANGE-054` for a condition that is not one identifier.
    """
    document = read(message.body)
    if document.get("resourceType") == "Bundle":
        return _Opened(message, document).converted()
    entry = {"resource": document}
    return _Opened(message, {"type": "collection", "entry": [entry]}).converted()


def read(body: bytes) -> JSON:
    """A JSON object.

    Raises:
        Fault: `EXCHANGE-010`.
    """
    try:
        document = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Fault("EXCHANGE-010", reason=str(error)) from error
    if not isinstance(document, dict) or not isinstance(document.get("resourceType"), str):
        raise Fault("EXCHANGE-010", reason="no resourceType")
    return document


class _Opened:
    """A bundle, its entries named."""

    def __init__(self, message: Message, bundle: JSON) -> None:
        if bundle.get("type") not in OPENED:
            raise Fault("EXCHANGE-053", "Bundle.type", type=str(bundle.get("type"))[:40])
        self._message = message
        self._time = instant(bundle.get("timestamp"))
        self._entries = [_Entry(index, entry) for index, entry in enumerate(_listed(bundle))]
        self._counted: Counter[str] = Counter()
        self._anchor = self._only_encounter()
        self._names = {entry.index: name for entry in self._entries if (name := self._name(entry))}
        urls = {entry.url: self._names[entry.index] for entry in self._entries if entry.url}
        self._references = Rewriting(message.sender, urls)

    def converted(self) -> Converted:
        """All drafts and notes."""
        drafts: dict[Name, Draft] = {}
        notes: list[Note] = []
        for entry in self._entries:
            name = self._names[entry.index]
            if name in drafts:
                notes.append(Note("EXCHANGE-055", entry.place, {"name": name.key}))
            drafts[name] = self._draft(entry, name)
        self._withdraw_with_encounters(drafts)
        return Converted(list(drafts.values()), notes)

    def _only_encounter(self) -> str:
        """What entries without any name are named after: the bundle's one encounter, else the bundle."""
        encounters = [entry for entry in self._entries if entry.type == "Encounter"]
        if len(encounters) == 1 and (name := encounters[0].own_name()):
            return name.key
        return self._message.key

    def _name(self, entry: _Entry) -> Name:
        own = entry.own_name()
        if own:
            return own
        self._counted[entry.type] += 1
        return Name(entry.type, f"{self._anchor}/{entry.type.lower()}/{self._counted[entry.type]}")

    def _draft(self, entry: _Entry, name: Name) -> Draft:
        resource = entry.resource
        if resource is None:
            return Draft(name.type, name.key, {}, Rank(2, self._time), withdrawn=True)
        meta = resource.get("meta") if isinstance(resource.get("meta"), dict) else {}
        assert isinstance(meta, dict)
        at = instant(meta.get("lastUpdated")) or self._time
        body = self._references.rewrite({key: value for key, value in resource.items() if key not in {"id", "meta"}})
        kept = {key: value for key, value in meta.items() if key not in _NOT_KEPT}
        if kept:
            body["meta"] = kept
        return Draft(name.type, name.key, body, Rank(2, at))

    def _withdraw_with_encounters(self, drafts: dict[Name, Draft]) -> None:
        """What was found and ordered at an encounter that is taken back is taken back with it."""
        gone = {
            f"Encounter/{name.key}"
            for name, draft in drafts.items()
            if name.type == "Encounter" and draft.body.get("status") == WRONG
        }
        if not gone:
            return
        addresses = {
            self._references._reference(entry.url)
            for entry in self._entries
            if entry.url and f"Encounter/{self._names[entry.index].key}" in gone
        }
        for draft in drafts.values():
            at = draft.body.get("encounter") or draft.body.get("context")
            if isinstance(at, dict) and at.get("reference") in addresses:
                draft.withdrawn = True


class _Entry:
    """One entry as it stands in the bundle."""

    def __init__(self, index: int, entry: Any) -> None:
        self.index = index
        self.place = f"Bundle.entry[{index}]"
        if not isinstance(entry, dict):
            raise Fault("EXCHANGE-010", self.place, reason="no object")
        request = entry.get("request")
        self._request: JSON = request if isinstance(request, dict) else {}
        method = self._request.get("method", "PUT")
        if method not in {"PUT", "POST", "DELETE"}:
            raise Fault("EXCHANGE-051", f"{self.place}.request", method=str(method)[:20])
        url = entry.get("fullUrl")
        self.url = url if isinstance(url, str) else ""
        given = entry.get("resource")
        self.resource: JSON | None = given if isinstance(given, dict) and method != "DELETE" else None
        if self.resource is None and method != "DELETE":
            raise Fault("EXCHANGE-010", f"{self.place}.resource", reason="no resource")
        self.type = self._type()

    def own_name(self) -> Name | None:
        """The name it brings along; None where it has to be counted."""
        conditions = (self._request.get("url"), self._condition())
        for address in conditions:
            if isinstance(address, str) and "?" in address and (name := named_by(address)):
                return name
        resource = self.resource or {}
        if isinstance(resource.get("id"), str):
            return name_of(self.type, resource["id"])
        url = self._request.get("url")
        if isinstance(url, str) and "/" in url and (name := named_by(url)):
            return name
        if identifier := first_identifier(resource):
            return name_of(self.type, identifier)
        return None

    def _condition(self) -> str | None:
        given = self._request.get("ifNoneExist")
        return f"{self.type}?{given.removeprefix('?')}" if isinstance(given, str) else None

    def _type(self) -> str:
        url = self._request.get("url")
        named = self.resource.get("resourceType") if self.resource else str(url).partition("?")[0].partition("/")[0]
        if not isinstance(named, str) or not is_resource_type(named):
            raise Fault("EXCHANGE-052", self.place, type=str(named)[:40])
        return named


def _listed(bundle: JSON) -> list[Any]:
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        raise Fault("EXCHANGE-010", "Bundle.entry", reason="no array")
    return entries


def instant(value: Any) -> str:
    """A FHIR date, dateTime or instant in one form (UTC, milliseconds), to be compared as text; empty for none."""
    if not isinstance(value, str) or not value:
        return ""
    try:
        at = datetime.fromisoformat(value)
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # The first day of the year 1 has no time in UTC.
        return value[:40]
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
