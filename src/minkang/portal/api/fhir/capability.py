"""What this server can do, said from what it does: types and search parameters from the registry, operations from here.

`metadata` is a CapabilityStatement (R4), made once for a public address and kept as bytes;
`.well-known/smart-configuration` is what SMART clients read first (SMART App Launch 2.2.0).
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from minkang.fhir.search import parameters_of
from minkang.portal.api.fhir import persons, shared_documents
from minkang.portal.api.fhir.answers import document
from minkang.portal.api.fhir.call import Call
from minkang.portal.api.messages import Response
from minkang.records.types import TYPE_NAMES

_INTERACTIONS = (
    "read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create", "search-type",
)  # fmt: skip
_STARTED = datetime.now(UTC).replace(microsecond=0)
_DEFINITIONS = "http://hl7.org/fhir/OperationDefinition"
_BULK = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition"
_SMART = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_CAPABILITIES = (
    "client-confidential-asymmetric", "client-confidential-symmetric", "permission-v1", "permission-v2",
)  # fmt: skip


class Capability:
    """The statements of one server.

    Args:
        version: of the program.
        token_address: where tokens are issued.
    """

    def __init__(self, version: str, *, token_address: str) -> None:
        self._version = version
        self._token_address = token_address
        self.statement = lru_cache(maxsize=8)(self._statement)

    def _statement(self, base: str, exports: bool) -> bytes:
        return msgspec.json.encode(
            {
                "resourceType": "CapabilityStatement",
                "status": "active",
                "date": _STARTED,
                "publisher": "Minkang",
                "kind": "instance",
                "software": {"name": "Minkang", "version": self._version},
                "implementation": {"description": "Minkang FHIR R4", "url": base},
                "fhirVersion": "4.0.1",
                "format": ["json", "application/fhir+json"],
                "patchFormat": ["application/json-patch+json", "application/fhir+json"],
                "rest": [self._rest(exports)],
            }
        )

    def _rest(self, exports: bool) -> dict[str, Any]:
        operations = [("validate", f"{_DEFINITIONS}/Resource-validate")]
        if exports:
            operations.append(("export", f"{_BULK}/export"))
        return {
            "mode": "server",
            "security": {
                "service": [{"coding": [{"system": _SMART, "code": "SMART-on-FHIR"}]}],
                "description": "OAuth 2 client credentials; SMART Backend Services.",
                "extension": [
                    {
                        "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                        "extension": [{"url": "token", "valueUri": self._token_address}],
                    }
                ],
            },
            "resource": [_resource(type, exports) for type in sorted(TYPE_NAMES)],
            "interaction": [{"code": code} for code in ("transaction", "batch", "search-system", "history-system")],
            "searchParam": [
                {"name": one.code, "definition": one.url, "type": one.type} for one in parameters_of("").values()
            ],
            "operation": [{"name": name, "definition": address} for name, address in operations],
        }

    def smart(self, base: str) -> bytes:
        """The SMART configuration of a public address."""
        return msgspec.json.encode(
            {
                "issuer": self._token_address.removesuffix("/oauth/token"),
                "jwks_uri": self._token_address.removesuffix("/token") + "/jwks",
                "token_endpoint": self._token_address,
                "grant_types_supported": ["client_credentials"],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_basic", "client_secret_post", "private_key_jwt",
                ],
                "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
                "scopes_supported": ["system/*.read", "system/*.write", "system/*.cruds"],
                "capabilities": list(_CAPABILITIES),
                "code_challenge_methods_supported": ["S256"],
            }
        )  # fmt: skip


def metadata(call: Call) -> Response:
    """`GET /fhir/metadata`."""
    assert call.offer.capability is not None
    return document(call, call.offer.capability.statement(call.base, call.offer.exports is not None))


def smart_configuration(call: Call) -> Response:
    """`GET /fhir/.well-known/smart-configuration`."""
    assert call.offer.capability is not None
    answer = document(call, call.offer.capability.smart(call.base))
    answer.headers[0] = ("Content-Type", "application/json")
    return answer


def _resource(type: str, exports: bool) -> dict[str, Any]:
    parameters = parameters_of(type)
    references = [one.code for one in parameters.values() if one.type == "reference"]
    described: dict[str, Any] = {
        "type": type,
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "versioning": "versioned",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "referencePolicy": ["literal", "logical", "local"],
        "searchInclude": ["*", *(f"{type}:{code}" for code in references)],
        "searchParam": [{"name": one.code, "definition": one.url, "type": one.type} for one in parameters.values()],
        "operation": _operations(type, exports),
    }
    if not references:
        del described["searchInclude"]
    if revincludes := _pointing_at(type):
        described["searchRevInclude"] = revincludes
    return described


def _operations(type: str, exports: bool) -> list[dict[str, str]]:
    found = [
        ("validate", f"{_DEFINITIONS}/Resource-validate"),
        ("meta", f"{_DEFINITIONS}/Resource-meta"),
        ("meta-add", f"{_DEFINITIONS}/Resource-meta-add"),
        ("meta-delete", f"{_DEFINITIONS}/Resource-meta-delete"),
    ]
    if type == "Patient":
        found += [("everything", f"{_DEFINITIONS}/Patient-everything"), *persons.operations()]
    if type in shared_documents.TYPES:
        found.append(("cda", "urn:minkang:operation:cda"))
    if exports and type in ("Patient", "Group"):
        found.append(("export", f"{_BULK}/{type.lower()}-export"))
    return [{"name": name, "definition": address} for name, address in found]


@lru_cache(maxsize=1)
def _all_pointing() -> dict[str, list[str]]:
    pointing: dict[str, list[str]] = {}
    for type in sorted(TYPE_NAMES):
        for one in parameters_of(type).values():
            for target in one.targets if one.type == "reference" else ():
                pointing.setdefault(target, []).append(f"{type}:{one.code}")
    return pointing


def _pointing_at(type: str) -> list[str]:
    return _all_pointing().get(type, [])
