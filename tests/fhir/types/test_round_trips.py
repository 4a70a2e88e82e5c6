"""Random resources, made from the schema alone, decode, encode and keep to their canonical form."""

from __future__ import annotations

import json
import string
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minkang.fhir import decode, encode
from minkang.fhir.schema import PRIMITIVES, Element, codes_of, elements_of

TYPES = ["Patient", "Observation", "Encounter", "MedicationRequest", "Questionnaire", "Claim", "ValueSet", "Timing"]
TEXT = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1, max_size=6)
WORD = st.text(string.ascii_letters + string.digits, min_size=1, max_size=6)
ZONES = st.sampled_from(["Z", "+08:00", "-03:30"])
DATES = st.dates().map(str)
MOMENTS = st.tuples(st.datetimes(), ZONES).map(lambda pair: pair[0].isoformat() + pair[1])
SIMPLE: dict[str, st.SearchStrategy[Any]] = {
    "base64Binary": st.sampled_from(["YQ==", "YWJj"]),
    "boolean": st.booleans(),
    "canonical": WORD.map("http://例.cn/".__add__),
    "code": WORD,
    "date": DATES | DATES.map(lambda day: day[:7]) | DATES.map(lambda day: day[:4]),
    "dateTime": MOMENTS | DATES,
    "decimal": st.integers() | st.floats(allow_nan=False, allow_infinity=False).filter(lambda one: abs(one) < 1e300),
    "id": WORD,
    "instant": MOMENTS,
    "integer": st.integers(-(2**31), 2**31 - 1),
    "markdown": TEXT,
    "oid": st.just("urn:oid:1.2.3"),
    "positiveInt": st.integers(1, 2**31 - 1),
    "string": TEXT,
    "time": st.times().map(lambda time: time.replace(microsecond=0).isoformat()),
    "unsignedInt": st.integers(0, 2**31 - 1),
    "uri": WORD.map("urn:x:".__add__),
    "url": WORD.map("http://".__add__),
    "uuid": st.uuids().map(lambda one: f"urn:uuid:{one}"),
    "xhtml": WORD.map(lambda word: f'<div xmlns="http://www.w3.org/1999/xhtml">{word}</div>'),
}


@st.composite
def values(draw: st.DrawFn, type: str, depth: int) -> dict[str, Any]:
    """A valid JSON object of the type, its required elements and some others."""
    made: dict[str, Any] = {}
    elements = [element for element in elements_of(type).values() if element.types != ("Resource",)]
    stems = {element.choice_of for element in elements if element.choice_of}
    wanted = [element for element in elements if not element.choice_of]
    wanted += [draw(st.sampled_from([e for e in elements if e.choice_of == stem])) for stem in sorted(stems)]
    for element in wanted:
        if element.required or (depth > 0 and draw(st.integers(0, 7)) == 0):
            one = element_value(element, depth)
            made[element.name] = draw(st.lists(one, min_size=1, max_size=2)) if element.is_list else draw(one)
            if element.types[0] in PRIMITIVES and element.is_list and draw(st.booleans()):
                made[element.name].append(None)
                made[f"_{element.name}"] = [None] * (len(made[element.name]) - 1) + [{"id": "x"}]
    if not made:
        made["id"] = "x"
    return made


def element_value(element: Element, depth: int) -> st.SearchStrategy[Any]:
    if element.code_set:
        return st.sampled_from(codes_of(element.code_set))
    if element.types[0] in PRIMITIVES:
        return SIMPLE[element.types[0]]
    return values(element.types[0], depth - 1)


@st.composite
def resources(draw: st.DrawFn) -> dict[str, Any]:
    type = draw(st.sampled_from(TYPES))
    if type == "Timing":
        schedule = draw(values("Timing", 2))
        return {"resourceType": "ServiceRequest", "status": "active", "intent": "order",
                "subject": {"display": "x"}, "occurrenceTiming": schedule}  # fmt: skip
    return {"resourceType": type, **draw(values(type, 2))}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(resources())
def test_a_random_resource_comes_back_and_its_encoding_is_canonical(resource: dict[str, Any]) -> None:
    body = json.dumps(resource).encode()
    encoded = encode(decode(body))
    assert json.loads(encoded) == resource
    assert encode(decode(encoded)) == encoded


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(resources(), st.randoms(use_true_random=False))
def test_the_order_of_properties_does_not_matter(resource: dict[str, Any], random: Any) -> None:
    shuffled = list(resource.items())
    random.shuffle(shuffled)
    assert encode(decode(json.dumps(dict(shuffled)).encode())) == encode(decode(json.dumps(resource).encode()))
