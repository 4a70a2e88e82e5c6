"""HL7 v2.3 to v2.8: files and MLLP in, drafts of FHIR resources out.

`parsing` reads a message, `splitting` cuts files, `connector.Hl7v2` converts, `mllp` listens and sends. The mapping
follows HL7's "v2-to-FHIR" guide where it speaks; what differs is in docs/decisions/0010-hl7v2.md.
"""

from minkang.exchange.hl7v2.connector import Hl7v2
from minkang.exchange.hl7v2.parsing import Hl7Message, Repetition, Segment, parse

__all__ = ["Hl7Message", "Hl7v2", "Repetition", "Segment", "parse"]
