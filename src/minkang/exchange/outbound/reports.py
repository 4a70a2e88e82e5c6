"""The report from county to city: one set of figures, as FHIR R4 MeasureReports, DHIS2 dataValueSet, or ADX.

ADX is IHE QRPH Aggregate Data Exchange (`urn:ihe:qrph:adx:2015`). Figures come by `Report`, from whoever computes them.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

import msgspec
from lxml import etree
from msgspec import Struct

from minkang.errors import Fault
from minkang.fhir import decode

ADX = "urn:ihe:qrph:adx:2015"
_PERIOD = re.compile(r"(\d{4})(?:-(\d{2})|-?Q([1-4]))?")
QUARTER = 3
DECEMBER = 12


class Reported(Struct, frozen=True, forbid_unknown_fields=True):
    """One figure.

    Attributes:
        indicator: its id at both ends. value: the figure as shown (a rate, a number).
        numerator, denominator: the counts it was made of, where there are any.
        strata: what it is of (`{"sex": "1"}`); empty for all.
        basis: `computed`, `reported` or `survey`.
    """

    indicator: str
    value: Decimal
    numerator: int | None = None
    denominator: int | None = None
    strata: dict[str, str] = {}
    basis: str = "computed"


class Report(Struct, frozen=True, forbid_unknown_fields=True):
    """What is reported.

    Attributes:
        dataset: id of the report form. unit: code of the reporting region. reporter: code of the institution.
        period: `2025`, `2025Q3` or `2025-06`.
    """

    dataset: str
    unit: str
    period: str
    reporter: str
    figures: list[Reported]


def read_report(text: str) -> Report:
    """Read a report from TOML.

    Raises:
        Fault: `OUTBOUND-010`.
    """
    try:
        found = msgspec.convert(tomllib.loads(text, parse_float=Decimal), Report, strict=False)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Fault("OUTBOUND-010", field="TOML", reason=str(error)) from error
    check(found)
    return found


def check(report: Report) -> None:
    """Refuse what no city could read.

    Raises:
        Fault: `OUTBOUND-010` for a period, an empty code, a count above its denominator, a figure that stands twice.
    """
    span(report.period)
    for name in ("dataset", "unit", "reporter"):
        if not getattr(report, name).strip():
            raise Fault("OUTBOUND-010", field=name, reason="–")
    if not report.figures:
        raise Fault("OUTBOUND-010", field="figures", reason="–")
    seen = set()
    for one in report.figures:
        place = (one.indicator, *sorted(one.strata.items()))
        if not one.indicator or place in seen:
            raise Fault("OUTBOUND-010", field=one.indicator or "indicator", reason="×2" if place in seen else "–")
        seen.add(place)
        if not all(text.strip() == text != "" and text.isprintable() for text in one.strata.values()):
            raise Fault("OUTBOUND-010", field=one.indicator, reason=str(one.strata))
        if not one.value.is_finite() or (one.numerator is not None and one.numerator < 0) or one.denominator == 0:
            raise Fault("OUTBOUND-010", field=one.indicator, reason=str(one.value))


def span(period: str) -> tuple[date, date]:
    """First and last day.

    Raises:
        Fault: `OUTBOUND-010`.
    """
    found = _PERIOD.fullmatch(period)
    month = int(found[2]) if found and found[2] else QUARTER * int(found[3]) - 2 if found and found[3] else 1
    if not found or not 1 <= month <= DECEMBER or int(found[1]) < 1:
        raise Fault("OUTBOUND-010", field="period", reason=period[:20])
    months = 1 if found[2] else QUARTER if found[3] else DECEMBER
    first = date(int(found[1]), month, 1)
    after = first.year * DECEMBER + first.month - 1 + months
    return first, date(after // DECEMBER, after % DECEMBER + 1, 1) - timedelta(days=1)


def to_fhir(report: Report, at: datetime) -> bytes:
    """A transaction Bundle with one summary MeasureReport an indicator; the same report has the same ids."""
    first, last = span(report.period)
    by_indicator: dict[str, list[Reported]] = defaultdict(list)
    for one in report.figures:
        by_indicator[one.indicator].append(one)
    entries = []
    for indicator, figures in by_indicator.items():
        name = f"urn:minkang:report:{report.dataset}:{report.unit}:{report.period}:{indicator}"
        id = str(uuid5(NAMESPACE_URL, name))
        whole = [_group(one, indicator) for one in figures if not one.strata]
        parts = [_stratum(one) for one in figures if one.strata]
        group: dict[str, object] = whole[0] if whole else {"code": {"text": indicator}}
        if parts:
            group["stratifier"] = [{"stratum": parts}]
        resource = {
            "resourceType": "MeasureReport",
            "id": id,
            "identifier": [{"system": "urn:minkang:report", "value": name}],
            "status": "complete",
            "type": "summary",
            "measure": f"urn:minkang:indicator:{indicator}",
            "subject": {"identifier": {"system": "urn:minkang:code:division", "value": report.unit}},
            "date": at.isoformat(timespec="seconds"),
            "reporter": {"identifier": {"system": "urn:oid:2.16.156.10011.1.5", "value": report.reporter}},
            "period": {"start": first.isoformat(), "end": last.isoformat()},
            "group": [group],
        }
        entries.append(
            {
                "fullUrl": f"urn:uuid:{id}",
                "resource": resource,
                "request": {"method": "PUT", "url": f"MeasureReport/{id}"},
            }
        )
    encoder = msgspec.json.Encoder(decimal_format="number")
    body = encoder.encode({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    decode(body, "Bundle")
    return body


def _group(one: Reported, indicator: str) -> dict[str, object]:
    return {"code": {"text": indicator}, **_counts(one)}


def _stratum(one: Reported) -> dict[str, object]:
    component = [{"code": {"text": name}, "value": {"text": value}} for name, value in sorted(one.strata.items())]
    return {"component": component, **_counts(one)}


def _counts(one: Reported) -> dict[str, object]:
    found: dict[str, object] = {}
    system = "http://terminology.hl7.org/CodeSystem/measure-population"
    counts = [("numerator", one.numerator), ("denominator", one.denominator)]
    if any(count is not None for _, count in counts):
        found["population"] = [
            {"code": {"coding": [{"system": system, "code": code}]}, "count": count}
            for code, count in counts
            if count is not None
        ]
    return {**found, "measureScore": {"value": one.value}}


def to_dhis2(report: Report, at: datetime) -> bytes:
    """A DHIS2 dataValueSet (JSON), identifiers by code: POST `/api/dataValueSets?idScheme=CODE`.

    Strata are the category option combination, its codes joined by underscores in the order of their categories.
    """
    values = [
        {
            "dataElement": one.indicator,
            "period": _dhis2_period(report.period),
            "orgUnit": report.unit,
            **({"categoryOptionCombo": "_".join(v for _, v in sorted(one.strata.items()))} if one.strata else {}),
            "value": f"{one.value:f}",
            "comment": one.basis,
        }
        for one in report.figures
    ]
    return msgspec.json.encode(
        {
            "dataSet": report.dataset,
            "completeDate": at.date().isoformat(),
            "period": _dhis2_period(report.period),
            "orgUnit": report.unit,
            "dataValues": values,
        }
    )


def _dhis2_period(period: str) -> str:
    """`2025`, `2025Q3`, `202506`."""
    return period.replace("-", "")


def to_adx(report: Report, at: datetime) -> bytes:
    """An ADX message. A stratum is an attribute of its value; `period` is an ISO 8601 interval as ADX asks."""
    first, _ = span(report.period)
    lasts = "P1M" if "-" in report.period and "Q" not in report.period else "P3M" if "Q" in report.period else "P1Y"
    # The type stubs of lxml know no default namespace.
    root = etree.Element(f"{{{ADX}}}adx", nsmap={None: ADX})  # type: ignore[dict-item]
    root.set("exported", at.isoformat(timespec="seconds"))
    group = etree.SubElement(root, f"{{{ADX}}}group")
    for name, text in (
        ("dataSet", report.dataset), ("orgUnit", report.unit), ("period", f"{first.isoformat()}/{lasts}"),
        ("completeDate", at.date().isoformat()),
    ):  # fmt: skip
        group.set(name, text)
    for figure in report.figures:
        value = etree.SubElement(group, f"{{{ADX}}}dataValue")
        value.set("dataElement", figure.indicator)
        value.set("value", f"{figure.value:f}")
        for name, option in sorted(figure.strata.items()):
            if not re.fullmatch(r"[A-Za-z_][\w.-]*", name, re.ASCII) or name in {"dataElement", "value"}:
                raise Fault("OUTBOUND-010", field=name, reason=figure.indicator)
            value.set(name, option)
        if figure.basis != "computed":
            etree.SubElement(value, f"{{{ADX}}}annotation").text = figure.basis
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
