"""A real server: Granian's workers in processes of their own, on a real PostgreSQL."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from minkang.access.clients import Clients
from minkang.db import Database

PREPARE = """
import contextlib
import json
from minkang.portal.accounts.people import ensure_demo_accounts
from minkang.portal.accounts.project import prepare_tables
from minkang.settings import read_settings
from minkang.wiring import open_platform
platform = open_platform(read_settings(), prepare=True)
prepare_tables(platform)
print(json.dumps(ensure_demo_accounts(platform)))
platform.close()
"""
SERVE = """
from minkang.portal.server import serve
from minkang.settings import read_settings
serve(read_settings(), log=False)
"""
FHIR = "application/fhir+json"


@dataclass
class Running:
    """A server and what a test needs to talk to it.

    Attributes:
        base: its address; the FHIR interface is at `base + "/fhir"`.
        environment: what its processes were started with.
        login: name and password of the administrator.
    """

    base: str
    environment: dict[str, str] = field(repr=False)
    database: Database
    login: tuple[str, str]
    process: subprocess.Popen[bytes] | None = None
    tokens: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def fhir(self) -> str:
        """Address of the FHIR interface."""
        return f"{self.base}/fhir"

    def start(self) -> None:
        """Start and wait until it answers."""
        with Path(self.environment["MINKANG_HOME"], "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVE], env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if requests.get(f"{self.base}/readyz", timeout=2).status_code == 200:
                    return
            except requests.ConnectionError:
                time.sleep(0.05)
        self.kill()
        raise AssertionError(self.log())

    def stop(self) -> None:
        """Ask it to stop and wait until it has."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None

    def kill(self) -> None:
        """Kill all its processes at once."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self.process = None

    def log(self) -> str:
        """What its processes wrote."""
        return Path(self.environment["MINKANG_HOME"], "server.log").read_text("utf-8", "replace")

    def token(self, scopes: str = "system/*.cruds") -> str:
        """A token of a client with these scopes; the client is registered at the first call."""
        if scopes not in self.tokens:
            client, secret = Clients(self.database).add(f"test-{len(self.tokens)}", "test", scopes)
            answer = requests.post(
                f"{self.base}/oauth/token", {"grant_type": "client_credentials"}, auth=(client.id, secret), timeout=10
            )
            self.tokens[scopes] = answer.json()["access_token"]
        return self.tokens[scopes]

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """A request with a token that may do everything; `body` is JSON unless it is bytes."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.token()}", "Accept-Language": "en"}
        if data is not None:
            sent["Content-Type"] = FHIR
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(method, f"{self.fhir}{path}", data=data, headers=sent, timeout=60)


@pytest.fixture(scope="session")
def running(
    database_server: Any, database_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """One server for all tests of this worker; tests keep out of each other's way by identifiers of their own."""
    home = tmp_path_factory.mktemp("home")
    with database_server.database(database_template) as database:
        server = prepared(database, home)
        server.start()
        yield server
        server.stop()


def prepared(database: Database, home: Path, **settings: str) -> Running:
    """A server that is ready to be started."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MINKANG_")}
    environment |= {
        "MINKANG_HOME": str(home),
        "MINKANG_DATABASE_URL": database.url,
        "MINKANG_PORT": str(port),
        "MINKANG_WORKERS": "1",
        "MINKANG_TOKEN_SECONDS": "3600",
        **settings,
    }
    done = subprocess.run(
        [sys.executable, "-c", PREPARE], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    name, password = json.loads(done.stdout.splitlines()[-1])
    return Running(f"http://127.0.0.1:{port}", environment, database, (name, password))


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
