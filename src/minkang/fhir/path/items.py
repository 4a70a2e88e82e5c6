"""Items: JSON values on their way through an expression, with the FHIR type as far as it is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, TypeAlias

from minkang.fhir.path.temporal import Temporal

PRIMITIVES = frozenset(
    """
    base64Binary boolean canonical code date dateTime decimal id instant integer markdown oid positiveInt string
    time unsignedInt uri url uuid xhtml
    """.split()  # noqa: SIM905 - a list of forty names reads better so
)
COMPLEX = frozenset(
    """
    Address Age Annotation Attachment CodeableConcept Coding ContactDetail ContactPoint Contributor Count
    DataRequirement Distance Dosage Duration Expression HumanName Identifier Meta Money ParameterDefinition
    Period Quantity Range Ratio Reference RelatedArtifact SampledData Signature Timing TriggerDefinition
    UsageContext
    """.split()  # noqa: SIM905
)
CHOICES = {name[0].upper() + name[1:]: name for name in PRIMITIVES | COMPLEX}
_PARENTS = {
    **dict.fromkeys(("code", "id", "markdown"), "string"),
    **dict.fromkeys(("url", "canonical", "uuid", "oid"), "uri"),
    **dict.fromkeys(("positiveInt", "unsignedInt"), "integer"),
    **dict.fromkeys(("Age", "Count", "Distance", "Duration"), "Quantity"),
}
_NOT_DOMAIN = frozenset(("Bundle", "Binary", "Parameters"))
_STRINGS = PRIMITIVES - {"boolean", "integer", "decimal", "positiveInt", "unsignedInt"}

Typing: TypeAlias = Callable[[str, str], str]
"""Type of an element: (`Patient`, `birthDate`) gives `date`; "" where it is not known."""


class Quantity:
    """A FHIRPath quantity: a number with a unit."""

    __slots__ = ("unit", "value")

    def __init__(self, value: Decimal, unit: str) -> None:
        self.value = value
        self.unit = unit.removesuffix("s") if unit.isalpha() and len(unit) > 3 else unit

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and (self.value, self.unit) == (other.value, other.unit)

    def __hash__(self) -> int:
        return hash((self.value, self.unit))


class Item:
    """One member of a collection.

    Attributes:
        value: a JSON value (dict, str, bool, int, Decimal or float), a Temporal, a Quantity, or None for a primitive
            that has only extensions.
        type: its FHIR type ("Patient", "code", …); "" where it is not known.
        element: for primitives, what JSON keeps under `_name`.
        place: where it stands: the object, the property, and the index in its list (None: no list); None for values
            that were computed. Patches need it.
    """

    __slots__ = ("element", "place", "type", "value")

    def __init__(
        self,
        value: Any,
        type: str = "",
        element: dict[str, Any] | None = None,
        place: tuple[dict[str, Any], str, int | None] | None = None,
    ) -> None:
        self.value = value
        self.type = type
        self.element = element
        self.place = place


Items: TypeAlias = list[Item]


def root(value: Any) -> Item:
    """The item of a whole resource (or of any JSON value)."""
    return Item(value, value.get("resourceType", "") if isinstance(value, dict) else "")


def members(item: Item, name: str, typing: Typing) -> Iterator[Item]:
    """The values of element `name` of an item; a choice (`value`) finds the one that is there (`valueQuantity`)."""
    value = item.value if isinstance(item.value, dict) else item.element
    if not isinstance(value, dict):
        return
    if name in value or f"_{name}" in value:
        yield from _items(value, name, typing(item.type, name))
        return
    if typing(item.type, name):  # An element of its own that is absent: `form` is not the choice `formCode` looks like.
        return
    for key in value:
        plain = key.removeprefix("_")
        if plain.startswith(name) and plain[len(name) :] in CHOICES:
            yield from _items(value, plain, CHOICES[plain[len(name) :]])
            return


def _items(owner: dict[str, Any], key: str, type: str) -> Iterator[Item]:
    value, element = owner.get(key), owner.get(f"_{key}")
    if not isinstance(value, list) and not isinstance(element, list):
        yield _typed(value, type, element, (owner, key, None))
        return
    values, elements = value or [], element or []
    for index in range(max(len(values), len(elements))):
        one = values[index] if index < len(values) else None
        two = elements[index] if index < len(elements) else None
        if one is not None or two is not None:
            yield _typed(one, type, two, (owner, key, index))


def _typed(
    value: Any, type: str, element: dict[str, Any] | None, place: tuple[dict[str, Any], str, int | None]
) -> Item:
    if isinstance(value, dict) and "resourceType" in value:
        type = value["resourceType"]
    return Item(value, type, element, place)


def is_type(item: Item, name: str) -> bool:
    """Whether an item is of a type or of one below it. Where the type is not known, the look of the value decides."""
    space, _, plain = name.rpartition(".")
    if space == "System":
        return _is_system(item, plain)
    if item.type:
        return plain in lineage(item.type) or plain in _abstract(item)
    return _looks(item.value, plain)


def lineage(type: str) -> Iterator[str]:
    """A data type and what it specializes: code, string."""
    while type:
        yield type
        type = _PARENTS.get(type, "")


def _abstract(item: Item) -> Iterator[str]:
    if isinstance(item.value, dict) and "resourceType" in item.value:
        yield "Resource"
        if item.type not in _NOT_DOMAIN:
            yield "DomainResource"


def _looks(value: Any, name: str) -> bool:  # noqa: PLR0911 - one return a kind of value
    match value:
        case bool():
            return name == "boolean"
        case int():
            return name in {"integer", "positiveInt", "unsignedInt"}
        case Decimal() | float():
            return name == "decimal"
        case Temporal():
            return name == value.kind
        case Quantity():
            return name == "Quantity"
        case str() if name in {"date", "dateTime", "time", "instant"}:
            found = Temporal.parse(value)
            return found is not None and name in {found.kind, "instant"}
        case str():
            return name in _STRINGS
        case dict():
            return name not in PRIMITIVES and "resourceType" not in value
        case _:
            return False


def _is_system(item: Item, name: str) -> bool:
    kinds: dict[str, type | tuple[type, ...]] = {
        "String": str,
        "Boolean": bool,
        "Integer": int,
        "Decimal": (Decimal, float),
        "Quantity": Quantity,
        "Date": Temporal,
        "DateTime": Temporal,
        "Time": Temporal,
    }
    wanted = kinds.get(name)
    if wanted is None or not isinstance(item.value, wanted):
        return False
    if isinstance(item.value, bool) and name == "Integer":
        return False
    return not isinstance(item.value, Temporal) or item.value.kind.lower() == name.lower()
