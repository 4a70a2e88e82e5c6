"""The listener: many connections, each read no faster than its messages are stored, each answered in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from minkang.errors import Fault
from minkang.exchange.hl7v2.mllp.acknowledging import Head, answers, head_of
from minkang.exchange.hl7v2.mllp.batching import Batcher, Store
from minkang.exchange.hl7v2.mllp.framing import Frame, Framer, framed
from minkang.exchange.hl7v2.mllp.settings import Port
from minkang.exchange.hl7v2.splitting import FEED, message_key
from minkang.exchange.message import Message, Rejected

LOG = logging.getLogger("minkang.exchange.mllp")
READ = 1 << 16
MOST_STRAYS = 1 << 16
STOP_SECONDS = 30.0
Answer = tuple[Head, "asyncio.Future[Fault | None]"]


@dataclass
class Counts:
    """What a listener has seen since it started."""

    connections: int = 0
    messages: int = 0
    refused: int = 0
    timed_out: int = 0


@dataclass
class _Connection:
    port: Port
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    names: frozenset[str]
    peer: str
    answers: asyncio.Queue[Answer | None] = field(init=False)

    def __post_init__(self) -> None:
        self.answers = asyncio.Queue(self.port.window)


class Listener:
    """Listens on some ports until it is stopped.

    Args:
        ports: see `Port`.
        store: stores messages of one sender durably; see `batching.Store`.
        workers: transactions at one time.
    """

    def __init__(self, ports: Sequence[Port], store: Store, workers: int = 2) -> None:
        self.ports = list(ports)
        self.counts = Counts()
        self.batcher = Batcher(store, workers)
        self.addresses: list[tuple[str, int]] = []
        self._servers: list[asyncio.Server] = []
        self._open: set[asyncio.Task[None]] = set()
        self._readers: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to listen; `addresses` then holds where, in the order of the ports.

        Raises:
            Fault: `HL7-017` for a port or certificate that cannot be used.
        """
        for port in self.ports:
            try:
                context = _tls(port)
                server = await asyncio.start_server(
                    lambda reader, writer, port=port: self._accept(port, reader, writer),  # type: ignore[misc]
                    port.host, port.port, ssl=context, limit=READ * 2, backlog=256,
                )  # fmt: skip
            except (OSError, ssl.SSLError) as problem:
                await self.stop()
                raise Fault("HL7-017", f"{port.host}:{port.port}", reason=str(problem)) from problem
            self._servers.append(server)
            self.addresses.append(server.sockets[0].getsockname()[:2])

    async def stop(self) -> None:
        """Accept and read no more, answer what was read, then close."""
        for server in self._servers:
            server.close()
        for task in list(self._readers):
            task.cancel()
        if self._open:
            await asyncio.wait(self._open, timeout=STOP_SECONDS)
        await self.batcher.drain()
        self.batcher.close()

    async def _accept(self, port: Port, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._open) >= port.most_connections:
            writer.close()
            return
        self._open.add(task)
        self.counts.connections += 1
        try:
            await self._converse(_connection(port, reader, writer))
        except (ConnectionError, TimeoutError, ssl.SSLError):
            pass  # The other side went away: what it sent is stored, and it will ask again for what was not answered.
        finally:
            self._open.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 5)

    async def _converse(self, one: _Connection) -> None:
        """Read and answer side by side; the answers go on until all that was read has one."""
        reading = asyncio.create_task(self._read(one))
        self._readers.add(reading)
        writing = asyncio.create_task(self._answer(one))
        try:
            await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():  # The other side takes no answers: reading on would store what it never hears of.
                reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            if not writing.done():
                await one.answers.put(None)
            await writing
        finally:
            self._readers.discard(reading)
            reading.cancel()
            writing.cancel()

    async def _read(self, one: _Connection) -> None:
        framer = Framer(one.port.most_bytes)
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            wait = one.port.idle_seconds
            if framer.inside:
                wait = min(wait, max(began + one.port.frame_seconds - loop.time(), 0.001))
            try:
                data = await asyncio.wait_for(one.reader.read(READ), wait)
            except TimeoutError:
                self.counts.timed_out += 1
                LOG.info("%s sent nothing for %.0f s and was closed", one.peer, wait)
                return
            if not data:
                return
            was_inside = framer.inside
            for frame in framer.feed(data):
                was_inside = False
                await one.answers.put((head_of(frame.body), self._take(one, frame)))
            if framer.inside and not was_inside:
                began = loop.time()
            if framer.strays > MOST_STRAYS:
                LOG.warning("%s sent %d bytes outside of frames and was closed", one.peer, framer.strays)
                return

    def _take(self, one: _Connection, frame: Frame) -> asyncio.Future[Fault | None]:
        """Hand a frame over to be stored; a message of nobody is refused, since nobody's it could be kept as."""
        self.counts.messages += 1
        head = head_of(frame.body)
        application, facility = head.fields.get(3, ""), head.fields.get(4, "")
        sender = one.port.sender_of(application, facility, one.names)
        received = datetime.now(UTC)
        if not sender:
            self.counts.refused += 1
            answer: asyncio.Future[Fault | None] = asyncio.get_running_loop().create_future()
            answer.set_result(Fault("HL7-015", "MSH-3", application=application, facility=facility))
            return answer
        fault = _frame_fault(frame, head, one.port)
        if fault is not None:
            return self.batcher.put(
                Rejected(sender, FEED, frame.body, received, fault, one.peer, head.fields.get(10, ""))
            )
        return self.batcher.put(Message(sender, FEED, message_key(frame.body), frame.body, received, one.peer))

    async def _answer(self, one: _Connection) -> None:
        while (waiting := await one.answers.get()) is not None:
            head, stored = waiting
            fault = await stored
            one.writer.write(b"".join(framed(body) for body in answers(head, fault)))
            if one.answers.empty() or not one.answers.full():
                await one.writer.drain()


