"""A document as a page for people: every section, its text and its entries, names in Chinese and English.

Nothing of the document's own markup reaches the page: all words are escaped, and the page holds no script, no link and
no image.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from typing import Any

from minkang.exchange.cda.catalogue import by_template, documents, element_of, section_of
from minkang.exchange.cda.parsing import Node, parse
from minkang.exchange.cda.statements import Statement, person, statements
from minkang.exchange.cda.values import time
from minkang.wording import Language, say

STYLE = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;color:#1d2733;background:#fff}"
    "h1{font-size:1.4rem}h2{font-size:1.1rem;border-bottom:1px solid #ccd3da;margin:1.4rem 0 .4rem}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0}"
    "th{font-weight:normal;color:#52606d;width:40%}small{color:#52606d}p{white-space:pre-line;margin:.3rem 0}"
)


def to_html(body: bytes, language: Language = "zh") -> str:
    """A whole page.

    Args:
        body: the document as it came.
        language: of the labels; the other language stands beside them in small letters.

    Raises:
        Fault: `CDA-001` to `CDA-006`, as reading it.
    """
    root = parse(body)
    title = root.words("title") or _title(root, language)
    parts = [f"<h1>{_safe(title)}</h1>", _table(_head(root, language))]
    parts += [_section(one, language, 2) for one in _sections(root)]
    lang = "zh-CN" if language == "zh" else "en"
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{_safe(title)}</title><style>{STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def told(resource: Mapping[str, Any]) -> Iterator[str]:
    """What a resource says, line by line, for the text of a section."""
    concept = resource.get("code") or resource.get("vaccineCode") or resource.get("medicationCodeableConcept") or {}
    name = str(concept.get("text") or next((one.get("display", "") for one in concept.get("coding", ())), ""))
    values = [_value(one) for one in (resource, *resource.get("component", ()))]
    said = "/".join(value for value in values if value)
    when = next((str(resource[key])[:10] for key in ("occurrenceDateTime", "performedDateTime") if key in resource), "")
    line = " ".join(part for part in (name, when, said) if part)
    if line:
        yield line
    if conclusion := resource.get("conclusion"):
        yield str(conclusion)
    for item in resource.get("item", ()):
        code = next((str(one.get("display", "")) for one in item.get("productOrService", {}).get("coding", ())), "")
        yield f"{code} {item.get('net', {}).get('value', '')}"


def _value(one: Mapping[str, Any]) -> str:
    if amount := one.get("valueQuantity"):
        return f"{amount.get('value', '')} {amount.get('unit', '')}".strip()
    if concept := one.get("valueCodeableConcept"):
        return str(
            concept.get("text")
            or next((it.get("display") or it.get("code", "") for it in concept.get("coding", ())), "")
        )
    found = next(
        (one[name] for name in ("valueString", "valueInteger", "valueDateTime", "valueBoolean") if name in one), ""
    )
    return {"True": "是", "False": "否"}.get(str(found), str(found))


def _safe(text: str) -> str:
    return html.escape(text, quote=True)


def _title(root: Node, language: Language) -> str:
    code = root.first("code")
    kind = documents().get(code.get("code") if code else "")
    kind = kind or next(
        (by_template()[one.get("root")] for one in root.all("templateId") if one.get("root") in by_template()), None
    )
    return (kind.zh if language == "zh" else kind.en) if kind else "ClinicalDocument"


def _label(zh: str, en: str, language: Language) -> str:
    first, second = (zh, en) if language == "zh" else (en, zh)
    return f"{_safe(first)} <small>{_safe(second)}</small>" if second and second != first else _safe(first)


def _head(root: Node, language: Language) -> Iterator[tuple[str, str]]:
    role = root.first("recordTarget", "patientRole") or root
    gender, birth, made = (
        role.first("patient", "administrativeGenderCode"),
        role.first("patient", "birthTime"),
        root.first("effectiveTime"),
    )
    author, number = root.first("author"), root.first("id")
    sex = {"1": ("男", "male"), "2": ("女", "female")}.get(gender.get("code") if gender else "")
    facts = (
        ("patient", role.words("patient", "name")), ("sex", (sex[0] if language == "zh" else sex[1]) if sex else ""),
        ("birth", time(birth.get("value")) if birth else ""), ("time", time(made.get("value")).replace("T",
        " ")[:19] if made else ""),
        ("author", person(author).name if author else ""), ("number", number.get("extension") if number else ""),
        ("custodian", root.words("custodian", "assignedCustodian", "representedCustodianOrganization", "name")),
        ("signed", "、".join(name for kind in ("legalAuthenticator",
        "authenticator") for one in root.all(kind) if (name := person(one).name))),
    )  # fmt: skip
    other: Language = "en" if language == "zh" else "zh"
    for key, value in facts:
        if value:
            yield f"{_safe(say('cda.' + key, language))} <small>{_safe(say('cda.' + key, other))}</small>", _safe(value)


def _sections(root: Node) -> Iterator[Node]:
    for component in root.all("component"):
        body = component.first("structuredBody")
        for one in body.all("component") if body else (component,):
            yield from one.all("section")


def _section(node: Node, language: Language, level: int) -> str:
    code = node.first("code")
    number, name = (code.get("code"), code.get("displayName")) if code else ("", "")
    known = section_of(number, (name, node.words("title")))
    label = _label(known.zh, known.en, language) if known else _safe(node.words("title") or name or number or "-")
    text = node.words("text")
    rows = [row for one in statements(node) for row in _rows(one, known.key if known else "", language)]
    inner = "".join(
        _section(child, language, min(level + 1, 6)) for part in node.all("component") for child in part.all("section")
    )
    return f"<h{level}>{label}</h{level}>{f'<p>{_safe(text)}</p>' if text else ''}{_table(rows)}{inner}"


def _rows(one: Statement, section: str, language: Language) -> Iterator[tuple[str, str]]:
    element = element_of(section, one.code, one.name)
    label = _label(element.zh, element.en, language) if element else _safe(one.name or one.code)
    shown = one.said.shown if one.said else ""
    if shown in {"true", "false"}:
        shown = {"true": "是 / yes", "false": "否 / no"}[shown]
    drug = one.node.first("consumable", "manufacturedProduct", "manufacturedLabeledDrug")
    if drug is not None:
        dose = one.node.first("doseQuantity")
        shown = " ".join(
            part
            for part in (
                drug.words("name"),
                f"{dose.get('value')}{dose.get('unit')}" if dose else "",
                one.node.words("text"),
            )
            if part
        )
        label = (
            _label("用药", "Medicine", language) if section != "vaccination" else _label("疫苗", "Vaccine", language)
        )
    if one.tag == "procedure":
        shown = one.name or one.code
        label = _label("手术操作", "Procedure", language)
    if shown:
        yield label, _safe(shown)
    for child in one.inner:
        yield from _rows(child, section, language)


def _table(rows: Any) -> str:
    lines = "".join(f'<tr><th scope="row">{label}</th><td>{value}</td></tr>' for label, value in rows)
    return f"<table>{lines}</table>" if lines else ""
