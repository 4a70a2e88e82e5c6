"""General hospitals: HL7 v2 messages of attendances and stays (ADT), of results (ORU) and of prescriptions (ORM)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from minkang.synth.arrays import Columns, Ints
from minkang.synth.catalogue import rows
from minkang.synth.county import County
from minkang.synth.feeds.hl7_messages import (
    OTHER_UNIT,
    Drug,
    Finding,
    Visit,
    admission,
    discharge,
    prescription,
    results,
)
from minkang.synth.feeds.identities import Identities
from minkang.synth.feeds.rows import lists, some, staff_names
from minkang.synth.feeds.sendings import Sending
from minkang.synth.feeds.telling import Feed, Pack, Telling, TruthRow
from minkang.synth.feeds.times import DAY, minute_of
from minkang.synth.truth import Truth

FEEDS = (Feed("hl7v2", Pack.MESSAGES, every="month", suffix=".hl7"),)
KINDS = ("outpatient", "inpatient", "delivery")
ENCODING = "utf-8"
STAY_ENDS = 10 * 60  # minutes of the day at which people are discharged
ATTENDANCE = 30
AFTER = {"reports": 90, "prescriptions": 20}


def tell(county: County, part: Truth, seen: Identities, rng: np.random.Generator) -> Iterator[Telling]:
    """All attendances and stays at general hospitals of one chunk, their results and prescriptions."""
    encounters = part.tables["encounters"]
    mine = np.isin(encounters["institution"], county.of_kind("general")) & np.isin(encounters["kind"], KINDS)
    one = some(part, "encounters", mine)
    order = np.argsort(one["id"], kind="stable")
    one = {name: column[order] for name, column in one.items()}
    visits, slugs = _visits(county, one, seen)
    yield from _admissions(visits, slugs, one, seen)
    yield from _results(visits, slugs, one, part, seen)
    yield from _prescriptions(visits, slugs, one, part, seen)


def _visits(county: County, one: Columns, seen: Identities) -> tuple[list[Visit], list[str]]:
    who = seen.known(one["institution"], one["person"], one["day"])
    begin = minute_of(one["day"], one["minute"])
    end = np.where(
        one["kind"] == "outpatient", begin + ATTENDANCE, np.maximum(one["to_day"] * DAY + STAY_ENDS, begin + 60)
    )
    staff = staff_names(county)
    values = lists(one, "id", "kind", "icd10", "zh", "institution", "staff")
    visits = [
        Visit(id_, kind, first, last, icd10, zh, staff[doctor], county.institutions[place].code, person)
        for (id_, kind, icd10, zh, place, doctor), first, last, person in zip(
            values, begin.tolist(), end.tolist(), who, strict=True
        )
    ]
    return visits, [seen.slug(place) for place in one["institution"].tolist()]


def _admissions(visits: list[Visit], slugs: list[str], one: Columns, seen: Identities) -> Iterator[Telling]:
    at = np.array([visit.begin + 1 for visit in visits], dtype=np.int64)
    for send in seen.sendings("hl7 encounters", one["id"], at, ("wrong_code", "obsolete_code"), ENCODING):
        visit, slug = visits[send.row], slugs[send.row]
        key = f"A{visit.id}{send.mark}-{send.turn}"
        truth: tuple[TruthRow, ...] = (("encounters", visit.id),)
        faults = send.faults + visit.who.faults
        yield Telling(slug, "hl7v2", key, send.at, truth, admission(visit, send, key), send.state, faults)
        if visit.kind != "outpatient" and send.state == "new" and not send.mark:
            leaves = send._replace(at=max(visit.end, send.at + 1), slip="" if send.slip == "mistake" else send.slip)
            key = f"D{visit.id}"
            yield Telling(slug, "hl7v2", key, leaves.at, truth, discharge(visit, leaves, key), "new", visit.who.faults)


def _results(visits: list[Visit], slugs: list[str], one: Columns, part: Truth, seen: Identities) -> Iterator[Telling]:
    found, at = _attached(part, "observations", one["id"])
    ids = np.array([visits[row].id for row in found], dtype=np.int64)
    when = np.array(
        [max(last.minute for last in map(_finding, at[row])) + AFTER["reports"] for row in found], dtype=np.int64
    )
    for drawn in seen.sendings("hl7 reports", ids, when, ("wrong_code", "wrong_unit"), ENCODING):
        row = found[drawn.row]
        visit, findings = visits[row], [_finding(values) for values in at[row]]
        send = _possible(drawn, findings)
        key = f"R{visit.id}{send.mark}-{send.turn}"
        truth = tuple(("observations", finding.id) for finding in findings)
        body = results(visit, send, key, findings)
        yield Telling(slugs[row], "hl7v2", key, send.at, truth, body, send.state, send.faults + visit.who.faults)


def _possible(send: Sending, findings: list[Finding]) -> Sending:
    """A slip that the first finding of a report cannot show does not happen."""
    row = rows("observations")[findings[0].kind]
    pressure = row["key"] == "blood_pressure"
    fits = {"wrong_code": not pressure, "wrong_unit": row["unit"] in OTHER_UNIT}.get(send.slip, True)
    return send if fits else send._replace(slip="", faults=tuple(name for name in send.faults if name != send.slip))


def _prescriptions(
    visits: list[Visit], slugs: list[str], one: Columns, part: Truth, seen: Identities
) -> Iterator[Telling]:
    given, drugs = _attached(part, "prescriptions", one["id"])
    ids = np.array([visits[row].id for row in given], dtype=np.int64)
    when = np.array([visits[row].begin + AFTER["prescriptions"] for row in given], dtype=np.int64)
    for send in seen.sendings("hl7 prescriptions", ids, when, ("wrong_code",), ENCODING):
        row = given[send.row]
        visit = visits[row]
        key = f"P{visit.id}{send.mark}-{send.turn}"
        mine = [Drug(id_, drug) for id_, drug in drugs[row]]
        truth = tuple(("prescriptions", drug.id) for drug in mine)
        body = prescription(visit, send, key, mine)
        yield Telling(slugs[row], "hl7v2", key, send.at, truth, body, send.state, send.faults + visit.who.faults)


def _finding(values: tuple[Any, ...]) -> Finding:
    id_, kind, day, minute, value, value2 = values
    return Finding(id_, kind, day * DAY + minute, value, value2)


def _attached(part: Truth, table: str, encounters: Ints) -> tuple[list[int], dict[int, list[tuple[Any, ...]]]]:
    """Rows of a table by the position of their encounter; those positions, in order."""
    all_ = part.tables[table]
    at = np.searchsorted(encounters, all_["encounter"])
    at = np.minimum(at, max(len(encounters) - 1, 0))
    mine = np.flatnonzero(encounters[at] == all_["encounter"]) if len(encounters) else np.zeros(0, dtype=np.int64)
    names = ("id", "kind", "day", "minute", "value", "value2") if table == "observations" else ("id", "drug")
    values = lists({name: all_[name][mine] for name in names}, *names)
    found: dict[int, list[tuple[Any, ...]]] = {}
    for row, value in zip(at[mine].tolist(), values, strict=True):
        found.setdefault(row, []).append(value)
    return sorted(found), found
