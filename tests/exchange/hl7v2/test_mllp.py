"""The listener over real sockets: what is acknowledged was stored before, and nothing bad stops it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from minkang.errors import Fault
from minkang.exchange.hl7v2.mllp import Listener, Port, Route, play, read_ports
from minkang.exchange.hl7v2.mllp.acknowledging import answers, head_of
from minkang.exchange.hl7v2.mllp.framing import Framer, framed
from minkang.exchange.hl7v2.parsing import Hl7Message, parse
from minkang.exchange.message import Message, Rejected

Start = Callable[..., "Running"]


def message(key: object, extra: str = "", kind: str = "ORU^R01", tail: str = "||||") -> bytes:
    head = f"MSH|^~\\&|LIS|WS|MK|R|20210517083100||{kind}|{key}|P|2.5{tail}"
    return f"{head}\rPID|1||7||王{extra}\r".encode()


class Store:
    """Keeps what it is given, as slowly as it is told; refuses keys that begin with `bad`."""

    def __init__(self) -> None:
        self.kept: list[Message | Rejected] = []
        self.batches: list[int] = []
        self.pause = 0.0
        self.away = False
        self.breaks = False

    def __call__(self, arrivals: Sequence[Message | Rejected]) -> list[Fault | None]:
        time.sleep(self.pause)
        if self.away:
            raise Fault("DB-020", reason="gone")
        if self.breaks:
            raise RuntimeError("broken")
        assert len({one.sender for one in arrivals}) == 1
        self.batches.append(len(arrivals))
        self.kept += arrivals
        return [self._fault(one) for one in arrivals]

    def _fault(self, one: Message | Rejected) -> Fault | None:
        if isinstance(one, Rejected):
            return one.fault
        return Fault("HL7-011", "PID[1]-3") if one.key.startswith("bad") else None


class Running:
    """A listener in a thread of its own."""

    def __init__(self, ports: list[Port], store: Store) -> None:
        self.store = store
        self.loop = asyncio.new_event_loop()
        self.listener = Listener(ports, store)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.ready = threading.Event()
        self.thread.start()
        assert self.ready.wait(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.listener.start())
        self.ready.set()
        self.loop.run_forever()
        self.loop.close()

    @property
    def address(self) -> tuple[str, int]:
        return self.listener.addresses[0]

    def stop(self) -> None:
        if self.thread.is_alive():
            asyncio.run_coroutine_threadsafe(self.listener.stop(), self.loop).result(40)
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join(10)


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[Running] = []

    def work(*routes: Route, **settings: Any) -> Running:
        settings.setdefault("sender", "a" if not routes else "")
        one = Running([Port(0, host="127.0.0.1", route=list(routes), **settings)], Store())
        running.append(one)
        return one

    yield work
    for one in running:
        one.stop()


def talk(address: tuple[str, int], data: bytes, answers: int) -> list[Hl7Message]:
    framer = Framer(1 << 20)
    found: list[Hl7Message] = []
    with socket.create_connection(address, 10) as link:
        link.settimeout(10)
        link.sendall(data)
        while len(found) < answers:
            part = link.recv(65536)
            assert part, "closed"
            found += [parse(frame.body) for frame in framer.feed(part)]
    return found


def codes(found: list[Hl7Message]) -> list[tuple[str, str]]:
    return [(one.named("MSA")[0].get(1), one.named("MSA")[0].get(2)) for one in found]


def test_original_mode(start: Start) -> None:
    """AA for what was kept, AE with code, place and words for what was rejected; one answer each, in order."""
    one = start()
    found = talk(one.address, framed(message(1)) + framed(message("bad2")) + framed(message(3)), 3)
    assert codes(found) == [("AA", "1"), ("AE", "bad2"), ("AA", "3")]
    error = found[1].named("ERR")[0]
    assert (error.get(2), error.get(2, 2), error.get(2, 3)) == ("PID", "1", "3")
    assert (error.get(3), error.get(4), error.get(5)) == ("101", "E", "HL7-011")
    assert error.get(8).startswith("患者没有编号")
    assert (found[0].kind[0], found[0].head.get(9, 2), found[0].head.get(5)) == ("ACK", "R01", "LIS")
    assert [one.key for one in one.store.kept] == ["1", "bad2", "3"]


def test_enhanced_mode(start: Start) -> None:
    """MSH-15 asks for CA, CE; MSH-16 for AA, AE; NE for none; answers to answers are not wanted."""
    one = start()
    both = talk(one.address, framed(message(1, tail="|||AL|AL")), 2)
    assert codes(both) == [("CA", "1"), ("AA", "1")]
    assert (both[0].head.get(15), both[0].head.get(16)) == ("NE", "NE")
    data = (
        framed(message(2, tail="|||NE|NE"))
        + framed(message(3, tail="|||ER|NE"))
        + framed(message("bad4", tail="|||ER|SU"))
    )
    assert codes(talk(one.address, data, 1)) == [("CE", "bad4")]
    assert len(one.store.kept) == 4


def test_nothing_is_acknowledged_before_it_is_stored(start: Start) -> None:
    one = start()
    one.store.pause = 0.5
    began = time.monotonic()
    assert codes(talk(one.address, framed(message(1)), 1)) == [("AA", "1")]
    assert time.monotonic() - began >= 0.5


def test_a_store_that_is_away_refuses_and_keeps_listening(start: Start) -> None:
    """AR: the sender keeps the message and sends it again."""
    one = start()
    one.store.away = True
    found = talk(one.address, framed(message(1)), 1)
    assert codes(found) == [("AR", "1")]
    assert found[0].named("ERR")[0].get(5) == "HL7-016"
    one.store.away, one.store.breaks = False, True
    assert codes(talk(one.address, framed(message(1)), 1)) == [("AR", "1")]
    one.store.breaks = False
    assert codes(talk(one.address, framed(message(1)), 1)) == [("AA", "1")]


def test_messages_that_wait_together_are_stored_together(start: Start) -> None:
    one = start()
    one.store.pause = 0.2
    found = talk(one.address, b"".join(framed(message(number)) for number in range(150)), 150)
    assert [key for _, key in codes(found)] == [str(number) for number in range(150)]
    assert len(one.store.batches) < 20


def test_many_connections_at_once(start: Start) -> None:
    one = start()
    results: list[Any] = []
    work = [
        threading.Thread(
            target=lambda n=n: results.append(play([message(f"{n}-{i}") for i in range(20)], *one.address))
        )
        for n in range(30)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join(20)
    assert [played.answers["AA"] for played in results] == [20] * 30
    assert len({part.key for part in one.store.kept}) == 600


def test_senders_are_told_by_application_and_facility(start: Start) -> None:
    """What fits no route is refused, since it could be kept under nobody's name."""
    one = start(Route("lab", application="LIS", facility="WS"), Route("his", application="HIS"))
    assert codes(talk(one.address, framed(message(1)), 1)) == [("AA", "1")]
    stranger = message(2).replace(b"LIS", b"PACS")
    found = talk(one.address, framed(stranger), 1)
    assert codes(found) == [("AR", "2")]
    assert found[0].named("ERR")[0].get(5) == "HL7-015"
    assert [part.sender for part in one.store.kept] == ["lab"]


