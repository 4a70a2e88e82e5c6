"""Access tokens: short-lived JWTs (RFC 9068) signed by the platform's key, checked on every request.

A verified token is remembered until it expires, so that the signature is checked once (about 180 us) and each further
request costs a look-up. Whether its client is still active is asked of the register, which answers from a cache of a
few seconds: that is how fast a revocation works.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError

from minkang.access.clients import Client, Clients
from minkang.access.scopes import Scope, parse_scopes
from minkang.errors import Fault
from minkang.portal.api.oauth.keys import ALGORITHM, SigningKeys

_REMEMBERED = 4096


@dataclass(frozen=True)
class Grant:
    """What a verified token says.

    Attributes:
        client: id of the client it was issued to.
        generation: the client's generation when it was issued; a disabled or changed client has a later one.
        scopes: what it grants.
        expires: end of its life, seconds since 1970.
    """

    client: str
    generation: int
    scopes: tuple[Scope, ...]
    expires: float


class Tokens:
    """Issues and verifies access tokens.

    Args:
        keys: the signing keys.
        clients: the register, asked whether a client may still come in.
        issuer: the public address of the server, `iss` and `aud` of every token.
        seconds: how long a token is good for.
    """

    def __init__(self, keys: SigningKeys, clients: Clients, *, issuer: str, seconds: int) -> None:
        self._keys = keys
        self._clients = clients
        self._issuer = issuer
        self.seconds = seconds
        self._known: dict[str, Grant] = {}
        self._lock = threading.Lock()

    def issue(self, client: Client, scope: str) -> str:
        """A token for these scopes, which the caller has checked against the client's."""
        key, now = self._keys.current(), int(time.time())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": client.id,
            "client_id": client.id,
            "gen": client.generation,
            "scope": scope,
            "iat": now,
            "exp": now + self.seconds,
            "jti": secrets.token_urlsafe(12),
        }
        return jwt.encode({"alg": ALGORITHM, "kid": key.kid, "typ": "at+jwt"}, claims, key)

    def verify(self, token: str) -> Grant:
        """What a token grants.

        Raises:
            Fault: `OAUTH-010` for one that is not ours or was changed, `OAUTH-011` for an expired one,
                `OAUTH-012` when its client was disabled or changed since.
        """
        grant = self._known.get(token)
        if grant is None:
            grant = self._decode(token)
            self._remember(token, grant)
        if grant.expires <= time.time():
            self._known.pop(token, None)
            raise Fault("OAUTH-011")
        client = self._clients.known(grant.client)
        if client is None or not client.active or client.generation != grant.generation:
            raise Fault("OAUTH-012")
        return grant

    def _decode(self, token: str) -> Grant:
        try:
            kid = jws.extract_compact(token.encode()).headers().get("kid")
            key = self._keys.find(str(kid))
            if key is None:
                raise Fault("OAUTH-010")
            claims = jwt.decode(token, key, algorithms=[ALGORITHM]).claims
            if claims["iss"] != self._issuer or claims["aud"] != self._issuer:
                raise Fault("OAUTH-010")
            return Grant(claims["client_id"], claims["gen"], parse_scopes(claims["scope"]), float(claims["exp"]))
        except (JoseError, ValueError, KeyError, UnicodeError):
            raise Fault("OAUTH-010") from None

    def _remember(self, token: str, grant: Grant) -> None:
        with self._lock:
            if len(self._known) >= _REMEMBERED:
                now = time.time()
                kept = [(old, known) for old, known in self._known.items() if known.expires > now]
                self._known = dict(kept[len(kept) // 2 :])
            self._known[token] = grant
