"""OBR, OBX, SPM, NTE in results: DiagnosticReport, Observation, Specimen."""

from __future__ import annotations

from minkang.exchange.hl7v2.attachments import attachment, text_attachment
from minkang.exchange.hl7v2.conversion import MENTION, REGISTRATION, Conversion
from minkang.exchange.hl7v2.datatypes import (
    V2,
    Json,
    concept,
    entity,
    kept,
    organization_reference,
    person_reference,
    tables,
    uri_part,
)
from minkang.exchange.hl7v2.immunizations import dose_observation
from minkang.exchange.hl7v2.parsing import Segment
from minkang.exchange.hl7v2.values import LOINC, Reading, reference_range, value_of
from minkang.exchange.message import Draft

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
RESULTS = {"ORU", "OUL"}
WITHDRAWN = {"D", "W"}
PRESSURE, PANEL = {"8480-6", "8462-4"}, "85354-9"
ATTACHED = {"ED", "RP"}
DONE = {"final", "corrected", "amended"}


def report(c: Conversion, one: Segment) -> None:
    """An OBR of a result message: the report, whose number is the filler's."""
    order = c.order
    filler = one.get(3) or (order.get(3) if order else "")
    placer = one.get(2) or (order.get(2) if order else "")
    number = filler or placer
    code = c.coded("laboratory", one.first(4)) or {"text": "-"}
    if not number:
        number = f"{c.key}/{one.ordinal}"
        c.note("HL7-028", one.where(3))
    if c.count(f"report/{number}") > 1:
        number = f"{number}/{uri_part(one.get(4) or str(one.ordinal))}"
    c.prefix = f"report/{number}"
    state = "unknown" if not one.get(25) else c.mapped("report_status", one, 25, "unknown")
    numbers = [entity(one.first(2), c.sender, "PLAC"), entity(one.first(3), c.sender, "FILL")]
    body = kept(
        identifier=[part for part in numbers if part],
        basedOn=[c.ref("ServiceRequest", f"order/{placer}") | kept(identifier=numbers[0])] if placer else None,
        status=state,
        category=_section(one),
        code=code,
        subject=c.subject,
        encounter=c.encounter,
        effectiveDateTime=c.when(one, 7),
        issued=_instant(c, one, 22),
        performer=_performers(c, one),
        resultsInterpreter=[part for part in (person_reference(who.subs(1), c.sender) for who in one.all(32)) if part],
    )
    c.parts["report"] = c.add("DiagnosticReport", c.prefix, body, REGISTRATION)
    c.parts.pop("observation", None)
    c.parts["noted"] = c.parts["report"]


def _instant(c: Conversion, one: Segment, field: int) -> str | None:
    found = c.when(one, field)
    return found if found and "T" in found else None


def _section(one: Segment) -> list[Json] | None:
    code = one.get(24).upper()
    return [{"coding": [{"system": V2 + "0074", "code": code}]}] if code in tables()["diagnostic_service"] else None


def _performers(c: Conversion, one: Segment) -> list[Json]:
    found = [person_reference(part.subs(1), c.sender) for part in one.all(34)]
    return [part for part in found if part]


def obx(c: Conversion, one: Segment) -> None:
    """One observation; ED and RP in a report are its presented form."""
    document = c.parts.get("document")
    if document is not None and c.code == "MDM":
        _into_document(c, one, document)
        return
    kind = one.get(2).upper()
    if not c.patient:
        c.note("HL7-024", one.where())
        return
    if c.code == "VXU" and dose_observation(c, one):
        return
    report_body = c.parts.get("report")
    if kind in ATTACHED and report_body is not None:
        shown = [attachment(c, one, part, kind) for part in one.all(5)]
        report_body.setdefault("presentedForm", []).extend(part for part in shown if part)
        if not report_body["presentedForm"]:
            del report_body["presentedForm"]
        return
    _observation(c, one, kind)


def _into_document(c: Conversion, one: Segment, document: Json) -> None:
    """ED and RP are contents of their own; words of several OBX are one."""
    kind = one.get(2).upper()
    found: list[Json] = []
    for part in one.all(5):
        if kind in ATTACHED:
            found.append(attachment(c, one, part, kind))
        else:
            lines = c.parts.setdefault("lines", {"all": []})["all"]
            lines.append(part.whole() if len(part) == 1 else part.shown())
    contents = document["content"]
    for said in found:
        if said.keys() - {"title", "contentType"}:
            if contents[-1]["attachment"].keys() <= {"title", "contentType"}:
                contents.pop()
            contents.append({"attachment": said})


