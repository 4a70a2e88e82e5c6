"""A ViewDefinition as it is written: read from JSON into plain structures, with the place of every part.

Source: SQL on FHIR v2, StructureDefinition ViewDefinition.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import msgspec

from minkang.errors import Fault
from minkang.fhir.types import is_resource_type
from minkang.views.problems import Problems

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
CONSTANT_TYPES = frozenset(
    (
        *("base64Binary", "boolean", "canonical", "code", "date", "dateTime", "decimal", "id", "instant", "integer"),
        *("integer64", "oid", "string", "positiveInt", "time", "unsignedInt", "uri", "url", "uuid"),
    )
)
ITERATIONS = ("forEach", "forEachOrNull", "repeat")
_SELECT_KEYS = {"id", "extension", "column", "select", "unionAll", *ITERATIONS}
_COLUMN_KEYS = {"id", "extension", "path", "name", "description", "collection", "type", "tag"}


@dataclass(frozen=True)
class Path:
    """A FHIRPath expression and where it stands in the definition."""

    text: str
    place: str


@dataclass(frozen=True)
class Column:
    """One column of the table.

    Attributes:
        type: the declared FHIR type without its URI prefix, or empty.
        collection: None where the definition does not say.
        tags: tag values by tag name (`ansi/type`).
    """

    name: str
    path: Path
    type: str
    collection: bool | None
    tags: Mapping[str, str]
    description: str
    place: str


@dataclass(frozen=True)
class Iteration:
    """What a select goes over: one row an item (`repeat`: an item at any depth)."""

    kind: Literal["forEach", "forEachOrNull", "repeat"]
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Select:
    """A selection: its columns, then its inner selects, then its union, for each item of its iteration."""

    columns: tuple[Column, ...]
    selects: tuple[Select, ...]
    unions: tuple[Select, ...]
    over: Iteration | None
    place: str


@dataclass(frozen=True)
class Constant:
    """A named value (`%name`) with its FHIR type."""

    name: str
    type: str
    value: str | bool | int | Decimal


@dataclass(frozen=True)
class View:
    """A view: one table over one type of resource."""

    name: str
    resource: str
    selects: tuple[Select, ...]
    where: tuple[Path, ...]
    constants: Mapping[str, Constant] = field(default_factory=dict)
    title: str = ""
    description: str = ""


def read_view(body: bytes | str | Mapping[str, Any], problems: Problems | None = None) -> View:
    """A ViewDefinition read from JSON (text or already parsed; a FHIR `Parameters` around it is not taken off).

    Args:
        problems: where faults and notices are gathered; without it the faults are raised.

    Raises:
        Fault: `VIEWS-001` where it is no JSON object; `Faults` with all other problems, when `problems` is None.
    """
    found = Problems() if problems is None else problems
    if isinstance(body, Mapping):
        data: Any = body
    else:
        try:
            data = msgspec.json.Decoder(float_hook=Decimal).decode(body)
        except msgspec.DecodeError as error:
            raise Fault("VIEWS-001", where="ViewDefinition", reason=str(error)) from None
    if not isinstance(data, Mapping):
        raise Fault("VIEWS-001", where="ViewDefinition", reason=type(data).__name__)
    view = _Reader(found).view(data)
    if problems is None:
        found.raise_if_any()
    return view


class _Reader:
    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def view(self, data: Mapping[str, Any]) -> View:
        place = "ViewDefinition"
        if data.get("resourceType", "ViewDefinition") != "ViewDefinition":
            self.problems.add("VIEWS-002", f"{place}.resourceType", found=data["resourceType"])
        name = data.get("name", "")
        if name and not (isinstance(name, str) and NAME.match(name)):
            self.problems.add("VIEWS-005", f"{place}.name", name=name)
        resource = data.get("resource")
        if not isinstance(resource, str) or not is_resource_type(resource):
            self.problems.add("VIEWS-003", f"{place}.resource", found=resource or "")
            resource = ""
        selects = self.selects(data, "select", place)
        if not selects:
            self.problems.add("VIEWS-004", f"{place}.select", key="select")
        return View(
            name=str(name),
            resource=resource,
            selects=selects,
            where=tuple(
                Path(self.text(item, "path", at), f"{at}.path") for item, at in self.items(data, "where", place)
            ),
            constants=self.constants(data, place),
            title=str(data.get("title", "")),
            description=str(data.get("description", "")),
        )

    def items(self, owner: Mapping[str, Any], key: str, place: str) -> list[tuple[Mapping[str, Any], str]]:
        """The objects of a list property with their places; a single object counts as a list of one."""
        value = owner.get(key, [])
        listed = value if isinstance(value, list) else [value]
        found = []
        for index, item in enumerate(listed):
            at = f"{place}.{key}[{index}]"
            if isinstance(item, Mapping):
                found.append((item, at))
            else:
                self.problems.add("VIEWS-006", at, wanted="object", found=type(item).__name__)
        return found

    def text(self, owner: Mapping[str, Any], key: str, place: str) -> str:
        value = owner.get(key)
        if isinstance(value, str) and value.strip():
            return value
        self.problems.add("VIEWS-004", f"{place}.{key}", key=key)
        return ""

    def known(self, owner: Mapping[str, Any], keys: set[str], place: str) -> None:
        for key in owner:
            if key not in keys and key.removeprefix("_") not in keys:
                self.problems.notice("VIEWS-007", f"{place}.{key}", key=key, known=", ".join(sorted(keys)))

    def selects(self, owner: Mapping[str, Any], key: str, place: str) -> tuple[Select, ...]:
        return tuple(self.select(item, at) for item, at in self.items(owner, key, place))

    def select(self, data: Mapping[str, Any], place: str) -> Select:
        self.known(data, _SELECT_KEYS, place)
        columns = tuple(self.column(item, at) for item, at in self.items(data, "column", place))
        select = Select(
            columns=columns,
            selects=self.selects(data, "select", place),
            unions=self.selects(data, "unionAll", place),
            over=self.iteration(data, place),
            place=place,
        )
        if not (select.columns or select.selects or select.unions):
            self.problems.add("VIEWS-004", place, key="column, select, unionAll")
        return select

    def iteration(self, data: Mapping[str, Any], place: str) -> Iteration | None:
        given = [kind for kind in ITERATIONS if data.get(kind) not in (None, [])]
        if not given:
            return None
        if len(given) > 1:
            self.problems.add("VIEWS-008", place, keys=", ".join(given))
        kind = given[0]
        value = data[kind]
        texts = value if kind == "repeat" and isinstance(value, list) else [value]
        paths = []
        for index, text in enumerate(texts):
            at = f"{place}.{kind}[{index}]" if kind == "repeat" else f"{place}.{kind}"
            if isinstance(text, str) and text.strip():
                paths.append(Path(text, at))
            else:
                self.problems.add("VIEWS-006", at, wanted="FHIRPath", found=type(text).__name__)
        return Iteration(kind, tuple(paths)) if paths else None  # type: ignore[arg-type]

    def column(self, data: Mapping[str, Any], place: str) -> Column:
        self.known(data, _COLUMN_KEYS, place)
        name = self.text(data, "name", place)
        if name and not NAME.match(name):
            self.problems.add("VIEWS-005", f"{place}.name", name=name)
        collection = data.get("collection")
        if collection is not None and not isinstance(collection, bool):
            self.problems.add("VIEWS-006", f"{place}.collection", wanted="boolean", found=type(collection).__name__)
            collection = None
        return Column(
            name=name,
            path=Path(self.text(data, "path", place), f"{place}.path"),
            type=_plain_type(str(data.get("type", "") or "")),
            collection=collection,
            tags={str(tag.get("name")): str(tag.get("value")) for tag, _ in self.items(data, "tag", place)},
            description=str(data.get("description", "")),
            place=place,
        )

    def constants(self, data: Mapping[str, Any], place: str) -> dict[str, Constant]:
        found: dict[str, Constant] = {}
        for item, at in self.items(data, "constant", place):
            name = self.text(item, "name", at)
            if name and not NAME.match(name):
                self.problems.add("VIEWS-005", f"{at}.name", name=name)
            if name in found:
                self.problems.add("VIEWS-009", f"{at}.name", name=name)
            constant = self.constant(name, item, at)
            if constant is not None:
                found[name] = constant
        return found

    def constant(self, name: str, data: Mapping[str, Any], place: str) -> Constant | None:
        values = {key.removeprefix("value"): value for key, value in data.items() if key.startswith("value")}
        if len(values) != 1:
            self.problems.add("VIEWS-010", place, name=name, count=len(values))
            return None
        ((suffix, value),) = values.items()
        type = suffix[:1].lower() + suffix[1:]
        if type not in CONSTANT_TYPES:
            self.problems.add("VIEWS-011", f"{place}.value{suffix}", type=type)
            return None
        fitted = _fitted(type, value)
        if fitted is None:
            self.problems.add("VIEWS-006", f"{place}.value{suffix}", wanted=type, found=type_name(value))
            return None
        return Constant(name, type, fitted)


def type_name(value: object) -> str:
    """The name of a JSON value's Python type."""
    return type(value).__name__


def _fitted(type: str, value: Any) -> str | bool | int | Decimal | None:
    """The value as its type wants it, or None where it is of another kind."""
    if type == "boolean":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool):
        return None
    if type in {"integer", "positiveInt", "unsignedInt", "integer64"}:
        # FHIR's JSON writes integer64 as text.
        text = isinstance(value, str) and type == "integer64" and re.fullmatch(r"-?\d{1,19}", value)
        return value if isinstance(value, int) else int(value) if text else None
    if type == "decimal":
        return Decimal(str(value)) if isinstance(value, int | float | Decimal) else None
    return value if isinstance(value, str) else None


def _plain_type(uri: str) -> str:
    for prefix in ("http://hl7.org/fhir/StructureDefinition/", "http://hl7.org/fhirpath/System."):
        if uri.startswith(prefix):
            rest = uri.removeprefix(prefix)
            return rest if "fhirpath" not in prefix else rest[:1].lower() + rest[1:]
    return uri
