"""What a conversion has found so far: drafts, notes, and what the next segment belongs to."""

from __future__ import annotations

from datetime import date
from typing import Any

from minkang.codes.translator import Translator
from minkang.exchange.hl7v2.datatypes import Json, coding_parts, kept, system_of
from minkang.exchange.hl7v2.parsing import Hl7Message, Repetition, Segment
from minkang.exchange.hl7v2.times import UNKNOWN, ZONE, date_time, day_of, instant, offset_of
from minkang.exchange.message import Draft, Note, Rank, reference

REGISTRATION, MENTION, MERGE = 2, 1, 3
MOST_NOTES = 200


class Conversion:
    """One message on its way to drafts.

    Attributes:
        code, event: of MSH-9.
        patient, visit: keys of the current Patient and Encounter, empty before there are any.
        order: the last ORC, with no detail yet in `order_open`.
        parts: the draft bodies that following segments add to, by role: `report`, `request`, `medication`, `specimen`,
            `document`, `immunization`, `observation`, `encounter`; `noted` is what an NTE is about. A PID empties them.
        appointment: the Appointment of a SIU, which stands before the patient.
        referral: the ServiceRequest of RF1, which stands before the patient too.
        unread: an RF1 that stood before the patient.
        early: providers (PRD) named before there was a referral.
    """

    def __init__(self, message: Hl7Message, sender: str, key: str, translator: Translator) -> None:
        self.message = message
        self.sender = sender
        self.key = key
        self.code, self.event = message.kind
        sent = message.head.get(7) or next((one.get(2) for one in message.named("EVN")), "")
        self.zone = offset_of(sent) or ZONE
        at = instant(sent, self.zone)
        self.at = at or UNKNOWN
        self.tie = f"{message.head.get(13)[:15]:0>15}{len(key):03d}{key}"
        self.translator = translator.of(sender, date.fromisoformat(day_of(sent) or "") if at and _whole(sent) else None)
        self.drafts: dict[tuple[str, str], Draft] = {}
        self.notes: list[Note] = []
        self.patient = ""
        self.visit = ""
        self.order: Segment | None = None
        self.order_open = False
        self.prefix = ""
        self.parts: dict[str, Json] = {}
        self.counts: dict[str, int] = {}
        self.appointment: Json | None = None
        self.referral: Json | None = None
        self.early: list[Segment] = []
        self.unread: Segment | None = None
        if at is None:
            self.note("HL7-021", "MSH-7", value=sent)

    def add(self, type: str, key: str, body: Json, authority: int = MENTION, withdrawn: bool = False) -> Json:
        """Put a draft beside the others; the same resource said twice becomes one, the later parts winning."""
        known = self.drafts.get((type, key))
        if known is not None:
            known.body.update(body)
            known.withdrawn = known.withdrawn or withdrawn
            known.rank = max(known.rank, Rank(authority, self.at, self.tie))
            return known.body
        whole: Json = {"resourceType": type}
        whole.update(body)
        self.drafts[type, key] = Draft(type, key, whole, Rank(authority, self.at, self.tie), withdrawn)
        return whole

    def ref(self, type: str, key: str) -> Json:
        """A reference to a resource of this sender."""
        return dict(reference(self.sender, type, key))

    @property
    def subject(self) -> Json:
        """The current patient."""
        return self.ref("Patient", self.patient)

    @property
    def encounter(self) -> Json | None:
        """The current visit; None where the message names none."""
        return self.ref("Encounter", self.visit) if self.visit else None

    def note(self, code: str, where: str, **params: Any) -> None:
        """Say what was not carried over or is doubtful; the first two hundred a message."""
        if len(self.notes) < MOST_NOTES:
            self.notes.append(Note(code, where, params))

    def when(self, segment: Segment, field: int, component: int = 1) -> str | None:
        """A FHIR dateTime; what is no time is noted."""
        text = segment.get(field, component)
        if not text:
            return None
        found = date_time(text, self.zone)
        if found is None:
            self.note("HL7-021", segment.where(field), value=text[:40])
        return found

    def day(self, segment: Segment, field: int) -> str | None:
        """A FHIR date; what is no time is noted."""
        found = self.when(segment, field)
        return found[:10] if found else None

    def coded(self, map: str, one: Repetition) -> Json:
        """CE, CWE as a CodeableConcept: the first coding through a map, the others as sent."""
        if not one.raw:
            return {}
        parts = coding_parts(one)
        text = one.get(9)
        if not parts:
            return kept(text=text)
        code, said, name = parts[0]
        uri = system_of(name, self.sender)
        local = uri.startswith("urn:minkang:local:")
        found = self.translator.concept(map, code, said, system="" if local else uri)
        for code, said, name in parts[1:]:
            coding = kept(system=system_of(name, self.sender) or f"urn:minkang:local:{self.sender}", code=code)
            if code and all(one.get("code") != code for one in found.get("coding", ())):
                found.setdefault("coding", []).append(coding | kept(display=said))
        if text:
            found["text"] = text
        return found

    def mapped(self, map: str, segment: Segment, field: int, default: str) -> str:
        """A required FHIR code by a map; what has no map becomes the default, is counted and noted."""
        text = segment.get(field)
        if not text:
            return default
        found = self.translator.code(map, text)
        if found is None:
            self.note("HL7-022", segment.where(field), value=text[:40], map=map)
        return found or default

    def count(self, what: str) -> int:
        """1 for the first, 2 for the second … of something in this message."""
        self.counts[what] = number = self.counts.get(what, 0) + 1
        return number


def _whole(text: str) -> bool:
    """Whether a time names at least a day."""
    return len(day_of(text) or "") == 10
