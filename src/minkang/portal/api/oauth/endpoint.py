"""`/oauth/token` and `/oauth/jwks`: what a service client calls before it calls `/fhir`.

Refusals have the shape of RFC 6749, 5.2 (`error`, `error_description`), with our code and advice beside them.
"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import parse_qsl, unquote_plus

import msgspec

from minkang.access.clients import Client, Clients
from minkang.access.scopes import parse_scopes
from minkang.errors import CATEGORIES, Fault
from minkang.portal.api.fhir.headers import FORM
from minkang.portal.api.messages import Request, Response
from minkang.portal.api.oauth.assertions import ASSERTION_TYPE, client_of_assertion
from minkang.portal.api.oauth.keys import SigningKeys
from minkang.portal.api.oauth.tokens import Tokens

_NO_STORE = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
# The names of RFC 6749, 5.2 by the category of our fault.
_ERROR_NAMES = {
    "query": "invalid_request",
    "unauthenticated": "invalid_client",
    "not-supported": "unsupported_grant_type",
    "forbidden": "invalid_scope",
}


class TokenDoor:
    """The two addresses below `/oauth`.

    Args:
        clients: the register of service clients.
        tokens: issues tokens.
        keys: their public halves are shown.
        audience: our token address as assertions must name it.
    """

    def __init__(self, clients: Clients, tokens: Tokens, keys: SigningKeys, *, audience: str) -> None:
        self._clients = clients
        self._tokens = tokens
        self._keys = keys
        self._audience = audience

    def handle(self, request: Request) -> Response:
        """Answer a request below `/oauth`; every fault becomes an answer."""
        try:
            return self._answer(request)
        except Fault as fault:
            return refusal(fault, request)

    def _answer(self, request: Request) -> Response:
        if request.segments == ("jwks",) and request.method in ("GET", "HEAD"):
            return Response(200, msgspec.json.encode(self._keys.public()), _NO_STORE[:1])
        if request.segments != ("token",):
            raise Fault("OAUTH-007")
        if request.method != "POST":
            raise Fault("OAUTH-008")
        return self._token(request)

    def _token(self, request: Request) -> Response:
        form = _form(request)
        if (grant := form.get("grant_type", "")) != "client_credentials":
            raise Fault("OAUTH-002", grant=grant)
        client = self._client(request, form)
        scope = _allowed(client, form.get("scope", ""))
        answer = {
            "access_token": self._tokens.issue(client, scope),
            "token_type": "bearer",
            "expires_in": self._tokens.seconds,
            "scope": scope,
        }
        return Response(200, msgspec.json.encode(answer), _NO_STORE)

    def _client(self, request: Request, form: dict[str, str]) -> Client:
        if assertion := form.get("client_assertion"):
            if form.get("client_assertion_type") != ASSERTION_TYPE:
                raise Fault("OAUTH-001", name="client_assertion_type")
            return client_of_assertion(assertion, self._clients, audience=self._audience)
        basic = request.headers.get("authorization", "")
        name, secret = _basic(basic) if basic else (form.get("client_id", ""), form.get("client_secret", ""))
        client = self._clients.find(name)
        if not secret or client is None or not client.active or not client.proves(secret):
            raise Fault("OAUTH-004")
        return client


def refusal(fault: Fault, request: Request) -> Response:
    """A fault in the shape of RFC 6749, 5.2."""
    status, language = fault.category.status, request.language
    kind = next((name for key, name in _ERROR_NAMES.items() if fault.category is CATEGORIES[key]), "")
    if not kind:
        kind = "invalid_request" if status < 500 else "temporarily_unavailable"
    body = {
        "error": kind,
        "error_description": f"{fault.text(language)} {fault.advice(language)}",
        "code": fault.code,
    }
    headers = list(_NO_STORE)
    if kind == "invalid_scope":
        status = 400
    if status == 401:
        headers.append(("WWW-Authenticate", 'Basic realm="minkang", charset="UTF-8"'))
    if status == 405:
        headers.append(("Allow", "POST"))
    return Response(status, msgspec.json.encode(body), headers)


def _form(request: Request) -> dict[str, str]:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != FORM:
        raise Fault("OAUTH-006", type=kind)
    try:
        pairs = parse_qsl(request.body.decode("utf-8"), keep_blank_values=True, max_num_fields=50)
    except ValueError:
        raise Fault("OAUTH-001", name="body") from None
    form: dict[str, str] = {}
    for name, value in pairs:
        if name in form:
            raise Fault("OAUTH-001", name=name)
        form[name] = value
    return form


def _basic(header: str) -> tuple[str, str]:
    """Client id and secret of an `Authorization: Basic` header, form-encoded as RFC 6749, 2.3.1 has it."""
    kind, _, rest = header.partition(" ")
    if kind.lower() != "basic":
        raise Fault("OAUTH-004")
    try:
        name, _, secret = base64.b64decode(rest.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Fault("OAUTH-004") from None
    return unquote_plus(name), unquote_plus(secret)


def _allowed(client: Client, asked: str) -> str:
    """The scopes to grant: those asked for, each within what the client was given; all of the client's when none is."""
    if not asked.strip():
        return client.scopes
    held = parse_scopes(client.scopes)
    try:
        wanted = parse_scopes(asked)
    except Fault:
        raise Fault("OAUTH-005", scope=asked) from None
    for word, scope in zip(asked.split(), wanted, strict=True):
        granted = {interaction for own in held if own.type in ("*", scope.type) for interaction in own.interactions}
        if not scope.interactions <= granted:
            raise Fault("OAUTH-005", scope=word)
    return " ".join(asked.split())
