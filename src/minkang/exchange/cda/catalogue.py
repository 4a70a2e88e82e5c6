"""The tables that say what documents, sections and entries there are (`data/`).

`documents.csv`: code, templateId tail, part and name of each of the 20 + 53 document types, the kind of visit it
tells of, and its sections. `sections.csv`: LOINC code and names. `elements.csv`: data element, type, unit,
value set, and what
it becomes: `kind` (of `kinds.toml`) and `path` inside that kind's resource. `origin` says where a row was seen:
`norm` in our norms, `seen` in public implementations, `memory` not seen (to be verified), `ours` no code
known: a code of ours.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec

TEMPLATES = "2.16.156.10011.2.1.1."
DOCUMENT_CODES = "2.16.156.10011.2.4"
ELEMENTS = "2.16.156.10011.2.2.1"
FRONT_PAGE = "2.16.156.10011.2.2.4"
LOINC = "2.16.840.1.113883.6.1"
OURS = "urn:minkang:cda:element"


@dataclass(frozen=True)
class DocumentType:
    """One part of WS/T 500 or WS/T 483.

    Attributes:
        code: `C0002`, `HSDB04.01`; `template`: OID of its templateId.
        visit: kind of encounter that it tells of (`outpatient`, `followup` …); empty for none.
        main: it is the visit's own record, so that its Encounter outranks a mention elsewhere.
        number: last arc of the OID of the business number that names the thing described (20 prescription,
            33 laboratory report); empty for none.
        sections: keys, in order.
        origin: see the module.
    """

    code: str
    template: str
    standard: str
    part: int
    zh: str
    en: str
    visit: str
    main: bool
    number: str
    sections: tuple[str, ...]
    origin: str


@dataclass(frozen=True)
class Section:
    """A section: `loinc` is empty where it is known by its name only; `category` is of its Observations."""

    key: str
    loinc: str
    zh: str
    en: str
    category: str
    origin: str


@dataclass(frozen=True)
class Element:
    """A data element as an entry.

    Attributes:
        type: of CDA: ST, CD, PQ, MO, BL, INT, REAL, TS.
        unit: as printed; `set`: OID of the value set; `map`: name in `codes/maps.toml` or empty.
        kind: of `kinds.toml`, or `Text`, which stays text; `path`: in that kind's resource.
        key: of our vocabulary of observations, whose codings an Observation gets besides.
    """

    code: str
    section: str
    zh: str
    en: str
    type: str
    unit: str
    set: str
    map: str
    kind: str
    path: str
    key: str
    origin: str

    @property
    def system(self) -> str:
        """OID (or name) of the code system that the code is of."""
        if self.code.startswith("DE"):
            return ELEMENTS
        return FRONT_PAGE if self.code.startswith("HDSD") else OURS


@dataclass(frozen=True)
class Kind:
    """What an entry becomes; see `data/kinds.toml`. `body` is JSON, decoded anew for each resource."""

    name: str
    resource: str
    once: bool
    time: str
    subject: str
    visit: str
    role: bool
    body: bytes


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("minkang.exchange.cda") / "data" / f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def documents() -> Mapping[str, DocumentType]:
    """All document types by code."""
    found = {}
    for row in _rows("documents"):
        visit = "" if row["visit"] == "none" else row["visit"]
        found[row["code"]] = DocumentType(
            row["code"], TEMPLATES + row["template"], row["standard"], int(row["part"]), row["zh"], row["en"], visit,
            row["main"] == "1", row["number"], tuple(row["sections"].split("|")), row["origin"],
        )  # fmt: skip
    return found


@cache
def by_template() -> Mapping[str, DocumentType]:
    """All document types by templateId."""
    return {one.template: one for one in documents().values()}


@cache
def sections() -> Mapping[str, Section]:
    """All sections by key."""
    return {row["key"]: Section(**row) for row in _rows("sections")}


@cache
def _named_sections() -> Mapping[str, Section]:
    found: dict[str, Section] = {}
    for one in sections().values():
        for name in (one.loinc, one.zh, one.zh + "章节", one.en.lower()):
            if name:
                found.setdefault(name, one)
    return found


def section_of(code: str, names: tuple[str, ...]) -> Section | None:
    """A section by its LOINC code, else by one of its names (displayName, title)."""
    known = _named_sections()
    if code and code in known:
        return known[code]
    return next(
        (known[name] for said in names if (name := said.strip()) in known or (name := name.lower()) in known), None
    )


@cache
def _elements() -> Mapping[tuple[str, str], Element]:
    return {(row["section"], row["code"]): Element(**row) for row in _rows("elements")}


@cache
def _named_elements() -> Mapping[str, Element]:
    return {one.zh: one for one in _elements().values() if one.code.startswith("MK.")}


def element_of(section: str, code: str, name: str = "") -> Element | None:
    """An element by its code, as a section reads it; one whose code our norms do not carry also by its name."""
    known = _elements()
    return known.get((section, code)) or known.get(("", code)) or _named_elements().get(name)


def all_elements() -> tuple[Element, ...]:
    """All rows of `elements.csv`, for documentation and tests."""
    return tuple(_elements().values())


@cache
def kinds() -> Mapping[str, Kind]:
    """What entries become, by name."""
    text = (files("minkang.exchange.cda") / "data" / "kinds.toml").read_text("utf-8")
    found = {}
    for name, row in tomllib.loads(text).items():
        found[name] = Kind(
            name, row["resource"], row.get("once", False), row.get("time", ""), row.get("subject", "subject"),
            row.get("visit", "encounter"), row.get("role", False),
            msgspec.json.encode(row["body"]),
        )  # fmt: skip
    return found


@cache
def observation_codings() -> Mapping[str, list[dict[str, str]]]:
    """Codings of our vocabulary of observations by key, so that a figure is asked for in one way whatever the feed."""
    found = {}
    for row in _rows("observations"):
        codings = [{"system": "http://loinc.org", "code": row["loinc"], "display": row["en"]}] if row["loinc"] else []
        codings.append({"system": "urn:minkang:code:observation", "code": row["key"], "display": row["zh"]})
        found[row["key"]] = codings
    return found
