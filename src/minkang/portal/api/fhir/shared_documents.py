"""`Encounter/1/$cda?code=C0002`: a WS/T 483 or WS/T 500 document of stored records, as a Binary."""

from __future__ import annotations

import base64

from minkang.errors import Fault
from minkang.exchange.outbound.documents import document_of
from minkang.portal.api.fhir.answers import document
from minkang.portal.api.fhir.call import Call
from minkang.portal.api.messages import Response

TYPES = ("Composition", "Encounter", "Patient")


def shared_document(call: Call) -> Response:
    """Write the document whose type `code` names, of what the caller may read.

    Raises:
        Fault: `REST-032` without a code; as `minkang.exchange.outbound.documents.document_of`.
    """
    code = call.parameter("code")
    if not code:
        raise Fault("REST-032", name="code", value="")
    body = document_of(call.repository, call.access, code, f"{call.type}/{call.id}")
    data = base64.b64encode(body).decode("ascii")
    return document(call, {"resourceType": "Binary", "contentType": "application/hl7-cda+xml", "data": data})