def finish_document(c: Conversion) -> None:
    """The words of a document, when all have been read."""
    document, lines = c.parts.get("document"), c.parts.get("lines")
    if document is None or lines is None:
        return
    contents = document["content"]
    title = contents[0]["attachment"].get("title", "")
    if contents[-1]["attachment"].keys() <= {"title", "contentType"}:
        contents.pop()
    contents.append({"attachment": text_attachment("\n".join(lines["all"]), title)})


def _observation(c: Conversion, one: Segment, kind: str) -> None:
    code = c.coded("laboratory", one.first(3)) or {"text": "-"}
    if kind == "NM" and any(part["code"] in PRESSURE for part in code.get("coding", ())):
        _pressure(c, one, code)
        return
    key = _key(c, one)
    marks = one.get(11).upper()
    state = c.mapped("result_status", one, 11, "unknown") if marks else _unsaid(c)
    reading = Reading(c, one, code)
    body = kept(
        identifier=[entity(one.first(21), c.sender)] if one.get(21) else None,
        status=state,
        category=_category(c, code),
        code=code,
        subject=c.subject,
        encounter=c.encounter,
        effectiveDateTime=c.when(one, 14) or c.parts.get("report", {}).get("effectiveDateTime"),
        issued=_instant(c, one, 19),
        performer=_observers(c, one),
        **_values(c, one, kind, reading, code),
        interpretation=[c.coded("interpretation", part) for part in one.all(8)],
        bodySite=concept(one.first(20), c.sender),
        method=concept(one.first(17), c.sender),
        specimen=c.parts.get("specimen_ref"),
        referenceRange=reference_range(reading, one.first(7).whole()),
    )
    withdrawn = marks in WITHDRAWN
    c.parts["observation"] = c.parts["noted"] = c.add("Observation", key, body, _authority(c), withdrawn)
    if not withdrawn:
        _link(c, key)


def _pressure(c: Conversion, one: Segment, code: Json) -> None:
    """Systolic and diastolic are one observation of two components (FHIR vital signs profile)."""
    inside = c.prefix or f"{c.visit or c.patient}/at/{one.get(14) or c.at}"
    turn = c.count(f"{inside}/{code['coding'][0]['code']}/{one.get(4)}")
    key = f"{inside}/obx/{PANEL}" + (f"/{one.get(4)}" if one.get(4) else "") + (f"#{turn}" if turn > 1 else "")
    withdrawn = one.get(11).upper() in WITHDRAWN
    component = {"code": code} | _values(c, one, "NM", Reading(c, one, code), code)
    known = c.drafts.get(("Observation", key))
    if known is not None:
        known.body["component"].append(component)
        return
    body = kept(
        status=c.mapped("result_status", one, 11, "unknown") if one.get(11) else _unsaid(c),
        category=[{"coding": [{"system": CATEGORY, "code": "vital-signs"}]}],
        code={"coding": [{"system": LOINC, "code": PANEL}], "text": "血压"},
        subject=c.subject,
        encounter=c.encounter,
        effectiveDateTime=c.when(one, 14) or c.parts.get("report", {}).get("effectiveDateTime"),
        performer=_observers(c, one),
        component=[component],
    )
    c.parts["observation"] = c.parts["noted"] = c.add("Observation", key, body, _authority(c), withdrawn)
    if not withdrawn:
        _link(c, key)


def _authority(c: Conversion) -> int:
    return REGISTRATION if c.code in RESULTS else MENTION


def _unsaid(c: Conversion) -> str:
    """The status of a result whose OBX-11 is empty: its report's."""
    said = c.parts.get("report", {}).get("status", "")
    return said if said in {"final", "preliminary", "corrected", "amended", "registered"} else "unknown"


def _key(c: Conversion, one: Segment) -> str:
    """An observation is known by its code and sub-id inside its report (v2.8, 7.4.2.3), or by its own number."""
    if own := one.get(21):
        return f"observation/{uri_part(own)}"
    inside = c.prefix or f"{c.visit or c.patient}/at/{one.get(14) or c.at}"
    said = one.get(3) or one.get(3, 2) or str(one.ordinal)
    key = f"{inside}/obx/{uri_part(said)}" + (f"/{one.get(4)}" if one.get(4) else "")
    turn = c.count(key)
    return key if turn == 1 else f"{key}#{turn}"


