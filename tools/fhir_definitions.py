"""Read the official R4 definitions into plain descriptions of types.

Three files say the same thing in different ways, and all are needed. `fhir.schema.json` is the official JSON schema:
it fixes which properties a JSON object may have and in which order. `dataelements.json` has cardinality, types and
bindings of nearly every leaf, `profiles-*.json` those of the backbones. The npm package was edited for its publisher's
server, most in the profiles (`Meta.project`, parts of R5 in `EvidenceVariable` and `ResearchStudy`, …), little in the
schema, not at all in the data elements. So the schema is the frame, and the data elements win over the profiles.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILES = ("fhir.schema.json", "dataelements.json", "profiles-types.json", "profiles-resources.json", "version.info")
ABSTRACT = {"Element": "", "BackboneElement": "Element", "Resource": "", "DomainResource": "Resource"}
"""The abstract types and what each is built on."""
NOT_R4 = ("Meta.project", "Meta.author", "Meta.account", "Meta.compartment", "ObservationDefinition.publisher")
"""What the publisher of the npm package added to schema and profiles alike."""
_SYSTEM = "http://hl7.org/fhirpath/System."


@dataclass
class ElementModel:
    """One JSON property of a type.

    Attributes:
        name: the JSON name (`valueQuantity`).
        type: the FHIR type (`Quantity`, `code`) or the path of a backbone (`Observation.component`).
        path: the path in the definitions (`Observation.value[x]`).
        is_list: whether JSON has an array.
        required: whether the cardinality begins at 1 (for a choice: of the whole choice).
        choice_of: the stem of a choice (`value`), else empty.
        extended: whether `_name` may stand beside it.
        codes: the codes of a required binding that can be listed, else empty.
        value_set: the name of that binding.
        targets: the resource types a Reference or canonical may point to; empty where any.
    """

    name: str
    type: str
    path: str
    is_list: bool
    required: bool
    choice_of: str
    extended: bool
    codes: tuple[str, ...] = ()
    value_set: str = ""
    targets: tuple[str, ...] = ()


@dataclass
class TypeModel:
    """A resource, a data type or a backbone (`path` has a dot) with its elements in the order of the definition."""

    path: str
    short: str
    base: str
    elements: list[ElementModel] = field(default_factory=list)
    parts: list[TypeModel] = field(default_factory=list)


@dataclass(frozen=True)
class Definitions:
    """All types of R4, resources and data types apart, and the paths left out because they are not R4's."""

    resources: list[TypeModel]
    datatypes: list[TypeModel]
    dropped: list[str]


class _Sources:
    """The parsed files, and look-ups in them by path."""

    def __init__(self, folder: Path) -> None:
        version = (folder / "version.info").read_text()
        if "FhirVersion=4.0.1" not in version:
            raise SystemExit(f"{folder} does not hold FHIR 4.0.1 definitions: {version!r}")
        self.schema: Mapping[str, Any] = _load(folder / "fhir.schema.json")["definitions"]
        self.profiled: dict[str, Mapping[str, Any]] = {}
        self.leaves: dict[str, Mapping[str, Any]] = {}
        self.resources: list[str] = []
        self.dropped: list[str] = []
        for name in ("profiles-types.json", "profiles-resources.json"):
            for definition in _structures(folder / name):
                if _is_resource(definition):
                    self.resources.append(definition["name"])
                self.profiled.update({element["path"]: element for element in definition["snapshot"]["element"]})
        for definition in _structures(folder / "dataelements.json"):
            self.leaves.update({element["path"]: element for element in definition["snapshot"]["element"]})

    def find(self, owner: str, name: str) -> _Found | None:
        """The definition of a JSON property of the type at path `owner`; None where R4 has no such property."""
        path = f"{owner}.{name}"
        return self._find_in(self.leaves, owner, name) or (
            None if path in NOT_R4 else self._find_in(self.profiled, owner, name)
        )

    @staticmethod
    def _find_in(elements: Mapping[str, Mapping[str, Any]], owner: str, name: str) -> _Found | None:
        exact = elements.get(f"{owner}.{name}")
        if exact is not None:
            types = exact.get("type", [])
            return _Found(exact, "", _type_code(types[0]) if types else "", bool(types) and _is_extended(types[0]))
        for cut in range(len(name) - 1, 0, -1):
            choice = elements.get(f"{owner}.{name[:cut]}[x]", {})
            for type in choice.get("type", []):
                if type["code"][0].upper() + type["code"][1:] == name[cut:]:
                    return _Found(choice, name[:cut], type["code"], _is_extended(type))
        return None


@dataclass(frozen=True)
class _Found:
    """A definition, the stem of its choice (or empty), its type code (or empty), and whether `_name` may stand by."""

    definition: Mapping[str, Any]
    stem: str
    code: str
    extended: bool


