"""`minkang exchange`: take in what senders send, and see what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from minkang.access import program_access
from minkang.cli import rejects
from minkang.cli.output import output
from minkang.cli.taking import Count, FeedOption, Json, SenderOption, opened, run
from minkang.errors import Fault
from minkang.exchange.intake.engine import Intake
from minkang.exchange.intake.taking import deliveries
from minkang.exchange.ledger.looking import Ledger
from minkang.settings import read_settings

app = typer.Typer(
    help="数据交换:接收、台账、拒收件。 Intake, ledger and rejects of what senders send.", no_args_is_help=True
)
app.add_typer(rejects.app, name="rejects")
ACCESS = program_access("exchange")


@app.command()
def take(
    sender: Annotated[str, typer.Argument(help="发送方代号。 The sender.")],
    paths: Annotated[list[Path], typer.Argument(help="文件、文件夹或压缩包。 Files, folders, archives.")],
    feed: Annotated[str, typer.Option("--feed", help="类型,如 hl7v2、cda、csv/映射名、fhir、device。 The feed.")] = "",
    token: Annotated[
        str, typer.Option(envvar="MINKANG_EXPORT_TOKEN", help="清单所需的令牌。 A manifest's token.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Take in files of a sender; run again after a stop, it goes on. 接收文件,中断后可继续。"""
    out = output(as_json=as_json)
    with opened(out) as intake:
        chosen = feed or _only_feed(intake, sender)
        intake.senders.may_send(sender, chosen)
        fetched = read_settings().home / "fetched"
        run(out, intake, deliveries(sender, chosen, paths, fetched, token))


def _only_feed(intake: Intake, sender: str) -> str:
    feeds = intake.senders.sender(sender).feeds
    if len(feeds) != 1:
        raise Fault("EXCHANGE-024", sender=sender, feed="", feeds="、".join(feeds) or "–")
    return feeds[0]


@app.command()
def sender(  # noqa: PLR0917 -- options of a command, each given by name
    slug: Annotated[str, typer.Argument(help="发送方代号。 The sender.")],
    feed: Annotated[list[str] | None, typer.Option("--feed", help="可发送的类型,可重复。 A feed it may send.")] = None,
    name: Annotated[str, typer.Option(help="名称。 A name for people.")] = "",
    institution: Annotated[str, typer.Option(help="机构编码。 The institution's code.")] = "",
    scope: Annotated[str, typer.Option(help="可写入的资源范围。 What it may write.")] = "system/*.cru",
    active: Annotated[bool, typer.Option("--active/--shut-out", help="启用或停用。 Let in or shut out.")] = True,
    as_json: Json = False,
) -> None:
    """Register a sender and its feeds. 登记发送方及其可发送的类型。"""
    out = output(as_json=as_json)
    with opened(out) as intake:
        for one in feed or []:
            intake.connectors.of(one)
        intake.senders.add(slug, {one: {} for one in feed or []}, name=name, institution=institution, scopes=scope)
        added = intake.senders.set_active(slug, active)
    out.result(msgspec.to_builtins(added))
    out.say("exchange.sender_added", sender=slug, feeds="、".join(added.feeds) or "–")


@app.command()
def status(as_json: Json = False) -> None:
    """Show senders, what came of each, and files being taken in. 查看各发送方的接收情况。"""
    out = output(as_json=as_json)
    with opened(out) as intake:
        senders = intake.senders.all()
        ledger = Ledger(intake.database, intake.blobs)
        tallies, files = ledger.tallies(ACCESS), ledger.files(ACCESS)
        unmapped = ledger.unmapped(ACCESS, count=20)
    opened_files = [one for one in files if one.state == "open"]
    out.result(
        {
            "senders": [msgspec.to_builtins(one) for one in senders],
            "tallies": [msgspec.to_builtins(one) for one in tallies],
            "open": [msgspec.to_builtins(one) for one in opened_files],
            "unmapped": [msgspec.to_builtins(one) for one in unmapped],
        }
    )
    heads = [f"exchange.{name}" for name in ("sender", "feed", "outcome", "count", "last")]
    rows = [(one.sender, one.feed, out.word(f"exchange.{one.outcome}"), f"{one.count:,}", one.last) for one in tallies]
    out.table(heads, rows)
    for one in opened_files:
        out.say("exchange.open_file", place=one.place, position=f"{one.position:,}", touched=f"{one.touched:%F %T}")
    if unmapped:
        heads = [f"exchange.{name}" for name in ("sender", "map", "code", "text", "count")]
        out.table(heads, [(one.sender, one.map, one.code, one.text, f"{one.count:,}") for one in unmapped])


@app.command("ledger")
def show_ledger(  # noqa: PLR0917 -- options of a command, each given by name
    sender: SenderOption = None,
    feed: FeedOption = None,
    key: Annotated[str | None, typer.Option(help="消息编号。 The message's key.")] = None,
    state: Annotated[str | None, typer.Option(help="状态。 Its state.")] = None,
    before: Annotated[int | None, typer.Option(help="此序号之前。 Before this number.")] = None,
    count: Count = 20,
    as_json: Json = False,
) -> None:
    """List messages, the latest first. 列出消息台账,最新的在前。"""
    out = output(as_json=as_json)
    with opened(out) as intake:
        found = Ledger(intake.database, intake.blobs).messages(
            ACCESS, sender=sender, feed=feed, key=key, state=state, before=before, count=count
        )
    out.result({"messages": [{**msgspec.to_builtins(one), "digest": one.digest.hex()} for one in found]})
    heads = [f"exchange.{name}" for name in ("number", "sender", "feed", "key", "state", "records", "received")]
    rows = [
        (one.number, one.sender, one.feed, one.key, out.word(f"exchange.{one.state}") + f" {one.code}".rstrip(),
         f"{one.written}/{one.drafts}", f"{one.received:%F %T}")
        for one in found
    ]  # fmt: skip
    out.table(heads, rows)
