r"""References between the entries of a bundle, rewritten where they stand in the JSON.

A transaction gives its resources ids, and what referred to them by `urn:uuid:…` or an absolute address must say
`Patient/1` from then on (http.html#trules). That is done on the bytes before they are decoded, several times faster
than walking the decoded resource. It is exact on JSON that writes addresses without escapes; a resource that has `\u`
or `\/` anywhere is first made canonical (`hides`), which leaves no such escape in an address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_REFERENCE = re.compile(rb'("reference"\s*:\s*")([^"\\]+)"')
_HIDING = re.compile(rb"\\[u/]")
# The other places the rules name: elements of type uri, url, oid, uuid and canonical, single or in a list, and the
# links of a narrative. `value` and `system` of an Identifier are not references, whatever they look like.
_NAMED = re.compile(rb'("(?:[A-Za-z]*(?:[uU]r[il]|Oid|Uuid|Canonical))"\s*:\s*")(urn:[^"\\]+)"')
_LISTED = re.compile(rb'([\[,]\s*")(urn:[^"\\]+)"(?=\s*[,\]])')
_LINKED = re.compile(rb'((?:href|src)=\\")(urn:[^"\\]+)\\"')


def hides(raw: bytes) -> bool:
    r"""Whether raw JSON has escapes (`\u…`, `\/`) that may hide an address."""
    return b"\\" in raw and _HIDING.search(raw) is not None


def found_in(raw: bytes) -> set[str]:
    """What the `reference` elements of a resource say, read from JSON that hides nothing."""
    return {address.decode(errors="replace") for _, address in _REFERENCE.findall(raw)}


def rewrite(raw: bytes, addresses: Mapping[bytes, bytes]) -> bytes:
    """The same JSON with each known address replaced, wherever it refers.

    Args:
        raw: JSON that hides nothing.
        addresses: from `urn:uuid:…`, `http://…/Patient/1` or `Patient?identifier=…` to `Patient/1`.
    """

    def replace(found: re.Match[bytes]) -> bytes:
        address = addresses.get(found[2])
        whole: bytes = found[0]
        return whole if address is None else whole.replace(found[2], address)

    text = _REFERENCE.sub(replace, raw)
    if b'"urn:' in text:
        text = _LISTED.sub(replace, _NAMED.sub(replace, text))
    if b'=\\"urn:' in text:
        text = _LINKED.sub(replace, text)
    return text


def unresolved(raw: bytes) -> str:
    """The first reference that can only mean an entry of the bundle and means none; empty where there is none."""
    if b'"urn:' not in raw:
        return ""
    for _, address in _REFERENCE.findall(raw):
        if address.startswith((b"urn:uuid:", b"urn:oid:")):
            found: str = address.decode(errors="replace")
            return found
    return ""


def addresses_of(full_url: str, type: str, old_id: str, id: str) -> dict[bytes, bytes]:
    """How other entries may refer to one, and what they shall say instead.

    Args:
        full_url: of the entry; empty where there is none.
        type, id: what the entry becomes.
        old_id: the id its resource came with; empty where it has none.
    """
    target = f"{type}/{id}".encode()
    addresses: dict[bytes, bytes] = {}
    if full_url:
        addresses[full_url.encode()] = target
    # A relative reference means "below the same base as my own fullUrl", so it means the entry that stands there.
    if old_id and full_url.endswith(f"/{type}/{old_id}") and old_id != id:
        addresses[f"{type}/{old_id}".encode()] = target
    return addresses