def test_what_is_no_message_is_kept_as_a_reject(start: Start) -> None:
    one = start()
    found = talk(one.address, framed(b"hello"), 1)
    assert codes(found) == [("AE", "")]
    kept = one.store.kept[0]
    assert isinstance(kept, Rejected)
    assert (kept.fault.code, kept.body) == ("HL7-001", b"hello")


def test_a_message_that_is_too_large_is_rejected_and_the_next_is_taken(start: Start) -> None:
    one = start(most_bytes=10_000)
    found = talk(one.address, framed(message(1, "x" * 200_000)) + framed(message(2)), 2)
    assert codes(found) == [("AE", "1"), ("AA", "2")]
    assert len(one.store.kept[0].body) <= 80_000


def test_a_slow_reader_is_not_read_further_than_its_window(start: Start) -> None:
    """Back-pressure: a store that stands still stops the sender, not the memory."""
    one = start(window=10)
    one.store.pause = 0.6
    with socket.create_connection(one.address, 5) as link:
        link.settimeout(0.3)
        data = b"".join(framed(message(number, "x" * 2000)) for number in range(20_000))
        with pytest.raises(TimeoutError):
            link.sendall(data)
        assert one.listener.counts.messages < 60


def test_half_open_connections_time_out(start: Start) -> None:
    """A silent peer and one that stops within a frame are closed."""
    one = start(idle_seconds=0.3, frame_seconds=0.2)
    for begun in (b"", b"\x0bMSH|"):
        with socket.create_connection(one.address, 5) as link:
            link.settimeout(5)
            link.sendall(begun)
            assert link.recv(10) == b""
    assert one.listener.counts.timed_out == 2