def _category(c: Conversion, code: Json) -> list[Json] | None:
    vital = any(part["code"] in tables()["vital_signs"] for part in code.get("coding", ()))
    section = next((part["coding"][0]["code"] for part in c.parts.get("report", {}).get("category", ())), "")
    said = (
        "vital-signs"
        if vital
        else tables()["diagnostic_service"].get(section, "laboratory" if c.code in RESULTS else "")
    )
    return [{"coding": [{"system": CATEGORY, "code": said}]}] if said else None


def _values(c: Conversion, one: Segment, kind: str, reading: Reading, code: Json) -> Json:
    """The value; of several repetitions texts are joined by lines, others become components."""
    parts = one.all(5)
    found = [said for said in (value_of(reading, kind, part) for part in parts) if said]
    if len(found) <= 1:
        return found[0] if found else {}
    if all("valueString" in said for said in found):
        return {"valueString": "\n".join(said["valueString"] for said in found)}
    return {"component": [{"code": code} | said for said in found]}


def _observers(c: Conversion, one: Segment) -> list[Json]:
    found = [person_reference(part, c.sender) for part in one.all(16)]
    found.append(organization_reference(one.first(23), c.sender))
    return [part for part in found if part]


def _link(c: Conversion, key: str) -> None:
    """The report lists its results; an order the findings it was made on."""
    target, element = c.parts.get("report"), "result"
    if target is None and c.code not in RESULTS:
        target, element = c.parts.get("request"), "supportingInfo"
    if target is not None:
        target.setdefault(element, []).append(c.ref("Observation", key))


def spm(c: Conversion, one: Segment) -> None:
    """A specimen, of the report or order before it, or in OUL of those behind it."""
    if not c.patient:
        return
    own = one.first(2)
    number = own.get(1) or own.get(2) or f"{c.prefix or c.key}/{one.ordinal}"
    taken = one.first(17)
    key = f"specimen/{uri_part(number)}"
    made = c.when(one, 17)
    c.add(
        "Specimen",
        key,
        kept(
            identifier=[kept(system=f"urn:minkang:id:{c.sender}:specimen", value=number)] if own else None,
            type=concept(one.first(4), c.sender),
            subject=c.subject,
            receivedTime=c.when(one, 18),
            collection=kept(
                collectedDateTime=made if made and not taken.get(2) else None,
                collectedPeriod=kept(start=made, end=c.when(one, 17, 2)) if taken.get(2) else None,
                method=concept(one.first(7), c.sender),
                bodySite=concept(one.first(8), c.sender),
            ),
            condition=[concept(part, c.sender) for part in one.all(24)],
        ),
        MENTION,
    )
    said = c.ref("Specimen", key)
    target = c.parts.get("report") if c.code in RESULTS else c.parts.get("request")
    if target is not None:
        listed = target.setdefault("specimen", [])
        if said not in listed:
            listed.append(said)
    else:
        c.parts["specimen_ref"] = said


def nte(c: Conversion, one: Segment) -> None:
    """Words about the segment before: a note, or a report's conclusion."""
    text = "\n".join(part.whole() for part in one.all(3))
    body = c.parts.get("noted")
    if not text:
        return
    if body is None:
        c.note("HL7-020", one.where(), segment="NTE", event=c.event)
    elif body["resourceType"] == "DiagnosticReport":
        body["conclusion"] = "\n".join(filter(None, (body.get("conclusion"), text)))
    elif body["resourceType"] == "Appointment":
        body["comment"] = "\n".join(filter(None, (body.get("comment"), text)))
    elif body["resourceType"] == "DocumentReference":
        body["description"] = "\n".join(filter(None, (body.get("description"), text)))
    else:
        body.setdefault("note", []).append({"text": text})


def finish_reports(c: Conversion) -> None:
    """What a report is can be said when its results are known.

    One that is cancelled with all its results deleted was an error and is withdrawn with them; one that says no status
    (OBR-25) is final when all its results are.
    """
    results: dict[str, list[Draft]] = {}
    for (kind, key), draft in c.drafts.items():
        if kind == "Observation":
            results.setdefault(key.partition("/obx/")[0], []).append(draft)
    for (kind, key), draft in c.drafts.items():
        mine = results.get(key, [])
        if kind != "DiagnosticReport" or not mine:
            continue
        if draft.body["status"] == "cancelled":
            draft.withdrawn = all(one.withdrawn for one in mine)
        elif draft.body["status"] == "unknown" and all(one.body["status"] in DONE for one in mine):
            draft.body["status"] = "final"
