"""The person whom a document is about: recordTarget to Patient and back."""

from __future__ import annotations

import hashlib
from typing import Any

from minkang.codes.translator import Translator
from minkang.errors import Fault
from minkang.exchange.cda.parsing import Node
from minkang.exchange.cda.values import Said, number, time

OID = "2.16.156.10011.1."
ID_CARD, HEALTH_RECORD, HEALTH_CARD, CASE_NUMBER = f"{OID}3", f"{OID}2", f"{OID}19", f"{OID}13"
OUTPATIENT, INPATIENT = f"{OID}11", f"{OID}12"
OF_PERSON = (CASE_NUMBER, HEALTH_RECORD, HEALTH_CARD, ID_CARD)
ADDRESS_PARTS = ("state", "city", "county", "township", "streetName", "houseNumber")
KIND_OF_ADDRESS = "urn:minkang:extension:address-kind"
NATION = "urn:minkang:extension:nation"
NATIONALITY = "urn:minkang:extension:nationality"
OCCUPATION = "urn:minkang:extension:occupation"
EMPLOYER = "urn:minkang:extension:employer"
PLACES = {"birthplace": "birth", "household": "household", "nativePlace": "native"}


def uri(root: str) -> str:
    """An OID as a FHIR system; another root as it is."""
    return f"urn:oid:{root}" if root[:1].isdigit() else root


def ids(role: Node) -> dict[str, str]:
    """Numbers of the person and of the thing described, by root; the first of each root."""
    found: dict[str, str] = {}
    patient = role.first("patient")
    for node in (*role.all("id"), *(patient.all("id") if patient else ())):
        if node.get("extension"):
            found.setdefault(node.get("root"), node.get("extension"))
    return found


def patient_key(numbers: dict[str, str], patient: dict[str, Any]) -> str:
    """The sender's own key of the person.

    Its own patient number where it sends one under a root that is no national one, else 病案号, health record, health
    card, ID card, outpatient and inpatient number; last, name with birth date.

    Raises:
        Fault: `CDA-011` where nothing tells who it is.
    """
    own = next((value for root, value in numbers.items() if not root.startswith(OID)), "")
    if own:
        return f"patient/{own}"
    for root in (*OF_PERSON, OUTPATIENT, INPATIENT):
        if numbers.get(root):
            prefix = "" if root == CASE_NUMBER else f"{root.rpartition('.')[2]}/"
            return f"patient/{prefix}{numbers[root]}"
    name = next((one.get("text", "") for one in patient.get("name", ())), "")
    if not name or not patient.get("birthDate"):
        raise Fault("CDA-011", "recordTarget")
    digest = hashlib.sha256(f"{name}|{patient['birthDate']}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"patient/name/{digest[:24]}"


def read_patient(role: Node, translator: Translator) -> dict[str, Any]:
    """The Patient resource without id."""
    body: dict[str, Any] = {"resourceType": "Patient"}
    patient = role.first("patient") or Node("patient", {}, "", role.line)
    extensions = _extensions(patient, translator)
    if extensions:
        body["extension"] = extensions
    numbers = [(root, value) for root, value in ids(role).items() if root in OF_PERSON or not root.startswith(OID)]
    if numbers:
        body["identifier"] = [
            {"system": uri(root), "value": value} if root else {"value": value} for root, value in numbers
        ]
    if name := patient.words("name"):
        body["name"] = [{"use": "official", "text": name}]
    if phones := [one.get("value").removeprefix("tel:") for one in role.all("telecom") if one.get("value")]:
        body["telecom"] = [{"system": "phone", "value": phone} for phone in phones]
    if gender := patient.first("administrativeGenderCode"):
        body["gender"] = translator.code("sex", gender.get("code"), gender.get("displayName")) or "unknown"
    if (birth := patient.first("birthTime")) and (day := time(birth.get("value"))[:10]):
        body["birthDate"] = day
    if addresses := _addresses(role, patient):
        body["address"] = addresses
    if (marital := patient.first("maritalStatusCode")) and (marital.get("code") or marital.get("displayName")):
        body["maritalStatus"] = translator.concept("marital", marital.get("code"), marital.get("displayName"))
    return body


def age(role: Node) -> dict[str, Any] | None:
    """The age that the document states, as a Quantity."""
    node = role.first("patient", "age")
    value = number(node.get("value")) if node else None
    if node is None or value is None:
        return None
    return {"value": value} | ({"unit": node.get("unit")} if node.get("unit") else {})


def _extensions(patient: Node, translator: Translator) -> list[dict[str, Any]]:
    found = []
    for path, url, map in ((("ethnicGroupCode",), NATION, "nation"), (("nationality",), NATIONALITY, ""),
                           (("occupation", "occupationCode"), OCCUPATION, "occupation")):  # fmt: skip
        node = patient.first(*path)
        if node is None or not (node.get("code") or node.get("displayName")):
            continue
        found.append(
            {"url": url}
            | _coded(Said("CD", node.get("code"), node.get("codeSystem"), node.get("displayName")), map, translator)
        )
    if employer := patient.words("employerOrganization", "name"):
        found.append({"url": EMPLOYER, "valueString": employer})
    return found


def _coded(one: Said, map: str, translator: Translator) -> dict[str, Any]:
    """One Coding, the national one where there is a map, as `valueCoding`."""
    if map:
        codings = translator.concept(map, one.code, one.display).get("coding", [])
        national = [coding for coding in codings if not coding["system"].startswith("urn:minkang:local:")]
        if national:
            return {"valueCoding": national[0]}
    system = {"system": uri(one.system)} if one.system else {}
    return {
        "valueCoding": system
        | ({"code": one.code} if one.code else {})
        | ({"display": one.display} if one.display else {})
    }


def _addresses(role: Node, patient: Node) -> list[dict[str, Any]]:
    found = [made for one in role.all("addr") if (made := read_address(one, "home"))]
    for name, kind in PLACES.items():
        place = patient.first(name, "place", "addr")
        if place is not None and (made := read_address(place, kind)):
            found.append(made)
    work = patient.first("employerOrganization", "addr")
    if work is not None and (made := read_address(work, "work")):
        found.append(made)
    return found


def read_address(node: Node, kind: str) -> dict[str, Any]:
    """An Address; parts as sent and the whole as text. Empty where nothing is said."""
    parts = {name: node.words(name) for name in ADDRESS_PARTS}
    parts["houseNumber"] = parts["houseNumber"] or node.words("houserNumber")  # a template in wide use misspells it
    body: dict[str, Any] = {}
    if kind in {"home", "work"}:
        body["use"] = kind
    else:
        body["extension"] = [{"url": KIND_OF_ADDRESS, "valueCode": kind}]
    if text := "".join(parts[name] for name in ADDRESS_PARTS) or node.text:
        body["text"] = text
    lines = [parts[name] for name in ("township", "streetName", "houseNumber") if parts[name]]
    places = {"line": lines, "city": parts["city"], "district": parts["county"], "state": parts["state"],
              "postalCode": node.words("postalCode")}  # fmt: skip
    body |= {name: value for name, value in places.items() if value}
    return body if len(body) > 1 else {}
