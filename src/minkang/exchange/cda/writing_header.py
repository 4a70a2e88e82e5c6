"""The header of a document from Patient, Encounter and Composition: the inverse of `header` and `identity`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from minkang.exchange.cda import identity
from minkang.exchange.cda.catalogue import DOCUMENT_CODES, DocumentType
from minkang.exchange.cda.drafting import AGE, SET, SIGNED_AS, VERSION
from minkang.exchange.cda.header import DEPARTMENT, INSTITUTION
from minkang.exchange.cda.markup import chosen, oid, shown_number, staff, tag, words
from minkang.exchange.cda.values import stamp

Resource = Mapping[str, Any]
NOBODY = {"display": "-"}
"""The author of a document that names none: a Composition must have one."""
TITLES = {
    "2.16.156.10011.2.3.3.4": "生理性别代码表(GB/T 2261.1)", "2.16.156.10011.2.3.3.5": "婚姻状况代码表(GB/T 2261.2)",
    "2.16.156.10011.2.3.3.3": "民族类别代码表(GB 3304)",
}  # fmt: skip
GENDERS = {
    "male": ("1", "男性"),
    "female": ("2", "女性"),
    "unknown": ("0", "未知的性别"),
    "other": ("9", "未说明的性别"),
}


def extension(resource: Resource, url: str) -> Any:
    """The value of an extension; None where there is none."""
    for one in resource.get("extension", ()):
        if one.get("url") == url:
            return next((value for name, value in one.items() if name.startswith("value")), None)
    return None


def header(
    kind: DocumentType, composition: Resource, patient: Resource, encounter: Resource, numbers: Mapping[str, str]
) -> str:
    """Everything before the body.

    Args:
        numbers: business numbers by OID (prescription, report) that the patient role carries.
    """
    number = composition.get("identifier", {})
    system = oid(str(number.get("system", ""))) or identity.OID + "1"
    secrecy = str(composition.get("confidentiality", ""))
    return "".join((
        tag("realmCode", {"code": "CN"}),
        tag("typeId", {"root": "2.16.840.1.113883.1.3", "extension": "POCD_MT000040"}),
        tag("templateId", {"root": kind.template}),
        tag("id", {"root": system, "extension": str(number.get("value", ""))}),
        tag("code", {"code": kind.code, "codeSystem": DOCUMENT_CODES,
        "codeSystemName": "卫生信息共享文档规范编码体系"}),
        tag("title", None, words(str(composition.get("title") or kind.zh))),
        tag("effectiveTime", {"value": stamp(str(composition.get("date", "")))}),
        tag("confidentialityCode", {"code": secrecy, "codeSystem": "2.16.840.1.113883.5.25"}) if secrecy else "",
        tag("languageCode", {"code": "zh-CN"}),
        tag("setId", {"extension": str(extension(composition, SET) or "")}),
        tag("versionNumber", {"value": str(extension(composition, VERSION) or "")}),
        _target(patient, encounter, composition, numbers), _author(composition), _keeper(composition),
        *_signatures(composition), *_contacts(patient), *_replaced(composition), _visit(encounter),
    ))  # fmt: skip


def visit_number(encounter: Resource) -> tuple[str, str]:
    """Root and value of the number of the visit; both empty where it has none."""
    for one in encounter.get("identifier", ()):
        return oid(str(one.get("system", ""))), str(one.get("value", ""))
    return "", ""


def _target(patient: Resource, encounter: Resource, composition: Resource, numbers: Mapping[str, str]) -> str:
    said = [(oid(str(one.get("system", ""))), str(one.get("value", ""))) for one in patient.get("identifier", ())]
    root, number = visit_number(encounter)
    if root in {identity.OUTPATIENT, identity.INPATIENT}:
        said.append((root, number))
    said += numbers.items()
    ids = [tag("id", {"root": where, "extension": value}) for where, value in said if where != identity.ID_CARD]
    cards = [tag("id", {"root": where, "extension": value}) for where, value in said if where == identity.ID_CARD]
    addresses = patient.get("address", ())
    home = [address(one, "H") for one in addresses if one.get("use") == "home"]
    phones = [tag("telecom", {"value": str(one.get("value", ""))}) for one in patient.get("telecom", ())]
    person = _person(patient, addresses, cards, extension(composition, AGE))
    role = tag("patientRole", {"classCode": "PAT"}, *ids, *home, *phones, person)
    return tag("recordTarget", {"typeCode": "RCT", "contextControlCode": "OP"}, role)


def _person(patient: Resource, addresses: Iterable[Resource], cards: list[str], age: Any) -> str:
    name = next((str(one.get("text", "")) for one in patient.get("name", ())), "")
    code, shown = GENDERS.get(str(patient.get("gender", "")), ("", ""))
    parts = [*cards, tag("name", None, words(name)) if name else ""]
    if code:
        parts.append(
            _code(
                "administrativeGenderCode", {"code": code, "codeSystem": "2.16.156.10011.2.3.3.4", "displayName": shown}
            )
        )
    if birth := str(patient.get("birthDate", "")):
        parts.append(tag("birthTime", {"value": stamp(birth)}))
    if marital := patient.get("maritalStatus"):
        parts.append(_code("maritalStatusCode", chosen(marital, None)))
    for url, name_, wrapped in ((identity.NATION, "ethnicGroupCode", ""), (identity.NATIONALITY, "nationality", ""),
                                (identity.OCCUPATION, "occupationCode", "occupation")):  # fmt: skip
        if one := extension(patient, url):
            made = _code(name_, chosen({"coding": [one]}, None))
            parts.append(tag(wrapped, None, made) if wrapped else made)
    if isinstance(age, dict):
        parts.append(tag("age", {"value": shown_number(age.get("value", "")), "unit": str(age.get("unit", ""))}))
    parts += _places(patient, addresses)
    return tag("patient", {"classCode": "PSN", "determinerCode": "INSTANCE"}, *parts)


def _places(patient: Resource, addresses: Iterable[Resource]) -> list[str]:
    parts = []
    for name, kind in identity.PLACES.items():
        for one in addresses:
            if extension(one, identity.KIND_OF_ADDRESS) == kind:
                parts.append(tag(name, None, tag("place", None, address(one, ""))))
    employer = str(extension(patient, identity.EMPLOYER) or "")
    work = [address(one, "WP") for one in addresses if one.get("use") == "work"]
    if employer or work:
        parts.append(tag("employerOrganization", None, tag("name", None, words(employer)), *work))
    return parts


def _code(name: str, attributes: Mapping[str, str]) -> str:
    return tag(name, {**attributes, "codeSystemName": TITLES.get(attributes["codeSystem"], "")})


def address(one: Resource, use: str) -> str:
    """An `addr`: its parts where it has them, else its text."""
    lines = [str(line) for line in one.get("line", ())]
    named = {"state": one.get("state"), "city": one.get("city"), "county": one.get("district")}
    names = ("township", "streetName", "houseNumber")
    if len(lines) == 2:
        names = ("township", "houseNumber", "")
    named |= dict(zip(names, [*lines[:2], "".join(lines[2:])], strict=False))
    named["postalCode"] = one.get("postalCode")
    parts = [tag(name, None, words(str(value))) for name, value in named.items() if name and value]
    return tag("addr", {"use": use}, *(parts or [words(str(one.get("text", "")))]))


def _author(composition: Resource) -> str:
    who: Resource = next(iter(composition.get("author", ())), {})
    start = next((one.get("period", {}).get("start", "") for one in composition.get("event", ())), "")
    if who in (composition.get("custodian", {}), NOBODY):
        who = {}
    return tag(
        "author",
        {"typeCode": "AUT", "contextControlCode": "OP"},
        tag("time", {"value": stamp(str(start))}),
        staff(who, "assignedAuthor"),
    )


def institution(reference: Resource) -> str:
    """Number and name of an institution."""
    number, name = str(reference.get("identifier", {}).get("value", "")), str(reference.get("display", ""))
    return (tag("id", {"root": INSTITUTION, "extension": number}) if number else "") + (
        tag("name", None, words(name)) if name else ""
    )


def _keeper(composition: Resource) -> str:
    inner = tag("representedCustodianOrganization", None, institution(composition.get("custodian", {})))
    return tag("custodian", {"typeCode": "CST"}, tag("assignedCustodian", None, inner))


def _signatures(composition: Resource) -> list[str]:
    found = []
    for one in composition.get("attester", ()):
        name = "legalAuthenticator" if one.get("mode") == "legal" else "authenticator"
        role = str(extension(one, SIGNED_AS) or "")
        found.append(
            tag(
                name,
                None,
                tag("time", {"value": stamp(str(one.get("time", "")))}),
                "<signatureCode/>",
                staff(one.get("party", {}), "assignedEntity", role),
            )
        )
    return sorted(found, key=lambda it: not it.startswith("<legal"))


def _contacts(patient: Resource) -> list[str]:
    found = []
    for one in patient.get("contact", ()):
        kinship = next(iter(one.get("relationship", ())), None)
        parts = [_code("code", chosen(kinship, None))] if kinship else []
        if place := one.get("address"):
            parts.append(address(place, "H"))
        parts += [tag("telecom", {"value": str(it.get("value", ""))}) for it in one.get("telecom", ())[:1]]
        if name := one.get("name", {}).get("text"):
            parts.append(tag("associatedPerson", None, tag("name", None, words(str(name)))))
        found.append(tag("participant", {"typeCode": "NOT"}, tag("associatedEntity", {"classCode": "ECON"}, *parts)))
    return found


def _replaced(composition: Resource) -> list[str]:
    return [
        tag("relatedDocument", {"typeCode": "RPLC"}, tag("parentDocument", None, tag("id", {
            "root": oid(str(one.get("targetIdentifier", {}).get("system", ""))),
            "extension": str(one.get("targetIdentifier", {}).get("value", "")),
        })))
        for one in composition.get("relatesTo", ()) if one.get("code") == "replaces"
    ]  # fmt: skip


def _visit(encounter: Resource) -> str:
    if not encounter:
        return ""
    root, number = visit_number(encounter)
    own = number and root not in {identity.OUTPATIENT, identity.INPATIENT}
    period = encounter.get("period", {})
    way = encounter.get("hospitalization", {}).get("admitSource")
    department = str(encounter.get("serviceType", {}).get("text", ""))
    places = [(DEPARTMENT, "", department)] if department else []
    for one in encounter.get("location", ()):
        said = one.get("location", {})
        where = said.get("identifier", {})
        places.append((oid(str(where.get("system", ""))), str(where.get("value", "")), str(said.get("display", ""))))
    chain = ""
    for where, value, name in reversed(places):
        whole = tag(
            "wholeOrganization",
            None,
            tag("id", {"root": where, "extension": value}),
            tag("name", None, words(name)) if name else "",
            chain,
        )
        chain = tag("asOrganizationPartOf", {"classCode": "PART"}, whole)
    facility = (
        tag("location", None, tag("healthCareFacility", None, tag("serviceProviderOrganization", None, chain)))
        if chain
        else ""
    )
    inner = tag(
        "encompassingEncounter", {"classCode": "ENC", "moodCode": "EVN"},
        tag("id", {"root": root, "extension": number}) if own else "", _code("code", chosen(way, None)) if way else "",
        tag("effectiveTime", None, *(tag(name, {"value": stamp(str(period.get(key, "")))}) for name,
        key in (("low", "start"), ("high", "end")) if period.get(key))),
        facility,
    )  # fmt: skip
    return tag("componentOf", None, inner)
