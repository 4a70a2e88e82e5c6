"""The mapping workbench: all mappings, one of them in full, and a file tried row by row; nothing is stored."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from minkang.access.audit import AuditEntry
from minkang.codes.translator import Translator
from minkang.errors import Fault, Faults
from minkang.exchange.tables.loader import mapping, read_mapping, shipped
from minkang.exchange.tables.spec import Mapping
from minkang.exchange.tables.trial import Tried, attempt, note_fault
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components import Field, Message, State, StateChip
from minkang.portal.web.exchange import parts
from minkang.portal.web.language import language_of
from minkang.portal.web.page import Action, Head, access, page, said
from minkang.portal.web.tables import Column, Link, ListSource, Row, Table

ROWS = (20, 100, 500)
MOST_BYTES = 32 << 20
_MOST_JSON = 20_000


@dataclass(frozen=True)
class Shown:
    """A row that was tried.

    Attributes:
        drafts: type, key and JSON of what would be stored.
        notes, faults: code, words and advice of what is doubtful, and of why it is refused.
    """

    place: str
    key: str
    chip: StateChip
    drafts: Sequence[tuple[str, str, str]]
    notes: Sequence[tuple[str, str, str]]
    faults: Sequence[tuple[str, str, str]]


@dataclass
class Trial:
    """What a mapping makes of the first rows of a file."""

    rows: list[Shown] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    unmapped: Sequence[tuple[str, str, str, int]] = ()
    more: bool = False
    message: Message | None = None


def mappings(request: HttpRequest) -> HttpResponseBase:
    """All mappings that come with the program."""
    parts.enter(request)
    columns = [
        Column("title", said(request, "desk.mapping"), sortable=True, filter="text"),
        Column("name", said(request, "desk.slug"), sortable=True, filter="text"),
        Column("columns", said(request, "desk.columns"), "number", sortable=True),
        Column("resources", said(request, "desk.resources"), filter="text"),
        Column("key", said(request, "desk.row_key")),
        Column("source", said(request, "desk.source"), shown=False),
    ]
    rows = [_row(request, mapping(name)) for name in shipped()]
    table = Table(request, ListSource("mappings", columns, rows), empty="")
    if answer := table.answer():
        return answer
    actions = [Action(said(request, "desk.try"), reverse("try_mapping"), main=True)]
    head = Head(said(request, "desk.tab_mappings"), parts.crumbs(request), as_of=False, actions=actions)
    lead = said(request, "desk.mappings_lead")
    return page(request, "listing.html", head, table=table, tabs=parts.tabs(request, "mappings"), lead=lead)


def one(request: HttpRequest, name: str) -> HttpResponseBase:
    """One mapping: its columns and what they become."""
    parts.enter(request)
    found = mapping(name)
    columns = [
        Column("name", said(request, "desk.column"), sortable=True, filter="text"),
        Column("kind", said(request, "desk.kind"), sortable=True, filter="text"),
        Column("required", said(request, "desk.required"), sortable=True),
        Column("map", said(request, "desk.map"), filter="text"),
        Column("checks", said(request, "desk.checks")),
        Column("alias", said(request, "desk.alias"), filter="text"),
        Column("paths", said(request, "desk.becomes"), filter="text"),
    ]
    table = Table(request, ListSource("columns", columns, _column_rows(request, found)), empty="")
    if answer := table.answer():
        return answer
    actions = [Action(said(request, "desk.try"), f"{reverse('try_mapping')}?mapping={name}", main=True)]
    above = parts.crumbs(request, "mappings")
    head = Head(_title(request, found), above, as_of=False, note=name, actions=actions)
    return page(request, "listing.html", head, table=table, lead=found.source)


def attempted(request: HttpRequest) -> HttpResponseBase:
    """The form, and after it what the mapping makes of the file."""
    parts.enter(request)
    given = {name: request.POST.get(name, request.GET.get(name, "")) for name in ("mapping", "sender", "rows", "own")}
    trial, error = None, ""
    if request.method == "POST":
        file = request.FILES.get("file")
        if file is None:
            error = said(request, "desk.no_file")
        else:
            trial = _try(request, given, file)
    choices = [
        ("?", said(request, "desk.by_head")),
        *((name, f"{_title(request, mapping(name))} ({name})") for name in shipped()),
    ]
    fields = [
        Field("mapping", said(request, "desk.mapping"), "choice", given["mapping"] or "?",
              choices=choices, required=True),
        Field("sender", said(request, "desk.sender"), "choice", given["sender"], choices=parts.sender_choices(),
              hint=said(request, "desk.try_sender")),
        Field("rows", said(request, "desk.first_rows"), "choice", given["rows"] or str(ROWS[0]),
              choices=[(str(number), str(number)) for number in ROWS], required=True),
    ]  # fmt: skip
    own = Field("own", said(request, "desk.own_mapping"), "source", given["own"], hint=said(request, "desk.own_hint"))
    head = Head(said(request, "desk.try"), parts.crumbs(request, "mappings"), as_of=False)
    return page(
        request, "exchange/try.html", head, fields=fields, own=own, error=error, trial=trial,
        status=422 if error else 200,
        take=f"{reverse('exchange_take')}?sender={given['sender']}&feed=csv/{given['mapping'].strip('?')}",
    )  # fmt: skip


def _try(request: HttpRequest, given: dict[str, str], file: UploadedFile[Any]) -> Trial:
    size, language = file.size or 0, language_of(request)
    if size > MOST_BYTES:
        return Trial(message=Message.of(Fault("DESK-002", size=size, limit=MOST_BYTES), language))
    try:
        chosen = _chosen(given)
        the_platform().audit.write(
            AuditEntry(access(request), "read", query=f"mapping:try:{given['mapping']}:{file.name}")
        )
        most = int(given["rows"]) if given["rows"] in {str(number) for number in ROWS} else ROWS[0]
        translator = Translator(sender=given["sender"])
        rows = attempt(chosen, cast("BinaryIO", file.file), str(file.name), translator)
        return _tried(request, rows, most, translator)
    except Faults as faults:
        text = "; ".join(fault.text(language) for fault in faults.faults[:20])
        return Trial(message=Message(text, "bad", faults.advice(language), faults.code))
    except Fault as fault:
        return Trial(message=Message.of(fault, language))


def _chosen(given: dict[str, str]) -> Mapping | None:
    if given["own"].strip():
        return read_mapping(given["own"], "own.toml", "own")
    return None if given["mapping"] in ("", "?") else mapping(given["mapping"])


def _tried(request: HttpRequest, rows: Iterator[Tried], most: int, translator: Translator) -> Trial:
    trial = Trial()
    for row in islice(rows, most):
        trial.rows.append(_shown(request, row))
        trial.counts["refused" if row.faults else "taken"] += 1
        trial.counts["notes"] += len(row.notes)
    trial.more = next(rows, None) is not None
    trial.unmapped = sorted(translator.drain(), key=lambda one: (-one[3], one[:3]))
    return trial


def _shown(request: HttpRequest, row: Tried) -> Shown:
    language = language_of(request)
    state = State.OFF_TRACK if row.faults else State.AT_RISK if row.notes else State.ON_TRACK
    words = "desk.state_rejected" if row.faults else "desk.would_note" if row.notes else "desk.would_take"

    def told(faults: Sequence[Fault]) -> list[tuple[str, str, str]]:
        return [(one.code, one.text(language), one.advice(language)) for one in faults]

    drafts = [
        (f"{one.type}{' ×' if one.withdrawn else ''}", one.key,
         json.dumps(one.body, ensure_ascii=False, indent=1)[:_MOST_JSON])
        for one in row.drafts
    ]  # fmt: skip
    chip = StateChip(state, said(request, words))
    return Shown(row.place, row.key, chip, drafts, told([note_fault(one) for one in row.notes]), told(row.faults))


def _title(request: HttpRequest, found: Mapping) -> str:
    return found.zh if language_of(request) == "zh" else found.en or found.zh


def _row(request: HttpRequest, found: Mapping) -> Row:
    return {
        "title": Link(_title(request, found), reverse("exchange_mapping", args=[found.name])),
        "name": found.name,
        "columns": len(found.columns),
        "resources": "、".join(dict.fromkeys(one.type for one in found.resources)),
        "key": "、".join(found.table.key),
        "source": found.source,
    }


def _column_rows(request: HttpRequest, found: Mapping) -> list[Row]:
    becomes: dict[str, list[str]] = {}
    for resource in found.resources:
        for path, value in resource.set.items():
            for name in dict.fromkeys((value.column, value.text, *value.first)):
                if name:
                    becomes.setdefault(name, []).append(f"{resource.type}.{path}")
    return [
        {
            "name": column.name,
            "kind": said(request, f"desk.kind_{column.kind}"),
            "required": said(request, "desk.yes") if column.required else "",
            "map": column.map,
            "checks": _checks(column.unit, column.range, column.plausible, values=column.values),
            "alias": "、".join(column.alias),
            "paths": ", ".join(becomes.get(column.name, [])[:6]),
        }
        for column in found.columns.values()
    ]


def _checks(unit: str, *ranges: tuple[Any, Any] | None, values: Sequence[str]) -> str:
    told = [unit, *(f"{one[0]}–{one[1]}" for one in ranges if one), "/".join(values)]
    return " ".join(filter(None, told))
