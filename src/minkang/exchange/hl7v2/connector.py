"""HL7 v2 messages as drafts: which segments of which messages are read, by what.

A message is read segment by segment; what a segment belongs to (patient, visit, order, report) is what came before it,
as its grammar says. So one table serves all message types, and what is not in it is noted by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from minkang.codes.translator import Translator
from minkang.errors import Fault
from minkang.exchange.hl7v2 import appointments, billing, clinical, documents, orders, patients, results, visits
from minkang.exchange.hl7v2.charsets import CODECS
from minkang.exchange.hl7v2.conversion import Conversion
from minkang.exchange.hl7v2.immunizations import rxa
from minkang.exchange.hl7v2.parsing import Hl7Message, Segment, parse
from minkang.exchange.hl7v2.splitting import FEED, MOST_BYTES, split
from minkang.exchange.message import Converted, Message, Rejected

Reader = Callable[[Conversion, Segment], None]

TYPES = frozenset(
    (
        *("ADT", "ORU", "OUL", "ORM", "OMG", "OML", "OMI", "OMP", "RDE", "RDS", "RGV"),
        *("VXU", "SIU", "MDM", "PPR", "REF", "BAR", "DFT"),
    )
)
READERS: Mapping[str, Reader] = {
    "PID": patients.pid, "PD1": patients.pd1, "NK1": patients.nk1, "MRG": patients.mrg,
    "PV1": visits.pv1, "PV2": visits.pv2,
    "DG1": clinical.dg1, "PRB": clinical.prb, "AL1": clinical.al1, "IAM": clinical.iam, "PR1": clinical.pr1,
    "ORC": orders.orc, "OBR": orders.obr, "TQ1": orders.tq1, "RXO": orders.medication, "RXE": orders.medication,
    "RXR": orders.rxr, "RXD": orders.rxd, "RXA": rxa, "RF1": orders.rf1, "PRD": orders.prd,
    "OBX": results.obx, "SPM": results.spm, "NTE": results.nte,
    "TXA": documents.txa,
    "SCH": appointments.sch, "AIS": appointments.ais, "AIP": appointments.resource, "AIL": appointments.resource,
    "AIG": appointments.resource,
    "IN1": billing.in1, "GT1": billing.gt1, "FT1": billing.ft1,
}  # fmt: skip
SILENT = frozenset({"MSH", "EVN", "SFT", "UAC", "RGS", "DSC"})
"""Read elsewhere (MSH, EVN), or about the message and not about a patient."""


class Hl7v2:
    """The connector. It keeps no state; one serves many threads.

    Args:
        most: bytes of the largest message taken.
    """

    name = FEED

    def __init__(self, most: int = MOST_BYTES) -> None:
        self.most = most

    def split(self, source: BinaryIO, place: str, sender: str) -> Iterator[Message | Rejected]:
        """Cut a file; see `splitting.split`."""
        return split(source, place, sender, self.most)

    def convert(self, message: Message, translator: Translator) -> Converted:
        """Say what a message means.

        Raises:
            Fault: `HL7-001` to `HL7-006` for what is no message; `HL7-004` no MSH-9; `HL7-012` a type that is not
                taken; `HL7-011` a patient without a number; `HL7-013` a message without a patient.
        """
        return convert(parse(message.body), message, translator)


def convert(read: Hl7Message, message: Message, translator: Translator) -> Converted:
    """Say what a parsed message means; see `Hl7v2.convert`."""
    code, event = read.kind
    if not code:
        raise Fault("HL7-004", "MSH-9")
    if code not in TYPES:
        raise Fault("HL7-012", "MSH-9", type=f"{code}^{event}".rstrip("^"))
    c = Conversion(read, message.sender, message.key, translator)
    _doubts(c, read)
    for one in read.segments:
        reader = READERS.get(one.name)
        if reader is not None:
            reader(c, one)
            if one.name == "PID":
                appointments.take_part(c)
                orders.late_referral(c)
        elif one.name not in SILENT and c.count(f"segment/{one.name}") == 1:
            c.note("HL7-020", one.where(), segment=one.name, event=f"{code}^{event}")
    if not c.patient:
        raise Fault("HL7-013", "PID", type=f"{code}^{event}")
    orders.late_providers(c)
    results.finish_document(c)
    results.finish_reports(c)
    appointments.finish_appointment(c)
    return Converted(list(c.drafts.values()), c.notes)


def _doubts(c: Conversion, read: Hl7Message) -> None:
    """What is odd about the message as a whole."""
    for number, line in read.odd:
        c.note("HL7-031", f"line {number}", text=line[:40])
    if read.declared and read.codec != CODECS.get(read.declared.upper(), ""):
        c.note("HL7-032", "MSH-18", declared=read.declared, read=read.codec)
