"""XML by hand: tags, and the values of entries as CDA writes them. Everything that comes from records is escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from minkang.exchange.cda.catalogue import Element
from minkang.exchange.cda.values import stamp

_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
)
_PLAIN = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
ICD10, OPERATIONS = "http://hl7.org/fhir/sid/icd-10", "urn:oid:2.16.156.10011.2.3.3.12"


def words(text: str) -> str:
    """Text of an element; characters that XML cannot hold are left out."""
    return _UNFIT.sub("", text).translate(_PLAIN)


def tag(name: str, attributes: Mapping[str, str] | None = None, *inner: str) -> str:
    """An element; attributes without a value are left out. `inner` is XML already."""
    said = "".join(
        f' {key}="{_UNFIT.sub("", value).translate(_ESCAPES)}"' for key, value in (attributes or {}).items() if value
    )
    body = "".join(inner)
    return f"<{name}{said}>{body}</{name}>" if body else f"<{name}{said}/>"


def oid(system: str) -> str:
    """A FHIR system as CDA names it."""
    return system.removeprefix("urn:oid:")


def chosen(concept: Mapping[str, Any], element: Element | None) -> dict[str, str]:
    """The coding that stands for a concept in a document: the sender's own where there is one, else the
    national one."""
    codings = concept.get("coding") or [{}]
    national = f"urn:oid:{element.set}" if element and element.set else ""
    one = next((it for it in codings if national and str(it.get("system", "")).startswith(national)), codings[0])
    local = next((it for it in codings if str(it.get("system", "")).startswith("urn:minkang:local:")), None)
    one = local or one
    system = oid(str(one.get("system", "")))
    if element is not None and element.map:
        system = element.set
    as_sent = local is not None or (element is not None and not element.map and bool(one))
    display = one.get("display") if as_sent else concept.get("text") or one.get("display")
    return {"code": str(one.get("code", "")), "codeSystem": system, "displayName": str(display or "")}


def shown_number(value: Any) -> str:
    """A number without an exponent."""
    return f"{value:.10f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def value_of(found: Any, element: Element) -> str:
    """The `value` element of an entry, of the element's type; the inverse of `values.fhir_value`."""
    kind = {"xsi:type": element.type}
    if element.type in {"CD", "BL", "TS"}:
        said = {"value": "true" if found else "false"} if element.type == "BL" else {"value": stamp(str(found))}
        return tag("value", kind | (chosen(found, element) if element.type == "CD" else said))
    if element.type == "PQ":
        return tag(
            "value",
            kind
            | {
                "value": shown_number(found.get("value", "")),
                "unit": str(found.get("unit") or found.get("code") or ""),
            },
        )
    if element.type == "MO":
        return tag("value", kind | {"value": shown_number(found.get("value", "")), "currency": "元"})
    if element.type in {"INT", "REAL"}:
        return tag("value", kind | {"value": shown_number(found)})
    return tag("value", kind, words(str(found)))


def value_as_it_is(body: Mapping[str, Any]) -> str:
    """The `value` element of an Observation without an element; the inverse of `values.observation_value`."""
    if (concept := body.get("valueCodeableConcept")) is not None:
        return tag("value", {"xsi:type": "CD"} | chosen(concept, None))
    if (amount := body.get("valueQuantity")) is not None:
        unit = str(amount.get("unit") or amount.get("code") or "")
        return tag(
            "value",
            {"xsi:type": "PQ" if unit else "REAL", "value": shown_number(amount.get("value", "")), "unit": unit},
        )
    for name, kind in (("valueBoolean", "BL"), ("valueInteger", "INT"), ("valueDateTime", "TS")):
        if name in body:
            said = body[name]
            text = str(said).lower() if kind == "BL" else stamp(str(said)) if kind == "TS" else str(said)
            return tag("value", {"xsi:type": kind, "value": text})
    return tag("value", {"xsi:type": "ST"}, words(str(body.get("valueString", ""))))


def observation(code: Mapping[str, str], value: str, qualifier: str = "", at: str = "", *more: str) -> str:
    """An observation with its code, its time as FHIR writes it, and its value."""
    qualified = tag("qualifier", None, tag("name", {"displayName": qualifier})) if qualifier else ""
    when = tag("effectiveTime", {"value": stamp(at)}) if at else ""
    return tag("observation", {"classCode": "OBS", "moodCode": "EVN"}, tag("code", code, qualified), when, value, *more)


def element_code(element: Element) -> dict[str, str]:
    """The code of an entry for an element."""
    return {"code": element.code, "codeSystem": element.system, "displayName": element.zh}


def staff(reference: Mapping[str, Any], outer: str, role: str = "", person: str = "assignedPerson") -> str:
    """An assigned entity of a logical reference."""
    number = str(reference.get("identifier", {}).get("value", ""))
    name = str(reference.get("display", ""))
    return tag(
        outer, None, tag("id", {"root": "2.16.156.10011.1.4", "extension": number}) if number else "",
        tag("code", {"displayName": role}) if role else "", tag(person, None, tag("name", None,
        words(name))) if name else "",
    )  # fmt: skip
