"""The second opinion on extraction: keys of a resource by the FHIRPath evaluator, over plain JSON."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from minkang.fhir.path import collect
from minkang.fhir.path.items import Item
from minkang.fhir.search import dates
from minkang.fhir.search.keys import Dates, Keys, Number, Reference, Text, Token, Uri
from minkang.fhir.search.parameters import Branch, branches_of, identifier_branch, of_type_branch, searchable_types
from minkang.fhir.search.text import fold

INFINITY = Decimal("Infinity")
INDEXED = {
    "tokens": "boolean string code id uri url canonical oid Coding CodeableConcept ContactPoint Identifier",
    "references": "Reference canonical uri url " + " ".join(searchable_types()),
    "dates": "date dateTime instant Period Timing",
    "numbers": "integer decimal positiveInt unsignedInt Quantity Age Duration Money Range SampledData",
    "texts": "string markdown HumanName Address",
    "uris": "uri url canonical oid uuid",
}


def plain_keys(resource: dict[str, Any]) -> Keys:
    """All keys, in no particular order."""
    keys = Keys(resource["resourceType"])
    for branch in branches_of(resource["resourceType"]):
        for group, item in _items(branch, resource):
            for kind in branch.kinds:
                if item.type and item.type not in INDEXED[kind].split():
                    continue
                ADD[kind](keys, branch.id, item, group)
    return keys.squeeze()


def _items(branch: Branch, resource: dict[str, Any]) -> list[tuple[int, Item]]:
    if not branch.grouped:
        return [(0, item) for item in collect(branch.expression, resource)]
    head, name, rest = branch.expression.split(".", 2)
    return [
        (group, item)
        for group, outer in enumerate(collect(f"{head}.{name}", resource), 1)
        for item in collect(rest, outer)
    ]


def _tokens(keys: Keys, branch: int, item: Item, group: int) -> None:
    value = item.value
    if isinstance(value, bool):
        keys.tokens.append(Token(branch, "", str(value).lower(), group, ""))
    elif isinstance(value, str):
        keys.tokens.append(Token(branch, "", value, group, ""))
    elif item.type == "Coding":
        keys.tokens.append(
            Token(branch, value.get("system", ""), value.get("code", ""), group, value.get("display", ""))
        )
    elif item.type == "CodeableConcept":
        codings = value.get("coding", [])
        for one in codings:
            _tokens(keys, branch, Item(one, "Coding"), group)
        if "text" in value and value["text"] not in [one.get("display", "") for one in codings]:
            keys.tokens.append(Token(branch, "", "", group, value["text"]))
    elif item.type == "ContactPoint" and "value" in value:
        keys.tokens.append(Token(branch, value.get("system", ""), value["value"], group, ""))
    elif item.type == "Identifier" and "value" in value:
        type = value.get("type", {})
        keys.tokens.append(Token(branch, value.get("system", ""), value["value"], group, type.get("text", "")))
        for one in type.get("coding", []):
            if "code" in one:
                code = f"{one['code']}|{value['value']}"
                keys.tokens.append(Token(of_type_branch(branch), one.get("system", ""), code, group, ""))


def _references(keys: Keys, branch: int, item: Item, group: int) -> None:
    value = item.value
    if isinstance(value, str):
        keys.references += [Reference(branch, one, group) for one in {value: 0, value.split("|")[0]: 0}]
    elif isinstance(value, dict) and "resourceType" in value:
        if "id" in value:
            keys.references.append(Reference(branch, f"{value['resourceType']}/{value['id']}", group))
    elif isinstance(value, dict):
        address = value.get("reference", "#")
        if not address.startswith("#"):
            keys.references.append(Reference(branch, address.split("/_history/")[0], group))
        identifier = value.get("identifier", {})
        if "value" in identifier:
            text = identifier.get("type", {}).get("text", "")
            system = identifier.get("system", "")
            keys.tokens.append(Token(identifier_branch(branch), system, identifier["value"], group, text))


def _dates(keys: Keys, branch: int, item: Item, group: int) -> None:
    found = _stretches(item.value)
    if found:
        keys.dates.append(Dates(branch, min(low for low, _ in found), max(high for _, high in found), group))


def _stretches(value: Any) -> list[tuple[datetime, datetime]]:
    if isinstance(value, str):
        return [dates.stretch(value)]
    if value is None:
        return []
    if "start" in value or "end" in value:
        low = dates.stretch(value["start"])[0] if "start" in value else dates.BEGINNING
        high = dates.stretch(value["end"])[1] if "end" in value else dates.END
        return [(low, high)]
    bounds = value.get("repeat", {}).get("boundsPeriod")
    return [one for part in [*value.get("event", []), *([bounds] if bounds else [])] for one in _stretches(part)]


def _numbers(keys: Keys, branch: int, item: Item, group: int) -> None:
    value = item.value
    if isinstance(value, int | Decimal):
        keys.numbers.append(Number(branch, Decimal(value), Decimal(value), "", "", group))
        return
    match item.type:
        case "Money":
            system = "urn:iso:std:iso:4217" if "currency" in value else ""
            ends, unit = (value["value"], value["value"]), {"system": system, "code": value.get("currency", "")}
        case "Range":
            low, high = (value.get(end, {}).get("value") for end in ("low", "high"))
            ends = (-INFINITY if low is None else low, INFINITY if high is None else high)
            unit = value.get("low") or value.get("high")
        case "SampledData":
            words = [Decimal(word) for word in value["data"].split() if word not in {"E", "U", "L"}]
            scaled = [value["origin"]["value"] + word * value.get("factor", 1) for word in words]
            ends, unit = (min(scaled), max(scaled)), value["origin"]
        case _:
            if "value" not in value:
                return
            ends, unit = (value["value"], value["value"]), value
            if "comparator" in value:
                ends = (-INFINITY, ends[1]) if value["comparator"] in {"<", "<="} else (ends[0], INFINITY)
    system, code, human = (unit.get(name, "") for name in ("system", "code", "unit"))
    keys.numbers.append(Number(branch, Decimal(ends[0]), Decimal(ends[1]), system, code or human, group))
    if code and human and code != human:
        keys.numbers.append(Number(branch, Decimal(ends[0]), Decimal(ends[1]), "", human, group))


def _texts(keys: Keys, branch: int, item: Item, group: int) -> None:
    value = item.value
    names = {
        "HumanName": "text family given prefix suffix",
        "Address": "text line city district state postalCode country",
    }
    if isinstance(value, str):
        parts = [value]
    elif value is None:
        return
    else:
        found = [value.get(name, []) for name in names[item.type].split()]
        parts = [part for each in found for part in (each if isinstance(each, list) else [each]) if part]
        if item.type == "HumanName" and not value.get("family", "a").isascii() and "text" not in value:
            parts.append(value["family"] + "".join(value.get("given", [])))
    keys.texts += [Text(branch, fold(part), part, group) for part in parts]


def _uris(keys: Keys, branch: int, item: Item, group: int) -> None:
    if item.value is not None:
        keys.uris.append(Uri(branch, item.value, group))
        if item.type == "canonical":
            keys.uris.append(Uri(branch, item.value.split("|")[0], group))


ADD = {
    "tokens": _tokens,
    "references": _references,
    "dates": _dates,
    "numbers": _numbers,
    "texts": _texts,
    "uris": _uris,
}
