"""`minkang exchange try` and `minkang codes`: what a mapping makes of a file, and which codes have no map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from minkang.cli.output import Output, output
from minkang.codes.checking import check as check_codes
from minkang.codes.translator import Translator
from minkang.errors import Fault, Faults
from minkang.exchange.tables.loader import find_mapping, shipped
from minkang.exchange.tables.trial import Tried, attempt, note_fault

codes = typer.Typer(help="代码与对照。 Codes and their maps.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json")]
Mapping = Annotated[str, typer.Argument(help="映射名称或文件;? 为按表头识别。 A mapping; ? goes by the head.")]
File = Annotated[Path, typer.Argument(help="CSV 或 Excel 文件。 A CSV or Excel file.")]
Sender = Annotated[str, typer.Option(help="发送方,用其专有对照。 Whose own maps are read.")]


def register(exchange: typer.Typer) -> None:
    """Put `try` and `mappings` under `minkang exchange`."""
    exchange.command("try")(try_mapping)
    exchange.command("mappings")(mappings)


def try_mapping(
    mapping: Mapping,
    file: File,
    *,
    rows: Annotated[int, typer.Option(help="只看前几行,0 为全部。 The first rows; 0: all.", min=0)] = 20,
    sender: Sender = "",
    as_json: Json = False,
) -> None:
    """Show row by row what a mapping makes of a file, without storing it. 逐行试运行映射,不入库。"""
    said = output(as_json=as_json)
    translator = Translator(sender=sender)
    listed, shown, counts = [], 0, [0, 0, 0]
    for one in _tried(mapping, file, translator):
        shown += 1
        counts = [counts[0] + bool(one.drafts), counts[1] + bool(one.faults), counts[2] + len(one.notes)]
        if as_json:
            listed.append(_as_json(one))
        else:
            _show(said, one)
        if shown == rows:
            break
    unmapped = translator.drain()
    named = ("map", "code", "text", "count")
    said.result({"rows": listed, "unmapped": [dict(zip(named, one, strict=True)) for one in unmapped]})
    said.say("mapping.done", rows=shown, taken=counts[0], rejected=counts[1], notes=counts[2], unmapped=len(unmapped))
    if counts[1]:
        raise typer.Exit(3)


def mappings(as_json: Json = False) -> None:
    """List the mappings that come with the program, with their columns. 列出自带的映射。"""
    said = output(as_json=as_json)
    found = [find_mapping(name) for name in shipped()]
    rows = [(one.name, one.zh, len(one.columns), "、".join(one.table.key)) for one in found]
    said.result({"mappings": [dict(zip(("name", "zh", "columns", "key"), row, strict=True)) for row in rows]})
    said.table(["mapping.name", "mapping.title", "mapping.columns", "mapping.key"], rows)


@codes.command()
def check(as_json: Json = False) -> None:
    """Say all that is wrong with code lists and maps. 检查代码表与对照。"""
    said = output(as_json=as_json)
    if faults := check_codes():
        raise Faults(faults)
    said.result({"faults": []})
    said.say("mapping.codes")


@codes.command()
def unmapped(mapping: Mapping, file: File, *, sender: Sender = "", as_json: Json = False) -> None:
    """List the codes of a file that have no map, the most frequent first. 列出文件中没有对照的代码。"""
    said = output(as_json=as_json)
    translator = Translator(sender=sender)
    for _ in _tried(mapping, file, translator):
        pass
    found = sorted(translator.drain(), key=lambda one: (-one[3], one[:3]))
    named = ("map", "code", "text", "count")
    said.result({"unmapped": [dict(zip(named, one, strict=True)) for one in found]})
    said.table(["mapping.map", "mapping.code", "mapping.text", "load.count"], found)


def _tried(mapping: str, file: Path, translator: Translator) -> Any:
    mapped = None if mapping == "?" else find_mapping(mapping)
    try:
        source = file.open("rb")
    except OSError as error:
        raise Fault("CLI-010", where=str(file), reason=error.strerror or str(error)) from error
    with source:
        yield from attempt(mapped, source, file.name, translator)


def _show(said: Output, one: Tried) -> None:
    said.console.print(f"{one.place}  {one.key}", style="bold", highlight=False, markup=False)
    for draft in one.drafts:
        state = " ✗" if draft.withdrawn else ""
        said.console.print(f"  {draft.type} {draft.key}{state}", highlight=False, markup=False)
        if draft.body:
            said.console.print_json(data=draft.body, indent=None)
    for fault, style in [(note_fault(note), "yellow") for note in one.notes] + [(it, "red") for it in one.faults]:
        text = f"  {fault.code} {fault.text(said.language)} {fault.advice(said.language)}"
        said.console.print(text, style=style, highlight=False, markup=False)


def _as_json(one: Tried) -> dict[str, Any]:
    return {
        "place": one.place,
        "key": one.key,
        "feed": one.feed,
        "drafts": [
            {"type": it.type, "key": it.key, "rank": list(it.rank), "withdrawn": it.withdrawn, "body": it.body}
            for it in one.drafts
        ],
        "notes": [_said(note_fault(it)) for it in one.notes],
        "faults": [_said(it) for it in one.faults],
    }


def _said(fault: Fault) -> dict[str, str]:
    return {"code": fault.code, "where": fault.where, "zh": fault.text("zh"), "advice": fault.advice("zh")}