def test_noise_outside_of_frames_is_read_over_and_endless_noise_closes(start: Start) -> None:
    one = start()
    assert codes(talk(one.address, b"noise\r\n" + framed(message(1)), 1)) == [("AA", "1")]
    with socket.create_connection(one.address, 5) as link:
        link.settimeout(5)
        link.sendall(b"n" * 200_000)
        with contextlib.suppress(ConnectionError):  # Closed with bytes unread, the system says "reset".
            assert link.recv(10) == b""


def test_a_peer_that_leaves_does_not_stop_what_it_sent(start: Start) -> None:
    one = start()
    one.store.pause = 0.2
    with socket.create_connection(one.address, 5) as link:
        link.sendall(framed(message(1)))
        time.sleep(0.1)
    deadline = time.monotonic() + 5
    while not one.store.kept and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [part.key for part in one.store.kept] == ["1"]


def test_a_stop_answers_what_was_read(start: Start) -> None:
    one = start()
    one.store.pause = 0.5
    with socket.create_connection(one.address, 5) as link:
        link.settimeout(10)
        link.sendall(framed(message(1)))
        time.sleep(0.2)
        one.stop()
        framer = Framer(1 << 16)
        assert [parse(frame.body).named("MSA")[0].get(1) for frame in framer.feed(link.recv(65536))] == ["AA"]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(one.address, 1)


def test_gb18030_is_answered_in_gb18030() -> None:
    body = message("bad", tail="||||||GB 18030-2000").decode().encode("gb18030")
    answer = answers(head_of(body), Fault("HL7-011", "PID[1]-3"))[0]
    assert "患者没有编号" in answer.decode("gb18030")
    assert parse(answer).declared == "GB 18030-2000"


def certificate(folder: Path, name: str, issuer: Any = None) -> tuple[Path, Path, Any]:
    """A certificate and its key in PEM files, signed by itself or by an issuer."""
    x509 = pytest.importorskip("cryptography.x509", reason="the test of TLS needs the package cryptography")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1] if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(issuer[0] if issuer else key, hashes.SHA256())
    )
    pem, secret = folder / f"{name}.pem", folder / f"{name}.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, secret, (key, subject)


def test_tls_with_client_certificates(start: Start, tmp_path: Path) -> None:
    """Who shows no certificate of the authority is not heard; the name in it tells the sender."""
    ca, _, issuer = certificate(tmp_path, "authority")
    server, secret, _ = certificate(tmp_path, "localhost", issuer)
    client, client_key, _ = certificate(tmp_path, "lis.wenshang", issuer)
    one = start(
        Route("lab", name="lis.wenshang"), certificate=str(server), key=str(secret), clients=str(ca),
    )  # fmt: skip
    context = ssl.create_default_context(cafile=str(ca))
    context.check_hostname = False
    with pytest.raises(Fault, match="HL7-018"):
        play([message(1)], *one.address, tls=context)
    context.load_cert_chain(str(client), str(client_key))
    assert play([message(2)], *one.address, tls=context).answers == {"AA": 1}
    assert [part.sender for part in one.store.kept] == ["lab"]
    with pytest.raises(Fault, match="HL7-018"):
        play([message(3)], *one.address, timeout=1)


def test_the_sender_tool_tells_what_was_refused(start: Start) -> None:
    one = start()
    played = play([message(1), message("bad"), message(2)], *one.address, window=3)
    assert played.answers == {"AA": 2, "AE": 1}
    assert played.refused[0][:2] == (2, "AE")


def test_settings_are_checked(tmp_path: Path) -> None:
    place = tmp_path / "mllp.toml"
    place.write_text('[[port]]\nport = 2575\nsender = "a"\n\n[[port]]\nport = 2576\n[[port.route]]\nsender = "b"\n')
    assert [(one.port, one.sender) for one in read_ports(place)] == [(2575, "a"), (2576, "")]
    for text in ("port = 1", "[[port]]\nport = 1", '[[port]]\nport = 1\nsender = "a"\nkey = "x"', "[[port]]\nprot = 1"):
        place.write_text(text)
        with pytest.raises(Fault, match="HL7-017"):
            read_ports(place)


def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listener = Listener([Port(taken.getsockname()[1], host="127.0.0.1", sender="a")], Store())
        with pytest.raises(Fault, match="HL7-017"):
            asyncio.run(listener.start())
