"""`minkang exchange rejects`: what was refused, worked off from the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from minkang.access import program_access
from minkang.cli.output import Output, output
from minkang.cli.taking import REJECTED, Count, FeedOption, Json, SenderOption, opened
from minkang.errors import Fault
from minkang.exchange.rejects.desk import Reject, Rejects, parse_states

app = typer.Typer(help="拒收件的查看、更正、重放与作废。 Rejects.", no_args_is_help=True)
CodeOption = Annotated[str | None, typer.Option("--code", help="只看此原因代码。 Only this reason.")]
Id = Annotated[int, typer.Argument(help="拒收件编号。 The number of the reject.")]
SHOWN = 4000
ACCESS = program_access("exchange")


@app.command("list")
def list_rejects(  # noqa: PLR0917 -- options of a command, each given by name
    sender: SenderOption = None,
    feed: FeedOption = None,
    code: CodeOption = None,
    state: Annotated[str, typer.Option(help="open、corrected、replayed、discarded 或 all。")] = "open,corrected",
    after: Annotated[int, typer.Option(help="此编号之后。 Behind this number.")] = 0,
    count: Count = 20,
    as_json: Json = False,
) -> None:
    """List rejects, the oldest first. 列出拒收件,最早的在前。"""
    out = output(as_json=as_json)
    with opened(out) as intake:
        found = Rejects(intake).page(
            ACCESS, sender=sender, feed=feed, code=code, states=parse_states(state), after=after, count=count
        )
    out.result({"rejects": [told(one) for one in found]})
    heads = [f"exchange.{name}" for name in ("number", "sender", "feed", "key", "state", "reason", "place")]
    rows = [
        (one.id, one.sender, one.feed, one.key, out.word(f"exchange.{one.state}"),
         f"{one.code} {one.fault.text(out.language)}"[:80], one.place)
        for one in found
    ]  # fmt: skip
    out.table(heads, rows)


@app.command()
def show(
    id: Id,
    body: Annotated[bool, typer.Option("--body", help="只输出消息内容。 Only the body, as bytes.")] = False,
    as_json: Json = False,
) -> None:
    """Show a reject: why, what to do, its history, its body. 查看一个拒收件。"""
    out = output(as_json=as_json)
    with opened(out) as intake:
        desk = Rejects(intake)
        reject, text, history = desk.read(ACCESS, id), desk.body(ACCESS, id), desk.history(ACCESS, id)
    if body:
        sys.stdout.buffer.write(text)
        return
    steps = [msgspec.to_builtins(step) for step in history]
    out.result({**told(reject), "body": text.decode("utf-8", "backslashreplace"), "history": steps})
    out.say("exchange.reject", id=id, sender=reject.sender, feed=reject.feed, message=reject.key, place=reject.place)
    if not as_json:
        out.refuse(reject.fault)
    heads = [f"exchange.{name}" for name in ("at", "caller", "event", "state", "reason")]
    rows = [(f"{one.at:%F %T}", one.caller, one.event, out.word(f"exchange.{one.target}"), one.reason or one.code)
            for one in history]  # fmt: skip
    out.table(heads, rows)
    if not as_json:
        out.console.out(_readable(text[:SHOWN]))


@app.command()
def correct(
    id: Id,
    file: Annotated[Path, typer.Argument(help="更正后的消息,- 为标准输入。 The corrected message; - for input.")],
    reason: Annotated[str, typer.Option(help="说明。 Why.")] = "",
    as_json: Json = False,
) -> None:
    """Put a corrected body in place; the original is kept. 更正内容,原件保留。"""
    out = output(as_json=as_json)
    if str(file) != "-" and not file.is_file():
        raise Fault("EXCHANGE-001", path=str(file))
    body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    with opened(out) as intake:
        reject = Rejects(intake).correct(ACCESS, id, body, reason=reason)
    _told_state(out, reject)


@app.command()
def replay(  # noqa: PLR0917 -- options of a command, each given by name
    ids: Annotated[list[int] | None, typer.Argument(help="编号;不给则按条件。 Numbers; none: all that match.")] = None,
    sender: SenderOption = None,
    feed: FeedOption = None,
    code: CodeOption = None,
    all_: Annotated[bool, typer.Option("--all", help="全部待处理的。 All that wait.")] = False,
    as_json: Json = False,
) -> None:
    """Send rejects through the intake again, one by one or all that match. 重放拒收件。"""
    out = output(as_json=as_json)
    if not (ids or sender or feed or code or all_):
        raise Fault("EXCHANGE-046")
    with opened(out) as intake:
        desk = Rejects(intake)
        found = (
            ((id, desk.replay(ACCESS, id)) for id in ids)
            if ids
            else desk.replay_all(ACCESS, sender=sender, feed=feed, code=code)
        )
        results = [(id, one.outcome, one.fault.code if one.fault else "") for id, one in found]
    refused = sum(outcome == "rejected" for _, outcome, _ in results)
    listed = [{"id": id, "outcome": outcome, "code": why} for id, outcome, why in results]
    out.result({"replayed": len(results) - refused, "refused": refused, "rejects": listed})
    out.say("exchange.replayed_many", replayed=len(results) - refused, refused=refused)
    if refused:
        raise typer.Exit(REJECTED)


@app.command()
def discard(
    id: Id, reason: Annotated[str, typer.Option(help="理由,必填。 Why; required.")] = "", as_json: Json = False
) -> None:
    """Give a reject up, with a reason. 作废一个拒收件,须写明理由。"""
    out = output(as_json=as_json)
    with opened(out) as intake:
        reject = Rejects(intake).discard(ACCESS, id, reason)
    _told_state(out, reject)


@app.command()
def reopen(id: Id, as_json: Json = False) -> None:
    """Take up again what was discarded. 恢复已作废的拒收件。"""
    out = output(as_json=as_json)
    with opened(out) as intake:
        reject = Rejects(intake).reopen(ACCESS, id)
    _told_state(out, reject)


def _readable(text: bytes) -> str:
    """The beginning of a body as text; how large it is where it is none."""
    for encoding in ("utf-8", "gb18030"):
        decoded = text.decode(encoding, "ignore")
        if "\0" not in decoded and decoded.replace("\r", "\n").replace("\n", "").replace("\t", "").isprintable():
            return decoded.replace("\r\n", "\n").replace("\r", "\n")
    return f"{len(text):,} bytes …"


def _told_state(out: Output, reject: Reject) -> None:
    out.result(told(reject))
    out.say("exchange.now", id=reject.id, state=out.word(f"exchange.{reject.state}"))


def told(reject: Reject) -> dict[str, object]:
    """A reject for programs, its reason in both languages."""
    fault = reject.fault
    return {
        **msgspec.to_builtins(reject),
        "text": {"zh": fault.text("zh"), "en": fault.text("en")},
        "advice": {"zh": fault.advice("zh"), "en": fault.advice("en")},
    }
