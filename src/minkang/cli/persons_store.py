"""`minkang persons`, what works on the platform's own records: follow, link everything, undo, review, register."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from minkang.access import program_access
from minkang.cli.output import Output, output
from minkang.settings import read_settings
from minkang.wiring import open_platform

if TYPE_CHECKING:
    from minkang.persons.store.acts import Done

Reason = Annotated[str, typer.Option(help="理由。 Why.")]
Source = Annotated[str, typer.Argument(help="记录编号(Patient 的 id)。 The id of a Patient.")]
Json = Annotated[bool, typer.Option("--json")]


def register(app: typer.Typer) -> None:
    """Give the application these commands."""
    for command in (follow, unlink, relink, split, merge, undo, who):
        app.command()(command)
    app.command("review")(review)
    app.command("register")(population)


def link_store(said: Output, *, threads: int, memory: str, spark: bool) -> None:
    """Link the whole store: `minkang persons link` without an input."""
    # The linking engine imports dictionaries of readings and characters, which other commands need not wait for.
    from minkang.persons.bulk.linking import Options  # noqa: PLC0415
    from minkang.persons.bulk.spark import score_on_spark  # noqa: PLC0415

    options = Options(threads=threads, memory=memory, scoring=score_on_spark if spark else None)
    opened = closing(open_platform(read_settings(), notice=said.notice))
    with opened as platform, said.progress("persons.progress", 1.0) as advance:
        linked, written = platform.persons.link_all(
            program_access("persons"), options, lambda stage, share: advance.to(share, said.word(f"persons.{stage}"))
        )
    said.result({**linked.told(), "changed": written.changed, "review": written.review})
    for remark in linked.remarks:
        said.remark(remark)
    counts = {"records": f"{linked.records:,}", "persons": f"{linked.persons:,}", "pairs": f"{linked.pairs:,}"}
    said.say("persons.stored", **counts, changed=f"{written.changed:,}", review=f"{written.review:,}")


def follow(as_json: Json = False) -> None:
    """Decide upon new and changed records, to the end of the feed. 对新增和变动的记录作人员关联。"""
    said = output(as_json=as_json)
    opened = closing(open_platform(read_settings(), notice=said.notice))
    with opened as platform, said.progress("persons.progress", None) as bar:
        done = platform.persons.follow(
            program_access("persons"), lambda so_far: bar.to(so_far.counts.decided, f"{so_far.counts.decided:,}")
        )
    counts = done.counts
    said.result({"changes": done.changes, "decided": counts.decided, "linked": counts.linked,
                 "joined": counts.joined, "review": counts.review})  # fmt: skip
    said.say("persons.followed", decided=f"{counts.decided:,}", linked=f"{counts.linked:,}", review=counts.review)


def unlink(source: Source, reason: Reason, as_json: Json = False) -> None:
    """Take a record out of its person. 解除一条记录的关联。"""
    _act(as_json, lambda links, access: links.unlink(access, source, reason))


def relink(
    source: Source,
    person: Annotated[str, typer.Argument(help="人员编号。 The person.")],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Move a record to another person. 把一条记录改归另一人。"""
    _act(as_json, lambda links, access: links.relink(access, source, person, reason))


def split(
    sources: Annotated[list[str], typer.Argument(help="要拆出的记录。 The records to split off.")],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Split records off into a person of their own. 把部分记录拆为另一人。"""
    _act(as_json, lambda links, access: links.split(access, sources, reason))


def merge(
    kept: Annotated[str, typer.Argument(help="保留的人员。 The person that stays.")],
    given_up: Annotated[str, typer.Argument(help="并入的人员。 The person that is given up.")],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Make two persons one. 把两人并为一人。"""
    _act(as_json, lambda links, access: links.merge(access, kept, given_up, reason))


def undo(
    operation: Annotated[int, typer.Argument(help="操作编号。 The number of the act.")],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Undo an act on links. 撤销一次关联操作。"""
    _act(as_json, lambda links, access: links.undo(access, operation, reason))


def who(source: Source, as_json: Json = False) -> None:
    """Whose a record is, and how that came. 一条记录归于何人、由何而来。"""
    said = output(as_json=as_json)
    with closing(open_platform(read_settings(), notice=said.notice)) as platform:
        links = platform.persons.links
        now = links.of_sources([source]).get(source)
        members = [one.source for one in links.members(now.person)] if now else []
        past = links.history([source])
    lines = [{"operation": one.operation, "act": one.kind, "person": one.person, "was": one.was, "method": one.method,
              "caller": one.caller, "reason": one.reason, "at": one.at.isoformat(), "undone": one.undone}
             for one in past]  # fmt: skip
    said.result({"source": source, "person": now.person if now else None, "sources": members, "history": lines})
    heads = ["persons.operation", "persons.act", "persons.person", "persons.by", "persons.why"]
    said.table(heads, [(str(one.operation), one.kind, one.person or "–", one.caller, one.reason) for one in past])


def review(as_json: Json = False) -> None:
    """What waits for somebody, by sender, and how far reviewers agree. 待复核的数量和复核一致率。"""
    said = output(as_json=as_json)
    with closing(open_platform(read_settings(), notice=said.notice)) as platform:
        batches, found = platform.persons.queue.batches(), platform.persons.queue.agreement()
    said.result({"waiting": dict(batches), "seen_by_two": found.pairs, "agreed": found.agreed, "kappa": found.kappa})
    said.table(["persons.sender", "persons.pairs"], [(sender or "–", f"{count:,}") for sender, count in batches])
    said.say("persons.agreement", pairs=found.pairs, agreed=found.agreed)


def population(
    renew: Annotated[bool, typer.Option("--renew", help="全部重算。 Make every row anew.")] = False,
    as_json: Json = False,
) -> None:
    """The population register: how many, and what is in disagreement. 人口登记:人数与待核对事项。"""
    said = output(as_json=as_json)
    opened = closing(open_platform(read_settings(), notice=said.notice))
    with opened as platform:
        register = platform.persons.register
        if renew:
            with said.progress("persons.progress", None) as bar:
                register.renew_all(lambda done: bar.to(done, f"{done:,}"))
        counts, doubts = register.counts(), register.disagreement_counts()
    said.result({"counts": [{"vital": vital, "residence": residence, "persons": count} for vital, residence, count
                            in counts], "disagreements": dict(doubts)})  # fmt: skip
    rows: list[tuple[Any, ...]] = [
        (said.word(f"persons.vital_{vital}"), said.word(f"persons.residence_{residence}"), f"{count:,}")
        for vital, residence, count in counts
    ]
    said.table(["persons.vital", "persons.residence", "persons.count"], rows)
    said.table(
        ["persons.disagreement", "persons.count"],
        [(said.word(f"persons.kind_{kind}"), f"{count:,}") for kind, count in doubts],
    )


def _act(as_json: bool, does: Any) -> None:
    said = output(as_json=as_json)
    with closing(open_platform(read_settings(), notice=said.notice)) as platform:
        done: Done = does(platform.persons.links, program_access("command"))
    said.result({"operation": done.operation, "person": done.person})
    said.say("persons.acted", operation=done.operation, person=done.person or "–")
