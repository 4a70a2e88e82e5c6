"""HL7 v2: results through an MLLP socket to stored Observations; the parser beside python-hl7."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.rows import Row

MINKANG = Path(sys.executable).with_name("minkang")
CONNECTIONS = 8
WINDOW = 50
MESSAGES = 6_000
PATIENTS = 2_000
SENDER = "county-hospital"
TESTS = (("6690-2", "白细胞计数", "10*9/L", "3.5-9.5"), ("718-7", "血红蛋白", "g/L", "115-175"),
         ("777-3", "血小板计数", "10*9/L", "125-350"), ("1988-5", "C反应蛋白", "mg/L", "0-10"))  # fmt: skip


def measure() -> list[Row]:
    """Reports of one and of four results from eight connections; then reading and converting alone."""
    rows = [_through_a_socket(results) for results in (1, 4)]
    return [*rows, _alone()]


def message(number: int, results: int, run: str = "") -> bytes:
    """A synthetic ORU^R01 of a patient of `PATIENTS`."""
    patient = number * 7919 % PATIENTS
    when = f"20250301{number % 24:02d}{number % 60:02d}00"
    code = f"{run}{number}"
    lines = [
        f"MSH|^~\\&|LIS|H|MINKANG|R|{when}+0800||ORU^R01^ORU_R01|{code}|T|2.5|||||CHN|UNICODE UTF-8",
        f"PID|1||{patient:07d}^^^H^MR||张{patient}||19{patient % 90 + 10}0101|{'MF'[patient % 2]}|||中都街道",
        f"OBR|1|Q{code}|R{code}|58410-2^血常规^LN|||20250301070000|||||||||||||||20250301080000||LAB|F",
    ]
    for index, (test, name, unit, span) in enumerate(TESTS[:results]):
        value = (number + index) % 90 / 10 + 1
        lines.append(f"OBX|{index + 1}|NM|{test}^{name}^LN||{value:.1f}|{unit}|{span}|N|||F|||20250301070000")
    return ("\r".join(lines) + "\r").encode()


def _through_a_socket(results: int) -> Row:
    with tempfile.TemporaryDirectory(prefix="minkang-hl7-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o711)  # The database may run as an account of its own.
        environment = {**os.environ, "MINKANG_HOME": folder}
        for command in (["init"], ["exchange", "sender", SENDER, "--feed", "hl7v2"]):
            subprocess.run([MINKANG, *command], env=environment, check=True, capture_output=True)
        listening = [MINKANG, "exchange", "listen", "--port", "0", "--sender", SENDER]
        with subprocess.Popen(listening, env=environment, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            port = int(server.stdout.readline().rsplit(":", 1)[1])
            _play(port, [message(number, results, "warm") for number in range(PATIENTS // 4)])
            batch = [message(number, results) for number in range(MESSAGES // (2 if results > 1 else 1))]
            answers, seconds = _play(port, batch)
            server.send_signal(signal.SIGTERM)
            server.wait(60)
    assert answers == {"AA": len(batch)}, answers
    rate = len(batch) / seconds
    return Row(
        f"{len(batch):,} ORU^R01 of {results} result{'s' if results > 1 else ''} by MLLP, {CONNECTIONS} connections, "
        f"{WINDOW} on the way each",
        f"{rate:,.0f} messages/s ({rate * results:,.0f} results/s)",
        "",
        "1,500/s",
        "each acknowledged after its commit; listener, database and senders on one machine; a message also leaves a "
        "DiagnosticReport, a Provenance, its original and a line of the ledger, and mentions a Patient",
    )


def _play(port: int, messages: list[bytes]) -> tuple[dict[str, int], float]:
    from minkang.exchange.hl7v2.mllp import play

    answers: Counter[str] = Counter()
    lock = threading.Lock()

    def work(mine: list[bytes]) -> None:
        played = play(mine, "127.0.0.1", port, window=WINDOW, timeout=120)
        with lock:
            answers.update(played.answers)

    threads = [threading.Thread(target=work, args=(messages[first::CONNECTIONS],)) for first in range(CONNECTIONS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return dict(answers), time.perf_counter() - start


def _alone() -> Row:
    """Processor time of reading and converting, beside reading only with python-hl7."""
    import hl7

    from minkang.codes.translator import Translator
    from minkang.exchange.hl7v2 import Hl7v2, parse
    from minkang.exchange.message import Message

    body = message(1, 4)
    text = body.decode()
    connector, translator = Hl7v2(), Translator()
    taken = Message(SENDER, "hl7v2", "1", body, datetime(2025, 3, 1, tzinfo=UTC))
    ours = _micros(lambda: parse(body))
    whole = _micros(lambda: connector.convert(taken, translator))
    theirs = _micros(lambda: hl7.parse(text))
    return Row(
        "reading one ORU^R01 of four results",
        f"{ours:.0f} µs, with conversion to drafts {whole:.0f} µs",
        f"python-hl7 {theirs:.0f} µs, reading only",
        "",
        "best of five; fields are cut when they are asked for",
    )


def _micros(work: object) -> float:
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(300):
            work()  # type: ignore[operator]
        best = min(best, time.perf_counter() - start)
    return best / 300 * 1e6
