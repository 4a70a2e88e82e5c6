"""The platform as its users run it: a server process of its own, addressed over HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

FHIR = "application/fhir+json"
MINKANG = Path(sys.executable).with_name("minkang")


@dataclass(frozen=True)
class Platform:
    """A running platform.

    Attributes:
        home: its data folder.
        port: where it listens on 127.0.0.1.
        client, secret: credentials of a service client that may do everything.
    """

    home: Path
    port: int
    client: str
    secret: str

    def connect(self) -> Connection:
        """A keep-alive connection that carries a fresh token."""
        connection = Connection(self.port)
        form = urlencode({"grant_type": "client_credentials", "client_id": self.client, "client_secret": self.secret})
        status, body = connection.call(
            "POST", "/oauth/token", form.encode(), content_type="application/x-www-form-urlencoded"
        )
        assert status == 200, body
        connection.authorise(json.loads(body)["access_token"])
        return connection


class Connection:
    """As little client as HTTP/1.1 allows, because it shares the two cores with what is measured."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb", 1 << 20)
        self._authorisation = ""

    def authorise(self, token: str) -> None:
        """Send this token from now on."""
        self._authorisation = f"Authorization: Bearer {token}\r\n"

    def call(
        self, method: str, path: str, body: bytes = b"", *, content_type: str = FHIR, headers: str = ""
    ) -> tuple[int, bytes]:
        """One request; the status and the whole body of the answer."""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(body)}\r\n{self._authorisation}{headers}\r\n"
        )
        self._socket.sendall(head.encode() + body)
        return self._answer()

    def _answer(self) -> tuple[int, bytes]:
        status = int(self._file.readline().split(b" ", 2)[1])
        length, chunked = 0, False
        while (line := self._file.readline().strip().lower()) != b"":
            name, _, value = line.partition(b":")
            if name == b"content-length":
                length = int(value)
            chunked = chunked or (name == b"transfer-encoding" and b"chunked" in value)
        if not chunked:
            return status, self._file.read(length)
        parts = []
        while size := int(self._file.readline(), 16):
            parts.append(self._file.read(size))
            self._file.readline()
        self._file.readline()
        return status, b"".join(parts)


@contextlib.contextmanager
def platform(home: Path | None = None, **environment: str) -> Iterator[Platform]:
    """Start a platform on a new data folder (or the one given) and stop it afterwards."""
    folder = home or Path(tempfile.mkdtemp(prefix="minkang-bench-", dir="/var/tmp"))
    folder.chmod(0o711)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = os.environ | {"MINKANG_HOME": str(folder), "MINKANG_PORT": str(port)} | environment
    command(variables, "init")
    name = f"bench-{secrets.token_hex(4)}"  # A folder that was kept has those of the runs before.
    added = json.loads(command(variables, "client", "add", name, "--scope", "system/*.*", "--json"))
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen([MINKANG, "serve"], env=variables, stdout=log, stderr=log)
    try:
        _wait(port, server, folder / "server.log")
        yield Platform(folder, port, added["client_id"], added["client_secret"])
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
        if home is None:
            shutil.rmtree(folder, ignore_errors=True)


def command(environment: dict[str, str], *words: str) -> str:
    """Run a `minkang` command and give what it printed."""
    done = subprocess.run([MINKANG, *words], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"minkang {' '.join(words)}: {done.stderr}"
    return done.stdout


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text())