def read_definitions(folder: Path) -> Definitions:
    """Read the unpacked definitions (`dist/fhir/r4` of the npm package)."""
    sources = _Sources(folder)
    known = {path for path in (*sources.profiled, *sources.leaves) if "." not in path}
    resources = sorted(sources.resources)
    datatypes = [
        name
        for name, one in sources.schema.items()
        if name in known and "properties" in one and name not in resources and name not in ABSTRACT
    ]
    return Definitions(
        resources=[_read_type(sources, name, sources.schema[name], {}) for name in resources],
        datatypes=[_read_type(sources, name, sources.schema[name], {}) for name in sorted(datatypes)],
        dropped=sources.dropped,
    )


def _structures(path: Path) -> list[Mapping[str, Any]]:
    resources = [entry["resource"] for entry in _load(path)["entry"]]
    return [one for one in resources if one["resourceType"] == "StructureDefinition"]


def _is_resource(definition: Mapping[str, Any]) -> bool:
    """Whether it is one of R4's own concrete resources (the file also has one of 4.3.0)."""
    return (
        definition["kind"] == "resource"
        and definition.get("derivation") == "specialization"
        and not definition["abstract"]
        and definition["fhirVersion"] == "4.0.1"
        and definition["type"] == definition["name"]
    )


def _load(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _is_extended(type: Mapping[str, Any]) -> bool:
    """Whether it is a primitive that can carry extensions; the schema forgets this of lists of canonical."""
    code = str(type["code"])
    return code[0].islower() and code != "xhtml" and not code.startswith(_SYSTEM)


def _type_code(type: Mapping[str, Any]) -> str:
    code = str(type["code"])
    if not code.startswith(_SYSTEM):
        return code
    for extension in type.get("extension", []):
        if extension["url"].endswith("structuredefinition-fhir-type"):
            return str(extension.get("valueUrl") or extension.get("valueUri"))
    return code.removeprefix(_SYSTEM).lower()


def _read_type(
    sources: _Sources, path: str, frame: Mapping[str, Any], seen: dict[str, str], reference: str = ""
) -> TypeModel:
    """Read one type; `seen` maps schema definitions to the path where each was first met (contentReference)."""
    properties: Mapping[str, Any] = frame["properties"]
    if reference:
        seen[reference] = path
    model = TypeModel(path, _short(sources.profiled[path]), _base_of(set(properties)))
    for name, shape in properties.items():
        if not name.startswith("_") and not (name == "resourceType" and "const" in shape):
            element = _read_element(sources, model, name, shape, seen)
            if element is not None:
                model.elements.append(element)
    model.base = _base_of({element.name for element in model.elements})
    return model


def _read_element(
    sources: _Sources, owner: TypeModel, name: str, shape: Mapping[str, Any], seen: dict[str, str]
) -> ElementModel | None:
    is_list = shape.get("type") == "array"
    inner = shape["items"] if is_list else shape
    target = inner.get("$ref", "").split("/")[-1]
    found = sources.find(owner.path, name)
    if found is None:
        sources.dropped.append(f"{owner.path}.{name}")
        return None
    definition, code = found.definition, found.code
    if "_" in target:
        code = seen.get(target, "")
        if not code:
            code = f"{owner.path}.{name}"
            owner.parts.append(_read_type(sources, code, sources.schema[target], seen, target))
    elif code == "Resource" or target == "ResourceList":
        code = "Resource"
    elif name == "id" and owner.base in ("Resource", "DomainResource"):
        code = "id"
    codes = tuple(inner.get("enum", ())) if code == "code" else ()
    return ElementModel(
        name=name,
        type=code,
        path=definition["path"],
        is_list=is_list,
        required=definition["min"] > 0,
        choice_of=found.stem,
        extended=found.extended,
        codes=codes,
        value_set=_value_set(definition) if codes else "",
        targets=_targets(definition, code),
    )


def _base_of(properties: set[str]) -> str:
    if "contained" in properties:
        return "DomainResource"
    if "meta" in properties and "implicitRules" in properties:
        return "Resource"
    return "BackboneElement" if "modifierExtension" in properties else "Element"


def _short(element: Mapping[str, Any]) -> str:
    text = " ".join(str(element.get("short") or element.get("definition") or "").split())
    return text.replace("\\", "/").replace('"', "'").rstrip(".") + "."


def _value_set(element: Mapping[str, Any]) -> str:
    url = str(element["binding"]["valueSet"]).split("|")[0].split("/")[-1]
    return "".join(word[:1].upper() + word[1:] for word in url.replace("_", "-").split("-"))


def _targets(element: Mapping[str, Any], code: str) -> tuple[str, ...]:
    if code not in ("Reference", "canonical"):
        return ()
    types = [type for type in element.get("type", []) if type["code"] == code]
    profiles = [profile for type in types for profile in type.get("targetProfile", [])]
    names = {profile.split("/")[-1] for profile in profiles}
    return () if "Resource" in names else tuple(sorted(names))
