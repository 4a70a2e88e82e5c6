"""`minkang exchange listen` and `send`: HL7 v2 over MLLP, in and out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minkang.cli.output import output
from minkang.errors import Fault

if TYPE_CHECKING:
    from minkang.exchange.hl7v2.mllp import Listener, Port

Json = Annotated[bool, typer.Option("--json")]


def register(app: typer.Typer) -> None:
    """Give the application these commands."""
    app.command()(listen)
    app.command()(send)


def listen(
    settings: Annotated[
        Path | None, typer.Option("--settings", help="监听设置文件(TOML)。 Ports, senders and certificates.")
    ] = None,
    port: Annotated[int, typer.Option("--port", help="端口。 The port.")] = 2575,
    sender: Annotated[str, typer.Option("--sender", help="该端口的发送方代号。 Whose port it is.")] = "",
    host: Annotated[str, typer.Option("--host", help="监听地址。 The address.")] = "127.0.0.1",
    as_json: Json = False,
) -> None:
    """Listen for HL7 v2 messages until stopped. 监听 HL7 v2 消息(MLLP),直到停止。"""
    # asyncio, ssl and the connectors are needed by this command only.
    from minkang.cli.taking import opened  # noqa: PLC0415
    from minkang.exchange.hl7v2.mllp import Listener, serve, storing  # noqa: PLC0415

    out = output(as_json=as_json)
    ports = _ports(settings, port, sender, host)
    with opened(out) as intake:
        for one in ports:
            for slug in {one.sender, *(route.sender for route in one.route)} - {""}:
                intake.senders.may_send(slug, "hl7v2")

        def ready(listener: Listener) -> None:
            for place, number in listener.addresses:
                out.say("mllp.listening", host=place, port=number)

        listener = Listener(ports, storing(intake))
        serve(listener, ready)
        counts = listener.counts
        batches = listener.batcher.batches
    out.result({"connections": counts.connections, "messages": counts.messages, "batches": batches})
    out.say("mllp.stopped", messages=counts.messages, connections=counts.connections)


def _ports(settings: Path | None, port: int, sender: str, host: str) -> list[Port]:
    from minkang.exchange.hl7v2.mllp import Port, read_ports  # noqa: PLC0415  as in `listen`

    if settings is not None:
        return read_ports(settings)
    if not sender:
        raise Fault("HL7-017", "--sender", reason="no sender")
    return [Port(port, host=host, sender=sender)]


def send(
    paths: Annotated[list[Path], typer.Argument(help="HL7 文件。 HL7 files.")],
    host: Annotated[str, typer.Option("--host", help="接收方地址。 The receiver.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="端口。 The port.")] = 2575,
    window: Annotated[int, typer.Option("--window", min=1, help="未确认的消息最多几条。 Messages on the way.")] = 1,
    as_json: Json = False,
) -> None:
    """Send HL7 files to an MLLP port and count the answers. 把 HL7 文件发到 MLLP 端口并统计应答。"""
    from minkang.exchange.hl7v2.mllp import play  # noqa: PLC0415  as in `listen`

    out = output(as_json=as_json)
    played = play(_messages(paths), host, port, window=window)
    out.result(
        {"sent": played.sent, "answers": dict(played.answers), "refused": played.refused, "seconds": played.seconds}
    )
    answers = "，".join(f"{code} {count}" for code, count in sorted(played.answers.items()))
    out.say("mllp.sent", sent=played.sent, answers=answers or "–", seconds=f"{played.seconds:.1f}")
    if played.refused:
        out.table(
            ["mllp.number", "mllp.answer", "mllp.words"], [(str(n), code, words) for n, code, words in played.refused]
        )
        raise typer.Exit(3)


def _messages(paths: list[Path]) -> Iterator[bytes]:
    from minkang.exchange.hl7v2.splitting import split  # noqa: PLC0415  as in `listen`

    for path in paths:
        if not path.is_file():
            raise Fault("EXCHANGE-001", path=str(path))
        with path.open("rb") as source:
            for one in split(source, str(path), "-"):
                yield one.body
