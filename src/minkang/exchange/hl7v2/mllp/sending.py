"""A small sender for tests, benchmarks and first connections: plays messages over MLLP and reads the answers."""

from __future__ import annotations

import socket
import ssl
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from minkang.errors import Fault
from minkang.exchange.hl7v2.mllp.framing import Framer, framed
from minkang.exchange.hl7v2.parsing import parse

READ = 1 << 16
MOST_ANSWER = 1 << 20


@dataclass
class Played:
    """What became of the messages.

    Attributes:
        sent: how many.
        answers: how many of each MSA-1.
        refused: (number in the order of sending, MSA-1, words) of those that were not taken, the first hundred.
        seconds: from the first byte to the last answer.
    """

    sent: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[int, str, str]] = field(default_factory=list)
    seconds: float = 0.0


def play(
    messages: Iterable[bytes],
    host: str,
    port: int,
    *,
    window: int = 1,
    timeout: float = 60.0,
    tls: ssl.SSLContext | None = None,
) -> Played:
    """Send messages over one connection.

    Args:
        window: messages on the way before an answer is waited for; 1 is what most systems do.
        timeout: seconds to wait for an answer.
        tls: for a port that speaks TLS.

    Raises:
        Fault: `HL7-018` where the receiver cannot be reached or stops answering.
    """
    begun = time.perf_counter()
    played = Played()
    framer = Framer(MOST_ANSWER)
    try:
        with socket.create_connection((host, port), timeout) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with tls.wrap_socket(plain, server_hostname=host) if tls else plain as link:
                for body in messages:
                    link.sendall(framed(body))
                    played.sent += 1
                    while played.sent - sum(played.answers.values()) >= window:
                        _answers(link, framer, played)
                while sum(played.answers.values()) < played.sent:
                    _answers(link, framer, played)
    except (OSError, ssl.SSLError) as problem:
        raise Fault("HL7-018", f"{host}:{port}", reason=str(problem) or type(problem).__name__) from problem
    played.seconds = time.perf_counter() - begun
    return played


def _answers(link: socket.socket, framer: Framer, played: Played) -> None:
    data = link.recv(READ)
    if not data:
        raise ConnectionError("closed before it answered")
    for frame in framer.feed(data):
        read = parse(frame.body)
        msa = next((one for one in read.segments if one.name == "MSA"), None)
        code = msa.get(1) if msa else "?"
        played.answers[code] += 1
        if code not in {"AA", "CA"} and len(played.refused) < 100:
            played.refused.append((sum(played.answers.values()), code, msa.get(3) if msa else ""))
