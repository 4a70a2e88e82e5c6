"""What a resource is called at its sender, and how others refer to it there.

A resource's business key is its type and the number it has at the sender: the number in the condition it is stored
under (`PUT Encounter?identifier=…|7`), else its id, else the UUID of its fullUrl where an id was given so, else its
first identifier, else its place among its kind in the bundle of one encounter. References by address, by condition and
by `urn:uuid` all lead to that key, so they hold whichever of them came first.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import unquote

from minkang.errors import Fault
from minkang.exchange.message import reference
from minkang.fhir import is_resource_type

_RELATIVE = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")
_CONDITION = re.compile(r"([A-Z][A-Za-z]+)\?(.+)")


class Name(NamedTuple):
    """A resource at its sender."""

    type: str
    key: str


def name_of(type: str, local: str) -> Name:
    """The name of a resource that has a number at its sender."""
    return Name(type, f"{type.lower()}/{local}")


def named_by(address: str) -> Name | None:
    """What `Patient/1` or `Patient?identifier=a|1` names; None for what names nothing of the sender's own.

    Raises:
        Fault: `EXCHANGE-054` for a condition that is not one identifier.
    """
    found = _RELATIVE.fullmatch(address)
    if found and is_resource_type(found[1]):
        return name_of(found[1], found[2])
    condition = _CONDITION.fullmatch(address)
    if condition is None or not is_resource_type(condition[1]):
        return None
    name, _, value = condition[2].partition("=")
    local = unquote(value).rpartition("|")[2]
    if name != "identifier" or "&" in value or "," in value or not local:
        raise Fault("EXCHANGE-054", address, address=address[:200])
    return name_of(condition[1], local)


def first_identifier(resource: dict[str, Any]) -> str:
    """The value of a resource's first identifier; empty where it has none."""
    given = resource.get("identifier")
    first = given[0] if isinstance(given, list) and given else given
    value = first.get("value") if isinstance(first, dict) else None
    return value if isinstance(value, str) else ""


class Rewriting:
    """Rewrites the references of resources to the ids they have here.

    Args:
        sender: whose resources they are.
        names: what the fullUrls of the bundle name.
    """

    def __init__(self, sender: str, names: dict[str, Name]) -> None:
        self._sender = sender
        self._names = names

    def rewrite(self, value: Any) -> Any:
        """A JSON value with its references rewritten; the one given stays as it is."""
        if isinstance(value, dict):
            return {
                name: self._reference(inner) if name == "reference" and isinstance(inner, str) else self.rewrite(inner)
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self.rewrite(inner) for inner in value]
        return value

    def target(self, address: str) -> Name | None:
        """What an address of the bundle names."""
        return self._names.get(address) or named_by(address)

    def _reference(self, address: str) -> str:
        if address.startswith("#"):
            return address
        name = self.target(address)
        return reference(self._sender, *name)["reference"] if name else address
