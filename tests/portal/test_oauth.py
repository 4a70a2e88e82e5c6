"""Service clients come in by what they can prove, get what they were granted, and are shut out within seconds."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from tests.portal.conftest import Running
from tests.portal.test_rest import codes

from minkang.access.clients import REMEMBER_SECONDS, Clients
from minkang.access.scopes import parse_scopes
from minkang.db import Database
from minkang.errors import Fault
from minkang.portal.api.oauth.keys import SigningKeys
from minkang.portal.api.oauth.tokens import Tokens

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EC = ECKey.generate_key("P-384", {"kid": "ec", "alg": "ES384", "use": "sig"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "alg": "RS384", "use": "sig"})
PLAIN_RSA = RSAKey.import_key({key: value for key, value in RSA.as_dict(private=True).items() if key != "alg"})
PUBLIC = {"keys": [EC.as_dict(private=False), RSA.as_dict(private=False)]}


def claims(running: Running, client: str, **changed: Any) -> dict[str, Any]:
    made = {
        "iss": client,
        "sub": client,
        "aud": f"{running.base}/oauth/token",
        "exp": int(time.time()) + 240,
        "jti": uuid.uuid4().hex,
    } | changed
    return {name: value for name, value in made.items() if value is not None}


def ask(running: Running, **form: str) -> requests.Response:
    sent = {"grant_type": "client_credentials"} | form
    return requests.post(f"{running.base}/oauth/token", sent, headers={"Accept-Language": "en"}, timeout=20)


def ask_with(running: Running, assertion: str, **form: str) -> requests.Response:
    return ask(running, client_assertion_type=ASSERTION, client_assertion=assertion, **form)


@pytest.fixture(scope="module")
def keyed(running: Running) -> str:
    """A client with keys of its own."""
    id = f"keyed-{uuid.uuid4().hex[:8]}"
    Clients(running.database).add(id, "keys", "system/*.read system/Patient.cruds", keys=PUBLIC)
    return id


@pytest.fixture(scope="module")
def secret(running: Running) -> tuple[str, str]:
    """A client with a secret."""
    client, made = Clients(running.database).add(f"secret-{uuid.uuid4().hex[:8]}", "secret", "system/Patient.rs")
    return client.id, made


@pytest.mark.parametrize(("key", "algorithm"), [(EC, "ES384"), (RSA, "RS384")], ids=["ES384", "RS384"])
def test_a_client_proves_itself_by_its_key(running: Running, keyed: str, key: Any, algorithm: str) -> None:
    assertion = jwt.encode({"alg": algorithm, "kid": key.kid}, claims(running, keyed), key, algorithms=[algorithm])
    answer = ask_with(running, assertion, scope="system/Patient.rs")
    assert answer.status_code == 200, answer.text
    assert answer.json()["scope"] == "system/Patient.rs"
    assert answer.headers["Cache-Control"] == "no-store"
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert requests.get(f"{running.fhir}/Patient?_count=1", headers=bearer, timeout=20).status_code == 200
    refused = requests.get(f"{running.fhir}/Observation", headers=bearer, timeout=20)
    assert (refused.status_code, codes(refused)) == (403, ["ACCESS-002"])
    replayed = ask_with(running, assertion)
    assert (replayed.status_code, replayed.json()["error"]) == (401, "invalid_client")
    assert "jti" in replayed.json()["error_description"]


def forged(running: Running, client: str) -> dict[str, Callable[[], str]]:
    """Assertions that must not pass, by what is wrong with them."""

    def made(key: Any = EC, algorithm: str = "ES384", kid: str | None = "ec", **changed: Any) -> str:
        header = {"alg": algorithm} | ({"kid": kid} if kid else {})
        return jwt.encode(header, claims(running, client, **changed), key, algorithms=[algorithm])

    other = ECKey.generate_key("P-384")
    weak = ECKey.generate_key("P-256")
    return {
        "another's key": lambda: made(other),
        "unknown kid": lambda: made(kid="none"),
        "algorithm not offered": lambda: made(weak, "ES256"),
        "RS256": lambda: made(PLAIN_RSA, "RS256", "rsa"),
        "wrong audience": lambda: made(aud="https://elsewhere/token"),
        "no audience": lambda: made(aud=None),
        "expired": lambda: made(exp=int(time.time()) - 60),
        "too long": lambda: made(exp=int(time.time()) + 3600),
        "no expiry": lambda: made(exp=None),
        "no jti": lambda: made(jti=None),
        "another subject": lambda: made(sub="other"),
        "unknown client": lambda: made(iss="nobody", sub="nobody"),
        "no JWT": lambda: "abc",
        "no claims": lambda: "e30.e30.e30",
        "unsigned": lambda: made().rsplit(".", 1)[0] + ".",
        "alg none": lambda: "eyJhbGciOiJub25lIn0." + made().split(".")[1] + ".",
        "tampered": lambda: made()[:-8] + "AAAAAAAA",
    }


@pytest.mark.parametrize("wrong", list(forged(Running("", {}, None, ("", "")), "")))  # type: ignore[arg-type]
def test_a_forged_assertion_is_refused(running: Running, keyed: str, wrong: str) -> None:
    """Whatever is wrong, the answer is 401 and says nothing of whether the client exists."""
    answer = ask_with(running, forged(running, keyed)[wrong]())
    assert (answer.status_code, answer.json()["error"], answer.json()["code"]) == (401, "invalid_client", "OAUTH-003")


def test_a_secret_goes_in_the_form_or_the_header(running: Running, secret: tuple[str, str]) -> None:
    id, made = secret
    assert ask(running, client_id=id, client_secret=made).status_code == 200
    basic = requests.post(
        f"{running.base}/oauth/token", {"grant_type": "client_credentials"}, auth=(id, made), timeout=20
    )
    assert basic.json()["token_type"] == "bearer"
    assert basic.json()["scope"] == "system/Patient.rs"


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "unsupported_grant_type"),
        ({"scope": "system/Observation.rs"}, 400, "invalid_scope"),
        ({"scope": "system/Patient.cruds"}, 400, "invalid_scope"),
        ({"scope": "openid"}, 400, "invalid_scope"),
        ({"client_assertion": "x"}, 400, "invalid_request"),
    ],
)
def test_what_a_client_may_not_have(
    running: Running, secret: tuple[str, str], form: dict[str, str], status: int, error: str
) -> None:
    answer = ask(running, **{"client_id": secret[0], "client_secret": secret[1]} | form)
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert answer.json()["code"].startswith("OAUTH-")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "token", 405), ("POST", "nothing", 404), ("POST", "token", 400), ("DELETE", "jwks", 404)],
)
def test_other_addresses_and_methods(running: Running, method: str, path: str, status: int) -> None:
    assert requests.request(method, f"{running.base}/oauth/{path}", timeout=20).status_code == status


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer abc", "Basic YTpi", "Bearer a.b.c", "Bearer \xff"])
@pytest.mark.parametrize("path", ["/Patient/1", "", "/nothing/at/all", "/$export", "/$export-file/a/b"])
def test_no_route_opens_without_a_token(running: Running, header: str | None, path: str) -> None:
    """401 everywhere, with a challenge, an outcome and a row in the audit trail."""
    sent = {"X-Request-Id": f"test-{uuid.uuid4().hex}"} | ({"Authorization": header} if header else {})
    answer = requests.get(f"{running.fhir}{path}", headers=sent, timeout=20)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert codes(answer)[0].startswith("OAUTH-0")
    with running.database.connection() as connection:
        sql = "SELECT caller, outcome FROM access_audit WHERE request = %s"
        rows = connection.execute(sql, (sent["X-Request-Id"],)).fetchall()
    assert rows == [("anonymous", codes(answer)[0])]


def test_a_disabled_client_is_out_within_seconds(running: Running) -> None:
    """Its tokens end in every process, and come back to life neither with it nor without it."""
    clients = Clients(running.database)
    client, made = clients.add(f"gone-{uuid.uuid4().hex[:8]}", "gone", "system/*.read")
    token = ask(running, client_id=client.id, client_secret=made).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}

    def status() -> int:
        return requests.get(f"{running.fhir}/Patient?_count=0", headers=bearer, timeout=20).status_code

    assert status() == 200
    clients.disable(client.id)
    until = time.monotonic() + REMEMBER_SECONDS + 1
    while status() != 401:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert ask(running, client_id=client.id, client_secret=made).status_code == 401
    clients.enable(client.id)
    time.sleep(REMEMBER_SECONDS + 0.2)
    assert status() == 401
    assert ask(running, client_id=client.id, client_secret=made).status_code == 200


class TestRegister:
    def test_a_secret_is_shown_once_and_kept_hashed(self, module_database: Database) -> None:
        clients = Clients(module_database)
        own = f"own-{uuid.uuid4().hex[:8]}"
        client, secret = clients.add(own, "检验科", "system/Observation.cruds")
        found = clients.find(own)
        assert found == client
        assert found is not None
        assert secret not in str(found)
        assert found.proves(secret)
        assert not found.proves(secret + "x")
        assert own in [one.id for one in clients.list()]

    @pytest.mark.parametrize(
        ("id", "scopes", "keys", "code"),
        [
            ("a b", "system/*.read", None, "ACCESS-010"),
            ("", "system/*.read", None, "ACCESS-010"),
            ("a", "", None, "ACCESS-001"),
            ("a", "system/*", None, "ACCESS-001"),
            ("a", "system/*.read", {"keys": []}, "ACCESS-012"),
            ("a", "system/*.read", {"keys": [EC.as_dict(private=True)]}, "ACCESS-012"),
            ("a", "system/*.read", {"keys": [{"kty": "oct", "k": "x"}]}, "ACCESS-012"),
            ("a", "system/*.read", {}, "ACCESS-012"),
        ],
    )
    def test_a_bad_registration_is_refused(
        self, module_database: Database, id: str, scopes: str, keys: dict[str, Any] | None, code: str
    ) -> None:
        with pytest.raises(Fault, match=code):
            Clients(module_database).add(id, "x", scopes, keys=keys)

    def test_an_id_is_given_once(self, module_database: Database) -> None:
        clients = Clients(module_database)
        own = f"own-{uuid.uuid4().hex[:8]}"
        clients.add(own, "a", "system/*.read")
        with pytest.raises(Fault, match="ACCESS-011"):
            clients.add(own, "b", "system/*.read")
        with pytest.raises(Fault, match="ACCESS-013"):
            clients.disable("nobody")


class TestTokens:
    def test_keys_rotate_and_old_tokens_hold(self, module_database: Database, tmp_path: Any) -> None:
        """A token signed before a rotation verifies after it, also in another process."""
        clients = Clients(module_database)
        own = f"own-{uuid.uuid4().hex[:8]}"
        client, _ = clients.add(own, "a", "system/*.read")
        keys = SigningKeys(tmp_path)
        tokens = Tokens(keys, clients, issuer="http://here", seconds=60)
        old = tokens.issue(client, "system/*.read")
        keys.rotate()
        new = tokens.issue(client, "system/*.read")
        elsewhere = Tokens(SigningKeys(tmp_path), clients, issuer="http://here", seconds=60)
        for token in (old, new):
            assert elsewhere.verify(token).scopes == parse_scopes("system/*.read")
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
        foreign = Tokens(SigningKeys(tmp_path / "other"), clients, issuer="http://here", seconds=60)
        with pytest.raises(Fault, match="OAUTH-010"):
            foreign.verify(new)
        with pytest.raises(Fault, match="OAUTH-010"):
            Tokens(keys, clients, issuer="http://there", seconds=60).verify(new)

    def test_a_token_ends_when_it_says(
        self, module_database: Database, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clients = Clients(module_database)
        own = f"own-{uuid.uuid4().hex[:8]}"
        client, _ = clients.add(own, "a", "system/*.read")
        tokens = Tokens(SigningKeys(tmp_path), clients, issuer="http://here", seconds=60)
        token = tokens.issue(client, "system/*.read")
        tokens.verify(token)
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 61)
        with pytest.raises(Fault, match="OAUTH-011"):
            tokens.verify(token)

    def test_changing_what_a_client_may_do_ends_its_tokens(self, module_database: Database, tmp_path: Any) -> None:
        clients = Clients(module_database)
        own = f"own-{uuid.uuid4().hex[:8]}"
        client, _ = clients.add(own, "a", "system/*.read")
        tokens = Tokens(SigningKeys(tmp_path), clients, issuer="http://here", seconds=60)
        token = tokens.issue(client, "system/*.read")
        tokens.verify(token)
        clients.grant(own, "system/Patient.read")
        with pytest.raises(Fault, match="OAUTH-012"):
            tokens.verify(token)
