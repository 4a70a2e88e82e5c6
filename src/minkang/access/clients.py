"""The register of service clients: who they are, how they prove it, what they are granted.

A secret is made here, shown once, and kept as a scrypt hash; a client with keys of its own has no secret. Every change
raises the client's generation, which ends the tokens issued before.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from minkang.access.scopes import parse_scopes
from minkang.db import Database, Queries
from minkang.errors import Fault

SQL = Queries.read("minkang.access", "clients.sql")
# How long the register may be remembered, and so how long a revocation takes at most, in seconds.
REMEMBER_SECONDS = 2.0
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PRIVATE = ("d", "k", "p", "q", "dp", "dq", "qi")


@dataclass(frozen=True)
class Client:
    """A service client.

    Attributes:
        id: what it calls itself.
        name: what people call it.
        secret: scrypt hash of its secret; None where it has none.
        keys: its public keys as a JWK set; None where it has none.
        scopes: what it is granted, space-separated.
        generation: raised with every change.
    """

    id: str
    name: str
    secret: str | None
    keys: dict[str, Any] | None
    scopes: str
    active: bool
    generation: int
    created: datetime

    def proves(self, secret: str) -> bool:
        """Whether this is the client's secret (about 50 ms, as scrypt is meant to)."""
        return self.secret is not None and _same(secret, self.secret)


class Clients:
    """The register, in the platform's database.

    Args:
        database: where it is kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered: dict[str, tuple[float, Client | None]] = {}
        self._lock = threading.Lock()

    def add(self, id: str, name: str, scopes: str, *, keys: dict[str, Any] | None = None) -> tuple[Client, str]:
        """Register a client.

        Args:
            id: letters, digits, `.`, `_`, `-`; at most 64.
            name: for people.
            scopes: `system/Observation.rs system/Patient.read`.
            keys: its public JWK set; without it the client gets a secret.

        Returns:
            The client, and its secret (empty where it has keys), which is not kept and cannot be shown again.

        Raises:
            Fault: `ACCESS-010` for a bad id, `ACCESS-011` for one that is taken, `ACCESS-012` for keys that are no
                public JWK set, `ACCESS-001` for bad scopes.
        """
        if not _ID.fullmatch(id):
            raise Fault("ACCESS-010", id=id)
        if not parse_scopes(scopes):
            raise Fault("ACCESS-001", scope=scopes)
        if keys is not None:
            _check_keys(keys)
        secret = "" if keys is not None else secrets.token_urlsafe(32)
        values = {
            "id": id,
            "name": name,
            "secret": _hash(secret) if secret else None,
            "keys": json.dumps(keys) if keys is not None else None,
            "scopes": " ".join(scopes.split()),
        }
        with self._database.connection() as connection:
            row = connection.execute(SQL["add"], values).fetchone()
        if row is None:
            raise Fault("ACCESS-011", id=id)
        self._forget(id)
        return Client(*row), secret

    def list(self) -> list[Client]:
        """All clients, the oldest first."""
        with self._database.connection() as connection:
            return [Client(*row) for row in connection.execute(SQL["all"])]

    def find(self, id: str) -> Client | None:
        """The client as the register has it now."""
        with self._database.connection() as connection:
            row = connection.execute(SQL["find"], {"id": id}).fetchone()
        return Client(*row) if row else None

    def known(self, id: str) -> Client | None:
        """The client as it was at most `REMEMBER_SECONDS` ago; for what is asked with every request."""
        now = time.monotonic()
        remembered = self._remembered.get(id)
        if remembered is not None and remembered[0] > now:
            return remembered[1]
        client = self.find(id)
        with self._lock:
            if len(self._remembered) > 1000:
                self._remembered.clear()
            self._remembered[id] = (now + REMEMBER_SECONDS, client)
        return client

    def disable(self, id: str) -> None:
        """Shut a client out; its tokens end within `REMEMBER_SECONDS` in every process (`ACCESS-013` if unknown)."""
        self._change("set_active", id, active=False)

    def enable(self, id: str) -> None:
        """Let a client in again (`ACCESS-013` if unknown)."""
        self._change("set_active", id, active=True)

    def grant(self, id: str, scopes: str) -> None:
        """Replace what a client is granted (`ACCESS-013` if unknown, `ACCESS-001` for bad scopes)."""
        if not parse_scopes(scopes):
            raise Fault("ACCESS-001", scope=scopes)
        self._change("set_scopes", id, scopes=" ".join(scopes.split()))

    def first_use(self, client: str, jti: str, expires: float) -> bool:
        """Note that a client used an assertion; False when it had used it before.

        Args:
            expires: when the assertion ends, seconds since 1970; it is forgotten after that.
        """
        values = {"client": client, "jti": hashlib.sha256(jti.encode()).hexdigest(), "expires": expires}
        with self._database.connection() as connection:
            connection.execute(SQL["forget_assertions"])
            return connection.execute(SQL["use_assertion"], values).fetchone() is not None

    def renew_secret(self, id: str) -> str:
        """Give a client a new secret, shown once; the old one and its tokens end (`ACCESS-013` if unknown)."""
        secret = secrets.token_urlsafe(32)
        self._change("set_secret", id, secret=_hash(secret))
        return secret

    def _change(self, statement: str, id: str, **values: object) -> None:
        with self._database.connection() as connection:
            row = connection.execute(SQL[statement], {"id": id, **values}).fetchone()
        if row is None:
            raise Fault("ACCESS-013", id=id)
        self._forget(id)

    def _forget(self, id: str) -> None:
        with self._lock:
            self._remembered.pop(id, None)


def _check_keys(keys: dict[str, Any]) -> None:
    listed = keys.get("keys")
    if not isinstance(listed, list) or not listed:
        raise Fault("ACCESS-012")
    for key in listed:
        if not isinstance(key, dict) or key.get("kty") not in ("RSA", "EC") or any(part in key for part in _PRIVATE):
            raise Fault("ACCESS-012")


def _hash(secret: str) -> str:
    salt = secrets.token_bytes(16)
    return f"scrypt${base64.b64encode(salt).decode()}${base64.b64encode(_scrypt(secret, salt)).decode()}"


def _same(secret: str, kept: str) -> bool:
    _, salt, digest = kept.split("$")
    return hmac.compare_digest(_scrypt(secret, base64.b64decode(salt)), base64.b64decode(digest))


def _scrypt(secret: str, salt: bytes) -> bytes:
    # N = 2^14, r = 8 takes 16 MB and about 50 ms: enough for secrets that are made here with 256 bits, and little
    # enough that a caller who tries wrong ones does not fill the memory.
    return hashlib.scrypt(secret.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
