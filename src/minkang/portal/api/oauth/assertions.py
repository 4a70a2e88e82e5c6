"""Client assertions: a client proves itself by a JWT signed with its own key (RFC 7523; SMART Backend Services 2.2.0).

Asked of it: RS384 or ES384; `iss` and `sub` the client's id; `aud` our token address; `exp` at most five minutes ahead;
a `jti` never used before. Keys come from the client's JWK set in the register, chosen by `kid`.
"""

from __future__ import annotations

import json
import time
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from minkang.access.clients import Client, Clients
from minkang.errors import Fault

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("RS384", "ES384")
LONGEST_SECONDS = 300
_LEEWAY_SECONDS = 30


def client_of_assertion(assertion: str, clients: Clients, *, audience: str) -> Client:
    """The client that signed this assertion.

    Raises:
        Fault: `OAUTH-003`, naming what did not hold, without saying whether such a client exists.
    """
    kid, claimed = _peek(assertion)
    client = clients.find(claimed)
    if client is None or not client.active or not client.keys:
        raise Fault("OAUTH-003", reason="client")
    claims = _verified(assertion, client.keys, kid)
    _check(claims, client.id, audience)
    if not clients.first_use(client.id, str(claims["jti"]), float(claims["exp"]) + _LEEWAY_SECONDS):
        raise Fault("OAUTH-003", reason="jti")
    return client


def _peek(assertion: str) -> tuple[str | None, str]:
    """Key id and claimed client, read before anything is verified and used only to find the key."""
    try:
        unverified = jws.extract_compact(assertion.encode())
        claims = json.loads(unverified.payload or b"")
        kid = unverified.headers().get("kid")
        return (str(kid) if kid is not None else None), str(claims["iss"])
    except (JoseError, ValueError, KeyError, TypeError):
        raise Fault("OAUTH-003", reason="JWT") from None


def _verified(assertion: str, keys: dict[str, Any], kid: str | None) -> dict[str, Any]:
    try:
        usable = [key for key in KeySet.import_key_set({"keys": keys["keys"]}).keys if kid is None or key.kid == kid]
    except (JoseError, ValueError, KeyError, TypeError):
        usable = []
    for key in usable:
        try:
            return dict(jwt.decode(assertion, key, algorithms=list(ALGORITHMS)).claims)
        except (JoseError, ValueError):
            continue
    raise Fault("OAUTH-003", reason="signature")


def _check(claims: dict[str, Any], client: str, audience: str) -> None:
    rules = jwt.JWTClaimsRegistry(
        leeway=_LEEWAY_SECONDS,
        iss={"essential": True, "value": client},
        sub={"essential": True, "value": client},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        jti={"essential": True},
    )
    try:
        rules.validate(claims)
    except JoseError as problem:
        raise Fault("OAUTH-003", reason=str(getattr(problem, "claim", "") or problem.error)) from None
    if float(claims["exp"]) > time.time() + LONGEST_SECONDS + _LEEWAY_SECONDS:
        raise Fault("OAUTH-003", reason="exp")
