"""`minkang outbound`: subscribers, dead letters, documents, reports to the city. And `minkang exchange maturity`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from minkang.access import program_access
from minkang.cli.output import Output, output
from minkang.settings import read_settings
from minkang.wiring import Platform, open_platform

app = typer.Typer(help="对外:订阅通知、共享文档、上报。 What goes out.", no_args_is_help=True)
ACCESS = program_access("outbound")
Json = Annotated[bool, typer.Option("--json")]


@contextmanager
def _opened(out: Output) -> Iterator[Platform]:
    with closing(open_platform(read_settings(), notice=out.notice)) as platform:
        yield platform


@app.command()
def allow(
    address: Annotated[str, typer.Argument(help="通知地址(https)。 The address.")],
    scope: Annotated[str, typer.Option(help="可接收的资源,如 system/Observation.rs。 What it may receive.")],
    name: Annotated[str, typer.Option(help="名称。 A name for people.")] = "",
    as_json: Json = False,
) -> None:
    """Let an address be told by subscriptions. 登记可接收通知的地址。"""
    from minkang.exchange.outbound.endpoints import Endpoints  # noqa: PLC0415  keeps `minkang --help` fast

    out = output(as_json=as_json)
    with _opened(out) as platform:
        endpoint = Endpoints(platform.database).allow(address, scope, name)
    out.result(msgspec.to_builtins(endpoint))
    out.say("outbound.allowed", origin=endpoint.origin, scopes=endpoint.scopes)


@app.command()
def forbid(address: Annotated[str, typer.Argument(help="通知地址。 The address.")], as_json: Json = False) -> None:
    """Tell an address nothing more. 停用通知地址。"""
    from minkang.exchange.outbound.endpoints import Endpoints  # noqa: PLC0415  as above

    out = output(as_json=as_json)
    with _opened(out) as platform:
        Endpoints(platform.database).forbid(address)
    out.result({"forbidden": address})
    out.say("outbound.forbidden", origin=address)


@app.command()
def notify(as_json: Json = False) -> None:
    """Tell subscribers now what changed; a worker does so every minute. 立即发送订阅通知。"""
    from minkang.exchange.outbound.following import follow  # noqa: PLC0415  as above
    from minkang.exchange.outbound.sending import send  # noqa: PLC0415  as above

    out = output(as_json=as_json)
    with _opened(out) as platform:
        noted = follow(platform.database, platform.repository, ACCESS)
        told = send(platform.database, platform.repository)
    out.result({**msgspec.to_builtins(noted), **msgspec.to_builtins(told)})
    out.say("outbound.told", noted=noted.noted, sent=told.sent, refused=told.refused, dead=told.dead)


@app.command("letters")
def show_letters(
    state: Annotated[Literal["waiting", "sent", "dead"] | None, typer.Option(help="状态。 Its state.")] = None,
    again: Annotated[bool, typer.Option("--again", help="重新发送死信。 Send dead letters again.")] = False,
    count: Annotated[int, typer.Option(min=1, help="最多几条。 The most to show.")] = 20,
    as_json: Json = False,
) -> None:
    """List notifications; with --again dead ones wait again. 列出通知,可重发死信。"""
    from minkang.exchange.outbound.letters import letters, send_again  # noqa: PLC0415  as above

    out = output(as_json=as_json)
    with _opened(out) as platform:
        waiting = send_again(platform.database) if again else 0
        found = letters(platform.database, state=state, count=count)
    out.result({"again": waiting, "letters": [msgspec.to_builtins(one) for one in found]})
    heads = [f"outbound.{name}" for name in ("number", "subscription", "record", "state", "attempts", "answer", "at")]
    out.table(
        heads,
        [
            (one.number, one.subscription, f"{one.type}/{one.id}", out.word(f"outbound.{one.state}"), one.attempts,
             one.answer, f"{one.at:%F %T}")
            for one in found
        ],
    )  # fmt: skip


@app.command()
def document(
    code: Annotated[str, typer.Argument(help="文档类型,如 C0002、HSDB04.01。 The type of document.")],
    record: Annotated[str, typer.Argument(help="Encounter/…、Patient/… 或 Composition/…。 What it is about.")],
    out_file: Annotated[Path, typer.Option("--out", help="写入的文件。 The file to write.")] = Path("document.xml"),
    as_json: Json = False,
) -> None:
    """Write a WS/T 483 or WS/T 500 document of stored records. 由库中记录生成共享文档。"""
    from minkang.exchange.outbound.documents import document_of  # noqa: PLC0415  loads lxml

    out = output(as_json=as_json)
    with _opened(out) as platform:
        body = document_of(platform.repository, ACCESS, code, record)
    out_file.write_bytes(body)
    out.result({"file": str(out_file), "bytes": len(body)})
    out.say("outbound.document", file=out_file, size=f"{len(body):,}")


@app.command()
def report(
    file: Annotated[Path, typer.Argument(help="上报内容(TOML)。 The report as TOML.")],
    form: Annotated[Literal["fhir", "dhis2", "adx"], typer.Option(help="格式。 The form.")] = "fhir",
    out_file: Annotated[Path | None, typer.Option("--out", help="写入的文件。 The file to write.")] = None,
    as_json: Json = False,
) -> None:
    """Write a report to the city as FHIR MeasureReport, DHIS2 or ADX. 生成向市级上报的文件。"""
    from minkang.exchange.outbound.reports import read_report, to_adx, to_dhis2, to_fhir  # noqa: PLC0415  loads lxml

    out = output(as_json=as_json)
    told = read_report(file.read_text("utf-8"))
    make = {"fhir": to_fhir, "dhis2": to_dhis2, "adx": to_adx}[form]
    place = out_file or file.with_suffix(".xml" if form == "adx" else ".json")
    place.write_bytes(make(told, datetime.now().astimezone()))
    out.result({"file": str(place), "figures": len(told.figures)})
    out.say("outbound.report", file=place, figures=len(told.figures))


def maturity(
    since: Annotated[str, typer.Option(help="自哪一天起,如 2025-01-01。 Since which day.")] = "",
    sender: Annotated[str | None, typer.Option(help="只看此发送方。 Only this sender.")] = None,
    as_json: Json = False,
) -> None:
    """Assess which standard data sets, documents and services each sender exchanges. 互联互通自评。"""
    from minkang.exchange.maturity import assess  # noqa: PLC0415  as above
    from minkang.exchange.quality import refresh  # noqa: PLC0415  as above

    out = output(as_json=as_json)
    with _opened(out) as platform:
        refresh(platform.database, platform.repository, ACCESS)
        found = assess(platform.database, ACCESS, since=date.fromisoformat(since) if since else None)
    chosen = [one for one in found if sender in {None, one.sender}]
    out.result({"assessments": [msgspec.to_builtins(one) for one in chosen]})
    heads = [f"maturity.{name}" for name in ("sender", "dataset", "document", "service", "level")]
    rows = [
        (
            one.sender or out.word("maturity.region"),
            *(f"{sum(1 for it in one.items if it.count and it.item.kind == kind)} ({share:.0%})"
              for kind, share in one.shares.items()),
            one.level.zh if one.level else "–",
        )
        for one in chosen
    ]  # fmt: skip
    out.table(heads, rows)
    out.say("maturity.unverified")


def register(exchange: typer.Typer) -> None:
    """Put `maturity` under `minkang exchange`."""
    exchange.command()(maturity)
