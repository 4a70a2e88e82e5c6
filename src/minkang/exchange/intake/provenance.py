"""The Provenance of a message: what it asserted, who sent it, and where its original is kept."""

from __future__ import annotations

from typing import Any

from minkang.exchange.ledger.identities import Identified
from minkang.exchange.message import Draft, draft_id, source_of

MESSAGE = "urn:minkang:message"
SENDER = "urn:minkang:sender"
_AUTHOR = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"


def provenance(identified: Identified, drafts: list[Draft]) -> dict[str, Any]:
    """A Provenance (JSON) with every resource the message speaks of as a target, whether it stands or not.

    Its id follows from the message's identity, so that the same message never leaves two.
    """
    message = identified.arrival
    what = {"identifier": {"system": MESSAGE, "value": str(identified.identity)}, "display": message.key[:200] or "-"}
    return {
        "resourceType": "Provenance",
        "id": draft_id(message.sender, "Provenance", str(identified.identity)),
        "meta": {"source": source_of(message.sender, message.feed)},
        "target": [
            {"reference": f"{draft.type}/{draft_id(message.sender, draft.type, draft.key)}"} for draft in drafts
        ],
        "recorded": message.received.isoformat(timespec="seconds"),
        "agent": [
            {
                "type": {"coding": [{"system": _AUTHOR, "code": "author"}]},
                "who": {"identifier": {"system": SENDER, "value": message.sender}},
            }
        ],
        "entity": [{"role": "source", "what": what}],
    }