def _frame_fault(frame: Frame, head: Head, port: Port) -> Fault | None:
    if frame.too_large:
        return Fault("HL7-007", most=port.most_bytes)
    if not head.fields and not frame.body.lstrip(b"\r\n\xef\xbb\xbf ").startswith(b"MSH"):
        return Fault("HL7-001", "MSH", begins=frame.body[:20].decode("ascii", "replace"))
    return None


def _connection(port: Port, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> _Connection:
    plain = writer.get_extra_info("socket")
    if plain is not None:
        with contextlib.suppress(OSError):  # A peer that vanished without a word is found out by the system.
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peer = writer.get_extra_info("peername") or ("?", 0)
    certificate = writer.get_extra_info("peercert") or {}
    return _Connection(port, reader, writer, _names(certificate), f"{peer[0]}:{peer[1]}")


def _names(certificate: dict[str, object]) -> frozenset[str]:
    """Common name and DNS names of a client's certificate."""
    subject, others = certificate.get("subject", ()), certificate.get("subjectAltName", ())
    assert isinstance(subject, tuple)
    assert isinstance(others, tuple)
    common = {value for part in subject for name, value in part if name == "commonName"}
    return frozenset(common | {value for kind, value in others if kind == "DNS"})


def _tls(port: Port) -> ssl.SSLContext | None:
    if not port.certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(port.certificate, port.key)
    if port.clients:
        context.load_verify_locations(port.clients)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def serve(listener: Listener, ready: Callable[[Listener], None] | None = None) -> None:
    """Listen until the process is asked to stop (SIGTERM, SIGINT), then answer what was read and return."""
    asyncio.run(_serve(listener, ready))


async def _serve(listener: Listener, ready: Callable[[Listener], None] | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await listener.start()
    if ready is not None:
        ready(listener)
    await stop.wait()
    await listener.stop()
